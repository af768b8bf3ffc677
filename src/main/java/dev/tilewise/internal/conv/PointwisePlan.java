package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.ArrayArena;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.Panel;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.kernel.StripRuns;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * How a convolution with 1x1 filters is cut up. The pixels of all images are the rows of one
 * matrix. Tiles read chunks of them where they are, or gathered where they do not lie well; or they
 * become stacks of equal heights, and a few of another one in the last chunk, so that none is left
 * over. Depends on the extents, the machine and the number of threads; no bit of a result depends
 * on it.
 */
public final class PointwisePlan {

  /** Bytes of a chunk of stacks: in L2, where nothing is gained or lost from 32 KB to 448 KB. */
  private static final long CHUNK_BYTES = 128 << 10;

  /** The same of rows of pixels. Each chunk reads all filters: docs/decisions/0029. */
  private static final long ROWS_CHUNK_BYTES = 256 << 10;

  /** Of fewer pixels, which are no whole number of tiles, too many would be computed twice. */
  private static final int LEAST_PIXELS = 40;

  /** Bytes of pixels that are copied at a time: beside the filters in L1. */
  private static final long COPIED_BYTES = 16 << 10;

  /** A chunk's last pixels are computed aside where filters do not fill a vector: some thirty. */
  private static final int LEAST_PIXELS_OF_FEW = 512;

  /** Beyond, narrow panels read pixels where they are faster: decisions/0022 and 0027. */
  private static final int MOST_COPIED_TERMS = OutputTile.SPREADS ? Lanes.COUNT - 1 : 48;

  /** Fewest terms for which narrow panels read pixels in place: those of a vector, if they can. */
  private static final int LEAST_TERMS = OutputTile.SPREADS ? Lanes.COUNT : 24;

  /** Panels of so many vectors may read pixels in place as vectors. */
  private static final int NARROW_VECTORS = 2;

  /** Most terms for which panels of four vectors stay in L1, however many there are. */
  private static final int FEW_TERMS = 128;

  /** Pixels at such a distance lie in the same sets of L1 and of L2. */
  private static final long ALIASING_BYTES = 8192;

  /** Gathered pixels at multiples of this would lie in the same sets of L1. */
  private static final long PAGE_BYTES = 4096;

  /** So many vectors of filters take panels of three, though panels of four divide them evenly. */
  private static final int MANY_VECTORS = 20;

  /** Fewest terms for which panels of three vectors are faster than of four, if none is left. */
  private static final int LEAST_TERMS_OF_THREE = 64;

  /** A panel larger than this leaves L2 between two stacks. */
  private static final long PANEL_BYTES = 640 << 10;

  /** Units that keep a few threads evenly busy. */
  private static final int ENOUGH_UNITS = 4;

  private final OutputTile.Rows source;
  private final long pitch;
  private final boolean gathers;
  // Whether rows of pixels would be read if C2 had got their kernels right.
  private boolean stacksInstead;
  private final StackHeights heights;
  private final OutputTile[] tiles;
  private final OutputTile[] others;
  private final FilterPanels panels;
  private final long pixels;
  private final int groups;
  private final int chunks;
  private final int panelRanges;
  private final int zeros;
  private final int chunkPixels;
  private final int stagedLength;
  private final int batch;
  private final int terms;
  private final int depth;
  private final int rows;
  private final int tallest;
  private final long sumsBytes;

  /**
   * Plans.
   *
   * @param g extents that {@link #fits}, if pixels are stacked, {@link #fitsInPlace}, if they are
   *     read where they are, or {@link #liesInRows} with a tile's pixels, if they are copied
   * @param source whether tiles read pixels where they are, gathered where they do not lie at equal
   *     distances, or stacks, or copies of rows
   * @param heights of stacks
   * @param vectors of each panel of a group, at most {@link OutputTile#MOST_VECTORS} of stacks,
   *     {@link OutputTile#MOST_PIXEL_VECTORS} in place, two of copies; together they hold the
   *     group's filters
   * @param chunkBytes bytes of a chunk's pixels, about
   */
  public PointwisePlan(
      Geometry g, OutputTile.Rows source, StackHeights heights, int[] vectors, long chunkBytes) {
    this(g, source, heights, vectors, chunkBytes, tile -> false);
  }

