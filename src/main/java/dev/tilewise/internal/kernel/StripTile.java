package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Micro-kernels that compute outputs: sums start from the bias and are clamped before they are
 * stored, as in {@link Tile}. The rows of A are windows of a few runs at equal distances in a strip
 * of input rows, on the heap:
 *
 * <pre>{@code
 * A[m, (r, i)] = a[aOff + m * pitch + r * aStep + i]
 * D[m, n] = clamp(init[n] + sum over r < count, i < length of A[m, (r, i)] * B[r * bStep + i, n])
 * }</pre>
 *
 * The last vector of columns may lie over the one before: its columns are then in B twice.
 *
 * <p>Each D is one chain of fused multiply-adds from init on, in the order of r and i
 * (docs/decisions/0012-few-channels.md).
 */
public enum StripTile {
  S9X3(9, 3),
  S9X2(9, 2),
  S9X1(9, 1),
  S8X3(8, 3),
  S8X2(8, 2),
  S8X1(8, 1);

  /** Vectors of the widest tiles. */
  public static final int MOST_VECTORS = 3;

  private final int rows;
  private final int vectors;
  private final Priming priming;

  StripTile(int rows, int vectors) {
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

  /** The shape of so many rows and vectors. */
  public static StripTile of(int rows, int vectors) {
    for (StripTile tile : values()) {
      if (tile.rows == rows && tile.vectors == vectors) {
        return tile;
      }
    }
    throw new IllegalArgumentException("there is no tile of " + rows + "x" + vectors);
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
      int stacks,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    int runs = 1 + terms % 2 * 2;
    StripRuns windows = new StripRuns(runs, terms / runs, Lanes.COUNT, terms / runs);
    run(this, a, 0, 4, windows, b, 0, b, 0, d, 0, rowBytes, last, stacks, lo, hi);
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
  }

  /**
   * Some tiles one behind the other. Offsets in arrays are floats, in segments bytes.
   *
   * @param tile shape
   * @param a staged rows
   * @param aOff the first pixel's first term
   * @param pitch from pixel to pixel
   * @param runs where its terms are
   * @param b panel: for each term {@link #width} factors
   * @param bOff its first term
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first pixel's
   * @param dStep from pixel to pixel
   * @param last from a pixel's first output to those of the last vector
   * @param tiles how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void run(
      StripTile tile,
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
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
      case S9X3 ->
          Strip9x3.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case S9X2 ->
          Strip9x2.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case S9X1 ->
          Strip9x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case S8X3 ->
          Strip8x3.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case S8X2 ->
          Strip8x2.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case S8X1 ->
          Strip8x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
    }
  }
}
