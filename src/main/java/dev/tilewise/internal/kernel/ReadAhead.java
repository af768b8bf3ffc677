package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Brings filters from memory into the caches.
 *
 * <p>Either {@link #now}, by loads, as fast as a core can read, while it does nothing else: a load
 * that waits for memory holds up all that comes after it as soon as the core has no room for more.
 *
 * <p>Or {@link #during} the multiply-adds of kernels, by stores, which wait elsewhere and hold up
 * nothing. For each term a kernel writes into a line that is to come what is there already: its
 * first number, its head, of which there are copies behind the filters. So filters never change,
 * whoever reads or writes them at the same time. But a core that writes a line takes it from the
 * caches of the others: no two threads should do it with the same lines at once
 * (docs/decisions/0033-filters-read-ahead-by-stores.md).
 */
public final class ReadAhead {

  /** Bytes of several calls of a kernel that are better read at once than one call's at a time. */
  public static final long AT_ONCE = 128 << 10;

  /** Copied as they are, whatever number they may be. */
  static final ValueLayout.OfInt HEAD = ValueLayout.JAVA_INT_UNALIGNED;

  /** Bytes that come into a cache together. */
  static final long LINE = 64;

  /** Where a line is, moved by so many bits, is where its head is among the heads. */
  static final int HEADS = 4;

  /** Kernels bring lines where their vectors are as long. */
  static final boolean LINES_ARE_VECTORS = Lanes.BYTES == LINE;

  private MemorySegment memory;
  private long heads;
  private long next;
  private long left;

  // Loads whose values nobody wanted would be left out.
  private int read;

  /**
   * Room for filters that are read ahead, with their heads if there are kernels that bring lines.
   *
   * @param arena the preferred owner, as of {@link Memory#allocate}
   * @param bytes of the filters, whole lines
   */
  public static MemorySegment allocate(Arena arena, long bytes) {
    long heads = LINES_ARE_VECTORS ? bytes / LINE * Integer.BYTES : 0;
    return Memory.allocate(arena, bytes + heads);
  }

  /**
   * Writes the heads, if there are any, once the filters are there.
   *
   * @param memory that was {@link #allocate}d
   * @param bytes of the filters
   */
  public static void writeHeads(MemorySegment memory, long bytes) {
    long head = bytes;
    for (long line = 0; LINES_ARE_VECTORS && line < bytes; line += LINE) {
      memory.set(HEAD, head, memory.get(HEAD, line));
      head += Integer.BYTES;
    }
  }

  /**
   * Reads some bytes, and waits for them.
   *
   * @param from kernel memory
   * @param first the first one
   * @param bytes how many
   */
  public void now(MemorySegment from, long first, long bytes) {
    if (from.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int sum = 0;
    for (long line = first; line < first + bytes; line += LINE) {
      sum += from.get(HEAD, line);
    }
    read += sum;
  }

  /**
   * Has the next calls of kernels bring some filters, a line for each term, as far as they get.
   *
   * @param from memory with heads
   * @param filters bytes of all filters in it
   * @param first the first byte that is to come, which begins a line
   * @param bytes how many, whole lines
   */
  public void during(MemorySegment from, long filters, long first, long bytes) {
    memory = from;
    heads = filters;
    next = first;
    left = bytes / LINE;
  }

  /** Reads what has not come yet, and waits for it. */
  public void rest() {
    if (left > 0) {
      now(memory, next, left * LINE);
      left = 0;
    }
  }

  /** Has the next calls of kernels bring nothing. */
  public void nothing() {
    left = 0;
  }

  /**
   * Tiles of a call whose terms bring lines.
   *
   * @param from what the kernel multiplies with: it brings lines of the same memory only
   * @param terms of a tile
   * @param tiles of the call
   */
  int tiles(MemorySegment from, int terms, int tiles) {
    return from == memory && terms > 0 ? (int) Math.min(left / terms, tiles) : 0;
  }

  /**
   * Takes the next lines.
   *
   * @param lines that a kernel will bring
   * @return the first one
   */
  long take(long lines) {
    long first = next;
    next += lines * LINE;
    left -= lines;
    return first;
  }

  /** Where the first head is. */
  long heads() {
    return heads;
  }
}
