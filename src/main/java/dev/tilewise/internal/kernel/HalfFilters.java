package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The first dimension of the transform of 3x3 filters for F(4, 3), down their columns, lanes along
 * the filters, without the factors of its rows:
 *
 * <pre>{@code
 * H[0] = g0         H[1] = (g0 + g2) + g1        H[2] = (g0 + g2) - g1
 * H[5] = g2         H[3] = (4 g0 + g2) + 2 g1    H[4] = (4 g2 + g0) - 2 g1
 * }</pre>
 *
 * The first and the last row are taps, and are left where they are. Each operation is rounded once;
 * {@code 4 a + b} is one fused multiply-add, {@code 2 g1} is exact. {@link FilteredProducts} makes
 * the second dimension of it.
 */
public final class HalfFilters {

  /** Vectors of a channel's taps: those of a column side by side. */
  public static final int TAPS = 9;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Of H that are computed; the first and the last are taps as they are. */
  public static final int ROWS = 4;

  private static final Priming PRIMING = priming();

  private HalfFilters() {}

  /** Of this kernel. */
  public static Priming kernel() {
    return PRIMING;
  }

  private static Priming priming() {
    long row = Priming.MOST_TERMS * (3L * BYTES);
    MemorySegment taps = Memory.allocate(Arena.global(), 3 * row);
    MemorySegment h = Memory.allocate(Arena.global(), ROWS * row);
    return new Priming(
        ROWS,
        3,
        false,
        (a, aStep, terms, b, memory, d, stacks, lo, hi) -> run(taps, 0, h, 0, row, terms));
  }

  /**
   * Of some channels of a vector of filters, for each three vectors. Offsets are bytes.
   *
   * @param taps for each channel three taps of each of three columns
   * @param tapsOff the first one
   * @param h receives H[1] to H[4]
   * @param hOff where the first starts
   * @param hStep from row to row
   * @param channels how many
   */
  public static void run(
      MemorySegment taps, long tapsOff, MemorySegment h, long hOff, long hStep, int channels) {
    if (taps.getClass() != NATIVE || h.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    long at = tapsOff;
    long second = hOff + hStep;
    long third = second + hStep;
    long fourth = third + hStep;
    long end = hOff + channels * (3L * BYTES);
    long to = hOff;
    long step = 0;
    while (to < end) {
      FloatVector g0 = FloatVector.fromMemorySegment(SPECIES, taps, at, ORDER);
      FloatVector g1 = FloatVector.fromMemorySegment(SPECIES, taps, at + BYTES, ORDER);
      FloatVector g2 = FloatVector.fromMemorySegment(SPECIES, taps, at + 2 * BYTES, ORDER);
      FloatVector s = g0.add(g2);
      s.add(g1).intoMemorySegment(h, to, ORDER);
      s.sub(g1).intoMemorySegment(h, second + step, ORDER);
      g1 = g1.add(g1);
      g0.fma(four, g2).add(g1).intoMemorySegment(h, third + step, ORDER);
      g2.fma(four, g0).sub(g1).intoMemorySegment(h, fourth + step, ORDER);
      at += 3 * BYTES;
      to += BYTES;
      step += BYTES;
    }
  }
}
