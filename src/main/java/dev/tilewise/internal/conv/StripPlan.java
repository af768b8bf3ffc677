package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.kernel.StripRuns;
import dev.tilewise.internal.kernel.StripStacks;
import dev.tilewise.internal.pack.FilterPanels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How a convolution over few channels is cut up: bands of output rows, in them the regions that
 * meet the same taps, in those lines of pixels at equal distances, in lines tiles of two heights.
 * Depends on the extents and the machine alone, and no bit of a result depends on it.
 */
public final class StripPlan {

  /** Fewest rows of a band, so that the lines of its borders are tiles. */
  private static final int LEAST_LINES = 16;

  /** Smaller maps are left to the general path. */
  private static final int LEAST_EXTENT = 8;

  /** Tiles that all panels compute before the next ones: their outputs stay in L1. */
  static final int TILES = 16;

  /** Floats of factors that are kept for tiles that read arrays. */
  private static final double MOST_COPIED = 1 << 20;

  /** Staged bytes of a band, about: in L2. */
  private static final long BAND_BYTES = 192 << 10;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  /** Multiply-adds for which it does not pay to wake a thread: some 10 us. */
  private static final double UNIT_MACS = 1 << 19;

  /** Most channels: beyond, runs are long, and the general path enters tiles less often. */
  private static final int MOST_CHANNELS = 8;

  /** The same of tiles that read strips, which need no stacks. */
  private static final int MOST_CHANNELS_READ = 16;

  /** Vectors of 512 bits have as many lanes. */
  private static final int FEWEST_FILTERS = 16;

  /**
   * A region with the runs of its sums.
   *
   * @param region outputs that meet the same taps
   * @param runs their terms
   * @param stacks how windows are stacked; null where tiles read strips
   * @param firstTerm number of the first
   */
  record Part(Region region, StripRuns runs, StripStacks stacks, int firstTerm) {}

  /** Pixels of a line, such as a corner, for which the tallest tiles compute too much. */
  private static final int SHORT_LINE = 8;

  private final Geometry g;
  private final int usual;
  private final int other;
  private final OutputTile[] tiles;
  private final OutputTile[] others;
  private final OutputTile[] shorts;
  private final FilterPanels panels;
  private final Part[] parts;
  private final int bandLines;
  private final int bands;
  private final int stagedLength;
  private final int[] usualTiles;
  private final int[] otherTiles;
  private final int stacksLength;

