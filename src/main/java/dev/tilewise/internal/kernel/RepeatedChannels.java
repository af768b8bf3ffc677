package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies values several times each: channels, one copy for each of their filters. */
public final class RepeatedChannels {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private RepeatedChannels() {}

  /**
   * Copies.
   *
   * @param x values
   * @param xOff the first, bytes
   * @param count how many
   * @param times copies of each
   * @param to receives them side by side
   */
  public static void copy(MemorySegment x, long xOff, long count, int times, MemorySegment to) {
    if (x.getClass() != Memory.NATIVE || to.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long put = 0;
    for (long i = 0; i < count; i++) {
      float value = x.get(FLOAT, xOff + i * Float.BYTES);
      for (int copy = 0; copy < times; copy++) {
        to.set(FLOAT, put, value);
        put += Float.BYTES;
      }
    }
  }
}
