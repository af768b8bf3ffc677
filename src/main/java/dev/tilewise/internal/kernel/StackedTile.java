package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The matrix micro-kernel for rows that are stacked: for each vector of terms the rows of one tile,
 * one after the other, so that one offset leads to all of them:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + (i / L * rows + m) * L + i % L],   L = lanes
 * D[m, n] = sum over i < length of A[m, i] * B[i, n]
 * }</pre>
 *
 * Each D is one chain of fused multiply-adds from zero on, in the order of i. What a tile costs
 * beside its multiply-adds is half of what {@link Tile} costs, whose rows may lie anywhere and have
 * their bounds checked one by one (docs/decisions/0008-stacked-rows.md).
 */
public enum StackedTile {
  S9X3(9, 3),
  S9X2(9, 2),
  S9X1(9, 1),
  S8X3(8, 3),
  S8X2(8, 2),
  S8X1(8, 1),
  S5X2(5, 2),
  F5X2(5, 2, true),
  S5X1(5, 1),
  F4X2(4, 2, true),
  S4X3(4, 3),
  S4X2(4, 2),
  S4X1(4, 1),
  S1X3(1, 3),
  S1X2(1, 2),
  S1X1(1, 1);

  private final int rows;
  private final int vectors;

  private final boolean arrays;
  private final Priming priming;
  private final Priming bringingPriming;

  StackedTile(int rows, int vectors) {
    this(rows, vectors, false);
  }

  StackedTile(int rows, int vectors, boolean arrays) {
    this.rows = rows;
    this.vectors = vectors;
    this.arrays = arrays;
    long rowBytes = (long) vectors * Lanes.BYTES;
    ReadAhead nothing = new ReadAhead();
    priming =
        new Priming(
            rows,
            vectors,
            !arrays,
            (a, aStep, terms, b, memory, d, stacks, lo, hi) ->
                run(this, a, 0, aStep, terms, b, d, 0, rowBytes, stacks, nothing));
    // As of a narrow tile: after short calls C2 finds the loop not worth the registers.
    bringingPriming =
        new Priming(
            rows,
            vectors,
            false,
            false,
            (a, aStep, terms, b, memory, d, stacks, lo, hi) ->
                bring(this, a, 0, aStep, terms, b, d, 0, rowBytes, stacks, 0, 0));
  }

  /** Rows of a stack. */
  public int rows() {
    return rows;
  }

  /** Vectors of columns. */
  public int vectors() {
    return vectors;
  }

  /**
   * The shape of so many rows and vectors.
   *
   * @param arrays whether to prefer one that reads its factors from an array
   */
  public static StackedTile of(int rows, int vectors, boolean arrays) {
    StackedTile found = null;
    for (StackedTile tile : values()) {
      boolean fits = tile.rows == rows && tile.vectors == vectors;
      if (fits && (found == null || tile.readsArrays() == arrays)) {
        found = tile;
      }
    }
    if (found == null) {
      throw new IllegalArgumentException("there is no tile of " + rows + "x" + vectors);
    }
    return found;
  }

  /** Whether the factors must have been copied into the panel's array. */
  public boolean readsArrays() {
    return arrays;
  }

  /** Whether there is a kernel that brings a line for each term. */
  private boolean hasBringing() {
    return rows >= 8 && vectors > 1 && ReadAhead.LINES_ARE_VECTORS;
  }

  /** Whether each of a stack's terms may bring a line of other filters: C2 got the kernel right. */
  public boolean readsAhead() {
    return hasBringing() && !bringingPriming.boxes();
  }

  /** Of its kernels. */
  public List<Priming> primings() {
    return hasBringing() ? List.of(priming, bringingPriming) : List.of(priming);
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors + (arrays ? " with fences" : "");
  }

  /**
   * The kernel, for some stacks. Offsets in arrays are floats, in segments bytes.
   *
   * @param tile shape
   * @param a stacks
   * @param aOff the first one
   * @param aStep from stack to stack
   * @param length terms
   * @param b for each term {@code vectors} vectors of factors; copied for tiles that read arrays
   * @param d receives the sums
   * @param dOff the first row
   * @param dStep from row to row
   * @param stacks how many
   * @param ahead filters to bring meanwhile, by tiles that {@link #readsAhead}
   */
  public static void run(
      StackedTile tile,
      float[] a,
      int aOff,
      int aStep,
      int length,
      Panel b,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks,
      ReadAhead ahead) {
    MemorySegment memory = b.memory();
    long at = b.at(0, 0);
    int bringing = tile.readsAhead() ? ahead.tiles(memory, length, stacks) : 0;
    if (bringing > 0) {
      long line = ahead.take((long) bringing * length);
      bring(tile, a, aOff, aStep, length, b, d, dOff, dStep, bringing, line, ahead.heads());
      if (bringing < stacks) {
        int next = aOff + bringing * aStep;
        long row = dOff + bringing * tile.rows * dStep;
        run(tile, a, next, aStep, length, b, d, row, dStep, stacks - bringing, ahead);
      }
      return;
    }
    switch (tile) {
      case S9X3 -> Stacked9x3.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S9X2 -> Stacked9x2.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S9X1 -> Stacked9x1.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S8X3 -> Stacked8x3.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S8X2 -> Stacked8x2.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S8X1 -> Stacked8x1.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S5X2 -> Stacked5x2.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case F5X2 -> Fenced5x2.run(a, aOff, aStep, length, b.copied(), 0, d, dOff, dStep, stacks);
      case F4X2 -> Fenced4x2.run(a, aOff, aStep, length, b.copied(), 0, d, dOff, dStep, stacks);
      case S5X1 -> Stacked5x1.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S4X3 -> Stacked4x3.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S4X2 -> Stacked4x2.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S4X1 -> Stacked4x1.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S1X3 -> Stacked1x3.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S1X2 -> Stacked1x2.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
      case S1X1 -> Stacked1x1.run(a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks);
    }
  }

  /** The kernel that brings a line for each term. */
  private static void bring(
      StackedTile tile,
      float[] a,
      int aOff,
      int aStep,
      int length,
      Panel b,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks,
      long line,
      long heads) {
    MemorySegment memory = b.memory();
    long at = b.at(0, 0);
    switch (tile) {
      case S9X3 ->
          Stacked9x3Ahead.run(
              a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks, line, heads);
      case S8X3 ->
          Stacked8x3Ahead.run(
              a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks, line, heads);
      case S9X2 ->
          Stacked9x2Ahead.run(
              a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks, line, heads);
      case S8X2 ->
          Stacked8x2Ahead.run(
              a, aOff, aStep, length, memory, at, d, dOff, dStep, stacks, line, heads);
      default -> throw new IllegalArgumentException("no tile of " + tile + " reads ahead");
    }
  }
}