  /**
   * Plans.
   *
   * @param g extents that {@link #fits}
   * @param usual rows of most tiles
   * @param other rows of the few that make up for what is left; may be as many
   * @param vectors of each panel, for which there are tiles of such rows; together they hold the
   *     filters
   * @param bandBytes staged bytes of a band, about
   */
  public StripPlan(Geometry g, int usual, int other, int[] vectors, long bandBytes) {
    this.g = g;
    this.usual = usual;
    this.other = other;
    tiles = tiles(usual, vectors);
    others = tiles(other, vectors);
    int[] widths = Arrays.stream(tiles).mapToInt(OutputTile::width).toArray();
    panels = FilterPanels.ofVectors(1, g.k(), g.c(), g.fh() * g.fw(), widths, Lanes.COUNT);
    List<Part> regions = new ArrayList<>();
    for (Region region : Region.of(g)) {
      int taps = region.endTapX() - region.firstTapX();
      int rows = region.endTapY() - region.firstTapY();
      StripRuns runs = new StripRuns(rows, taps * g.c(), g.dh() * g.w() * g.c(), g.fw() * g.c());
      int first = (region.firstTapY() * g.fw() + region.firstTapX()) * g.c();
      regions.add(new Part(region, runs, stacks() ? new StripStacks(runs) : null, first));
    }
    parts = regions.toArray(new Part[0]);
    boolean hasShort = regions.stream().anyMatch(part -> isShort(part.region()));
    shorts = hasShort && usual > SHORT_LINE ? tiles(SHORT_LINE, vectors) : tiles;
    long lineBytes = (long) g.sh() * g.w() * g.c() * Float.BYTES;
    int units = (int) Math.max(1, Math.min(ENOUGH_UNITS, g.macs() / UNIT_MACS));
    long wanted = ((long) g.n() * g.oh() + units - 1) / units;
    long most = Math.min(g.oh(), Math.max(1, bandBytes / lineBytes));
    bandLines = (int) Math.min(most, Math.max(LEAST_LINES, wanted));
    bands = (g.oh() + bandLines - 1) / bandLines;
    Math.multiplyExact(bands, g.n());
    long inputRows = Math.min(g.h(), (bandLines - 1L) * g.sh() + (g.fh() - 1L) * g.dh() + 1);
    // A tile of a line that is shorter computes pixels beyond it, which nobody stores; terms are
    // read, or windows copied, as whole vectors.
    long beyond = (usual - 1L) * Math.max((long) g.sh() * g.w(), g.sw()) * g.c();
    stagedLength = Math.toIntExact(inputRows * g.w() * g.c() + beyond + Lanes.COUNT);
    int longest = Math.max(Math.max(usual, other), Math.max(bandLines, g.ow()));
    usualTiles = new int[longest + 1];
    otherTiles = new int[longest + 1];
    for (int pixels = 1; pixels <= longest; pixels++) {
      cut(pixels);
    }
    int deepest = 0;
    for (Part part : parts) {
      deepest = stacks() ? Math.max(deepest, part.stacks().depth()) : 0;
    }
    stacksLength = stacks() ? TILES * Math.max(usual, other) * deepest + Lanes.COUNT : 0;
  }

  /** Whether the longer side of a region, where its lines lie, is short. */
  private static boolean isShort(Region region) {
    return Math.max(region.columns(), region.rows()) <= SHORT_LINE;
  }

  /** The tiles that hold so many pixels with the fewest rows too many. */
  private void cut(int pixels) {
    int least = Integer.MAX_VALUE;
    int most = pixels < other ? 0 : usual;
    for (int others = 0; others <= most && other * (others - 1) < pixels; others++) {
      int usuals = Math.max(0, (pixels - other * others + usual - 1) / usual);
      int rows = others * other + usuals * usual;
      if (rows < least) {
        least = rows;
        usualTiles[pixels] = usuals;
        otherTiles[pixels] = others;
      }
    }
  }

  /** Whether the tiles can compute it. */
  public static boolean fits(Geometry g) {
    return g.groups() == 1
        && g.dw() == 1
        && g.blocks() == 1
        && (long) g.h() * g.w() * g.c() <= Integer.MAX_VALUE / 2
        && (long) g.n() * g.oh() <= Integer.MAX_VALUE
        && Region.of(g).stream().allMatch(Region::hasTaps);
  }

  /** Whether strips suit the extents, on whatever machine. */
  public static boolean suits(Geometry g) {
    return g.k() >= FEWEST_FILTERS && isSmall(g, MOST_CHANNELS);
  }

  private static boolean isSmall(Geometry g, int mostChannels) {
    long rows = (g.fh() - 1L) * g.dh() + g.sh();
    return g.c() <= mostChannels
        && Math.min(g.oh(), g.ow()) >= LEAST_EXTENT
        && rows * g.w() * g.c() <= BAND_BYTES / Float.BYTES
        && fits(g);
  }

  /** Whether it pays on this machine. */
  public static boolean pays(Geometry g) {
    if (TileTable.readsPixels()) {
      return isSmall(g, MOST_CHANNELS_READ);
    }
    int panels = TileTable.outputVectors(g.k(), OutputTile.MOST_VECTORS).length;
    return suits(g) && panels > 0 && (!TileTable.readsArrays() || fewCopies(g));
  }

  /** Whether the factors of all regions, each without the taps that it lacks, may be kept. */
  private static boolean fewCopies(Geometry g) {
    double terms = 0;
    for (Region region : Region.of(g)) {
      double taps = (double) region.endTapX() - region.firstTapX();
      terms += taps * (region.endTapY() - region.firstTapY()) * g.c();
    }
    return terms * g.k() <= MOST_COPIED;
  }

