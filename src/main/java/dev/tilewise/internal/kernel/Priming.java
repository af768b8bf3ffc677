package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Has a kernel compiled before somebody waits for it, by calling it.
 *
 * <p>C2 compiles a method for good after a thousand profiled calls, and before that, with vectors
 * in objects, any of its loops that has run 40,000 times. Such a compilation takes up to a second,
 * and others wait for it; in {@link #CALLS} calls of few terms the loops stay below
 * (docs/decisions/0008-stacked-rows.md).
 */
public final class Priming {

  /** Profiles begin with the code of C1, which is there in a later round. */
  public static final int ROUNDS = 3;

  private static final int CALLS = 2000;
  private static final int FEW_TERMS = 4;

  /** So many calls make one with terms of a second vector or run, and of a second stack. */
  private static final int LONG_CALLS = 16;

  /**
   * Narrower tiles start well without: C2 compiles their loops in 0.1 s, not in up to 1 s. Primed
   * ones kept peeled iterations with spills, and 0.82 of the peak instead of 0.96. They are called
   * a few times, so that their profiles have every limit: a branch that was never taken is left
   * out, and the first convolution that takes it finds the kernel thrown away.
   */
  private static final int VECTORS = 3;

  private static final int NARROW_CALLS = 250;

  private final int rows;
  private final int vectors;
  private int rounds;

  /** Of a tile. */
  Priming(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
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

  /** Some 10 ms of calls, in no more than {@link #ROUNDS} of a process. */
  synchronized void round(Kernel kernel) {
    if (rounds == ROUNDS) {
      return;
    }
    rounds++;
    int calls = vectors < VECTORS ? NARROW_CALLS : CALLS;
    int most = Lanes.COUNT + FEW_TERMS;
    int step = rows * 2 * Lanes.COUNT;
    float[] a = new float[2 * step];
    long rowBytes = (long) vectors * Lanes.BYTES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment b = arena.allocate(most * rowBytes, Lanes.BYTES);
      MemorySegment d = arena.allocate(2 * rows * rowBytes, Lanes.BYTES);
      for (int call = 0; call < calls; call++) {
        boolean isLong = call % LONG_CALLS == 0;
        float lo = call / 2 % 2 == 0 ? 0 : Float.NEGATIVE_INFINITY;
        float hi = call % 4 == 3 ? 6 : Float.POSITIVE_INFINITY;
        int terms = isLong ? most : FEW_TERMS + call % 2;
        kernel.run(a, step, terms, b, d, isLong ? 2 : 1, lo, hi);
      }
    }
  }
}