  /** The same; of tiles that C2 got wrong, others take the place where there are any. */
  private PointwisePlan(
      Geometry g,
      OutputTile.Rows source,
      StackHeights heights,
      int[] vectors,
      long chunkBytes,
      Predicate<OutputTile> wrong) {
    this.source = source;
    this.heights = heights;
    gathers = source == OutputTile.Rows.PIXELS && !isEvenlySpaced(g);
    long row = (long) (gathers ? g.groupC() : g.c()) * Float.BYTES;
    pitch = gathers && row % PAGE_BYTES == 0 ? row + Memory.ALIGNMENT : row;
    boolean inRows = source != OutputTile.Rows.STACKS;
    tiles =
        tiles(
            vectors,
            switch (source) {
              case PIXELS ->
                  v -> {
                    OutputTile best = OutputTile.ofPixels(v, g.groupC());
                    return wrong.test(best) ? best.instead() : best;
                  };
              case STACKS -> v -> OutputTile.of(heights.usual(), v);
              case STRIP -> OutputTile::ofCopies;
            });
    others = inRows ? tiles : tiles(vectors, v -> OutputTile.of(heights.other(), v));
    int[] widths = Arrays.stream(tiles).mapToInt(OutputTile::width).toArray();
    int widest = Arrays.stream(widths).max().orElseThrow();
    zeros = widest;
    groups = g.groups();
    panels = FilterPanels.ofVectors(groups, g.groupK(), g.groupC(), 1, widths, Lanes.COUNT);
    pixels = pixels(g);
    terms = g.groupC();
    depth = (terms + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
    rows = tiles[0].rows();
    int tall = Arrays.stream(tiles).mapToInt(OutputTile::rows).max().orElseThrow();
    // A chunk holds a tile of each panel.
    long most = pixels / rows / (inRows ? (tall + rows - 1) / rows : heights.leastStacks());
    // Rather ranges of panels than chunks, each of which reads all filters; but to outputs that two
    // panels have in common residuals are not added in place.
    int shares = inRows && g.groupK() % Lanes.COUNT != 0 ? 1 : tiles.length;
    long ranges = (long) groups * shares;
    long least = (ENOUGH_UNITS + ranges - 1) / ranges;
    long wanted = Math.max(least, pixels / rows * rows * depth * Float.BYTES / chunkBytes);
    chunks = (int) Math.max(1, Math.min(most, wanted));
    int longest = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      longest = Math.max(longest, Math.toIntExact(firstPixel(chunk + 1) - firstPixel(chunk)));
    }
    chunkPixels = inRows && !gathers ? 0 : longest;
    batch = (int) Math.max(1, COPIED_BYTES / ((long) tall * terms * Float.BYTES));
    int copied = source == OutputTile.Rows.STRIP ? batch * tall * terms + Lanes.COUNT : 0;
    long stacked = inRows ? 0 : (long) chunkPixels * depth;
    stagedLength = Math.toIntExact(stacked + copied + WinogradScratch.LEAD);
    long perPanel = Math.multiplyExact((long) chunks, (long) groups);
    panelRanges = (int) Math.min(shares, (ENOUGH_UNITS + perPanel - 1) / perPanel);
    Math.toIntExact(perPanel * panelRanges);
    tallest = Math.max(tall, others[0].rows());
    sumsBytes = (long) g.blocks() * tallest * widest * Float.BYTES;
  }

  /** Whether stacks can hold it. */
  public static boolean fits(Geometry g, StackHeights heights) {
    return isProduct(g) && heights.fit(pixels(g));
  }

