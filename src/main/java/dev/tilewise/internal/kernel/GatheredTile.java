package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The matrix micro-kernel for windows that were gathered into stacks: for each vector of terms the
 * rows of one tile, one after the other, so that one offset leads to all of them:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + (i / L * rows + m) * L + i % L],   L = lanes
 * D[m, n] = clamp( init[n] + sum over i < length of A[m, i] * B[i, n] )
 * }</pre>
 *
 * Each D is one chain of fused multiply-adds from init on, in the order of i; its rows may lie
 * anywhere. These are the tiles of narrow vectors, where {@link Tile} needs more registers and
 * instructions than there are (docs/decisions/0013-narrow-vectors.md).
 */
public enum GatheredTile {
  G6X2(6, 2),
  G6X1(6, 1);

  /** Windows of a stack, whatever the shape. */
  public static final int ROWS = 6;

  private final int rows;
  private final int vectors;

  GatheredTile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
  }

  /** Windows of a stack. */
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

  /** The shape of so many vectors. */
  public static GatheredTile of(int vectors) {
    return switch (vectors) {
      case 2 -> G6X2;
      case 1 -> G6X1;
      default -> throw new IllegalArgumentException("there is no tile of " + ROWS + "x" + vectors);
    };
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
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
   * @param dRows where rows start
   * @param dRow first of the entries in dRows: {@link #rows} for each stack
   * @param dOff added to each
   * @param stacks how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void run(
      GatheredTile tile,
      float[] a,
      int aOff,
      int aStep,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      int stacks,
      float lo,
      float hi) {
    switch (tile) {
      case G6X2 ->
          Gathered6x2.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dRows, dRow, dOff, stacks, lo, hi);
      case G6X1 ->
          Gathered6x1.run(
              a, aOff, aStep, length, b, bOff, init, initOff, d, dRows, dRow, dOff, stacks, lo, hi);
    }
  }
}
