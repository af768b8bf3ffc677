package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.GatheredTile;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.pack.FilterPanels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a direct convolution is cut up: tiles, panels, regions, chunks, units. Depends on the extents
 * and the machine alone, never on the number of threads, and no bit of a result depends on it.
 */
public final class DirectPlan {

  /** How windows get to the tiles, {@link DirectPart}. */
  public enum Staging {
    /** Input rows as they are. */
    STRIPS,
    /** Each window side by side. */
    WINDOWS,
    /** Windows in stacks, and what does not fill one side by side. */
    STACKS
  }

  /**
   * A panel larger than this leaves L2 between two tiles, so tiles share each of its blocks in
   * turn.
   */
  private static final long PANEL_BYTES = 640 << 10;

  /** More could not be counted in chunks. */
  private static final double MOST_PIXELS = Integer.MAX_VALUE;

  /** Rows of the tiles that fill better where eight do not. */
  private static final int LOW_ROWS = Tile.T6X2.rows();

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  private final Tile[] tiles;
  private final GatheredTile[] gathered;
  private final Staging staging;
  private final int tileRows;
  private final int restRows;
  private final int mostTileRows;
  private final boolean hasLowTiles;
  private final FilterPanels panels;
  private final long[] panelStarts;
  private final List<DirectPart> parts;
  private final boolean together;
  private final int[] stagedStarts;
  private final int groups;
  private final int chunks;
  private final int panelRanges;
  private final int zeros;
  private final int maxRows;
  private final int stagedLength;
  private final int tilesPerSweep;
  private final long sumsBytes;
  private final long compactBytes;
  private final int copiedFloats;
  private final long[][] sumsRows;

  /**
   * Plans.
   *
   * @param g extents
   * @param tiles shapes of a group's panels, all of as many rows; together they hold the group's
   *     filters, and all but the last are full
   * @param staging how windows are staged; stacks only where they {@link #canStack}, with tiles of
   *     one or two vectors
   */
  public DirectPlan(Geometry g, Tile[] tiles, Staging staging) {
    this.tiles = tiles.clone();
    this.staging = staging;
    groups = g.groups();
    tileRows = staging == Staging.STACKS ? TileTable.windowRows() : tiles[0].rows();
    restRows = tiles[0].rows();
    mostTileRows = Math.max(tileRows, restRows);
    hasLowTiles = staging != Staging.STACKS && tiles[0] == Tile.T8X2;
    gathered = new GatheredTile[staging == Staging.STACKS ? tiles.length : 0];
    for (int i = 0; i < gathered.length; i++) {
      gathered[i] = GatheredTile.of(tileRows, tiles[i].vectors());
    }
    boolean copies = gathered.length > 0 && gathered[0].readsArrays();
    int[] widths = new int[tiles.length];
    sumsRows = new long[tiles.length][];
    int widest = 0;
    for (int i = 0; i < tiles.length; i++) {
      widths[i] = tiles[i].width();
      sumsRows[i] = rowTable(tiles[i], mostTileRows);
      widest = Math.max(widest, widths[i]);
    }
    zeros = widest;
    panels = new FilterPanels(groups, g.groupK(), g.groupC(), g.fh() * g.fw(), widths);
    panelStarts = new long[groups * widths.length];
    for (int i = 0; i < panelStarts.length; i++) {
      panelStarts[i] = panels.start(i / widths.length, i % widths.length);
    }
    // One chunk is enough where each copies the panels: threads share these.
    int each = groups * (copies ? tiles.length : 1);
    List<DirectPart> cut = parts(g, staging, tileRows, (ENOUGH_UNITS + each - 1) / each);
    List<DirectPart> whole =
        tiles.length >= ENOUGH_UNITS ? parts(g, staging, tileRows, 1) : List.of();
    together = goTogether(whole);
    parts = together ? whole : cut;
    long count = 0;
    int rows = 0;
    int staged = 0;
    boolean compacts = false;
    stagedStarts = new int[parts.size()];
    for (int i = 0; i < stagedStarts.length; i++) {
      DirectPart part = parts.get(i);
      count += part.chunks();
      rows = Math.max(rows, part.chunkPixels());
      stagedStarts[i] = together ? staged : 0;
      staged = Math.max(staged, stagedStarts[i] + part.stagedLength());
      compacts |= part.compacts();
    }
    chunks = together ? 1 : Math.toIntExact(count);
    int stackRows = (rows + tileRows - 1) / tileRows * tileRows + mostTileRows - tileRows;
    // A chunk of few pixels has no stacks.
    int few = Math.min(rows, DirectPart.mostWithoutStacks());
    maxRows = Math.max(stackRows, (few + restRows - 1) / restRows * restRows);
    stagedLength = staged;
    long perPanel = Math.multiplyExact((long) chunks, (long) groups);
    panelRanges = (int) Math.min(widths.length, (ENOUGH_UNITS + perPanel - 1) / perPanel);
    Math.toIntExact(perPanel * panelRanges);
    long panelBytes = (long) g.sumLength() * widest * Float.BYTES;
    tilesPerSweep = panelBytes > PANEL_BYTES ? tiles(rows) : 1;
    sumsBytes = (long) mostTileRows * widest * Float.BYTES * g.blocks() * tilesPerSweep;
    compactBytes = compacts && !copies ? panelBytes : 0;
    copiedFloats = copies ? Math.toIntExact(panelBytes / Float.BYTES) : 0;
  }