  /** Whether the tiles can compute it. */
  private static boolean isProduct(Geometry g) {
    return g.fh() == 1
        && g.fw() == 1
        && (g.pt() | g.pl() | g.pb() | g.pr()) == 0
        && (g.blocks() == 1 || g.blockLength() % Lanes.COUNT == 0);
  }

  private static OutputTile[] tiles(int[] vectors, IntFunction<OutputTile> ofVectors) {
    return Arrays.stream(vectors).mapToObj(ofVectors).toArray(OutputTile[]::new);
  }

  /** Whether filters that fill a vector pay on this machine, in place or in stacks that fit. */
  static boolean pays(Geometry g) {
    long panelBytes = (long) g.groupC() * OutputTile.MOST_VECTORS * Lanes.BYTES;
    return panelBytes <= PANEL_BYTES
        && pixels(g) > DirectPart.mostWithoutStacks()
        && isProduct(g)
        && TileTable.outputVectors(g.groupK(), OutputTile.MOST_VECTORS).length > 0;
  }

  /** Whether the pixels of a group are at equal distances, and sums one block. */
  public static boolean liesInRows(Geometry g) {
    return g.sh() == 1 && g.sw() == 1 && g.blocks() == 1 && isInRows(g);
  }

  /**
   * Whether tiles can read pixels where they are, or gathered.
   *
   * @param g extents
   * @param vectors of each panel of a group
   */
  public static boolean fitsInPlace(Geometry g, int[] vectors) {
    return isInRows(g)
        && (g.groupC() >= LEAST_TERMS || Arrays.stream(vectors).allMatch(v -> v > NARROW_VECTORS));
  }

  private static boolean isInRows(Geometry g) {
    return pixels(g) >= OutputTile.O14X1.rows();
  }

  /** Whether pixels are at equal distances that suit the caches. */
  private static boolean isEvenlySpaced(Geometry g) {
    return g.sh() == 1 && g.sw() == 1 && (long) g.c() * Float.BYTES % ALIASING_BYTES != 0;
  }

  /** Whether fewer filters than fill a vector pay, in an output without other channels. */
  static boolean fewFiltersPay(Geometry g) {
    return TileTable.readsPixels()
        && isProduct(g)
        && liesInRows(g)
        && g.groups() == 1
        && g.k() < Lanes.COUNT
        && pixels(g) >= LEAST_PIXELS_OF_FEW;
  }

  /** Whether to read rows of pixels is faster than to stack them: docs/decisions/0021 and 0023. */
  private static boolean paysInRows(Geometry g, int[] vectors) {
    return TileTable.readsPixels() && pixels(g) >= LEAST_PIXELS && fitsInPlace(g, vectors);
  }

  /** Most vectors of the panels that read rows of pixels. */
  private static int mostVectors(Geometry g) {
    int vectors = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT;
    boolean three =
        vectors % 3 == 0
            ? g.groupC() >= LEAST_TERMS_OF_THREE
            : g.blocks() > 1
                || g.groupC() > FEW_TERMS
                    && (vectors % OutputTile.MOST_PIXEL_VECTORS != 0 || vectors >= MANY_VECTORS);
    return three ? 3 : OutputTile.MOST_PIXEL_VECTORS;
  }

  /** Whether pixels are copied as they are: decisions/0022. */
  private static boolean paysCopied(Geometry g) {
    return TileTable.readsPixels()
        && liesInRows(g)
        && pixels(g) >= LEAST_PIXELS
        && g.groups() == 1
        && g.k() <= NARROW_VECTORS * Lanes.COUNT
        && g.c() <= MOST_COPIED_TERMS;
  }

  /**
   * The plan for this machine, if it pays. Where C2 got the kernels that read rows of pixels wrong
   * in this process, pixels are copied, or few filters left to others:
   * docs/decisions/0017-slices.md.
   *
   * @param g extents
   * @param destination where outputs go
   */
  public static Optional<PointwisePlan> of(Geometry g, Destination destination) {
    return of(g, destination, OutputTile::boxesRows);
  }

