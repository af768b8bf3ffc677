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

  /** What C2 needs to compile all that a run calls. */
  private static final double WARM_UP_SECONDS = 0.3;

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
   * Warms up and then measures, for about that long each. Of a run that takes longer than that the
   * second is the only timing.
   */
  void measure(double seconds) {
    double before = FmaPeak.sample();
    // Interpreted, and a hundred times slower than the next ones: no sign of a long run.
    run.run();
    double last;
    long warm = after(Math.max(seconds, WARM_UP_SECONDS));
    do {
      last = time(1);
    } while (System.nanoTime() < warm);
    if (last > seconds * 1e9) {
      add(last, before, FmaPeak.sample());
      return;
    }
    double once = Math.min(time(1), time(1));
    int runs = (int) Math.max(1, Math.ceil(SHORTEST_TIMING_NANOS / once));
    before = FmaPeak.sample();
    for (long end = after(seconds); System.nanoTime() < end || nanos.size() < FEWEST_TIMINGS; ) {
      double time = time(runs);
      double after = FmaPeak.sample();
      add(time, before, after);
      before = after;
    }
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
    return nanos.stream().sorted().skip((long) (quantile * nanos.size())).findFirst().orElseThrow();
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
