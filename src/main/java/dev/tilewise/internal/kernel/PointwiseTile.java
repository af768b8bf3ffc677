package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The micro-kernel of 1x1 filters: rows are stacked as in {@link StackedTile}, sums start from the
 * bias and are clamped before they are stored, as in {@link Tile}:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + (i / L * rows + m) * L + i % L],   L = lanes
 * D[m, n] = clamp(init[n] + sum over i < length of A[m, i] * B[i, n])
 * }</pre>
 *
 * Each D is one chain of fused multiply-adds from init on, in the order of i
 * (docs/decisions/0011-pointwise.md).
 */
public enum PointwiseTile {
  P9X3(9, 3, Lanes.COUNT),
  P9X2(9, 2, Lanes.COUNT),
  P8X3(8, 3, Lanes.COUNT),
  P8X2(8, 2, Lanes.COUNT),
  HALF9X3(9, 3, HalfLanes.COUNT),
  HALF9X2(9, 2, HalfLanes.COUNT),
  HALF8X3(8, 3, HalfLanes.COUNT),
  HALF8X2(8, 2, HalfLanes.COUNT);

  /** Vectors of the narrowest tiles: with one, scalars are not loaded fast enough. */
  public static final int LEAST_VECTORS = 2;

  /** Vectors of the widest tiles. */
  public static final int MOST_VECTORS = 3;

  private final int rows;
  private final int vectors;
  private final int lanes;
  private final Priming priming;

  PointwiseTile(int rows, int vectors, int lanes) {
    this.rows = rows;
    this.vectors = vectors;
    this.lanes = lanes;
    priming = new Priming(rows, vectors);
  }

  /** Pixels of a stack. */
  public int rows() {
    return rows;
  }

  /** Filters. */
  public int width() {
    return vectors * lanes;
  }

  /** Filters of the vectors that tiles take two and three of, the larger ones first. */
  public static int[] lanes() {
    return HalfLanes.EXIST ? new int[] {Lanes.COUNT, HalfLanes.COUNT} : new int[] {Lanes.COUNT};
  }

  /** The shape of so many rows and vectors of so many filters. */
  public static PointwiseTile of(int rows, int vectors, int lanes) {
    for (PointwiseTile tile : values()) {
      if (tile.rows == rows && tile.vectors == vectors && tile.lanes == lanes) {
        return tile;
      }
    }
    throw new IllegalArgumentException(
        "there is no tile of " + rows + "x" + vectors + " of " + lanes);
  }

  /** {@link Priming} of this kernel, with limits as ReLU has them. */
  public void prime() {
    long rowBytes = (long) width() * Float.BYTES;
    float hi = Float.POSITIVE_INFINITY;
    priming.round(
        (a, aStep, terms, b, d, stacks) ->
            run(this, a, 0, aStep, terms, b, 0, b, 0, d, 0, rowBytes, stacks, 0, hi));
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors + (lanes < Lanes.COUNT ? " halves" : "");
  }

  /**
   * The kernel, for some stacks. Offsets in arrays are floats, in segments bytes.
   *
   * @param tile shape
   * @param a stacks
   * @param aOff the first one
   * @param aStep from stack to stack
   * @param length terms
   * @param b panel: for each term {@link #width} factors
   * @param bOff its first term
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first row
   * @param dStep from row to row
   * @param stacks how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void run(
      PointwiseTile tile,
      float[] a,
      int aOff,
      int aStep,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks,
      float lo,
      float hi) {
    switch (tile) {
      case P9X3 ->
          Pointwise9x3.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case P9X2 ->
          Pointwise9x2.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case P8X3 ->
          Pointwise8x3.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case P8X2 ->
          Pointwise8x2.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case HALF9X3 ->
          PointwiseHalf9x3.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case HALF9X2 ->
          PointwiseHalf9x2.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case HALF8X3 ->
          PointwiseHalf8x3.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
      case HALF8X2 ->
          PointwiseHalf8x2.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dOff, dStep, stacks, lo, hi);
    }
  }
}
