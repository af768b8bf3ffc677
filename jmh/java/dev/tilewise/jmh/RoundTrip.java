package dev.tilewise.jmh;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How far apart two threads' cores are: the time in which one tells the other a number and is
 * answered. Cores that share an L3 take some 40 to 60 ns, others several times that, and a virtual
 * machine's processors may be moved between the two; runs that two threads share depend on it
 * (docs/benchmarks.md).
 */
final class RoundTrip {

  private static final int TRIPS = 100_000;
  private static final int TRIES = 3;

  private final AtomicInteger said = new AtomicInteger();

  private RoundTrip() {}

  /**
   * Measures with two threads that do nothing else.
   *
   * @return nanoseconds, the least of three means of 100,000 trips; NaN if it is interrupted
   */
  static double nanos() {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < TRIES; i++) {
      least = Math.min(least, new RoundTrip().mean());
    }
    return least;
  }

  private double mean() {
    Thread other = Thread.ofPlatform().daemon().start(this::answer);
    long start = System.nanoTime();
    for (int trip = 0; trip < TRIPS; trip++) {
      said.set(2 * trip + 1);
      await(2 * trip + 2);
    }
    double mean = (System.nanoTime() - start) / (double) TRIPS;
    try {
      other.join();
      return mean;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Double.NaN;
    }
  }

  private void answer() {
    for (int trip = 0; trip < TRIPS; trip++) {
      await(2 * trip + 1);
      said.set(2 * trip + 2);
    }
  }

  private void await(int number) {
    while (said.get() != number) {
      // Nothing: a pause would be part of the time.
    }
  }
}
