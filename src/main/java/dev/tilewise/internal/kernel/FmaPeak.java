package dev.tilewise.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Independent chains of fused multiply-adds in registers: the most that one core can do. */
public final class FmaPeak {

  /** Enough to hide the latency of two units, and few enough for 16 registers. */
  private static final int CHAINS = 12;

  // Short calls and many of them: a long first call would be replaced on the stack by code that
  // boxes every vector.
  private static final int STEPS = 2_000;
  private static final int WARM_UP_CALLS = 10_000;

  /** A sample takes about 0.2 ms: long enough to be sustained, short enough to be undisturbed. */
  private static final int CALLS_PER_SAMPLE = 64;

  private static final int SAMPLES = 600;

  /**
   * The same measurement, compiled on its own: taken if C2 got the other one wrong in this process.
   */
  private static final int FEWER_CHAINS = 10;

  private static final int TRIALS = 20;
  private static final double COMPILED_BADLY = 1.1;

  private static volatile boolean useFewer;
  private static volatile double best;

  private FmaPeak() {}

  /**
   * Floating-point operations of one {@link #chains} of that many steps; a multiply-add counts as
   * two.
   */
  public static double operations(int steps) {
    return 2.0 * CHAINS * Lanes.COUNT * steps;
  }

  /** Compiles the chains; to be called before {@link #sample}. */
  public static void warmUp() {
    float sink = 0;
    for (int i = 0; i < WARM_UP_CALLS; i++) {
      sink += chains(STEPS, 1e-9f, 1e-8f);
      sink += fewerChains(STEPS, 1e-9f, 1e-8f);
    }
    requireFinite(sink);
    double all = 0;
    double fewer = 0;
    for (int i = 0; i < TRIALS; i++) {
      all = Math.max(all, rate(false));
      fewer = Math.max(fewer, rate(true));
    }
    useFewer = fewer > COMPILED_BADLY * all;
  }

  /** Operations per nanosecond of the calling thread's core, over about 0.2 ms. */
  public static double sample() {
    double rate = rate(useFewer);
    best = Math.max(best, rate);
    return rate;
  }

  private static double rate(boolean fewer) {
    float sink = 0;
    long start = System.nanoTime();
    for (int i = 0; i < CALLS_PER_SAMPLE; i++) {
      sink += fewer ? fewerChains(STEPS, 1e-9f, 1e-8f) : chains(STEPS, 1e-9f, 1e-8f);
    }
    long nanos = System.nanoTime() - start;
    requireFinite(sink);
    int count = fewer ? FEWER_CHAINS : CHAINS;
    return CALLS_PER_SAMPLE * operations(STEPS) * count / CHAINS / nanos;
  }

  /** The best sample so far in this process; 0 before the first. */
  public static double best() {
    return best;
  }

  /** The best of many samples. */
  public static double gflops() {
    warmUp();
    double highest = 0;
    for (int i = 0; i < SAMPLES; i++) {
      highest = Math.max(highest, sample());
    }
    return highest;
  }

  private static void requireFinite(float sink) {
    if (!Float.isFinite(sink)) {
      throw new AssertionError("chains of small numbers ended in " + sink);
    }
  }

  /** Runs the chains; returns something that depends on all of them. */
  public static float chains(int steps, float factor, float summand) {
    FloatVector x = FloatVector.broadcast(Lanes.SPECIES, factor);
    FloatVector y = FloatVector.broadcast(Lanes.SPECIES, summand);
    FloatVector c0 = y;
    FloatVector c1 = y.add(1);
    FloatVector c2 = y.add(2);
    FloatVector c3 = y.add(3);
    FloatVector c4 = y.add(4);
    FloatVector c5 = y.add(5);
    FloatVector c6 = y.add(6);
    FloatVector c7 = y.add(7);
    FloatVector c8 = y.add(8);
    FloatVector c9 = y.add(9);
    FloatVector c10 = y.add(10);
    FloatVector c11 = y.add(11);
    // Sums, not factors: C2 copies a summand that it needs again, and then 16 registers are too
    // few.
    for (int i = 0; i < steps; i++) {
      c0 = x.fma(y, c0);
      c1 = x.fma(y, c1);
      c2 = x.fma(y, c2);
      c3 = x.fma(y, c3);
      c4 = x.fma(y, c4);
      c5 = x.fma(y, c5);
      c6 = x.fma(y, c6);
      c7 = x.fma(y, c7);
      c8 = x.fma(y, c8);
      c9 = x.fma(y, c9);
      c10 = x.fma(y, c10);
      c11 = x.fma(y, c11);
    }
    FloatVector sum = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
    return sum.add(c6).add(c7).add(c8).add(c9).add(c10).add(c11).reduceLanes(VectorOperators.ADD);
  }

  /** As {@link #chains}, but ten of them. */
  private static float fewerChains(int steps, float factor, float summand) {
    FloatVector x = FloatVector.broadcast(Lanes.SPECIES, factor);
    FloatVector y = FloatVector.broadcast(Lanes.SPECIES, summand);
    FloatVector c0 = y;
    FloatVector c1 = y.add(1);
    FloatVector c2 = y.add(2);
    FloatVector c3 = y.add(3);
    FloatVector c4 = y.add(4);
    FloatVector c5 = y.add(5);
    FloatVector c6 = y.add(6);
    FloatVector c7 = y.add(7);
    FloatVector c8 = y.add(8);
    FloatVector c9 = y.add(9);
    for (int i = 0; i < steps; i++) {
      c0 = x.fma(y, c0);
      c1 = x.fma(y, c1);
      c2 = x.fma(y, c2);
      c3 = x.fma(y, c3);
      c4 = x.fma(y, c4);
      c5 = x.fma(y, c5);
      c6 = x.fma(y, c6);
      c7 = x.fma(y, c7);
      c8 = x.fma(y, c8);
      c9 = x.fma(y, c9);
    }
    FloatVector sum = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
    return sum.add(c6).add(c7).add(c8).add(c9).reduceLanes(VectorOperators.ADD);
  }
}
