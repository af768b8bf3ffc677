package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Brings memory into the caches by reading a number of each line, as fast as a core can read. A
 * kernel that meets the same lines between its multiply-adds has fewer loads in flight and reads at
 * half that speed (docs/decisions/0020-cold-filters.md).
 */
public final class Prefetch {

  /** Bytes of several calls of a kernel that are better read at once than one call's at a time. */
  public static final long AT_ONCE = 128 << 10;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  /** Bytes that come into a cache together. */
  private static final long LINE = 64;

  // Loads whose values nobody wanted would be left out.
  private int read;

  /**
   * Reads some bytes.
   *
   * @param from kernel memory
   * @param at the first one
   * @param bytes how many
   */
  public void lines(MemorySegment from, long at, long bytes) {
    if (from.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int sum = 0;
    long end = at + bytes;
    for (long line = at; line < end; line += LINE) {
      sum += from.get(INT, line);
    }
    read += sum;
  }
}
