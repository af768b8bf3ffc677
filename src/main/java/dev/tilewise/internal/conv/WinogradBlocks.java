package dev.tilewise.internal.conv;

import java.util.List;

/**
 * Blocks of tiles, each some lines or a part of one. Lines are numbered by image, lattice down,
 * lattice across, tile down ({@link WinogradAxis}); blocks with the parts of a line side by side.
 */
final class WinogradBlocks {

  private final long lines;
  private final int lineTiles;
  private final int mostLines;
  private final int mostColumns;
  private final int columnBlocks;
  private final int count;
  private final Stacking full;
  private final Stacking lastLines;
  private final Stacking lastColumns;

  /**
   * Cuts.
   *
   * @param lines of all images
   * @param lineTiles tiles of a line
   * @param mostLines of a block; 1 if it has a part of a line
   * @param mostColumns tiles of each of its lines
   * @param depth channels of a stack
   */
  WinogradBlocks(long lines, int lineTiles, int mostLines, int mostColumns, int depth) {
    this.lines = lines;
    this.lineTiles = lineTiles;
    this.mostLines = mostLines;
    this.mostColumns = mostColumns;
    columnBlocks = (lineTiles + mostColumns - 1) / mostColumns;
    count = Math.toIntExact((lines + mostLines - 1) / mostLines * columnBlocks);
    full = new Stacking(mostLines * mostColumns, depth);
    lastLines = new Stacking(linesOfLast() * mostColumns, depth);
    lastColumns = new Stacking(columnsOfLast(), depth);
  }

  private int linesOfLast() {
    return (int) ((lines - 1) % mostLines) + 1;
  }

  private int columnsOfLast() {
    return lineTiles - (columnBlocks - 1) * mostColumns;
  }

  /** How many. */
  int count() {
    return count;
  }

  /** Most tiles of a block. */
  int mostTiles() {
    return mostLines * mostColumns;
  }

  /** Most tiles of one line that a block has. */
  int mostColumns() {
    return mostColumns;
  }

  /** Rows of the stacks of any block. */
  int rows() {
    return Math.max(full.rows(), Math.max(lastLines.rows(), lastColumns.rows()));
  }

  List<Stacking> stackings() {
    return List.of(full, lastLines, lastColumns);
  }

  /** What the products of all tiles cost, in those of one: stacks cost more than their rows. */
  double stackedTiles() {
    if (columnBlocks > 1) {
      double line = (columnBlocks - 1.0) * Stacking.cost(mostColumns);
      return lines * (line + Stacking.cost(columnsOfLast()));
    }
    return (count - 1.0) * Stacking.cost(mostTiles()) + Stacking.cost(linesOfLast() * mostColumns);
  }

  long firstLine(int block) {
    return (long) (block / columnBlocks) * mostLines;
  }

  /** Lines of a block, or one if it is a part of a line. */
  int lines(int block) {
    return (int) Math.min(mostLines, lines - firstLine(block));
  }

  /** The first tile of its lines that a block has. */
  int firstColumn(int block) {
    return block % columnBlocks * mostColumns;
  }

  /** Tiles of each of its lines that a block has. */
  int columns(int block) {
    return Math.min(mostColumns, lineTiles - firstColumn(block));
  }

  /** The stacks of a block. */
  Stacking stacking(int block) {
    return columns(block) < mostColumns ? lastColumns : lines(block) < mostLines ? lastLines : full;
  }
}
