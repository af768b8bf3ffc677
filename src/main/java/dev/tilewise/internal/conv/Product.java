package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Tile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix product cut into register tiles: {@code D[m, n] = sum over i of A[m, i] * B[i, n]}, one
 * chain of fused multiply-adds per element, i ascending. Rows of A and D may lie anywhere; B is in
 * panels of {@link #WIDTH} columns. Used by one thread.
 */
final class Product {

  private static final Tile TILE = Lanes.COUNT < 16 ? Tile.T4X2 : Tile.T8X2;

  /** Columns of a panel. */
  static final int WIDTH = TILE.width();

  private static final MemorySegment ZEROS =
      Memory.allocate(Arena.global(), (long) WIDTH * Float.BYTES);

  private final int[] aRows;
  private final long[] dRows;
  private final int[] run = new int[3];

  Product(int maxRows) {
    aRows = new int[maxRows + TILE.rows()];
    dRows = new long[maxRows + TILE.rows()];
  }

  /** Panels of so many columns. */
  static int panels(int columns) {
    return (columns + WIDTH - 1) / WIDTH;
  }

  /** Says where one row lies: in A counted in floats, in D in bytes. */
  void row(int m, int aOff, long dOff) {
    aRows[m] = aOff;
    dRows[m] = dOff;
  }

  /**
   * Multiplies. Offsets in memory are bytes.
   *
   * @param rows how many, each placed by {@link #row}
   * @param a the rows of A
   * @param first first term of the sums
   * @param count terms of the sums
   * @param b memory of the panels
   * @param bOff the first panel
   * @param bStep from panel to panel
   * @param panels how many
   * @param d receives whole panels of columns
   * @param dOff added to each row's place
   */
  void run(
      int rows,
      float[] a,
      int first,
      int count,
      MemorySegment b,
      long bOff,
      long bStep,
      int panels,
      MemorySegment d,
      long dOff) {
    // A last tile with fewer rows computes its last one again.
    for (int m = rows; m % TILE.rows() != 0; m++) {
      row(m, aRows[rows - 1], dRows[rows - 1]);
    }
    run[0] = first;
    run[1] = first;
    run[2] = count;
    for (int panel = 0; panel < panels; panel++) {
      long panelOff = bOff + panel * bStep;
      long columnOff = dOff + (long) panel * WIDTH * Float.BYTES;
      for (int m = 0; m < rows; m += TILE.rows()) {
        multiply(m, a, b, panelOff, d, columnOff);
      }
    }
  }

  private void multiply(
      int m, float[] a, MemorySegment b, long panelOff, MemorySegment d, long columnOff) {
    Tile.run(
        TILE,
        a,
        aRows,
        m,
        run,
        0,
        1,
        b,
        panelOff,
        ZEROS,
        0,
        d,
        dRows,
        m,
        columnOff,
        Float.NEGATIVE_INFINITY,
        Float.POSITIVE_INFINITY);
  }
}
