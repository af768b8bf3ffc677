package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.pack.FilterPanels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a direct convolution is cut up: tiles, panels, regions, chunks, units. Depends on the extents
 * and the machine alone, never on the number of threads, and no bit of a result depends on it.
 */
public final class DirectPlan {

  /**
   * A panel larger than this leaves L2 between two tiles, so tiles share each of its blocks in
   * turn.
   */
  private static final long PANEL_BYTES = 640 << 10;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  private final Tile tile;
  private final Tile lastTile;
  private final FilterPanels panels;
  private final long[] panelStarts;
  private final List<DirectPart> parts = new ArrayList<>();
  private final int groups;
  private final int chunks;
  private final int panelRanges;
  private final int maxRows;
  private final int stagedLength;
  private final int tilesPerSweep;
  private final long sumsBytes;
  private final long[] sumsRows;
  private final long[] lastSumsRows;

  /**
   * Plans.
   *
   * @param g extents
   * @param tile shape of all panels but the last
   * @param lastTile shape of the last panel, of as many rows
   */
  public DirectPlan(Geometry g, Tile tile, Tile lastTile) {
    this.tile = tile;
    this.lastTile = lastTile;
    groups = g.groups();
    int[] widths = new int[(g.groupK() + tile.width() - 1) / tile.width()];
    Arrays.fill(widths, tile.width());
    widths[widths.length - 1] = lastTile.width();
    panels = new FilterPanels(groups, g.groupK(), g.groupC(), g.fh() * g.fw(), widths);
    panelStarts = new long[groups * widths.length];
    for (int i = 0; i < panelStarts.length; i++) {
      panelStarts[i] = panels.start(i / widths.length, i % widths.length);
    }
    long count = 0;
    int rows = 0;
    int staged = 0;
    for (Region region : Region.of(g)) {
      int wanted = (ENOUGH_UNITS + groups - 1) / groups;
      DirectPart part =
          new DirectPart(g, region, tile.rows(), widths.length, wanted, Math.toIntExact(count));
      parts.add(part);
      count += part.chunks();
      rows = Math.max(rows, part.chunkPixels());
      staged = Math.max(staged, part.stagedLength());
    }
    chunks = Math.toIntExact(count);
    maxRows = (rows + tile.rows() - 1) / tile.rows() * tile.rows();
    stagedLength = staged;
    long perPanel = Math.multiplyExact(count, (long) groups);
    panelRanges = (int) Math.min(widths.length, (ENOUGH_UNITS + perPanel - 1) / perPanel);
    Math.toIntExact(perPanel * panelRanges);
    boolean large = (long) g.sumLength() * tile.width() * Float.BYTES > PANEL_BYTES;
    tilesPerSweep = large ? maxRows / tile.rows() : 1;
    sumsBytes = (long) tile.rows() * zeros() * Float.BYTES * g.blocks() * tilesPerSweep;
    sumsRows = rowTable(tile);
    lastSumsRows = rowTable(lastTile);
  }

  private static long[] rowTable(Tile tile) {
    long[] rows = new long[tile.rows()];
    for (int m = 0; m < rows.length; m++) {
      rows[m] = (long) m * tile.width() * Float.BYTES;
    }
    return rows;
  }

  /** The plan for this machine. */
  public static DirectPlan of(Geometry g) {
    TileTable.Choice choice = TileTable.choose((g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT);
    return new DirectPlan(g, choice.tile(), choice.last());
  }

  /** The tiles of this machine, for a reader. */
  public static String tiles() {
    TileTable.Choice choice = TileTable.choose(1);
    return choice.tile() + ", and " + choice.last() + " for an odd last vector of filters";
  }

  Tile tile() {
    return tile;
  }

  FilterPanels panels() {
    return panels;
  }

  /** Zeros that blocks but the first start from: as many as the widest panel has filters. */
  int zeros() {
    return Math.max(tile.width(), lastTile.width());
  }

  Tile tileOf(int panel) {
    return panel == panels.widths().length - 1 ? lastTile : tile;
  }

  int firstFilter(int panel) {
    return panel * tile.width();
  }

  long panelStart(int group, int panel) {
    return panelStarts[group * panels.widths().length + panel];
  }

  /** Where the rows of a tile lie in the partial sums. */
  long[] sumsRows(Tile shape) {
    return shape == tile ? sumsRows : lastSumsRows;
  }

  int units() {
    return groups * chunks * panelRanges;
  }

  int chunks() {
    return chunks;
  }

  int panelRanges() {
    return panelRanges;
  }

  int firstPanel(int range) {
    return (int) ((long) panels.widths().length * range / panelRanges);
  }

  /** Tiles that take turns at each block of a panel. */
  int tilesPerSweep() {
    return tilesPerSweep;
  }

  /** Rows of the largest chunk. */
  int maxRows() {
    return maxRows;
  }

  /** Floats of the largest staged chunk. */
  int stagedLength() {
    return stagedLength;
  }

  /** Bytes of partial sums. */
  long sumsBytes() {
    return sumsBytes;
  }

  /** The part that a chunk belongs to. */
  DirectPart partOf(int chunk) {
    int low = 0;
    int high = parts.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (parts.get(middle).firstChunk() <= chunk) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return parts.get(low);
  }

  String describe() {
    long gathered = parts.stream().filter(DirectPart::gathers).count();
    return "tile "
        + tile
        + (tile == lastTile ? "" : " and " + lastTile)
        + ", "
        + panels.widths().length
        + " panel(s), "
        + parts.size()
        + " region(s), "
        + gathered
        + " of them gathered, "
        + units()
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
