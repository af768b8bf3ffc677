package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Copies a few floats from each of many rows. */
public final class Strips {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

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

  /**
   * Copies rows with vectors. Both are kernel memory; offsets and steps are bytes.
   *
   * @param from rows, each of a whole vector at least
   * @param fromOff where the first starts
   * @param fromStep from row to row
   * @param to receives them, and nothing beside them
   * @param toOff where the first starts
   * @param toStep from row to row
   * @param rows how many
   * @param count floats of each
   */
  public static void copyRows(
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
    if (count < COUNT) {
      VectorMask<Float> starts = SPECIES.indexInRange(0, count);
      for (int row = 0; row < rows; row++) {
        FloatVector.fromMemorySegment(SPECIES, from, fromOff + row * fromStep, ORDER)
            .intoMemorySegment(to, toOff + row * toStep, ORDER, starts);
      }
      return;
    }
    long last = (long) (count - COUNT) * Float.BYTES;
    for (int row = 0; row < rows; row++) {
      long at = fromOff + row * fromStep;
      long out = toOff + row * toStep;
      for (long off = 0; off < last; off += BYTES) {
        FloatVector.fromMemorySegment(SPECIES, from, at + off, ORDER)
            .intoMemorySegment(to, out + off, ORDER);
      }
      FloatVector.fromMemorySegment(SPECIES, from, at + last, ORDER)
          .intoMemorySegment(to, out + last, ORDER);
    }
  }
}
