package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies floats between places given by a table and places at equal distances. */
public final class Pick {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Pick() {}

  /**
   * {@code to[i * step] = from[table[first + i]]}. All memory is kernel memory; offsets and the
   * step are bytes.
   *
   * @param from scattered floats
   * @param fromOff where the table counts from
   * @param table numbers of floats
   * @param first first entry used
   * @param count how many
   * @param to receives them
   * @param toOff where the first goes
   * @param toStep from one to the next
   */
  public static void gather(
      MemorySegment from,
      long fromOff,
      int[] table,
      int first,
      int count,
      MemorySegment to,
      long toOff,
      long toStep) {
    if (from.getClass() != Memory.NATIVE || to.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < count; i++) {
      float value = from.get(FLOAT, fromOff + (long) table[first + i] * Float.BYTES);
      to.set(FLOAT, toOff + i * toStep, value);
    }
  }

  /**
   * {@code to[table[i]] = from[i]}. All memory is kernel memory; offsets are bytes.
   *
   * @param from contiguous floats
   * @param fromOff the first
   * @param count how many
   * @param to receives them
   * @param toOff where the table counts from
   * @param table numbers of floats
   */
  public static void scatter(
      MemorySegment from, long fromOff, int count, MemorySegment to, long toOff, int[] table) {
    if (from.getClass() != Memory.NATIVE || to.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < count; i++) {
      float value = from.get(FLOAT, fromOff + (long) i * Float.BYTES);
      to.set(FLOAT, toOff + (long) table[i] * Float.BYTES, value);
    }
  }
}