  private static List<DirectPart> parts(Geometry g, Staging staging, int tileRows, int wanted) {
    List<DirectPart> parts = new ArrayList<>();
    long count = 0;
    for (Region region : Region.of(g)) {
      parts.add(new DirectPart(g, region, staging, tileRows, wanted, Math.toIntExact(count)));
      count += parts.getLast().chunks();
    }
    return parts;
  }

  /**
   * Whether all regions are staged at once, so that each panel is brought from afar once and not
   * for each of them.
   */
  private static boolean goTogether(List<DirectPart> parts) {
    long bytes = 0;
    for (DirectPart part : parts) {
      if (part.gathers() || part.chunks() > 1) {
        return false;
      }
      bytes += (long) part.stagedLength() * Float.BYTES;
    }
    return parts.size() > 1 && bytes <= DirectPart.STRIP_BYTES;
  }

  private static long[] rowTable(Tile tile, int count) {
    long[] rows = new long[count];
    for (int m = 0; m < rows.length; m++) {
      rows[m] = (long) m * tile.width() * Float.BYTES;
    }
    return rows;
  }

  /** Whether windows can be stacked. */
  public static boolean canStack(Geometry g) {
    return DirectPart.canStack(g);
  }

  /** Whether the units can be counted. */
  public static boolean applies(Geometry g) {
    return (double) g.n() * g.oh() * g.ow() * g.groups() < MOST_PIXELS;
  }

  /** The plan for this machine. */
  public static DirectPlan of(Geometry g) {
    int vectors = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT;
    boolean whole = g.groupK() % Lanes.COUNT == 0;
    if (DirectPart.canStack(g) && TileTable.stacksWindows(g.blocks(), g.fh() * g.fw())) {
      return new DirectPlan(g, TileTable.choose(vectors, false, whole), Staging.STACKS);
    }
    List<Region> regions = Region.of(g);
    Region interior = regions.stream().max(Comparator.comparingLong(Region::pixels)).orElseThrow();
    Tile[] narrow = TileTable.choose(vectors, false, whole);
    int rows = narrow[0].rows();
    boolean gathers =
        DirectPart.wantsGathering(g, interior, narrow.length)
            || regions.stream().anyMatch(region -> DirectPart.mustGather(g, region, rows));
    boolean plain = gathers || g.fh() * g.fw() == 1;
    Staging staging = gathers ? Staging.WINDOWS : Staging.STRIPS;
    return new DirectPlan(g, TileTable.choose(vectors, plain, whole), staging);
  }

  /** The tiles of this machine, for a reader. */
  public static String tiles() {
    return names(TileTable.choose(3, false, true))
        + "; where a sum is one run: "
        + names(TileTable.choose(3, true, true))
        + (TileTable.stacksWindows(1, 9)
            ? "; windows of whole vectors: stacks of " + TileTable.windowRows()
            : "")
        + (TileTable.readsPixels()
            ? "; 1x1 filters: 8 and 9 rows of 1 to 3 vectors, 12, 14 and 16 of 1, 7 and 12 of 2, 7 of 3, 5 of 4"
                + "; few channels: 14 and 16 rows of 1 vector, 11 and 12 of 2, 8 of 1 to 3, 5 of 4"
            : TileTable.readsArrays()
                ? "; 1x1 filters and few channels: stacks of 5 and 4, 1 or 2 vectors"
                : "");
  }

