package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Sums times a factor. */
public final class ScaledSums {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private ScaledSums() {}

  /**
   * Vectors of an array that lie side by side, into rows of a segment.
   *
   * @param sums a vector for each row
   * @param sumsOff the first one
   * @param factor for all of them
   * @param to receives the products
   * @param toOff the first row, bytes
   * @param toStep from row to row, bytes
   * @param rows how many
   */
  public static void run(
      float[] sums,
      int sumsOff,
      float factor,
      MemorySegment to,
      long toOff,
      long toStep,
      int rows) {
    if (to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long at = toOff;
    for (int row = 0; row < rows; row++) {
      FloatVector.fromArray(SPECIES, sums, sumsOff + row * COUNT)
          .mul(factor)
          .intoMemorySegment(to, at, ORDER);
      at += toStep;
    }
  }

  /**
   * Rows of a segment, in place.
   *
   * @param of whole vectors
   * @param off the first row, bytes
   * @param step from row to row, bytes
   * @param rows how many
   * @param vectors of a row, at least 1
   * @param factor for all of them
   */
  public static void run(
      MemorySegment of, long off, long step, int rows, int vectors, float factor) {
    if (of.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long width = (long) vectors * BYTES;
    long row = off;
    // Rows are short: bounded by addresses, so that C2 does not make counted loops of them
    // (decisions/0008).
    for (long end = off + rows * step; row < end; row += step) {
      long stop = row + width;
      long at = row;
      do {
        FloatVector.fromMemorySegment(SPECIES, of, at, ORDER)
            .mul(factor)
            .intoMemorySegment(of, at, ORDER);
        at += BYTES;
      } while (at < stop);
    }
  }
}
