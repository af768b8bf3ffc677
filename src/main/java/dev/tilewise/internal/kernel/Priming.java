package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Has a kernel compiled before somebody waits for it, by calling it until it is fast.
 *
 * <p>C2 compiles a method for good after 600 to 5,000 profiled calls, and before that, with vectors
 * in objects, any of its loops that has run 40,000 times. Such a compilation takes up to nine
 * seconds, and others wait for it; in calls of few terms the loops stay below
 * (docs/decisions/0008-stacked-rows.md and 0015-two-threads-and-warm-up.md).
 */
public final class Priming {

  private static final int FEW_TERMS = 4;

  /** Fill any vector. */
  private static final int MANY_TERMS = 32;

  /** So many calls make one of many terms, and of a second stack. */
  private static final int LONG_CALLS = 16;

  /**
   * Tiles of so many vectors get few terms in all other calls. C1 cannot compile their loop from
   * its middle, and when it has tried to, C2 comes too late. Narrower tiles get many terms: after
   * short calls alone C2 finds their loops not worth the registers, which costs 3 to 15 % of their
   * speed.
   */
  private static final int WIDE_VECTORS = 3;

  /** So many calls are interpreted, which takes 1 us for each operation. */
  private static final int INTERPRETED_CALLS = 240;

  /** Calls of a round: some 10 ms before C2 has compiled the kernel. */
  private static final int CALLS = 240;

  /** No compiled call takes so long, no other one takes less; nanoseconds. */
  private static final long FAST_CALL = 400;

  /** The same of calls with many terms. */
  private static final long FAST_LONG_CALL = 2_000;

  /** Where C2 is busy with others, or is switched off, calls end. */
  private static final long MOST_NANOS = 1_000_000_000;

  private final int rows;
  private final int vectors;
  private final Kernel kernel;
  private int calls;
  private long nanos;
  private boolean done;

  /**
   * Of a tile.
   *
   * @param rows of A
   * @param vectors of B
   * @param kernel to be called
   */
  Priming(int rows, int vectors, Kernel kernel) {
    this.rows = rows;
    this.vectors = vectors;
    this.kernel = kernel;
  }

  /** One call of the kernel, of everything from offset 0 on, with some limits. */
  interface Kernel {
    void run(
        float[] a,
        int aStep,
        int terms,
        MemorySegment b,
        MemorySegment d,
        int stacks,
        float lo,
        float hi);
  }

  /** Primes kernels in turn: while one of them is compiled, the others are called. */
  public static void all(Collection<Priming> kernels) {
    List<Priming> left = new ArrayList<>(kernels);
    while (!left.isEmpty()) {
      left.removeIf(Priming::round);
    }
  }

  /** Whether no more calls are needed. */
  private synchronized boolean round() {
    if (done) {
      return true;
    }
    long start = System.nanoTime();
    long shortest = Long.MAX_VALUE;
    boolean many = vectors < WIDE_VECTORS && calls >= INTERPRETED_CALLS;
    int step = rows * (MANY_TERMS + Lanes.COUNT);
    float[] a = new float[2 * step];
    long rowBytes = (long) vectors * Lanes.BYTES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment b = arena.allocate((MANY_TERMS + 1) * rowBytes, Lanes.BYTES);
      MemorySegment d = arena.allocate(2 * rows * rowBytes, Lanes.BYTES);
      for (int i = 0; i < CALLS; i++) {
        // Other terms than fill vectors, other limits: a branch that was never taken is left out,
        // and the first convolution that takes it finds the kernel thrown away.
        boolean isLong = i % LONG_CALLS == 0;
        int terms = (isLong || many ? MANY_TERMS : FEW_TERMS) + i / 2 % 2;
        float lo = i / 2 % 2 == 0 ? 0 : Float.NEGATIVE_INFINITY;
        float hi = i % 4 == 3 ? 6 : Float.POSITIVE_INFINITY;
        long before = System.nanoTime();
        kernel.run(a, step, terms, b, d, isLong ? 2 : 1, lo, hi);
        shortest = Math.min(shortest, System.nanoTime() - before);
      }
    }
    calls += CALLS;
    nanos += System.nanoTime() - start;
    boolean longEnough = vectors >= WIDE_VECTORS || many;
    done = longEnough && shortest < (many ? FAST_LONG_CALL : FAST_CALL) || nanos > MOST_NANOS;
    return done;
  }
}
