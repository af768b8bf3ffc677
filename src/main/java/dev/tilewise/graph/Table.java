package dev.tilewise.graph;

import java.util.List;

/** Lines of text with aligned columns. */
final class Table {

  /** A cell that is longer is followed by the next one out of line. */
  private static final int WIDEST = 100;

  private Table() {}

  /**
   * Aligns columns.
   *
   * @param rows of equal length
   * @param words how many columns, from the left, are words; the others are numbers
   */
  static String align(List<String[]> rows, int words) {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], Math.min(WIDEST, row[i].length()));
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String gap = " ".repeat(Math.max(0, widths[i] - row[i].length()));
        line.append(i == 0 ? "" : "  ").append(i < words ? row[i] + gap : gap + row[i]);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
