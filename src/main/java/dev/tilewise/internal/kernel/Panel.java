package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The factors that a tile multiplies with: for each term as many as the tile has columns. They lie
 * off-heap for some tiles; those with few registers read an array, where C2 checks the bounds of
 * many loads at once (docs/decisions/0018-fences.md).
 */
public final class Panel {

  private final float[] copy;
  private MemorySegment memory;
  private long start;

  /**
   * Of factors on the heap; nothing off-heap yet.
   *
   * @param copy what tiles that read arrays find; {@link #copy} writes it
   */
  public Panel(float[] copy) {
    this.copy = copy;
  }

  /**
   * Of factors where they are, for tiles that read them there.
   *
   * @param from off-heap
   * @param at the first one, bytes
   */
  public static Panel of(MemorySegment from, long at) {
    Panel panel = new Panel(new float[0]);
    panel.set(from, at);
    return panel;
  }

  /**
   * Takes factors where they are, for tiles that read them there.
   *
   * @param from off-heap
   * @param at the first one, bytes
   */
  public void set(MemorySegment from, long at) {
    memory = from;
    start = at;
  }

  /**
   * Copies factors, for tiles that read arrays.
   *
   * @param from off-heap
   * @param at the first one, bytes
   * @param to where it goes, floats
   * @param floats how many
   */
  public void copy(MemorySegment from, long at, int to, int floats) {
    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, at, copy, to, floats);
  }

  /** Bytes on the heap. */
  public long copiedBytes() {
    return (long) copy.length * Float.BYTES;
  }

  /** Where the factors are, off-heap; null if they never were set there. */
  MemorySegment memory() {
    return memory;
  }

  /** Where a term of so many columns is, bytes. */
  long at(int term, int columns) {
    return start + (long) term * columns * Float.BYTES;
  }

  /** The factors from the first one on, as far as they were copied. */
  float[] copied() {
    return copy;
  }
}
