package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The matrix micro-kernel, in a handful of shapes. A tile of {@code rows} pixels x {@code vectors}
 * vectors of filters lives in registers:
 *
 * <pre>{@code
 * D[m, n] = clamp( init[n] + sum over runs (aOff, term, length), i < length of
 *                                A[row(m) + aOff + i] * B[term + i, n] )
 * }</pre>
 *
 * Each D is one chain of fused multiply-adds in the order of the runs. A scalar of A is broadcast;
 * B is a panel: for each term of the sum {@code vectors} vectors, contiguous. Rows may coincide: a
 * tile with fewer pixels than rows repeats one of them.
 *
 * <p>A is an array, B is off-heap. C2 checks the bounds of eight rows of an array in about 40
 * cycles per run, of eight rows of a segment in 130; so the windows of a chunk are staged on the
 * heap, which costs 1 to 5 % (docs/decisions/0002-staged-rows.md).
 */
public enum Tile {
  T8X3(8, 3),
  T8X2(8, 2),
  T8X1(8, 1),
  T7X3(7, 3),
  T6X2(6, 2),
  T4X3(4, 3),
  T4X2(4, 2),
  T4X1(4, 1),
  T3X3(3, 3),
  T2X5(2, 5),
  T1X3(1, 3),
  T1X2(1, 2),
  T1X1(1, 1);

  private final int rows;
  private final int vectors;

  Tile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
  }

  /** Pixels of one tile, MR. */
  public int rows() {
    return rows;
  }

  /** Vectors of filters of one tile, NV. */
  public int vectors() {
    return vectors;
  }

  /**
   * The shape for a last tile of fewer pixels: as many vectors, and as few rows as there are for
   * them.
   *
   * @param rest pixels, at least 1
   */
  public Tile forRows(int rest) {
    int least = this == T8X2 ? 6 : 4;
    if (rest > least || rows <= 4 && rest > 1 || vectors > 3) {
      return this;
    }
    return switch (vectors) {
      case 1 -> rest == 1 ? T1X1 : T4X1;
      case 2 -> rest == 1 ? T1X2 : rest <= 4 ? T4X2 : T6X2;
      default -> rest == 1 ? T1X3 : T4X3;
    };
  }

  /** Filters of one tile on this machine. */
  public int width() {
    return vectors * Lanes.COUNT;
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
  }

  /**
   * The kernel. Offsets in arrays are floats, in segments bytes.
   *
   * @param tile shape
   * @param a the rows
   * @param aRows where rows start; a row may start before its first run does, even outside of a
   * @param aRow first of this tile's entries in aRows
   * @param runs triples of offset in a row, number of the first term, and number of terms
   * @param firstRun first run
   * @param endRun one past the last run
   * @param b panels
   * @param bOff this tile's panel
   * @param init one value for each filter of the panel
   * @param initOff where they start
   * @param d receives the tile
   * @param dRows where its rows start
   * @param dRow first of this tile's entries in dRows
   * @param dOff added to each
   * @param lo lower limit: what is below becomes it; NaN stays
   * @param hi upper limit
   */
  public static void run(
      Tile tile,
      float[] a,
      int[] aRows,
      int aRow,
      int[] runs,
      int firstRun,
      int endRun,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float lo,
      float hi) {
    switch (tile) {
      case T8X3 ->
          Matrix8x3.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T8X2 ->
          Matrix8x2.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T8X1 ->
          Matrix8x1.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T7X3 ->
          Matrix7x3.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T6X2 ->
          Matrix6x2.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T4X3 ->
          Matrix4x3.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T4X2 ->
          Matrix4x2.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T4X1 ->
          Matrix4x1.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T3X3 ->
          Matrix3x3.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T2X5 ->
          Matrix2x5.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T1X3 ->
          Matrix1x3.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T1X2 ->
          Matrix1x2.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
      case T1X1 ->
          Matrix1x1.run(
              a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow, dOff,
              lo, hi);
    }
  }

  /**
   * The kernel for a sum that is one run from the panel's first term on. Without the loop over runs
   * the accumulators stay in registers from start to end, which is what short sums need
   * (docs/decisions/0005-short-sums.md). Offsets in arrays are floats, in segments bytes.
   *
   * @param tile shape
   * @param a the rows
   * @param aRows where rows start
   * @param aRow first of this tile's entries in aRows
   * @param aOff added to each
   * @param length terms
   * @param b panels
   * @param bOff this tile's first term
   * @param init one value for each filter of the panel
   * @param initOff where they start
   * @param d receives the tile
   * @param dRows where its rows start
   * @param dRow first of this tile's entries in dRows
   * @param dOff added to each
   * @param lo lower limit: what is below becomes it; NaN stays
   * @param hi upper limit
   */
  public static void runOnce(
      Tile tile,
      float[] a,
      int[] aRows,
      int aRow,
      int aOff,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float lo,
      float hi) {
    switch (tile) {
      case T8X3 ->
          Matrix8x3.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T8X2 ->
          Matrix8x2.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T8X1 ->
          Matrix8x1.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T7X3 ->
          Matrix7x3.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T6X2 ->
          Matrix6x2.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T4X3 ->
          Matrix4x3.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T4X2 ->
          Matrix4x2.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T4X1 ->
          Matrix4x1.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T3X3 ->
          Matrix3x3.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T2X5 ->
          Matrix2x5.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T1X3 ->
          Matrix1x3.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T1X2 ->
          Matrix1x2.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
      case T1X1 ->
          Matrix1x1.runOnce(
              a, aRows, aRow, aOff, length, b, bOff, init, initOff, d, dRows, dRow, dOff, lo, hi);
    }
  }
}