  /** The plan for this machine, if it pays. */
  public static StripPlan of(Geometry g) {
    if (TileTable.readsPixels() && g.k() % OutputTile.O5X4.width() == 0) {
      int[] wide = new int[g.k() / OutputTile.O5X4.width()];
      Arrays.fill(wide, OutputTile.O5X4.vectors());
      return new StripPlan(g, OutputTile.O5X4.rows(), OutputTile.O5X4.rows(), wide, BAND_BYTES);
    }
    int[] vectors =
        g.k() < Lanes.COUNT
            ? new int[] {1}
            : TileTable.outputVectors(g.k(), OutputTile.MOST_VECTORS);
    int widest = Arrays.stream(vectors).max().getAsInt();
    long longest = 0;
    for (Region region : Region.of(g)) {
      longest = Math.max(longest, Math.max(region.columns(), region.rows()));
    }
    int[] heights = TileTable.stripHeights(widest, longest);
    return new StripPlan(g, heights[0], heights[1], vectors, BAND_BYTES);
  }

  private static OutputTile[] tiles(int rows, int[] vectors) {
    return Arrays.stream(vectors)
        .mapToObj(count -> OutputTile.of(rows, count))
        .toArray(OutputTile[]::new);
  }

  /** Has the kernels compiled. */
  void primeKernels() {
    Set<OutputTile> kernels = EnumSet.noneOf(OutputTile.class);
    kernels.addAll(Arrays.asList(tiles));
    kernels.addAll(Arrays.asList(others));
    kernels.addAll(Arrays.asList(shorts));
    if (stacks()) {
      Priming.all(kernels.stream().map(tile -> tile.priming(OutputTile.Rows.STACKS)).toList());
    } else {
      List<StripRuns> runs = Arrays.stream(parts).map(Part::runs).toList();
      OutputTile.primeStrips(kernels, runs);
    }
  }

  FilterPanels panels() {
    return panels;
  }

  /** The kernels of the panels. */
  OutputTile[] tiles() {
    return tiles;
  }

  /** The kernels of the panels for tiles of the other height. */
  OutputTile[] others() {
    return others;
  }

  /** The kernels of the panels for lines, or what is left of them, that have no more rows. */
  OutputTile[] shorts() {
    return shorts;
  }

  /** Whether windows are stacked, because tiles do not read strips. */
  boolean stacks() {
    return tiles[0].readsArrays();
  }

  /** Floats of the stacks of so many tiles, and a vector more. */
  int stacksLength() {
    return stacksLength;
  }

  Part[] parts() {
    return parts;
  }

  /** Output rows of a band. */
  int bandLines() {
    return bandLines;
  }

  /** Bands of an image. */
  int bands() {
    return bands;
  }

  /** Floats of a staged band, and a vector more. */
  int stagedLength() {
    return stagedLength;
  }

  /** Pixels after one that lie under its vector of outputs. */
  int pixelsUnder() {
    return (Lanes.COUNT - 1) / g.k();
  }

  /** Bytes of a pixel that is computed aside. */
  long asideRowBytes() {
    return (long) Math.max(g.k(), Lanes.COUNT) * Float.BYTES;
  }

  /** Bytes of a tile that is computed aside. */
  long asideBytes() {
    return usual * asideRowBytes();
  }

  /** Fewest pixels of a line that is not computed aside. */
  int shortestLine() {
    return usual;
  }

  /** Tiles of the usual height for a line of so many pixels. */
  int usualTiles(int pixels) {
    return usualTiles[pixels];
  }

  /** Tiles of the other height for a line of so many pixels. */
  int otherTiles(int pixels) {
    return otherTiles[pixels];
  }

  String describe() {
    return "panels: "
        + OutputTile.names(tiles)
        + (stacks() ? ", windows of strips stacked, " : ", rows in strips, ")
        + bands * g.n()
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
