package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

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
}
