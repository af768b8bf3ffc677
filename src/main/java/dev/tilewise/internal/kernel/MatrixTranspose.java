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

  /**
   * Floats that are read, or written, one after the other on the side whose rows lie farther apart:
   * often planes a multiple of 4 KB apart, of which a cache holds few lines.
   */
  private static final int RUN = 64;

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
    if (rows == 3 && toStep == 3L * Float.BYTES) {
      ThreePlanes.run(from, fromOff, fromStep, columns, to, toOff);
      return;
    }
    if (rows < BLOCK || columns < BLOCK || BLOCK < 4) {
      narrow(from, fromOff, fromStep, rows, columns, to, toOff, toStep);
      return;
    }
    if (fromStep >= toStep) {
      for (int first = 0; first < columns; first += RUN) {
        int end = Math.min(first + RUN, columns);
        for (int row = 0; row < rows; row += BLOCK) {
          int r = Math.min(row, rows - BLOCK);
          long in = fromOff + r * fromStep;
          long out = toOff + (long) r * Float.BYTES;
          run(from, in, fromStep, to, out, toStep, first, end, Float.BYTES, toStep);
        }
      }
    } else {
      for (int first = 0; first < rows; first += RUN) {
        int end = Math.min(first + RUN, rows);
        for (int column = 0; column < columns; column += BLOCK) {
          int c = Math.min(column, columns - BLOCK);
          long in = fromOff + (long) c * Float.BYTES;
          long out = toOff + c * toStep;
          run(from, in, fromStep, to, out, toStep, first, end, fromStep, Float.BYTES);
        }
      }
    }
  }

  /** Blocks of a run from first to end, which are so many bytes apart in from and in to. */
  private static void run(
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment to,
      long toOff,
      long toStep,
      int first,
      int end,
      long fromNext,
      long toNext) {
    int blocks = (end - first) / BLOCK;
    blocks(
        from,
        fromOff + first * fromNext,
        fromStep,
        to,
        toOff + first * toNext,
        toStep,
        blocks,
        BLOCK * fromNext,
        BLOCK * toNext);
    if (blocks * BLOCK < end - first) {
      long last = end - BLOCK;
      blocks(from, fromOff + last * fromNext, fromStep, to, toOff + last * toNext, toStep, 1, 0, 0);
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
      blocks(from, fromOff, fromStep, to, toOff, toStep, 1, 0, 0);
    }
  }

  private static void blocks(
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment to,
      long toOff,
      long toStep,
      int blocks,
      long fromNext,
      long toNext) {
    if (BLOCK == 16) {
      Transpose16x16.run(from, fromOff, fromStep, to, toOff, toStep, blocks, fromNext, toNext);
    } else if (BLOCK == 8) {
      Transpose8x8.run(from, fromOff, fromStep, to, toOff, toStep, blocks, fromNext, toNext);
    } else {
      Transpose4x4.run(from, fromOff, fromStep, to, toOff, toStep, blocks, fromNext, toNext);
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
