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

  /** Stacks that take turns at the blocks of a panel: to enter the kernel anew takes a while. */
  private static final int STACKS_PER_SWEEP = 16;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  /** More bands would be short beside the rows that neighbours share. */
  private static final int MOST_BANDS = 4;

  /** The same of units of different sizes, where these are few. */
  private static final int ENOUGH_UNEVEN_UNITS = 48;

  /**
   * Parts that are staged together, so that each panel is brought from afar once and not for each
   * of them: several of one chunk each, or one.
   *
   * @param firstPart first part
   * @param endPart one past the last
   * @param firstChunk number of its first chunk in the plan
   * @param chunks how many
   */
  record Batch(int firstPart, int endPart, int firstChunk, int chunks) {
    int parts() {
      return endPart - firstPart;
    }
  }

  private final Tile[] tiles;
  private final Staging staging;
  private final int mostTileRows;
  private final FilterPanels panels;
  private final long[] panelStarts;
  private final List<DirectPart> parts;
  private final List<Batch> batches;
  private final int[] stagedStarts;
  private final int groups;
  private final int chunks;
  private final int panelRanges;
  private final int zeros;
  private final int[] maxRows;
  private final int stagedLength;
  private final int tilesPerSweep;
  private final long sumsBytes;
  private final long compactBytes;
  private final int copiedFloats;
  private final long[][] sumsRows;
  private final long[][][] stackSums;

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
    boolean copies = staging == Staging.STACKS && TileTable.readsArrays();
    int[] widths = new int[tiles.length];
    sumsRows = new long[tiles.length][];
    int widest = 0;
    for (int i = 0; i < tiles.length; i++) {
      widths[i] = tiles[i].width();
      widest = Math.max(widest, widths[i]);
    }
    zeros = widest;
    panels = new FilterPanels(groups, g.groupK(), g.groupC(), g.fh() * g.fw(), widths);
    panelStarts = new long[groups * widths.length];
    for (int i = 0; i < panelStarts.length; i++) {
      panelStarts[i] = panels.start(i / widths.length, i % widths.length);
    }
    List<List<DirectPart>> sets = sets(g, staging, tiles);
    parts = sets.stream().flatMap(List::stream).toList();
    batches = batches(sets);
    mostTileRows = parts.stream().mapToInt(DirectPart::mostTileRows).max().orElseThrow();
    maxRows = new int[batches.stream().mapToInt(Batch::parts).max().orElseThrow()];
    for (int i = 0; i < tiles.length; i++) {
      sumsRows[i] = rowTable(tiles[i], mostTileRows);
    }
    int staged = 0;
    boolean compacts = false;
    stagedStarts = new int[parts.size()];
    for (Batch batch : batches) {
      int start = 0;
      for (int i = batch.firstPart; i < batch.endPart; i++) {
        DirectPart part = parts.get(i);
        int place = i - batch.firstPart;
        maxRows[place] = Math.max(maxRows[place], part.maxRows());
        stagedStarts[i] = start;
        start += part.stagedLength();
        compacts |= part.compacts();
      }
      staged = Math.max(staged, start);
    }
    chunks = batches.getLast().firstChunk + batches.getLast().chunks;
    stagedLength = staged;
    long perPanel = Math.multiplyExact((long) chunks, (long) groups);
    int enough = copies && chunks > 1 ? ENOUGH_UNEVEN_UNITS : ENOUGH_UNITS;
    panelRanges = (int) Math.min(widths.length, (enough + perPanel - 1) / perPanel);
    Math.toIntExact(perPanel * panelRanges);
    long panelBytes = (long) g.sumLength() * widest * Float.BYTES;
    tilesPerSweep =
        panelBytes > PANEL_BYTES
            ? parts.stream().mapToInt(part -> part.tiles(part.chunkPixels())).max().orElseThrow()
            : staging == Staging.STACKS ? STACKS_PER_SWEEP : 1;
    sumsBytes = (long) mostTileRows * widest * Float.BYTES * g.blocks() * tilesPerSweep;
    stackSums = new long[mostTileRows + 1][TileTable.MOST_GATHERED_VECTORS + 1][];
    if (staging == Staging.STACKS) {
      for (DirectPart part : parts) {
        for (Tile tile : tiles) {
          stackSums[part.tileRows()][tile.vectors()] =
              stackSums(part.tileRows(), (long) tile.width() * Float.BYTES, g.blocks());
        }
      }
    }
    compactBytes = compacts && !copies ? panelBytes : 0;
    copiedFloats = copies ? Math.toIntExact(panelBytes / Float.BYTES) : 0;
  }

  /** The parts, those together that are staged at once. */
  private static List<List<DirectPart>> sets(Geometry g, Staging staging, Tile[] tiles) {
    boolean copies = staging == Staging.STACKS && TileTable.readsArrays();
    if (tiles.length >= ENOUGH_UNITS) {
      int most = staging == Staging.STRIPS && g.n() == 1 ? Math.min(MOST_BANDS, g.oh()) : 1;
      for (int count = 1; count <= most; count++) {
        List<List<DirectPart>> bands = bands(g, staging, tiles[0], count);
        if (bands.stream().allMatch(DirectPlan::goTogether)) {
          return bands;
        }
      }
    }
    // One chunk is enough where each copies the panels: threads share these.
    int each = g.groups() * (copies ? tiles.length : 1);
    int wanted = (ENOUGH_UNITS + each - 1) / each;
    List<DirectPart> parts = parts(g, Region.of(g), staging, tiles[0], wanted);
    List<List<DirectPart>> sets = new ArrayList<>();
    for (int first = 0; first < parts.size(); ) {
      int end = first + 1;
      while (copies && end < parts.size() && goTogether(parts.subList(first, end + 1))) {
        end++;
      }
      sets.add(parts.subList(first, end));
      first = end;
    }
    return sets;
  }

  /** Everything in so many bands of output rows, each with its share of the borders. */
  private static List<List<DirectPart>> bands(Geometry g, Staging staging, Tile tile, int count) {
    List<Region> regions = Region.of(g);
    List<List<DirectPart>> bands = new ArrayList<>();
    for (int band = 0; band < count; band++) {
      int from = (int) ((long) g.oh() * band / count);
      int to = (int) ((long) g.oh() * (band + 1) / count);
      List<Region> within =
          regions.stream()
              .filter(region -> region.oy() < to && region.oy() + region.rows() > from)
              .map(region -> region.within(from, to))
              .toList();
      bands.add(parts(g, within, staging, tile, 1));
    }
    return bands;
  }

  private static List<DirectPart> parts(
      Geometry g, List<Region> regions, Staging staging, Tile tile, int wanted) {
    List<DirectPart> parts = new ArrayList<>();
    for (Region region : regions) {
      parts.add(new DirectPart(g, region, staging, tile, wanted));
    }
    if (parts.getFirst().copies()) {
      // A copy of a whole panel serves the parts that follow and read a stretch of it.
      parts.sort(
          Comparator.comparing(DirectPart::compacts)
              .thenComparing(part -> !part.isStretch())
              .thenComparing(part -> -part.chunkPixels()));
    }
    return parts;
  }

  /** Whether parts of one chunk each can be staged at once. */
  private static boolean goTogether(List<DirectPart> parts) {
    long bytes = 0;
    for (DirectPart part : parts) {
      if (part.chunks() > 1 || part.gathers() && !part.copies()) {
        return false;
      }
      bytes += (long) part.stagedLength() * Float.BYTES;
    }
    return bytes <= parts.getFirst().budgetTogether();
  }

  /** The sets in their order. */
  private static List<Batch> batches(List<List<DirectPart>> sets) {
    List<Batch> batches = new ArrayList<>();
    int part = 0;
    int chunk = 0;
    for (List<DirectPart> set : sets) {
      int chunks = set.getFirst().chunks();
      batches.add(new Batch(part, part + set.size(), chunk, chunks));
      part += set.size();
      chunk = Math.addExact(chunk, chunks);
    }
    return batches;
  }

  private static long[] rowTable(Tile tile, int count) {
    long[] rows = new long[count];
    for (int m = 0; m < rows.length; m++) {
      rows[m] = (long) m * tile.width() * Float.BYTES;
    }
    return rows;
  }

  /** Where the rows of a sweep's stacks lie in the partial sums, in one block. */
  private long[] stackSums(int height, long rowStep, int blocks) {
    long[] rows = new long[tilesPerSweep * height];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (i / height * (long) blocks * mostTileRows + i % height) * rowStep;
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

  /** Where the rows of a sweep's stacks lie in the partial sums. */
  long[] stackSums(DirectPart part, int panel) {
    return stackSums[part.tileRows()][tiles[panel].vectors()];
  }

  Tile tileOf(int panel) {
    return tiles[panel];
  }

  /** Has the kernels that read arrays compiled; others are left to the first runs. */
  void primeKernels() {
    Priming.all(
        parts.stream()
            .filter(part -> part.stacks(part.chunkPixels()) > 0)
            .flatMap(part -> Arrays.stream(tiles).map(part::gathered))
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

  /** Threads share a chunk's panels in ranges; each stages it once for those that it takes. */
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

  /** Rows of the largest chunk of the parts that have this place among those staged together. */
  int maxRows(int place) {
    return maxRows[place];
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

  /** Most parts that are staged together. */
  int partsTogether() {
    return maxRows.length;
  }

  /** The parts that a chunk belongs to. */
  Batch batch(int chunk) {
    int low = 0;
    int high = batches.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (batches.get(middle).firstChunk <= chunk) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return batches.get(low);
  }

  DirectPart part(int part) {
    return parts.get(part);
  }

  /** Where a part's windows are staged, floats. */
  int stagedStart(int part) {
    return stagedStarts[part];
  }

  /** Windows of the stacks, such as {@code 5 and 4}. */
  private String heights() {
    return parts.stream()
        .map(DirectPart::tileRows)
        .distinct()
        .map(String::valueOf)
        .collect(Collectors.joining(" and "));
  }

  /** Parts in the order of their chunks, those together that are staged at once. */
  public int[] partsOfBatches() {
    return batches.stream().mapToInt(Batch::parts).toArray();
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
        + (staging == Staging.STACKS ? " in stacks of " + heights() : "")
        + (partsTogether() > 1 ? ", " + partsTogether() + " at once" : "")
        + ", "
        + units(2)
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
