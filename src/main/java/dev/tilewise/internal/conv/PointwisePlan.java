package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.PixelTile;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.pack.FilterPanels;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a convolution with 1x1 filters is cut up. The pixels of all images are the rows of one
 * matrix; chunks of them are tiles of equal heights, and the last chunk has a few that are one row
 * higher or lower, so that none is left over. Depends on the extents, the machine and the number of
 * threads; no bit of a result depends on it.
 */
public final class PointwisePlan {

  /** Whole tiles of every height. */
  private static final int CHUNK_PIXELS = 56;

  /** Bytes of a chunk's pixels, which every panel reads: in L2 beside the panel. */
  private static final long CHUNK_BYTES = 384 << 10;

  /** A panel larger than this leaves L2 between two tiles. */
  private static final long PANEL_BYTES = 640 << 10;

  /** Of any tile. */
  static final int MOST_ROWS = 9;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  private final PixelTile[] tiles;
  private final FilterPanels panels;
  private final long pixels;
  private final int groups;
  private final int chunks;
  private final int panelRanges;
  private final int zeros;
  private final boolean gathers;
  private final long gatheredBytes;
  private final long sumsBytes;

  /**
   * Plans.
   *
   * @param g extents that {@link #fits}
   * @param vectors of each panel of a group; together they hold the group's filters
   * @param chunkBytes bytes of a chunk's pixels, about
   */
  public PointwisePlan(Geometry g, int[] vectors, long chunkBytes) {
    tiles = Arrays.stream(vectors).mapToObj(PixelTile::of).toArray(PixelTile[]::new);
    int[] widths = Arrays.stream(tiles).mapToInt(PixelTile::width).toArray();
    int widest = Arrays.stream(widths).max().orElseThrow();
    zeros = widest;
    groups = g.groups();
    panels = FilterPanels.ofVectors(groups, g.groupK(), g.groupC(), 1, widths, Lanes.COUNT);
    pixels = pixels(g);
    long pixelBytes = (long) g.groupC() * Float.BYTES;
    long most = pixels / CHUNK_PIXELS;
    long shared = (long) groups * tiles.length;
    long wanted = Math.max((ENOUGH_UNITS + shared - 1) / shared, pixels * pixelBytes / chunkBytes);
    chunks = (int) Math.max(1, Math.min(most, wanted));
    gathers = g.sh() > 1 || g.sw() > 1;
    long longest = 0;
    for (int chunk = 0; gathers && chunk < chunks; chunk++) {
      longest = Math.max(longest, firstPixel(chunk + 1) - firstPixel(chunk));
    }
    gatheredBytes = longest * pixelBytes;
    long perPanel = Math.multiplyExact((long) chunks, (long) groups);
    panelRanges = (int) Math.min(widths.length, (ENOUGH_UNITS + perPanel - 1) / perPanel);
    Math.toIntExact(perPanel * panelRanges);
    sumsBytes = (long) g.blocks() * MOST_ROWS * widest * Float.BYTES;
  }

  /**
   * Whether tiles of so many vectors can compute it.
   *
   * @param g extents
   * @param vectors of each panel of a group
   */
  public static boolean fits(Geometry g, int[] vectors) {
    return g.fh() == 1
        && g.fw() == 1
        && (g.pt() | g.pl() | g.pb() | g.pr()) == 0
        && Arrays.stream(vectors).allMatch(v -> PixelTile.of(v).holds(pixels(g)));
  }

  /** Whether it pays on this machine. */
  public static boolean pays(Geometry g) {
    long panelBytes = (long) g.groupC() * PixelTile.MOST_VECTORS * Lanes.BYTES;
    int[] vectors = vectors(g);
    return panelBytes <= PANEL_BYTES && vectors.length > 0 && fits(g, vectors);
  }

  /** The plan for this machine, if it {@link #pays}. */
  public static PointwisePlan of(Geometry g) {
    return new PointwisePlan(g, vectors(g), CHUNK_BYTES);
  }

  private static int[] vectors(Geometry g) {
    return TileTable.outputVectors(g.groupK(), PixelTile.MOST_VECTORS);
  }

  private static long pixels(Geometry g) {
    return (long) g.n() * g.oh() * g.ow();
  }

  /** All but the last chunk are tiles of one height alone. */
  long firstPixel(int chunk) {
    return chunk == chunks ? pixels : pixels / CHUNK_PIXELS * chunk / chunks * CHUNK_PIXELS;
  }

  /** The kernel of a panel. */
  PixelTile tile(int panel) {
    return tiles[panel];
  }

  FilterPanels panels() {
    return panels;
  }

  /** Zeros that blocks but the first start from: as many as the widest panel has filters. */
  int zeros() {
    return zeros;
  }

  /** One thread takes all panels of a chunk; more share them. */
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
    return (int) ((long) tiles.length * range / ranges);
  }

  /** Whether pixels do not lie at equal distances, and are copied one behind the other. */
  boolean gathers() {
    return gathers;
  }

  /** Bytes of the largest chunk, if it is gathered. */
  long gatheredBytes() {
    return gatheredBytes;
  }

  /** Has the kernels compiled. */
  void primeKernels() {
    Set<PixelTile> kernels = EnumSet.noneOf(PixelTile.class);
    for (PixelTile tile : tiles) {
      kernels.add(tile);
      kernels.add(tile.rest());
    }
    Priming.all(kernels.stream().map(PixelTile::priming).toList());
  }

  /** Bytes of the blocks' sums of one tile. */
  long sumsBytes() {
    return sumsBytes;
  }

  String describe() {
    List<PixelTile> shapes = Arrays.asList(tiles);
    String names =
        shapes.stream()
            .collect(Collectors.groupingBy(t -> t, LinkedHashMap::new, Collectors.counting()))
            .entrySet()
            .stream()
            .map(entry -> entry.getValue() + " of " + entry.getKey())
            .collect(Collectors.joining(" and "));
    return "panels: "
        + names
        + (gathers ? ", pixels gathered, " : ", pixels in place, ")
        + units(2)
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
