package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Depthwise convolution of one vector of channels, lanes along the depth column:
 *
 * <pre>{@code
 * y[ox] = clamp( bias + sum over taps fy, fx of x[ox * S + fx, fy] * w[fy, fx] )
 * }</pre>
 *
 * Each output is one chain of fused multiply-adds, first fy, then fx, both ascending, absent taps
 * left out. All offsets and steps are bytes. The weights of a vector of channels lie side by side:
 * bias, then the taps row by row.
 */
public final class Depthwise {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Depthwise() {}

  /** The most rows that {@link #rows} takes at once. */
  public static int mostRows(int stride) {
    return stride == 1 ? 3 : 2;
  }

  /**
   * Whole output rows of a 3x3 filter. A first and a last output may lack one column of the filter
   * each; all outputs have the same rows of it.
   *
   * @param stride 1 or 2, down and across
   * @param rows output rows: at most {@link #mostRows}, 1 if a tap row is absent
   * @param tapRows rows of the filter that are present: 3, or 2
   * @param x input
   * @param xOff the first column that is present of the first row that is present
   * @param rowStep from input row to input row
   * @param columnStep from input column to input column
   * @param w weights
   * @param biasOff the bias
   * @param tapOff the first tap row that is present
   * @param y receives the outputs
   * @param yOff the first output
   * @param yRowStep from output row to output row
   * @param yStep from output to output
   * @param columns outputs of a row that lack no column
   * @param left whether an output before them lacks the filter's first column
   * @param right whether an output after them lacks the last one
   * @param lo lower limit: what is below becomes it; NaN stays
   * @param hi upper limit
   */
  public static void rows(
      int stride,
      int rows,
      int tapRows,
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yRowStep,
      long yStep,
      int columns,
      boolean left,
      boolean right,
      float lo,
      float hi) {
    if (stride == 1) {
      if (tapRows == 2) {
        Depthwise3x3S1.edge(
            x,
            xOff,
            rowStep,
            columnStep,
            w,
            biasOff,
            tapOff,
            y,
            yOff,
            yStep,
            columns,
            left,
            right,
            lo,
            hi);
      } else if (rows == 3) {
        Depthwise3x3S1.rows3(
            x,
            xOff,
            rowStep,
            columnStep,
            w,
            biasOff,
            tapOff,
            y,
            yOff,
            yRowStep,
            yStep,
            columns,
            left,
            right,
            lo,
            hi);
      } else if (rows == 2) {
        Depthwise3x3S1.rows2(
            x,
            xOff,
            rowStep,
            columnStep,
            w,
            biasOff,
            tapOff,
            y,
            yOff,
            yRowStep,
            yStep,
            columns,
            left,
            right,
            lo,
            hi);
      } else {
        Depthwise3x3S1.row(
            x,
            xOff,
            rowStep,
            columnStep,
            w,
            biasOff,
            tapOff,
            y,
            yOff,
            yStep,
            columns,
            left,
            right,
            lo,
            hi);
      }
    } else if (tapRows == 2) {
      Depthwise3x3S2.edge(
          x,
          xOff,
          rowStep,
          columnStep,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          columns,
          left,
          right,
          lo,
          hi);
    } else if (rows == 2) {
      Depthwise3x3S2.rows2(
          x,
          xOff,
          rowStep,
          columnStep,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yRowStep,
          yStep,
          columns,
          left,
          right,
          lo,
          hi);
    } else {
      Depthwise3x3S2.row(
          x,
          xOff,
          rowStep,
          columnStep,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          columns,
          left,
          right,
          lo,
          hi);
    }
  }

  /**
   * Outputs of one row that have the same taps, of any filter.
   *
   * @param x input
   * @param xOff the first tap of the first output that is present
   * @param xStep from an output's first tap to that of the next output
   * @param tapRowStep from tap row to tap row
   * @param tapStep from tap to tap in a row
   * @param tapRows tap rows that are present
   * @param tapColumns taps of a row that are present
   * @param w weights
   * @param biasOff the bias
   * @param tapOff the first tap that is present
   * @param wRowStep from tap row to tap row
   * @param y receives the outputs
   * @param yOff the first output
   * @param yStep from output to output
   * @param columns outputs
   * @param lo lower limit: what is below becomes it; NaN stays
   * @param hi upper limit
   */
  public static void taps(
      MemorySegment x,
      long xOff,
      long xStep,
      long tapRowStep,
      long tapStep,
      int tapRows,
      int tapColumns,
      MemorySegment w,
      long biasOff,
      long tapOff,
      long wRowStep,
      MemorySegment y,
      long yOff,
      long yStep,
      int columns,
      float lo,
      float hi) {
    int i = 0;
    if (tapRows > 0 && tapColumns > 0) {
      for (; i + 4 <= columns; i += 4) {
        DepthwiseTaps.four(
            x,
            xOff + i * xStep,
            xStep,
            tapRowStep,
            tapStep,
            tapRows,
            tapColumns,
            w,
            biasOff,
            tapOff,
            wRowStep,
            y,
            yOff + i * yStep,
            yStep,
            lo,
            hi);
      }
    }
    for (; i < columns; i++) {
      DepthwiseTaps.one(
          x,
          xOff + i * xStep,
          tapRowStep,
          tapStep,
          tapRows,
          tapColumns,
          w,
          biasOff,
          tapOff,
          wRowStep,
          y,
          yOff + i * yStep,
          lo,
          hi);
    }
  }