  /**
   * The plan for this machine, if it pays.
   *
   * @param g extents
   * @param destination where outputs go
   * @param boxes whether C2 got the kernel of a shape wrong, asked once it is compiled
   */
  static Optional<PointwisePlan> of(
      Geometry g, Destination destination, Predicate<OutputTile> boxes) {
    StackHeights heights = TileTable.outputHeights();
    boolean few = fewFiltersPay(g) && destination.isDense(g.k());
    boolean copies = (few || pays(g)) && paysCopied(g);
    int[] wide = few ? new int[] {1} : TileTable.outputVectors(g.groupK(), mostVectors(g));
    boolean rows = copies || few || pays(g) && paysInRows(g, wide);
    if (rows) {
      OutputTile.Rows source = copies ? OutputTile.Rows.STRIP : OutputTile.Rows.PIXELS;
      PointwisePlan plan = new PointwisePlan(g, source, heights, wide, ROWS_CHUNK_BYTES);
      plan.primeKernels();
      if (Arrays.stream(plan.tiles).anyMatch(tile -> boxes.test(tile) && tile != tile.instead())) {
        plan = new PointwisePlan(g, source, heights, wide, ROWS_CHUNK_BYTES, boxes);
        plan.primeKernels();
      }
      if (Arrays.stream(plan.tiles).noneMatch(boxes)) {
        return Optional.of(plan);
      }
    }
    if (!pays(g) || !heights.fit(pixels(g))) {
      return Optional.empty();
    }
    int[] vectors = TileTable.outputVectors(g.groupK(), OutputTile.MOST_VECTORS);
    PointwisePlan plan =
        new PointwisePlan(g, OutputTile.Rows.STACKS, heights, vectors, CHUNK_BYTES);
    plan.stacksInstead = rows;
    return Optional.of(plan);
  }

  private static long pixels(Geometry g) {
    return (long) g.n() * g.oh() * g.ow();
  }

  /** All but the last chunk are whole tiles, of the first panel's height. */
  long firstPixel(int chunk) {
    return chunk == chunks ? pixels : pixels / rows * chunk / chunks * rows;
  }

  /** What tiles read. */
  OutputTile.Rows source() {
    return source;
  }

  /** Whether rows of pixels are copied before they are read. */
  boolean gathers() {
    return gathers;
  }

  /** Bytes from pixel to pixel, where they are or gathered. */
  long pitch() {
    return pitch;
  }

  /** Bytes of the gathered pixels of the largest chunk. */
  long gatheredBytes() {
    return gathers ? chunkPixels * pitch : 0;
  }

  /** Tiles whose pixels are copied at a time. */
  int batch() {
    return batch;
  }

  /** All terms of a copied pixel. */
  StripRuns copiedTerms() {
    return new StripRuns(1, terms, 0, terms);
  }

  /** Heights of stacks. */
  StackHeights heights() {
    return heights;
  }

  /** The kernel of a panel. */
  OutputTile tile(int panel) {
    return tiles[panel];
  }

  /** Whether a panel's kernel brings other filters from memory meanwhile. */
  boolean readsAhead(int panel) {
    return source == OutputTile.Rows.PIXELS && tiles[panel].readsAhead();
  }

  /** The kernel of a panel for stacks of the other height. */
  OutputTile other(int panel) {
    return others[panel];
  }

  FilterPanels panels() {
    return panels;
  }

  /** Zeros that blocks but the first start from: as many as the widest panel has filters. */
  int zeros() {
    return zeros;
  }

  /** One thread takes each chunk once; more share its panels, and each stages it. */
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

  /**
   * The panel that a range of a chunk's products begins in. Ranges are equal in filters times
   * pixels, so that one may end and the next begin within a panel, at {@link #firstRow}, unless
   * pixels are stacked.
   *
   * @param range from 0; of one range too many, the end
   * @param ranges how many there are
   * @param pixels of the chunk
   */
  int firstPanel(int range, int ranges, int pixels) {
    if (source == OutputTile.Rows.STACKS) {
      return (int) ((long) tiles.length * range / ranges);
    }
    int panel = cutPanel(range, ranges);
    return panel < tiles.length && cutTile(panel, range, ranges, pixels) == tiles(panel, pixels)
        ? panel + 1
        : panel;
  }

