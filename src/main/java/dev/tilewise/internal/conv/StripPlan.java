package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.kernel.StripRuns;
import dev.tilewise.internal.pack.FilterPanels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a convolution over few channels is cut up: bands of output rows, in them the regions that
 * meet the same taps, in those lines of pixels at equal distances, in lines tiles of eight and nine
 * pixels. Depends on the extents and the machine alone, and no bit of a result depends on it.
 */
public final class StripPlan {

  private static final int ROWS = 8;
  private static final int TALL = 9;

  /** Staged bytes of a band, about: in L2. */
  private static final long BAND_BYTES = 192 << 10;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  /** Most channels: beyond, runs are long, and the general path enters tiles less often. */
  private static final int MOST_CHANNELS = 8;

  /** Vectors of 512 bits have as many lanes. */
  private static final int FEWEST_FILTERS = 16;

  /**
   * A region with the runs of its sums.
   *
   * @param region outputs that meet the same taps
   * @param runs their terms
   * @param firstTerm number of the first
   */
  record Part(Region region, StripRuns runs, int firstTerm) {}

  private final Geometry g;
  private final OutputTile[] tiles;
  private final OutputTile[] tall;
  private final FilterPanels panels;
  private final Part[] parts;
  private final int bandLines;
  private final int bands;
  private final int stagedLength;
  private final int[] shortTiles;
  private final int[] tallTiles;

  /**
   * Plans.
   *
   * @param g extents that {@link #fits}
   * @param vectors of each panel; together they hold the filters
   * @param bandBytes staged bytes of a band, about
   */
  public StripPlan(Geometry g, int[] vectors, long bandBytes) {
    this.g = g;
    tiles = new OutputTile[vectors.length];
    tall = new OutputTile[vectors.length];
    int[] widths = new int[vectors.length];
    for (int panel = 0; panel < vectors.length; panel++) {
      tiles[panel] = OutputTile.of(ROWS, vectors[panel]);
      tall[panel] = OutputTile.of(TALL, vectors[panel]);
      widths[panel] = tiles[panel].width();
    }
    panels = FilterPanels.ofVectors(1, g.k(), g.c(), g.fh() * g.fw(), widths, Lanes.COUNT);
    List<Part> regions = new ArrayList<>();
    for (Region region : Region.of(g)) {
      int taps = region.endTapX() - region.firstTapX();
      int rows = region.endTapY() - region.firstTapY();
      StripRuns runs = new StripRuns(rows, taps * g.c(), g.dh() * g.w() * g.c(), g.fw() * g.c());
      int first = (region.firstTapY() * g.fw() + region.firstTapX()) * g.c();
      regions.add(new Part(region, runs, first));
    }
    parts = regions.toArray(new Part[0]);
    long lineBytes = (long) g.sh() * g.w() * g.c() * Float.BYTES;
    long wanted = ((long) g.n() * g.oh() + ENOUGH_UNITS - 1) / ENOUGH_UNITS;
    long most = Math.min(g.oh(), Math.max(1, bandBytes / lineBytes));
    bandLines = (int) Math.min(most, Math.max(ROWS, wanted));
    bands = (g.oh() + bandLines - 1) / bandLines;
    Math.multiplyExact(bands, g.n());
    long inputRows = Math.min(g.h(), (bandLines - 1L) * g.sh() + (g.fh() - 1L) * g.dh() + 1);
    stagedLength = Math.toIntExact(inputRows * g.w() * g.c());
    int longest = Math.max(ROWS, Math.max(bandLines, g.ow()));
    shortTiles = new int[longest + 1];
    tallTiles = new int[longest + 1];
    for (int pixels = 1; pixels <= longest; pixels++) {
      cut(pixels);
    }
  }

  /** The tiles that hold so many pixels with the fewest rows too many. */
  private void cut(int pixels) {
    int least = Integer.MAX_VALUE;
    for (int nines = 0; nines <= ROWS && TALL * (nines - 1) < pixels; nines++) {
      int eights = Math.max(0, (pixels - TALL * nines + ROWS - 1) / ROWS);
      int rows = nines * TALL + eights * ROWS;
      if (rows < least) {
        least = rows;
        shortTiles[pixels] = eights;
        tallTiles[pixels] = nines;
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
    long rows = (g.fh() - 1L) * g.dh() + g.sh();
    return g.c() <= MOST_CHANNELS
        && g.k() >= FEWEST_FILTERS
        && Math.min(g.oh(), g.ow()) >= ROWS
        && rows * g.w() * g.c() <= BAND_BYTES / Float.BYTES
        && fits(g);
  }

  /** Whether it pays on this machine. */
  public static boolean pays(Geometry g) {
    return suits(g) && TileTable.outputVectors(g.k(), OutputTile.MOST_VECTORS).length > 0;
  }

  /** The plan for this machine, if it {@link #pays}. */
  public static StripPlan of(Geometry g) {
    return new StripPlan(g, TileTable.outputVectors(g.k(), OutputTile.MOST_VECTORS), BAND_BYTES);
  }

  /** Has the kernels compiled. */
  void primeKernels() {
    Set<OutputTile> kernels = EnumSet.noneOf(OutputTile.class);
    kernels.addAll(Arrays.asList(tiles));
    kernels.addAll(Arrays.asList(tall));
    Priming.all(kernels.stream().map(OutputTile::stripPriming).toList());
  }

  FilterPanels panels() {
    return panels;
  }

  /** The kernel of a panel. */
  OutputTile tile(int panel) {
    return tiles[panel];
  }

  /** The kernel of a panel for nine pixels. */
  OutputTile tall(int panel) {
    return tall[panel];
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

  /** Floats of a staged band. */
  int stagedLength() {
    return stagedLength;
  }

  /** Fewest pixels of a line. */
  int shortestLine() {
    return ROWS;
  }

  /** Tiles of eight pixels for a line of so many. */
  int shortTiles(int pixels) {
    return shortTiles[pixels];
  }

  /** Tiles of nine pixels for a line of so many. */
  int tallTiles(int pixels) {
    return tallTiles[pixels];
  }

  String describe() {
    String names =
        Arrays.stream(tiles).distinct().map(OutputTile::toString).collect(Collectors.joining(", "));
    return tiles.length
        + " panel(s): "
        + names
        + ", rows in strips, "
        + bands * g.n()
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
