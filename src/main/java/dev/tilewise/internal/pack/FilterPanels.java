package dev.tilewise.internal.pack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Filters in the order in which tiles read them: for each group and panel, for each term of the sum
 * (filter row, filter column, channel), the weights of the panel's filters side by side. Where
 * there are not enough filters for the last panel, it or its last vector begins with some of those
 * before, so that it is full; a single panel that is wider than all filters may end with zeros.
 */
public final class FilterPanels {

  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat TO = ValueLayout.JAVA_FLOAT;

  private static final int NONE = -1;

  /** Panels as they are. */
  private static final int WHOLE = 0;

  private final int groups;
  private final int groupK;
  private final int groupC;
  private final int taps;
  private final int[] widths;
  // How many columns of the group are before each panel, and last how many there are.
  private final int[] before;
  // The filter of each column of a group, or NONE.
  private final int[] filters;

  private FilterPanels(int groups, int groupK, int groupC, int taps, int[] widths, int unit) {
    this.groups = groups;
    this.groupK = groupK;
    this.groupC = groupC;
    this.taps = taps;
    this.widths = widths;
    before = new int[widths.length + 1];
    for (int panel = 0; panel < widths.length; panel++) {
      before[panel + 1] = before[panel] + widths[panel];
    }
    filters = new int[paddedK()];
    for (int panel = 0; panel < widths.length; panel++) {
      int step = unit == WHOLE ? widths[panel] : unit;
      for (int column = before[panel]; column < before[panel + 1]; column++) {
        int inUnit = (column - before[panel]) % step;
        int filter = Math.max(0, Math.min(column - inUnit, groupK - step)) + inUnit;
        filters[column] = filter < groupK ? filter : NONE;
      }
    }
  }

  /**
   * Cuts the filters into panels, of which the last begins with filters of the one before.
   *
   * @param groups groups
   * @param groupK filters of one group
   * @param groupC channels of one group
   * @param taps FH * FW
   * @param widths filters of each panel of a group; together at least groupK
   */
  public FilterPanels(int groups, int groupK, int groupC, int taps, int[] widths) {
    this(groups, groupK, groupC, taps, widths, WHOLE);
  }

  /**
   * Cuts the filters into panels, of which the last vector begins with filters of the one before.
   *
   * @param groups groups
   * @param groupK filters of one group, at least a vector
   * @param groupC channels of one group
   * @param taps FH * FW
   * @param widths filters of each panel of a group, whole vectors; together at least groupK
   * @param lanes filters of a vector
   * @return the panels
   */
  public static FilterPanels ofVectors(
      int groups, int groupK, int groupC, int taps, int[] widths, int lanes) {
    return new FilterPanels(groups, groupK, groupC, taps, widths, lanes);
  }

  /** Filters of each panel of a group. */
  public int[] widths() {
    return widths;
  }

  /** The first filter of a panel in its group. */
  public int firstFilter(int panel) {
    return filters[before[panel]];
  }

  /**
   * The filter of the first column of a panel's last vector, counted from the panel's first.
   *
   * @param lanes filters of a vector
   */
  public int lastVector(int panel, int lanes) {
    return filters[before[panel + 1] - lanes] - filters[before[panel]];
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
        packPanel(weights, group, panel, panels, start(group, panel));
      }
    }
  }

  /**
   * Packs the weights of one panel.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param group whose
   * @param panel of the group
   * @param to receives for each term {@link #widths} factors; zeros before
   * @param first index of the first
   */
  public void packPanel(MemorySegment weights, int group, int panel, MemorySegment to, long first) {
    for (int column = 0; column < widths[panel]; column++) {
      int k = filters[before[panel] + column];
      if (k == NONE) {
        continue;
      }
      long filter = ((long) group * groupK + k) * groupC * taps;
      long at = first + column;
      for (int tap = 0; tap < taps; tap++) {
        for (int c = 0; c < groupC; c++) {
          to.setAtIndex(TO, at, weights.getAtIndex(FROM, filter + (long) c * taps + tap));
          at += widths[panel];
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
      for (int column = 0; column < filters.length; column++) {
        if (filters[column] != NONE) {
          float value = bias.getAtIndex(FROM, (long) group * groupK + filters[column]);
          to.setAtIndex(TO, first + (long) group * paddedK() + column, value);
        }
      }
    }
  }
}
