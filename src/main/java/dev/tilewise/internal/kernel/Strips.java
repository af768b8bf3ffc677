package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies a few floats from each of many rows. */
public final class Strips {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Strips() {}

  /**
   * Copies. Both are kernel memory; offsets and steps are bytes.
   *
   * @param from rows
   * @param fromOff where the first starts
   * @param fromStep from row to row
   * @param to receives them
   * @param toOff where the first starts
   * @param toStep from row to row
   * @param rows how many
   * @param count floats of each, fewer than a vector has
   */
  public static void copy(
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment to,
      long toOff,
      long toStep,
      int rows,
      int count) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < count; i++) {
      long at = (long) i * Float.BYTES;
      for (int row = 0; row < rows; row++) {
        to.set(FLOAT, toOff + at + row * toStep, from.get(FLOAT, fromOff + at + row * fromStep));
      }
    }
  }
}
