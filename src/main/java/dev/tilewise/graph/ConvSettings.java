package dev.tilewise.graph;

/**
 * How a convolution or a pooling moves over an image. A row is an image of one line.
 *
 * @param sh stride down
 * @param sw stride across
 * @param pt padding on top
 * @param pl padding on the left
 * @param pb padding at the bottom
 * @param pr padding on the right
 * @param dh dilation down
 * @param dw dilation across
 * @param groups of channels that do not see each other
 */
public record ConvSettings(
    int sh, int sw, int pt, int pl, int pb, int pr, int dh, int dw, int groups) {

  /** Stride 1, no padding, dense, one group. */
  public static final ConvSettings UNIT = new ConvSettings(1, 1, 0, 0, 0, 0, 1, 1, 1);

  /**
   * Another stride.
   *
   * @param down from row to row
   * @param across from column to column
   * @return changed settings
   */
  public ConvSettings stride(int down, int across) {
    return new ConvSettings(down, across, pt, pl, pb, pr, dh, dw, groups);
  }

  /**
   * Another padding.
   *
   * @param top rows
   * @param left columns
   * @param bottom rows
   * @param right columns
   * @return changed settings
   */
  public ConvSettings padding(int top, int left, int bottom, int right) {
    return new ConvSettings(sh, sw, top, left, bottom, right, dh, dw, groups);
  }

  /**
   * The same padding on all sides.
   *
   * @param p rows and columns
   * @return changed settings
   */
  public ConvSettings padding(int p) {
    return padding(p, p, p, p);
  }

  /**
   * Another dilation.
   *
   * @param down from tap to tap
   * @param across from tap to tap
   * @return changed settings
   */
  public ConvSettings dilation(int down, int across) {
    return new ConvSettings(sh, sw, pt, pl, pb, pr, down, across, groups);
  }

  /**
   * Another number of groups.
   *
   * @param count of groups
   * @return changed settings
   */
  public ConvSettings groups(int count) {
    return new ConvSettings(sh, sw, pt, pl, pb, pr, dh, dw, count);
  }

  /** Such as {@code stride 2 padding 3}; empty for {@link #UNIT}. */
  String describe() {
    StringBuilder text = new StringBuilder();
    append(text, "stride", 1, sh, sw);
    append(text, "padding", 0, pt, pl, pb, pr);
    append(text, "dilation", 1, dh, dw);
    append(text, "groups", 1, groups);
    return text.toString();
  }

  /** A word and all numbers, for {@link GraphCall}. */
  String words(String word) {
    return Words.of(word, sh, sw, pt, pl, pb, pr, dh, dw, groups);
  }

  /** The numbers of {@link #words}. */
  static ConvSettings read(Words words) {
    int[] n = words.integers(9);
    return new ConvSettings(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]);
  }

  private static void append(StringBuilder text, String name, int usual, int... values) {
    boolean same = true;
    for (int value : values) {
      same &= value == values[0];
    }
    if (same && values[0] == usual) {
      return;
    }
    text.append(' ').append(name).append(' ').append(values[0]);
    for (int i = 1; i < values.length && !same; i++) {
      text.append('x').append(values[i]);
    }
  }
}