  /** Outputs of a block of {@link #fives} with 16 registers, and with 32. */
  public static final int SMALL_BLOCK = 4;

  /** As many chains hide the latency of a multiply-add, and 7, 14, 28 and 56 are whole blocks. */
  public static final int LARGE_BLOCK = 7;

  /** What a block of {@link #fives} lacks. */
  public enum Border {
    /** The first outputs of a row lack two columns on the left. */
    LEFT,
    /** No column is absent. */
    NONE,
    /** The last outputs of a row lack two columns on the right. */
    RIGHT,
    /** Both, in a row of one block. */
    BOTH
  }

  /**
   * Blocks of outputs of one row, of a filter with five columns.
   *
   * @param large whether blocks have {@link #LARGE_BLOCK} outputs rather than {@link #SMALL_BLOCK}
   * @param stride across: 1 or 2; 1 at a border
   * @param border what is absent; at a border there is one block
   * @param x input
   * @param xOff the first column that is present of the first tap row that is present
   * @param columnStep from input column to input column
   * @param tapRowStep from tap row to tap row
   * @param tapRows tap rows that are present, at least 1
   * @param w weights
   * @param biasOff the bias
   * @param tapOff the first tap row that is present
   * @param y receives the outputs
   * @param yOff the first output
   * @param yStep from output to output
   * @param blocks blocks
   * @param lo lower limit: what is below becomes it; NaN stays
   * @param hi upper limit
   */
  public static void fives(
      boolean large,
      int stride,
      Border border,
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
      float lo,
      float hi) {
    if (large) {
      sevens(
          stride,
          border,
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else {
      fours(
          stride,
          border,
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    }
  }

  private static void sevens(
      int stride,
      Border border,
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
      float lo,
      float hi) {
    if (stride == 2) {
      Depthwise5By7.strided(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.LEFT) {
      Depthwise5By7.left(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.RIGHT) {
      Depthwise5By7.right(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.BOTH) {
      Depthwise5By7.row(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else {
      Depthwise5By7.inner(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    }
  }

  private static void fours(
      int stride,
      Border border,
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
      float lo,
      float hi) {
    if (stride == 2) {
      Depthwise5By4.strided(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.LEFT) {
      Depthwise5By4.left(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.RIGHT) {
      Depthwise5By4.right(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else if (border == Border.BOTH) {
      Depthwise5By4.row(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    } else {
      Depthwise5By4.inner(
          x,
          xOff,
          columnStep,
          tapRowStep,
          tapRows,
          w,
          biasOff,
          tapOff,
          y,
          yOff,
          yStep,
          blocks,
          lo,
          hi);
    }
  }

  /** Vectors of channels of {@link #gather}. */
  public static final int GATHERED = 4;

  /**
   * Copies {@link #GATHERED} vectors of channels of some rows to where the columns lie side by
   * side.
   *
   * @param x input
   * @param xOff its first column
   * @param rowStep from row to row
   * @param columnStep from column to column
   * @param rows rows
   * @param columns columns of a row
   * @param to receives the vectors
   */
  public static void gather(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      int rows,
      int columns,
      MemorySegment to) {
    if (x.getClass() != Memory.NATIVE || to.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long put = 0;
    for (int row = 0; row < rows; row++) {
      long at = xOff + row * rowStep;
      for (int column = 0; column < columns; column++) {
        FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, x, at + BYTES, ORDER);
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x, at + 2 * BYTES, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x, at + 3 * BYTES, ORDER);
        v0.intoMemorySegment(to, put, ORDER);
        v1.intoMemorySegment(to, put + BYTES, ORDER);
        v2.intoMemorySegment(to, put + 2 * BYTES, ORDER);
        v3.intoMemorySegment(to, put + 3 * BYTES, ORDER);
        at += columnStep;
        put += GATHERED * BYTES;
      }
    }
  }
}
