package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Micro-kernels that compute outputs from pixels where they lie, off-heap at equal distances. Sums
 * start from the bias and are clamped before they are stored, as in {@link Tile}:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + m * pitch + i]
 * D[m, n] = clamp(init[n] + sum over i < length of A[m, i] * B[i, n])
 * }</pre>
 *
 * The last vector of columns may lie over the one before: its columns are then in B twice.
 *
 * <p>Each D is one chain of fused multiply-adds from init on, in the order of i. The rows are as
 * many as C1 and C2 have registers for (docs/decisions/0017-pixels-in-place.md).
 */
public enum PixelTile {
  P7X3(7, 3),
  P6X3(6, 3),
  P8X2(8, 2),
  P9X2(9, 2),
  P8X1(8, 1),
  P9X1(9, 1);

  /** Vectors of the widest tiles. */
  public static final int MOST_VECTORS = 3;

  private static final PixelTile[] SHAPES = values();

  private final int rows;
  private final int vectors;
  private final Priming priming;

  PixelTile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
    priming = new Priming(rows, vectors, false, this::prime);
  }

  /** Pixels. */
  public int rows() {
    return rows;
  }

  /** Vectors of filters. */
  public int vectors() {
    return vectors;
  }

  /** Filters. */
  public int width() {
    return vectors * Lanes.COUNT;
  }

  /** The shape for most pixels and so many vectors. */
  public static PixelTile of(int vectors) {
    return Arrays.stream(SHAPES).filter(t -> t.vectors == vectors).findFirst().orElseThrow();
  }

  /** The shape of as many vectors for pixels that are left over: one more or one less. */
  public PixelTile rest() {
    return SHAPES[ordinal() | 1];
  }

  /**
   * Tiles of the {@link #rest} among so many pixels, which leave whole tiles of this shape if there
   * are {@link #holds enough}.
   */
  public int restTiles(int pixels) {
    int over = pixels % rows;
    return over == 0 || rest().rows > rows ? over : rows - over;
  }

  /** Whether tiles of this shape and of the rest hold so many pixels: all numbers from 56 on. */
  public boolean holds(long pixels) {
    int over = (int) (pixels % rows);
    return pixels >= (long) rest().rows * restTiles(over);
  }

  /** Has the kernel compiled. */
  public Priming priming() {
    return priming;
  }

  private void prime(
      float[] a,
      int aStep,
      int terms,
      MemorySegment b,
      MemorySegment d,
      int tiles,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    run(this, b, 0, Float.BYTES, terms, b, 0, b, 0, d, 0, rowBytes, last, tiles, lo, hi);
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
  }

  /**
   * Some tiles one behind the other. Offsets are bytes.
   *
   * @param tile shape
   * @param a the pixels
   * @param aOff the first pixel's first term
   * @param pitch from pixel to pixel
   * @param length terms
   * @param b panel: for each term {@link #width} factors
   * @param bOff its first term
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first row
   * @param dStep from row to row
   * @param last from a row's first output to those of the last vector
   * @param tiles how many, at least one
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void run(
      PixelTile tile,
      MemorySegment a,
      long aOff,
      long pitch,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    switch (tile) {
      case P7X3 ->
          Pixels7x3.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case P6X3 ->
          Pixels6x3.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case P8X2 ->
          Pixels8x2.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case P9X2 ->
          Pixels9x2.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case P8X1 ->
          Pixels8x1.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case P9X1 ->
          Pixels9x1.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
    }
  }
}