  /** Such as {@code 3 of 8x3 and 2 of 8x2}. */
  private static String names(Tile[] tiles) {
    return Arrays.stream(tiles)
        .collect(Collectors.groupingBy(t -> t, LinkedHashMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(entry -> entry.getValue() + " of " + entry.getKey())
        .collect(Collectors.joining(" and "));
  }

  /**
   * Tiles of so many pixels: where windows are stacked, the last ones have other kernels; where
   * tiles of six rows fill better, they are the last ones.
   */
  int tiles(int pixels) {
    if (staging != Staging.STACKS) {
      int low = lowTiles(pixels);
      return low + (pixels - low * LOW_ROWS + tileRows - 1) / tileRows;
    }
    int stacks = stacks(pixels);
    return stacks + (pixels - stacks * tileRows + restRows - 1) / restRows;
  }

  /** Tiles of six rows among those of so many pixels, so that at most one row is left over. */
  private int lowTiles(int pixels) {
    if (!hasLowTiles) {
      return 0;
    }
    return switch (pixels % tileRows) {
      case 1, 2 -> pixels > 2 * tileRows ? 3 : 0;
      case 3, 4 -> pixels > tileRows ? 2 : 0;
      case 5, 6 -> 1;
      default -> 0;
    };
  }

  /** Tiles of so many pixels that are whole stacks. */
  int stacks(int pixels) {
    return staging == Staging.STACKS ? DirectPart.stacks(pixels, tileRows) : 0;
  }

  /** The first pixel of a tile, or how many pixels there are. */
  int firstRow(int tile, int pixels) {
    if (staging != Staging.STACKS) {
      int low = Math.max(0, tile - (tiles(pixels) - lowTiles(pixels)));
      return Math.min((tile - low) * tileRows + low * LOW_ROWS, pixels);
    }
    int beyond = Math.max(0, tile - stacks(pixels));
    return Math.min((tile - beyond) * tileRows + beyond * restRows, pixels);
  }

  /** Rows of the tallest tile. */
  int mostTileRows() {
    return mostTileRows;
  }

  FilterPanels panels() {
    return panels;
  }

  /** Zeros that blocks but the first start from: as many as the widest panel has filters. */
  int zeros() {
    return zeros;
  }

  Tile tileOf(int panel) {
    return tiles[panel];
  }

  /** The kernel of a panel for whole stacks. */
  GatheredTile gathered(int panel) {
    return gathered[panel];
  }

  /** Has the kernels that read arrays compiled; others are left to the first runs. */
  void primeKernels() {
    Priming.all(
        Arrays.stream(gathered)
            .filter(GatheredTile::readsArrays)
            .distinct()
            .map(GatheredTile::priming)
            .toList());
  }

  /** Floats of the largest panel if tiles read copies of them, else 0. */
  int copiedFloats() {
    return copiedFloats;
  }

  int firstFilter(int panel) {
    return panels.firstFilter(panel);
  }

  long panelStart(int group, int panel) {
    return panelStarts[group * panels.widths().length + panel];
  }

  /** Where the rows of a panel's tile lie in the partial sums. */
  long[] sumsRows(int panel) {
    return sumsRows[panel];
  }

  /** One thread stages each chunk once; more share its panels, and each stages it. */
  int units(int threads) {
    return groups * chunks * (threads == 1 ? 1 : panelRanges);
  }

  int chunks() {
    return chunks;
  }

  /** Ranges of panels of each chunk, if there are so many units. */
  int panelRanges(int units) {
    return units / chunks / groups;
  }

  int firstPanel(int range, int ranges) {
    return (int) ((long) panels.widths().length * range / ranges);
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

  /** Bytes of a panel without the terms that a border lacks. */
  long compactBytes() {
    return compactBytes;
  }

  /** Parts that are staged together, of one chunk each; or one. */
  int partsTogether() {
    return together ? parts.size() : 1;
  }

  /** The first part of a chunk. */
  int firstPart(int chunk) {
    int low = 0;
    int high = together ? 0 : parts.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (parts.get(middle).firstChunk() <= chunk) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  DirectPart part(int part) {
    return parts.get(part);
  }

  /** Where a part's windows are staged, floats. */
  int stagedStart(int part) {
    return stagedStarts[part];
  }

  String describe() {
    long gathered = parts.stream().filter(DirectPart::gathers).count();
    return "panels: "
        + names(tiles)
        + ", "
        + parts.size()
        + " region(s), "
        + gathered
        + " of them gathered"
        + (together ? ", all at once" : "")
        + (staging == Staging.STACKS ? " in stacks of " + tileRows : "")
        + ", "
        + units(2)
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
