package dev.tilewise.cli;

import dev.tilewise.internal.kernel.FmaPeak;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Timings in rounds: each subject has its turn in each round, with a sample of the FMA peak after
 * it, so that all meet the same clock and the same neighbours. The last round is verified too.
 */
final class Alternation {

  /** What is timed. */
  interface Subject {

    /** One run. */
    void run();

    /** Operations of a run. */
    double operations();

    /** What a run should take on one thread when it is compiled. */
    double expectedNanos();

    /** Makes the last run's result unrecognizable. */
    default void forget() {}

    /** Compares the last run's result with the definition. */
    default void verify() {}
  }

  private static final double SHORTEST_TIMING_NANOS = 2e5;
  private static final int FEWEST_ROUNDS = 5;

  /** A round of long runs may take more time than there is, but not more often than this. */
  private static final double MOST_TIMES = 3;

  /** Who is that much slower than the fastest has its turn in a few rounds only. */
  private static final double SLOW = 10;

  /** Runs up to this long find their data in caches, if the others have not been there since. */
  private static final double CACHED_NANOS = 2e7;

  /**
   * Code that takes at most so many times the expected time is compiled: interpreted, vectors are a
   * hundred times slower.
   */
  private static final double COMPILED = 3;

  /** How long compiled code runs at least, and as a share of the time for each measurement. */
  private static final double SHORTEST_WARM_UP_SECONDS = 0.05;

  private static final double WARM_UP_SHARE = 0.25;

  /**
   * What C2 needs to compile all that a run calls, given to what is slower than expected. With one
   * second, one process in four began to measure before the tiles of a Winograd plan were compiled.
   */
  private static final double WARM_UP_SECONDS = 2.5;

  /** What a run takes at least, whatever it computes. */
  private static final double FIXED_NANOS = 5e3;

  /** What a busy machine is given on top of that. */
  private static final double PATIENCE_SECONDS = 5;

  private static final double BETWEEN_LOOKS_SECONDS = 0.01;

  /** Times that still fall below this share of the earlier ones are of code not yet compiled. */
  private static final double SETTLED = 0.8;

  private final List<? extends Subject> subjects;
  private final List<Series> found = new ArrayList<>();

  /** Nanoseconds of a run after the warm-up, and how many make a timing. */
  private final double[] once;

  private final int[] runs;
  private double lastPeak;

  /**
   * Prepares.
   *
   * @param subjects in the order of their turns
   */
  Alternation(List<? extends Subject> subjects) {
    this.subjects = subjects;
    once = new double[subjects.size()];
    runs = new int[subjects.size()];
    for (Subject subject : subjects) {
      found.add(new Series(subject.operations()));
    }
  }

  /**
   * Warms up and then measures for about that long for each subject; of long runs there are two
   * timings at least.
   *
   * @return a series for each subject
   */
  List<Series> measure(double seconds) {
    for (int i = 0; i < runs.length; i++) {
      once[i] = warmUp(subjects.get(i), seconds);
      runs[i] = runs(once[i]);
    }
    long latest = after(PATIENCE_SECONDS);
    do {
      rounds(seconds);
      // What was compiled only now is measured again.
    } while (!allSettled() && System.nanoTime() < latest);
    for (int i = 0; i < runs.length; i++) {
      subjects.get(i).forget();
      turn(i);
      subjects.get(i).verify();
    }
    return found;
  }

  private void rounds(double seconds) {
    found.forEach(Series::clear);
    lastPeak = FmaPeak.sample();
    double whole = seconds * 1e9 * runs.length;
    long start = System.nanoTime();
    double spent = 0;
    double fastest = Arrays.stream(once).min().orElse(0);
    for (int round = 0; spent < whole || round < FEWEST_ROUNDS; round++) {
      if (spent >= MOST_TIMES * whole) {
        return;
      }
      for (int i = 0; i < runs.length; i++) {
        boolean isSlow = once[i] > SLOW * fastest;
        long before = System.nanoTime();
        if (!isSlow || round < FEWEST_ROUNDS && round * once[i] < seconds * 1e9) {
          turn(i);
        }
        // The others' time is theirs.
        start += isSlow ? System.nanoTime() - before : 0;
      }
      spent = System.nanoTime() - start;
    }
  }

  private void turn(int i) {
    boolean displaced = runs.length > 1;
    if (displaced && found.get(i).count() > 0 && found.get(i).nanos(0) < CACHED_NANOS) {
      subjects.get(i).run();
    }
    double time = time(subjects.get(i), runs[i]);
    double peak = FmaPeak.sample();
    found.get(i).add(time, lastPeak, peak);
    lastPeak = peak;
  }

  private boolean allSettled() {
    return found.stream().allMatch(s -> s.count() < FEWEST_ROUNDS || settled(s.times()));
  }

  /**
   * Runs until the code is compiled and its times have settled: the clock alone would end before a
   * busy machine has compiled the kernels, and keep waiting for those that it has compiled before.
   *
   * @return the shortest time of a run
   */
  private static double warmUp(Subject subject, double seconds) {
    double compiled = COMPILED * Math.max(FIXED_NANOS, subject.expectedNanos());
    double patience = Math.max(seconds, WARM_UP_SECONDS) * 1e9;
    double once = time(subject, 1);
    if (once > Math.max(seconds * 1e9, CACHED_NANOS) && once <= compiled) {
      return once;
    }
    // The first run, interpreted, may be a hundred times slower than the next one.
    once = time(subject, 1);
    if (once > patience) {
      return once;
    }
    List<Double> times = new ArrayList<>(List.of(once));
    long start = System.nanoTime();
    boolean isCompiled = false;
    while (true) {
      for (long look = after(BETWEEN_LOOKS_SECONDS); System.nanoTime() < look; ) {
        once = time(subject, runs(times.get(times.size() - 1)));
        times.add(once);
      }
      if (!isCompiled && once <= compiled) {
        isCompiled = true;
        start = System.nanoTime();
        times = new ArrayList<>(List.of(once));
      }
      double enough =
          isCompiled ? 1e9 * Math.max(SHORTEST_WARM_UP_SECONDS, WARM_UP_SHARE * seconds) : patience;
      double spent = System.nanoTime() - start;
      if (spent >= enough && settled(times) || spent >= enough + PATIENCE_SECONDS * 1e9) {
        return best(times);
      }
    }
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

  private static double time(Subject subject, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      subject.run();
    }
    return (double) (System.nanoTime() - start) / runs;
  }
}
