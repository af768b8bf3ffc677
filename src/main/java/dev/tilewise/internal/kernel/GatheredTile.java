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
  G6X1(6, 1),
  G5X2(5, 2),
  G5X1(5, 1),
  G4X2(4, 2),
  G4X1(4, 1);

  private final int rows;
  private final int vectors;
  private final Priming priming;

  GatheredTile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
    long[] dRows = new long[2 * rows];
    for (int m = 0; m < dRows.length; m++) {
      dRows[m] = (long) m * vectors * Lanes.BYTES;
    }
    priming =
        new Priming(
            rows,
            vectors,
            false,
            (a, aStep, terms, b, memory, d, stacks, lo, hi) ->
                run(this, a, 0, aStep, terms, b, 0, memory, 0, d, dRows, 0, 0, stacks, lo, hi));
  }

  /** Of this kernel. */
  public Priming priming() {
    return priming;
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

  /** Whether the factors must have been copied into the panel's array. */
  public boolean readsArrays() {
    return rows < 6;
  }

  /** The shape of so many rows and vectors. */
  public static GatheredTile of(int rows, int vectors) {
    for (GatheredTile tile : values()) {
      if (tile.rows == rows && tile.vectors == vectors) {
        return tile;
      }
    }
    throw new IllegalArgumentException("there is no tile of " + rows + "x" + vectors);
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
   * @param b for each term {@link #width} factors; copied for tiles that read arrays
   * @param term its first one
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
      Panel b,
      int term,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      int stacks,
      float lo,
      float hi) {
    MemorySegment memory = b.memory();
    long at = b.at(term, tile.width());
    float[] copy = b.copied();
    int from = term * tile.width();
    switch (tile) {
      case G6X2 ->
          Gathered6x2.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
      case G6X1 ->
          Gathered6x1.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
      case G5X2 ->
          Gathered5x2.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
      case G5X1 ->
          Gathered5x1.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
      case G4X2 ->
          Gathered4x2.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
      case G4X1 ->
          Gathered4x1.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dRows, dRow, dOff, stacks, lo,
              hi);
    }
  }
}
