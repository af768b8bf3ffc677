package dev.tilewise.cli;

import dev.tilewise.internal.kernel.FmaPeak;
import java.util.ArrayList;
import java.util.List;

/**
 * Timings that alternate with samples of the FMA peak, so that both meet the same clock. The share
 * of the peak is the median over the alternations; each is taken of the larger of the samples
 * around it.
 */
final class Alternation {

  private static final double SHORTEST_TIMING_NANOS = 2e5;
  private static final int FEWEST_TIMINGS = 5;

  /** What C2 needs, on a quiet machine, to compile all that a run calls. */
  private static final double WARM_UP_SECONDS = 1;

  /** What a busy machine is given on top of that. */
  private static final double PATIENCE_SECONDS = 5;

  private static final double BETWEEN_LOOKS_SECONDS = 0.05;

  /** Times that still fall below this share of the earlier ones are of code not yet compiled. */
  private static final double SETTLED = 0.8;

  /** Samples below this share of the best one of the process were disturbed, or not compiled. */
  private static final double CREDIBLE = 0.8;

  private final Runnable run;
  private final double operations;
  private final List<Double> nanos = new ArrayList<>();
  private final List<Double> peaks = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param run what is timed
   * @param operations how many a run has
   */
  Alternation(Runnable run, double operations) {
    this.run = run;
    this.operations = operations;
  }

  /**
   * Warms up and then measures for about that long. Of a run that takes longer than that there is
   * one timing only.
   */
  void measure(double seconds) {
    double before = FmaPeak.sample();
    List<Double> warm = warmUp(seconds);
    if (best(warm.subList(warm.size() / 2, warm.size())) > seconds * 1e9) {
      add(warm.get(warm.size() - 1), before, FmaPeak.sample());
      return;
    }
    double once = Math.min(time(1), time(1));
    int runs = runs(once);
    long latest = after(PATIENCE_SECONDS);
    do {
      alternate(seconds, runs);
      // What was compiled only now is measured again.
    } while (!settled(nanos) && System.nanoTime() < latest);
  }

  private void alternate(double seconds, int runs) {
    nanos.clear();
    peaks.clear();
    double before = FmaPeak.sample();
    for (long end = after(seconds); System.nanoTime() < end || nanos.size() < FEWEST_TIMINGS; ) {
      double time = time(runs);
      double after = FmaPeak.sample();
      add(time, before, after);
      before = after;
    }
  }

  /**
   * Runs until the time is over and the times have settled: the clock alone would end before a busy
   * machine has compiled the kernels.
   *
   * @return what the runs took, at least two
   */
  private List<Double> warmUp(double seconds) {
    List<Double> times = new ArrayList<>();
    long enough = after(Math.max(seconds, WARM_UP_SECONDS));
    long latest = enough + (long) (PATIENCE_SECONDS * 1e9);
    // Interpreted, and a hundred times slower than the next ones: no sign of a long run.
    times.add(time(1));
    times.add(time(1));
    boolean isLong = best(times) > Math.max(seconds, WARM_UP_SECONDS) * 1e9;
    while (!isLong) {
      long now = System.nanoTime();
      if (now >= latest || now >= enough && settled(times)) {
        break;
      }
      for (long look = after(BETWEEN_LOOKS_SECONDS); System.nanoTime() < look; ) {
        times.add(time(runs(times.get(times.size() - 1))));
      }
    }
    return times;
  }

  /** Whether the later half of at least two times is hardly faster than the earlier one. */
  static boolean settled(List<Double> times) {
    int half = times.size() / 2;
    return half > 0
        && best(times.subList(half, times.size())) >= SETTLED * best(times.subList(0, half));
  }

  private static double best(List<Double> times) {
    return times.stream().min(Double::compare).orElseThrow();
  }

  /** How many runs make a timing that the clock resolves. */
  private static int runs(double nanos) {
    return (int) Math.max(1, Math.ceil(SHORTEST_TIMING_NANOS / nanos));
  }

  private static long after(double seconds) {
    return System.nanoTime() + (long) (seconds * 1e9);
  }

  private double time(int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      run.run();
    }
    return (double) (System.nanoTime() - start) / runs;
  }

  private void add(double time, double before, double after) {
    nanos.add(time);
    peaks.add(Math.max(before, after));
  }

  /** Nanoseconds of a run: 0 the shortest, 0.5 the median. */
  double nanos(double quantile) {
    return nanos.stream()
        .sorted()
        .skip((long) (quantile * (nanos.size() - 1)))
        .findFirst()
        .orElseThrow();
  }

  /** The best sample around the timings, operations per nanosecond. */
  double peak() {
    return peaks.stream().max(Double::compare).orElseThrow();
  }

  /** The median share of the peak of one core. */
  double share() {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < nanos.size(); i++) {
      if (peaks.get(i) >= CREDIBLE * FmaPeak.best()) {
        shares.add(operations / nanos.get(i) / peaks.get(i));
      }
    }
    if (shares.isEmpty()) {
      return operations / nanos(0.5) / FmaPeak.best();
    }
    shares.sort(Double::compare);
    return shares.get(shares.size() / 2);
  }
}
