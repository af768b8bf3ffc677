package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Transposes a matrix from memory to other memory, {@code to[c, r] = from[r, c]}, by blocks of as
 * many rows and columns as a vector has floats. The last block of a side overlaps the one before
 * it: what is written twice is the same.
 */
public final class MatrixTranspose {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Rows and columns of a block. */
  public static final int BLOCK = Math.min(Lanes.COUNT, 16);

  /** Columns done for all rows of a group before the next: their lines stay in L1. */
  private static final int GROUP = 64;

  private MatrixTranspose() {}

  /**
   * Transposes. Both are kernel memory and do not overlap; offsets and steps are bytes.
   *
   * @param from rows
   * @param fromOff where the first starts
   * @param fromStep from row to row
   * @param rows how many
   * @param columns floats of each
   * @param to receives the columns
   * @param toOff where the first starts
   * @param toStep from column to column
   */
  public static void run(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int rows,
      int columns,
      MemorySegment to,
      long toOff,
      long toStep) {
    if (rows < BLOCK || columns < BLOCK || BLOCK < 4) {
      narrow(from, fromOff, fromStep, rows, columns, to, toOff, toStep);
      return;
    }
    for (int group = 0; group < rows; group += GROUP) {
      int end = Math.min(group + GROUP, rows);
      if (end - group < BLOCK) {
        group = end - BLOCK;
      }
      int blocks = (end - group) / BLOCK;
      for (int column = 0; column < columns; column += BLOCK) {
        int c = Math.min(column, columns - BLOCK);
        long in = fromOff + (long) c * Float.BYTES;
        long out = toOff + c * toStep;
        blocks(
            from,
            in + group * fromStep,
            fromStep,
            to,
            out + (long) group * Float.BYTES,
            toStep,
            blocks);
        if (blocks * BLOCK < end - group) {
          int last = end - BLOCK;
          blocks(
              from, in + last * fromStep, fromStep, to, out + (long) last * Float.BYTES, toStep, 1);
        }
      }
    }
  }

  /**
   * Transposes {@link #BLOCK} rows and columns, which may overlap in memory: the columns are
   * written in order, so each leaves its first floats to be read and the next may cover the others.
   *
   * @param from rows
   * @param fromOff where the first starts
   * @param fromStep from row to row
   * @param to receives the columns
   * @param toOff where the first starts
   * @param toStep from column to column
   */
  public static void square(
      MemorySegment from, long fromOff, long fromStep, MemorySegment to, long toOff, long toStep) {
    if (BLOCK < 4) {
      narrow(from, fromOff, fromStep, BLOCK, BLOCK, to, toOff, toStep);
    } else {
      blocks(from, fromOff, fromStep, to, toOff, toStep, 1);
    }
  }

  private static void blocks(
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment to,
      long toOff,
      long toStep,
      int blocks) {
    if (BLOCK == 16) {
      Transpose16x16.run(from, fromOff, fromStep, to, toOff, toStep, blocks);
    } else if (BLOCK == 8) {
      Transpose8x8.run(from, fromOff, fromStep, to, toOff, toStep, blocks);
    } else {
      Transpose4x4.run(from, fromOff, fromStep, to, toOff, toStep, blocks);
    }
  }

  /** A side shorter than a vector: four of the longer side's floats at a time. */
  private static void narrow(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int rows,
      int columns,
      MemorySegment to,
      long toOff,
      long toStep) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    if (rows < columns) {
      for (int row = 0; row < rows; row++) {
        long in = fromOff + row * fromStep;
        long out = toOff + (long) row * Float.BYTES;
        for (int column = 0; column < columns; column++) {
          to.set(FLOAT, out + column * toStep, from.get(FLOAT, in + (long) column * Float.BYTES));
        }
      }
    } else {
      for (int column = 0; column < columns; column++) {
        long in = fromOff + (long) column * Float.BYTES;
        long out = toOff + column * toStep;
        for (int row = 0; row < rows; row++) {
          to.set(FLOAT, out + (long) row * Float.BYTES, from.get(FLOAT, in + row * fromStep));
        }
      }
    }
  }
}
