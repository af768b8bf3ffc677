package dev.tilewise.internal.conv;

import java.util.Arrays;

/**
 * The taps that meet the input at each output row and column, tabulated: finding them takes
 * divisions.
 */
final class TapRanges {

  private final int[] firstY;
  private final int[] endY;
  private final int[] firstX;
  private final int[] endX;

  TapRanges(Geometry g) {
    firstY = new int[g.oh()];
    endY = new int[g.oh()];
    firstX = new int[g.ow()];
    endX = new int[g.ow()];
    Arrays.setAll(firstY, g::firstTapY);
    Arrays.setAll(endY, g::endTapY);
    Arrays.setAll(firstX, g::firstTapX);
    Arrays.setAll(endX, g::endTapX);
  }

  /** Output height. */
  int oh() {
    return firstY.length;
  }

  /** Output width. */
  int ow() {
    return firstX.length;
  }

  /** First filter row that meets the input at output row oy. */
  int firstY(int oy) {
    return firstY[oy];
  }

  /** One past the last filter row that meets the input. */
  int endY(int oy) {
    return endY[oy];
  }

  /** First filter column that meets the input at output column ox. */
  int firstX(int ox) {
    return firstX[ox];
  }

  /** One past the last filter column that meets the input. */
  int endX(int ox) {
    return endX[ox];
  }
}
