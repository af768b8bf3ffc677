package dev.tilewise.jmh;

import com.sun.management.OperatingSystemMXBean;
import dev.tilewise.internal.kernel.FmaPeak;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Times of several contenders that take turns in one process, so that all of them meet the same
 * clock, the same neighbours on the machine and the same state of the memory. A turn is one run
 * that is not timed, because the caches hold what the others left there, and then a batch of runs
 * long enough for the clock; the samples of the FMA peak lie between the turns.
 */
final class Rounds {

  private static final double SHORTEST_BATCH_NANOS = 4e5;
  private static final int FEWEST_ROUNDS = 5;

  /** What a busy machine is given to compile. */
  private static final double PATIENCE_SECONDS = 5;

  /** Times that still fall below this share of the earlier ones are of code not yet compiled. */
  private static final double SETTLED = 0.8;

  /**
   * Threads of OpenMP and ONNX Runtime look for work before they sleep, the latter for a time that
   * depends on the machine. They would take a core from the next contender, so a turn begins when
   * the process has used no more than this part of a core for a while. Linux counts in 10 ms.
   */
  private static final double QUIET_CORES = 0.3;

  private static final long QUIET_MILLIS = 40;
  private static final double LATEST_QUIET_SECONDS = 2;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /**
   * A core that slept takes a while to return, and who does not wait for it is slower meanwhile.
   */
  private static final double WAKING_SECONDS = 0.05;

  private final List<Contender> contenders;
  private final boolean quiet;
  private final List<List<Double>> nanos = new ArrayList<>();
  private double peak;

  /**
   * Prepares.
   *
   * @param contenders who takes turns
   * @param threads how many threads each of them has
   */
  Rounds(List<Contender> contenders, int threads) {
    this.contenders = contenders;
    quiet = threads > 1;
    contenders.forEach(c -> nanos.add(new ArrayList<>()));
  }

  /**
   * Warms up and measures.
   *
   * @param seconds time for each contender, on average
   */
  void measure(double seconds) {
    int[] runs = contenders.stream().mapToInt(this::warmUp).toArray();
    long latest = after(PATIENCE_SECONDS);
    do {
      nanos.forEach(List::clear);
      peak = 0;
      long end = after(seconds * contenders.size());
      for (int round = 0; round < FEWEST_ROUNDS || System.nanoTime() < end; round++) {
        for (int i = 0; i < contenders.size(); i++) {
          // Forwards and backwards, from another one each time: nobody always follows the same.
          int step = round % 2 == 0 ? i : contenders.size() - 1 - i;
          int turn = (step + round) % contenders.size();
          nanos.get(turn).add(turn(contenders.get(turn), runs[turn]));
        }
      }
      // What was compiled only now is measured again.
    } while (!nanos.stream().allMatch(Rounds::settled) && System.nanoTime() < latest);
  }

  private double turn(Contender contender, int runs) {
    if (quiet) {
      pause();
    }
    peak = Math.max(peak, FmaPeak.sample());
    long awake = quiet ? after(WAKING_SECONDS) : 0;
    do {
      time(contender, runs + 1);
    } while (System.nanoTime() < awake);
    return time(contender, runs);
  }

  /** Sleeps until the threads of the last contender sleep too. */
  static void pause() {
    long latest = after(LATEST_QUIET_SECONDS);
    double used;
    try {
      do {
        long start = System.nanoTime();
        long cpu = PROCESS.getProcessCpuTime();
        Thread.sleep(QUIET_MILLIS);
        used = (double) (PROCESS.getProcessCpuTime() - cpu) / (System.nanoTime() - start);
      } while (used > QUIET_CORES && System.nanoTime() < latest);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs until the times have settled; returns how many runs make a batch. */
  private int warmUp(Contender contender) {
    List<Double> times = new ArrayList<>();
    long enough = after(contender.warmUpSeconds());
    long latest = enough + (long) (PATIENCE_SECONDS * 1e9);
    contender.run();
    do {
      times.add(time(contender, times.isEmpty() ? 1 : runs(times.get(times.size() - 1))));
    } while (System.nanoTime() < enough || !settled(times) && System.nanoTime() < latest);
    return runs(best(times));
  }

  private static boolean settled(List<Double> times) {
    int half = times.size() / 2;
    return half > 0
        && best(times.subList(half, times.size())) >= SETTLED * best(times.subList(0, half));
  }

  private static double best(List<Double> times) {
    return times.stream().min(Double::compare).orElseThrow();
  }

  private static int runs(double nanos) {
    return (int) Math.max(1, Math.ceil(SHORTEST_BATCH_NANOS / nanos));
  }

  private static double time(Contender contender, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      contender.run();
    }
    return (double) (System.nanoTime() - start) / runs;
  }

  private static long after(double seconds) {
    return System.nanoTime() + (long) (seconds * 1e9);
  }

  /** Shortest time of a run of that contender, milliseconds. */
  double msMin(int contender) {
    return best(nanos.get(contender)) / 1e6;
  }

  /** Median over the rounds, milliseconds. */
  double msMedian(int contender) {
    List<Double> sorted = nanos.get(contender).stream().sorted().toList();
    return sorted.get((sorted.size() - 1) / 2) / 1e6;
  }

  /** The best sample of the peak of one core between the turns, operations per nanosecond. */
  double peak() {
    return peak;
  }
}