  /** The pixel of the chunk that a range begins with in its first panel. */
  int firstRow(int range, int ranges, int pixels) {
    int panel = cutPanel(range, ranges);
    if (source == OutputTile.Rows.STACKS || panel == tiles.length) {
      return 0;
    }
    int tile = cutTile(panel, range, ranges, pixels);
    return tile == tiles(panel, pixels) ? 0 : tile * tiles[panel].rows();
  }

  private int cutPanel(int range, int ranges) {
    int panel = 0;
    while (panel < tiles.length && panels.columnsBefore(panel + 1) * (long) ranges <= cut(range)) {
      panel++;
    }
    return panel;
  }

  /** In columns of all ranges. */
  private long cut(int range) {
    return (long) panels.columnsBefore(tiles.length) * range;
  }

  /** Whole tiles of a panel over so many pixels. */
  private int tiles(int panel, int pixels) {
    return pixels / tiles[panel].rows();
  }

  /** Whole tiles of a panel that lie before the beginning of a range. */
  private int cutTile(int panel, int range, int ranges, int pixels) {
    long columns = cut(range) - panels.columnsBefore(panel) * (long) ranges;
    long width = (long) tiles[panel].width() * ranges;
    return (int) ((tiles(panel, pixels) * columns + width / 2) / width);
  }

  /** Pixels of the largest chunk. */
  int chunkPixels() {
    return chunkPixels;
  }

  /** Floats of the largest staged chunk. */
  int stagedLength() {
    return stagedLength;
  }

  /** Floats of a staged pixel: whole vectors. */
  int depth() {
    return depth;
  }

  /** Pixels of the tallest tile. */
  int tallest() {
    return tallest;
  }

  /** The packed panels of all groups, each an array. */
  Panel[] arrays(MemorySegment weights, Arena arena) {
    return panels(
        (group, panel) -> {
          float[] factors = ArrayArena.floats(arena, terms * panels.widths()[panel]);
          panels.packPanel(weights, group, panel, MemorySegment.ofArray(factors), 0);
          return new Panel(factors);
        });
  }

  /** Packed panels of all groups where they are. */
  Panel[] inPlace(MemorySegment packed) {
    return panels((group, panel) -> Panel.of(packed, start(group, panel)));
  }

  private long start(int group, int panel) {
    return panels.start(group, panel) * Float.BYTES;
  }

  private Panel[] panels(BiFunction<Integer, Integer, Panel> panel) {
    Panel[] all = new Panel[groups * tiles.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = panel.apply(i / tiles.length, i % tiles.length);
    }
    return all;
  }

  /** Has the kernels compiled. */
  void primeKernels() {
    Set<OutputTile> kernels = EnumSet.noneOf(OutputTile.class);
    kernels.addAll(Arrays.asList(tiles));
    kernels.addAll(Arrays.asList(others));
    if (source == OutputTile.Rows.STRIP) {
      OutputTile.primeStrips(kernels, List.of(copiedTerms()));
    } else {
      Priming.all(kernels.stream().flatMap(tile -> tile.primings(source).stream()).toList());
    }
  }

  /** Bytes of the blocks' sums of one tile. */
  long sumsBytes() {
    return sumsBytes;
  }

  String describe() {
    return "panels: "
        + OutputTile.names(tiles)
        + switch (source) {
          case PIXELS -> gathers ? ", pixels gathered, " : ", pixels in place, ";
          case STACKS ->
              stacksInstead
                  ? ", pixels stacked (C2 has not compiled better tiles well in this process), "
                  : ", pixels stacked, ";
          case STRIP -> ", pixels copied, ";
        }
        + units(2)
        + " unit(s), "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
