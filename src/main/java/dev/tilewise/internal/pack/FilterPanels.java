package dev.tilewise.internal.pack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Filters in the order in which tiles read them: for each group and panel, for each term of the sum
 * (filter row, filter column, channel), the weights of the panel's filters side by side. A last
 * panel for which there are not enough filters begins with some of the one before, so that it is
 * full; a single panel that is wider than all filters ends with zeros.
 */
public final class FilterPanels {

  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat TO = ValueLayout.JAVA_FLOAT;

  private final int groups;
  private final int groupK;
  private final int groupC;
  private final int taps;
  private final int[] widths;
  // How many columns of the group are before each panel, and last how many there are.
  private final int[] before;

  /**
   * Cuts the filters into panels.
   *
   * @param groups groups
   * @param groupK filters of one group
   * @param groupC channels of one group
   * @param taps FH * FW
   * @param widths filters of each panel of a group; together at least groupK
   */
  public FilterPanels(int groups, int groupK, int groupC, int taps, int[] widths) {
    this.groups = groups;
    this.groupK = groupK;
    this.groupC = groupC;
    this.taps = taps;
    this.widths = widths;
    before = new int[widths.length + 1];
    for (int panel = 0; panel < widths.length; panel++) {
      before[panel + 1] = before[panel] + widths[panel];
    }
  }

  /** Filters of each panel of a group. */
  public int[] widths() {
    return widths;
  }

  /** The first filter of a panel in its group. */
  public int firstFilter(int panel) {
    return Math.max(0, Math.min(before[panel], groupK - widths[panel]));
  }

  /** Columns of a group before a panel: where its biases lie. */
  public int columnsBefore(int panel) {
    return before[panel];
  }

  /** Columns of all panels of one group. */
  public int paddedK() {
    return before[widths.length];
  }

  /** Floats of all panels of all groups. */
  public long elements() {
    return (long) groups * taps * groupC * paddedK();
  }

  /** Where a panel starts, floats. */
  public long start(int group, int panel) {
    return ((long) group * paddedK() + before[panel]) * taps * groupC;
  }

  /**
   * Packs the weights.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param panels receives {@link #elements} floats; zeros before
   */
  public void packWeights(MemorySegment weights, MemorySegment panels) {
    for (int group = 0; group < groups; group++) {
      for (int panel = 0; panel < widths.length; panel++) {
        int k = firstFilter(panel);
        int columns = Math.min(widths[panel], groupK - k);
        for (int column = 0; column < columns; column++) {
          long filter = ((long) group * groupK + k + column) * groupC * taps;
          long at = start(group, panel) + column;
          for (int tap = 0; tap < taps; tap++) {
            for (int c = 0; c < groupC; c++) {
              float weight = weights.getAtIndex(FROM, filter + (long) c * taps + tap);
              panels.setAtIndex(TO, at, weight);
              at += widths[panel];
            }
          }
        }
      }
    }
  }

  /**
   * Packs the bias as the panels' columns, group by group.
   *
   * @param bias K floats
   * @param to receives groups * paddedK floats
   * @param first index of the first
   */
  public void packBias(MemorySegment bias, MemorySegment to, long first) {
    for (int group = 0; group < groups; group++) {
      for (int panel = 0; panel < widths.length; panel++) {
        int k = firstFilter(panel);
        long at = first + (long) group * paddedK() + before[panel];
        for (int column = 0; column < Math.min(widths[panel], groupK - k); column++) {
          float value = bias.getAtIndex(FROM, (long) group * groupK + k + column);
          to.setAtIndex(TO, at + column, value);
        }
      }
    }
  }
}
