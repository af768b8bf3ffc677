package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Depthwise convolution with 3x3 filters, the sums of {@link Depthwise}: two outputs of a row at a
 * time, with stride 1 or 32 registers those of two rows, vector of channels after vector of
 * channels. Input, weights and outputs are read and written in the order of their addresses, and a
 * vector's weights are loaded once for the few outputs. The last outputs of a row lie over those
 * before.
 */
public final class DepthwiseAcross {

  /** Floats of a vector's weights: the bias and nine taps. */
  public static final int WEIGHTS = 10 * Lanes.COUNT;

  /** Fewest outputs of a row that lack nothing. */
  public static final int LEAST_OUTPUTS = 2;

  private DepthwiseAcross() {}

  /** The most rows that {@link #rows} takes at once. */
  public static int mostRows(int stride) {
    return stride == 1 || Lanes.REGISTERS == 32 ? 2 : 1;
  }

  /**
   * Whole output rows. A first and a last output may lack one column of the filter each; all
   * outputs have the same rows of it. Offsets and steps are bytes in segments, floats in arrays.
   *
   * @param stride 1 or 2, down and across
   * @param rows output rows: at most {@link #mostRows}, 1 if a tap row is absent
   * @param tapRows rows of the filter that are present: 3, or 2
   * @param x input
   * @param xOff the first column that is present of the first row that is present, in the first
   *     channel
   * @param rowStep from input row to input row
   * @param columnStep from input column to input column
   * @param w for each vector of channels the bias, then the taps row by row
   * @param biasAt the first vector's bias
   * @param tapAt the first vector's first tap of the first row that is present
   * @param y receives the outputs
   * @param yOff the first output of the first channel
   * @param yRowStep from output row to output row
   * @param yStep from output to output
   * @param outputs of a row that lack no column, at least {@link #LEAST_OUTPUTS}
   * @param left whether an output before them lacks the filter's first column
   * @param right whether an output after them lacks the last one
   * @param vectors of channels
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
      float[] w,
      int biasAt,
      int tapAt,
      MemorySegment y,
      long yOff,
      long yRowStep,
      long yStep,
      int outputs,
      boolean left,
      boolean right,
      int vectors,
      float lo,
      float hi) {
    // The first output that lacks nothing.
    long from = left ? xOff + (stride - 1) * columnStep : xOff;
    long to = left ? yOff + yStep : yOff;
    whole(
        stride,
        rows,
        tapRows,
        x,
        from,
        rowStep,
        columnStep,
        w,
        biasAt,
        tapAt,
        y,
        to,
        yRowStep,
        yStep,
        outputs,
        vectors,
        lo,
        hi);
    if (outputs % 2 > 0) {
      int last = outputs - 2;
      long lastFrom = from + (long) last * stride * columnStep;
      long lastTo = to + last * yStep;
      whole(
          stride,
          rows,
          tapRows,
          x,
          lastFrom,
          rowStep,
          columnStep,
          w,
          biasAt,
          tapAt,
          y,
          lastTo,
          yRowStep,
          yStep,
          2,
          vectors,
          lo,
          hi);
    }
    for (int r = 0; r < rows; r++) {
      long row = (long) r * stride * rowStep;
      long edge = to + r * yRowStep;
      if (left) {
        int tap = tapAt + Lanes.COUNT;
        Across3x3Edge.run(
            x,
            xOff + row,
            rowStep,
            columnStep,
            tapRows,
            w,
            biasAt,
            tap,
            y,
            edge - yStep,
            vectors,
            lo,
            hi);
      }
      if (right) {
        long last = from + (long) outputs * stride * columnStep + row;
        Across3x3Edge.run(
            x,
            last,
            rowStep,
            columnStep,
            tapRows,
            w,
            biasAt,
            tapAt,
            y,
            edge + outputs * yStep,
            vectors,
            lo,
            hi);
      }
    }
  }

  /** Pairs of outputs that lack no column; an odd last one is left out. */
  private static void whole(
      int stride,
      int rows,
      int tapRows,
      MemorySegment x,
      long from,
      long rowStep,
      long columnStep,
      float[] w,
      int biasAt,
      int tapAt,
      MemorySegment y,
      long to,
      long yRowStep,
      long yStep,
      int outputs,
      int vectors,
      float lo,
      float hi) {
    if (stride == 1) {
      if (tapRows == 2) {
        Across3x3S1.border(
            x, from, rowStep, columnStep, w, biasAt, tapAt, y, to, yStep, outputs, vectors, lo, hi);
      } else if (rows == 2) {
        Across3x3S1.pair(
            x,
            from,
            rowStep,
            columnStep,
            w,
            biasAt,
            y,
            to,
            yRowStep,
            yStep,
            outputs,
            vectors,
            lo,
            hi);
      } else {
        Across3x3S1.row(
            x, from, rowStep, columnStep, w, biasAt, y, to, yStep, outputs, vectors, lo, hi);
      }
    } else if (tapRows == 2) {
      Across3x3S2.border(
          x, from, rowStep, columnStep, w, biasAt, tapAt, y, to, yStep, outputs, vectors, lo, hi);
    } else if (rows == 2) {
      Across3x3S2.pair(
          x,
          from,
          rowStep,
          columnStep,
          w,
          biasAt,
          y,
          to,
          yRowStep,
          yStep,
          outputs,
          vectors,
          lo,
          hi);
    } else {
      Across3x3S2.row(
          x, from, rowStep, columnStep, w, biasAt, y, to, yStep, outputs, vectors, lo, hi);
    }
  }
}
