package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.FilteredProducts;
import dev.tilewise.internal.kernel.HalfFilters;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Priming;
import dev.tilewise.internal.kernel.ReadAhead;
import dev.tilewise.internal.kernel.StackedTile;
import dev.tilewise.internal.winograd.Codelet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How a Winograd convolution is cut up. Phases of a stride are channels, lattices of a dilation are
 * images ({@link WinogradAxis}). Output tiles come in lines, the tiles beside each other in one
 * lattice of an image; a block is some lines, or a part of one. Threads take blocks if there are
 * enough of them; if not, they share each block's stages. No bit of a result depends on it.
 */
public final class WinogradPlan {

  /** Transformed inputs and products of a block: more leaves L2, less reads U too often. */
  private static final long BLOCK_BYTES = 2560 << 10;

  /** Fewer tiles in a block than this read U more often than they use it. */
  private static final int FEWEST_TILES = 64;

  /**
   * The same of so many products that those of one panel and of fewer tiles leave L2 anyway, if
   * transformed inputs of so many tiles stay in L3.
   */
  private static final int FEWEST_TILES_OF_MANY = 100;

  private static final int MANY_PRODUCTS = 64;

  private static final int MOST_CHANNELS_OF_MANY = 256;

  /** Reading U for a block costs as much as the products of this many tiles. */
  private static final double BLOCK_COST = 4;

  /** So few tiles of an image take filters that are rounded as {@link FilteredTiles} does. */
  private static final int FEW_TILES = 4;

  /** Of all images: for more, filters are better found transformed. */
  private static final int MOST_FILTERED = 2 * FEW_TILES;

  private static final double MOST_FLOATS = 1 << 29;

  /** The same for transformed filters that L3 does not keep. */
  private static final double MEMORY_COST = 10;

  private static final double CACHED_BYTES = 12 << 20;

  /** Multiply-adds at the peak in the time of transforming an element of V. */
  private static final double INPUT_COST = 6;

  /** Multiply-adds at the peak in the time that a byte takes from another core's cache. */
  private static final double MOVED_COST = 6;

  /** Multiply-adds at the peak in the time of waiting for the other threads once. */
  private static final double WAIT_COST = 60_000;

  /** Multiply-adds at the peak in which the last thread begins: few large units do not hide it. */
  private static final double START_COST = 500_000;

  /** More threads than this share the work as this many do. */
  private static final int MOST_SHARES = 64;

  /** Threads take blocks for themselves if that keeps them busy for this part of the time. */
  private static final double BUSY = 0.9;

  /** Threads that share products are busy for this part of the time. */
  private static final double EVEN = 0.95;

  /** Units of a stage that keep threads evenly busy. */
  private static final int UNITS_PER_THREAD = 4;

  /** Products: they are written and read again at once. */
  private static final long PRODUCT_BYTES = 384 << 10;

  /** Half-transformed inputs: written and read at once; 16 to 96 KB are equal within 3 %. */
  private static final int HALF_INPUT_FLOATS = (48 << 10) / Float.BYTES;

  /** Half-transformed outputs: written and read at once. */
  private static final int HALF_FLOATS = (48 << 10) / Float.BYTES;

  private final Geometry g;
  private final boolean cold;
  private final WinogradAxis down;
  private final WinogradAxis across;
  private final int[] widths;
  private final int[] firstFilters;
  private final int depth;
  private final WinogradBlocks blocks;
  private final int productFilters;
  private final int copiedFloats;
  private final int productsAhead;
  private final FilteredTiles filtered;

  // By the number of threads, as they are asked for; whoever finds none makes the same.
  private final WinogradShare[] shares = new WinogradShare[MOST_SHARES + 1];

  /**
   * Plans a rectangle of the outputs.
   *
   * @param g extents
   * @param down transform of the columns, of as many taps as a phase of the filter is high
   * @param across transform of the rows
   * @param firstRow its first row
   * @param rows how many
   * @param firstColumn its first column
   * @param columns how many
   * @param cold whether a run finds its filters in memory, and not in the caches
   */
  WinogradPlan(
      Geometry g,
      Codelet down,
      Codelet across,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      boolean cold) {
    this.g = g;
    this.cold = cold;
    this.down = axisDown(g, down, firstRow, rows);
    this.across = axisAcross(g, across, firstColumn, columns);
    depth = depth(g);
    boolean filters = cold && sumsRows() && tiles() <= MOST_FILTERED && Lanes.REGISTERS == 32;
    filtered = filters ? new FilteredTiles((int) tiles(), depth) : null;
    int groupVectors = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT;
    int[] vectors =
        filters ? ones(groupVectors) : TileTable.stackVectors(groupVectors, tiles(), cold);
    widths = new int[vectors.length];
    firstFilters = new int[vectors.length + 1];
    for (int i = 0; i < vectors.length; i++) {
      widths[i] = vectors[i] * Lanes.COUNT;
      firstFilters[i + 1] = firstFilters[i] + widths[i];
    }
    int lineTiles = this.across.tiles();
    long lines = lines();
    long tileBytes = (long) products() * (depth + paddedK()) * Float.BYTES;
    boolean many = products() >= MANY_PRODUCTS && depth <= MOST_CHANNELS_OF_MANY;
    int fewest = many ? FEWEST_TILES_OF_MANY : FEWEST_TILES;
    int most = (int) Math.max(fewest, Math.min(4096, BLOCK_BYTES / tileBytes));
    if (lineTiles > most) {
      int columnBlocks = (lineTiles + most - 1) / most;
      blocks = blocks(1, (lineTiles + columnBlocks - 1) / columnBlocks);
    } else {
      int blockLines = cheapest((int) Math.min(lines, Math.max(1, most / lineTiles)), lines);
      blocks = blocks(blockLines, lineTiles);
    }
    long filterBytes = (long) products() * blocks.rows() * Float.BYTES;
    int widest = Arrays.stream(widths).max().orElseThrow();
    copiedFloats = TileTable.readsArrays() ? Math.multiplyExact(depth, widest) : 0;
    long panelBytes = (long) depth * widest * Float.BYTES;
    boolean reads = cold && copiedFloats == 0;
    productsAhead = reads ? Math.clamp(ReadAhead.AT_ONCE / panelBytes, 1, products()) : 1;
    productFilters = (int) Math.max(widest, Math.min(paddedK(), PRODUCT_BYTES / filterBytes));
    Math.toIntExact(Math.multiplyExact((long) blocks.count() * widths.length, (long) g.groups()));
  }

  private static int[] ones(int count) {
    int[] ones = new int[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static WinogradAxis axisDown(Geometry g, Codelet codelet, int first, int rows) {
    int dilation = g.fh() == 1 ? 1 : g.dh();
    return new WinogradAxis(codelet, g.fh(), g.sh(), dilation, g.pt(), g.h(), first, rows);
  }

  private static WinogradAxis axisAcross(Geometry g, Codelet codelet, int first, int columns) {
    int dilation = g.fw() == 1 ? 1 : g.dw();
    return new WinogradAxis(codelet, g.fw(), g.sw(), dilation, g.pl(), g.w(), first, columns);
  }

  /** Channels of V: those of all phases of a group. */
  private static int depth(Geometry g) {
    return Math.min(g.sh(), g.fh()) * Math.min(g.sw(), g.fw()) * g.groupC();
  }

  /** The number of lines for a block that costs the least: in rows of tiles and readings of U. */
  private int cheapest(int most, long lines) {
    int best = most;
    double least = Double.MAX_VALUE;
    for (int of = most; of >= Math.max(1, most / 2); of--) {
      long whole = lines / of;
      int rest = (int) (lines % of);
      double cost = whole * (Stacking.cost(of * across.tiles()) + BLOCK_COST);
      cost += rest == 0 ? 0 : Stacking.cost(rest * across.tiles()) + BLOCK_COST;
      if (cost < least) {
        least = cost;
        best = of;
      }
    }
    return best;
  }

  /** Whether all tables and blocks can be indexed. */
  public static boolean applies(Geometry g, Codelet downBy, Codelet acrossBy) {
    WinogradAxis down = axisDown(g, downBy, 0, g.oh());
    WinogradAxis across = axisAcross(g, acrossBy, 0, g.ow());
    double depth = (double) down.phases() * across.phases() * g.groupC();
    double products = (double) down.alpha() * across.alpha();
    double v = products * Stacking.mostRows(FEWEST_TILES_OF_MANY) * (depth + Lanes.COUNT);
    double k = g.groupK() + 2.0 * Lanes.COUNT;
    double tiles = (double) g.n() * g.oh() * g.ow() * g.groups();
    return v < MOST_FLOATS
        && depth * k * products * g.groups() < 1e15
        && k * down.m() * across.alpha() < MOST_FLOATS
        && tiles * (k / Lanes.COUNT + 1) < Integer.MAX_VALUE
        && (across.positions(1) + 1.0) * across.step() * g.c() < MOST_FLOATS
        && g.h() + (down.positions(1) + 1.0) * down.step() * 2 + g.oh() < Integer.MAX_VALUE
        && g.w() + (across.positions(1) + 1.0) * across.step() * 2 + g.ow() < Integer.MAX_VALUE;
  }

  /** Transform of the columns. */
  public Codelet codeletDown() {
    return down.codelet();
  }

  /** Transform of the rows. */
  public Codelet codeletAcross() {
    return across.codelet();
  }

  WinogradAxis down() {
    return down;
  }

  WinogradAxis across() {
    return across;
  }

  /** Floats of the array that a thread needs beside V. */
  int workFloats() {
    return filtered == null ? copiedFloats : filtered.sumFloats();
  }

  /**
   * Whether U is made of sums in single precision, and the products' sums are multiplied by the
   * factors of its rows: a matter of the extents alone, for the bits depend on it.
   */
  boolean sumsRows() {
    return down.m() == 4
        && across.m() == 4
        && g.fh() == 3
        && g.fw() == 3
        && g.sh() == 1
        && g.sw() == 1
        && tiles() / g.n() <= FEW_TILES;
  }

  /** Whether a run finds its filters in memory, and not in the caches. */
  boolean cold() {
    return cold;
  }

  /** Whether kernels may bring filters from memory while they multiply others. */
  boolean readsAhead() {
    return cold && copiedFloats == 0 && filtered == null;
  }

  /** Whether runs transform the filters. */
  public boolean transformsFilters() {
    return filtered != null;
  }

  /** How runs transform the filters, or null if they find them transformed. */
  FilteredTiles filtered() {
    return filtered;
  }

  /** Bytes of filters that are half-transformed at once. */
  long halfFilterBytes() {
    return filtered == null ? 0 : FilteredTiles.halfBytes();
  }

  /** Floats from product to product of a row in V. */
  int productStep() {
    return filtered == null ? planeV() : filtered.productStep();
  }

  /** Floats from row to row of products in V. */
  int rowStep() {
    return filtered == null ? across.alpha() * planeV() : filtered.rowStep();
  }

  /** Where tiles lie in V. */
  TilePlaces places(Stacking stacking) {
    return filtered == null ? stacking : filtered;
  }

  /** Floats of V. */
  int vFloats() {
    return filtered == null ? Math.multiplyExact(products(), planeV()) : filtered.floats();
  }

  /** Products of a tile. */
  public int products() {
    return down.alpha() * across.alpha();
  }

  /** Filters of a group, in whole panels. */
  int paddedK() {
    return firstFilters[widths.length];
  }

  /** Lines of tiles: numbered by image, lattice down, lattice across, tile down. */
  long lines() {
    return (long) g.n() * down.lattices() * across.lattices() * down.tiles();
  }

  /** Tiles of all images. */
  public long tiles() {
    return lines() * across.tiles();
  }

  /** What the products of all tiles cost, in those of one: stacks cost more than their rows. */
  public double stackedTiles() {
    return blocks.stackedTiles();
  }

  /** Time of the inputs' transforms for each element, relative to written code. */
  public double inputCost() {
    return (down.codelet().input().cost() + across.codelet().input().cost()) / 2;
  }

  /** Time of the outputs' transforms for each element, relative to written code. */
  public double outputCost() {
    return (down.codelet().output().cost() + across.codelet().output().cost()) / 2;
  }

  private WinogradBlocks blocks(int lines, int columns) {
    return new WinogradBlocks(lines(), across.tiles(), lines, columns, paddedDepth());
  }

  /** Blocks of a group, for one thread. */
  public int blocks() {
    return blocks.count();
  }

  /** Has the micro-kernels compiled that one thread needs. */
  void primeKernels() {
    prime(blocks);
  }

  private void prime(WinogradBlocks of) {
    if (filtered != null) {
      Priming.all(List.of(HalfFilters.kernel(), FilteredProducts.kernel()));
      return;
    }
    Set<StackedTile> tiles = EnumSet.noneOf(StackedTile.class);
    for (Stacking stacking : of.stackings()) {
      for (int run = 0; run < stacking.runs(); run++) {
        for (int panel = 0; panel < widths.length; panel++) {
          tiles.add(stacking.tile(run, vectors(panel)));
        }
      }
    }
    Priming.all(tiles.stream().flatMap(tile -> tile.primings().stream()).toList());
  }

  /** How so many threads share the work. */
  WinogradShare share(int threads) {
    int many = Math.min(threads, MOST_SHARES);
    WinogradShare made = shares[many];
    if (made == null) {
      made = cheapestShare(many);
      if (made.blocks() != blocks) {
        prime(made.blocks());
      }
      shares[many] = made;
    }
    return made;
  }

  private WinogradShare cheapestShare(int threads) {
    WinogradShare whole = new WinogradShare(blocks, false, 0, widths.length);
    double slots = (double) turns(blocks, threads) * threads;
    if (threads == 1 || g.groups() * tiles() >= BUSY * slots * blocks.mostTiles()) {
      return whole;
    }
    WinogradShare best = new WinogradShare(blocks, true, 0, widths.length);
    double least = stagedCost(threads);
    int[] firstPanels = panelRanges(threads);
    double panelsCost = panelsCost(threads, firstPanels);
    if (panelsCost < least) {
      least = panelsCost;
      best = new WinogradShare(blocks, false, firstPanels);
    }
    if (filtered != null) {
      return best;
    }
    List<WinogradBlocks> choices = new ArrayList<>();
    int columns = blocks.mostColumns();
    for (int lines = blocks.mostTiles() / columns; lines > 0; lines--) {
      choices.add(blocks(lines, columns));
    }
    for (int parts = 2; parts <= threads && parts <= columns; parts++) {
      choices.add(blocks(1, (columns + parts - 1) / parts));
    }
    for (WinogradBlocks choice : choices) {
      double cost = turns(choice, threads) * blockCost(choice.mostTiles());
      if (cost < least && choice.rows() <= blocks.rows()) {
        least = cost;
        best = new WinogradShare(choice, false, 0, widths.length);
      }
    }
    return best;
  }

  private long turns(WinogradBlocks of, int threads) {
    return ((long) g.groups() * of.count() + threads - 1) / threads;
  }

  /** Where ranges of panels begin that are about equal, one for each thread, and the end. */
  private int[] panelRanges(int threads) {
    int[] firstPanels = new int[Math.min(threads, widths.length) + 1];
    int panel = 0;
    for (int range = 1; range < firstPanels.length; range++) {
      double end = (double) paddedK() * range / (firstPanels.length - 1);
      while (panel < widths.length && firstFilters[panel] + widths[panel] / 2 < end) {
        panel++;
      }
      firstPanels[range] = panel;
    }
    return firstPanels;
  }

  /** Of one thread, in products of one tile. */
  private double blockCost(int tiles) {
    double filterBytes = (double) g.groups() * products() * productU() * Float.BYTES;
    return Stacking.cost(tiles) + (filterBytes < CACHED_BYTES ? BLOCK_COST : MEMORY_COST);
  }

  /** Multiply-adds of one tile. */
  private double tile() {
    return (double) products() * depth * paddedK();
  }

  /**
   * Of each of some threads that share blocks by panels, in products of one tile: each transforms
   * all inputs, of which others may have written the most.
   */
  private double panelsCost(int threads, int[] firstPanels) {
    double widest = 0;
    for (int range = 1; range < firstPanels.length; range++) {
      int filters = firstFilters[firstPanels[range]] - firstFilters[firstPanels[range - 1]];
      widest = Math.max(widest, filters);
    }
    double inputs = tiles() * products() * depth * INPUT_COST;
    double moved = tiles() * down.m() * across.m() * depth * Float.BYTES;
    double others = (threads - 1.0) / threads;
    double work = blocks.stackedTiles() + blocks.count() * blockCost(0);
    double lost = inputs + moved * others * MOVED_COST + START_COST / g.groups();
    double each = work * widest / paddedK() + lost / tile();
    double units = (double) g.groups() * blocks.count() * (firstPanels.length - 1);
    return g.groups() * each * Math.ceil(units / threads) * threads / units;
  }

  /**
   * Of each of some threads that share all blocks stage by stage, in products of one tile: they
   * read half of what they transform from each other, or more, and wait for each other.
   */
  private double stagedCost(int threads) {
    double moved = tiles() * products() * (depth + paddedK()) * Float.BYTES;
    double waits = (double) blocks.count() * (1 + 2 * productRanges());
    double others = (threads - 1.0) / threads;
    double work = blocks.stackedTiles() + blocks.count() * blockCost(0);
    double each = work + (moved * others * MOVED_COST + waits * WAIT_COST * threads) / tile();
    return g.groups() * each / threads;
  }

  /** Parts that each of some pieces of work is cut into for a number of threads. */
  static int parts(int threads, int pieces, int most) {
    return Math.min(most, Math.max(1, (UNITS_PER_THREAD * threads + pieces - 1) / pieces));
  }

  /** Vectors of channels whose inputs can be transformed independently. */
  int inputParts() {
    return splitsChannels() ? g.groupC() / Lanes.COUNT : 1;
  }

  /** Panels of a group. */
  int panelCount() {
    return widths.length;
  }

  /** Ranges of panels whose products are made at once. */
  int productRanges() {
    int ranges = 0;
    for (int panel = 0; panel < widths.length; panel = endOfProducts(panel, widths.length)) {
      ranges++;
    }
    return ranges;
  }

  /** The first panel of a range of products. */
  int firstOfProducts(int range) {
    int panel = 0;
    for (int i = 0; i < range; i++) {
      panel = endOfProducts(panel, widths.length);
    }
    return panel;
  }

  /** First filter of a panel in its group; of one panel too many, the number of padded filters. */
  int firstFilter(int panel) {
    return firstFilters[panel];
  }

  int[] widths() {
    return widths;
  }

  /** Vectors of filters of a panel. */
  int vectors(int panel) {
    return widths[panel] / Lanes.COUNT;
  }

  /** Channels of V: those of all phases of a group. */
  public int depth() {
    return depth;
  }

  /** Vectors of channels of V. */
  int depthVectors() {
    return paddedDepth() / Lanes.COUNT;
  }

  private int paddedDepth() {
    return (depth + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
  }

  /** Floats of a plane of V: a few more than its stacks, or planes would share cache sets. */
  int planeV() {
    return Math.addExact(Math.multiplyExact(blocks.rows(), paddedDepth()), Lanes.COUNT);
  }

  /** Products whose filters, of a panel, are read from memory at once, at least one. */
  int productsAhead() {
    return productsAhead;
  }

  /**
   * Units of products that threads share: of as many products as are read from memory at once, or
   * fewer, so that each thread has a few units and all have about equally many products. One for
   * each thread where kernels bring filters, but those of a unit's first product. Filters that a
   * run transforms make all products at once.
   */
  int productPieces(int threads) {
    if (filtered != null) {
      return 1;
    }
    if (readsAhead() && products() >= EVEN * most(threads, Math.ceilDiv(products(), threads))) {
      return threads;
    }
    int together = Math.min(productsAhead, products() / (UNITS_PER_THREAD * threads));
    while (together > 1 && products() < EVEN * most(threads, together)) {
      together--;
    }
    return Math.ceilDiv(products(), Math.max(1, together));
  }

  /** Products that threads would make in the time of the busiest one. */
  private double most(int threads, int together) {
    int pieces = Math.ceilDiv(products(), together);
    return (double) Math.ceilDiv(pieces, threads) * threads * together;
  }

  /** Bytes of a plane of products of so many filters. */
  long planeM(int filters) {
    return (long) blocks.rows() * filters * Float.BYTES;
  }

  /** One past the panels whose products of a block stay in L2 together, at least one. */
  int endOfProducts(int firstPanel, int endPanel) {
    int end = firstPanel + 1;
    while (end < endPanel && firstFilters[end + 1] - firstFilters[firstPanel] <= productFilters) {
      end++;
    }
    return end;
  }

  /** Bytes of the products of a block that are made at once. */
  long productBytes() {
    return products() * planeM(productFilters);
  }

  /** Whether a phase has whole vectors of channels: then a few of them are transformed at once. */
  boolean splitsChannels() {
    return g.groupC() % Lanes.COUNT == 0;
  }

  /** Vectors of channels that are transformed at once, if they are split. */
  int inputVectorsAtOnce() {
    return Math.max(1, Math.min(g.groupC() / Lanes.COUNT, tileVectors() / inputTilesAtOnce()));
  }

  /** Vectors of channels times tiles that are half-transformed at once. */
  private int tileVectors() {
    return Math.max(1, HALF_INPUT_FLOATS / (down.alpha() * across.m() * Lanes.COUNT));
  }

  /** Whether the positions of a row are the pixels of a row. */
  boolean contiguous() {
    return g.groups() == 1 && depth == g.c() && across.step() == 1;
  }

  /** Whether a position's phases across lie side by side in the input. */
  boolean mergesPhases() {
    return g.groups() == 1 && across.dilation() == 1;
  }

  /** Channels of a position that lie side by side in the input. */
  int chunk() {
    return mergesPhases() ? across.phases() * g.c() : g.groupC();
  }

  /** Bytes from position to position of half-transformed inputs. */
  long positionBytes() {
    if (splitsChannels()) {
      return (long) inputVectorsAtOnce() * Lanes.BYTES;
    }
    // The last vector of a chunk may write too much.
    boolean exact = contiguous() || chunk() % Lanes.COUNT == 0;
    return (long) (exact ? depth : paddedDepth() + Lanes.COUNT) * Float.BYTES;
  }

  /** Tiles whose input is half-transformed at once: as many each time as possible. */
  int inputTilesAtOnce() {
    long most =
        splitsChannels()
            ? tileVectors()
            : Math.max(1, HALF_INPUT_FLOATS / ((long) down.alpha() * across.m() * depth));
    long times = (blocks.mostColumns() + most - 1) / most;
    return (int) ((blocks.mostColumns() + times - 1) / times);
  }

  /** Input pixels of a row under them. */
  int stripPixels() {
    return (across.positions(inputTilesAtOnce()) - 1) * across.step() + across.phases();
  }

  /** Bytes from row to row of the staged input. */
  long stripStep() {
    return wholeVectors((long) stripPixels() * g.c() * Float.BYTES);
  }

  /** Bytes of the staged input: a row for each product, one of zeros, what may be read after it. */
  long stripBytes() {
    return (down.alpha() + 1) * stripStep() + Lanes.BYTES;
  }

  /** Bytes from row to row of half-transformed inputs: the last vector may write too much. */
  long halfStep() {
    return wholeVectors(across.positions(inputTilesAtOnce()) * positionBytes() + Lanes.BYTES);
  }

  long halfBytes() {
    return down.alpha() * halfStep();
  }

  /** Tiles that are half-transformed at once. */
  int tilesAtOnce() {
    long perTile = (long) down.m() * across.alpha() * productFilters;
    return (int) Math.max(1, Math.min(blocks.mostColumns(), HALF_FLOATS / perTile));
  }

  long halfOutputBytes() {
    return (long) down.m() * across.alpha() * tilesAtOnce() * productFilters * Float.BYTES;
  }

  /** Bytes of the outputs of {@link #tilesAtOnce} tiles before they are pooled. */
  long pooledBytes() {
    return (long) down.m() * across.m() * tilesAtOnce() * productFilters * Float.BYTES;
  }

  /** Whether no 2x2 outputs that begin at even places lie in two tiles. */
  boolean holdsPairs() {
    return holdsPairs(down) && holdsPairs(across);
  }

  private static boolean holdsPairs(WinogradAxis axis) {
    return axis.dilation() == 1 && axis.m() % 2 == 0 && axis.first() % 2 == 0;
  }

  private static long wholeVectors(long bytes) {
    return (bytes + Lanes.BYTES - 1) / Lanes.BYTES * Lanes.BYTES;
  }

  /** Elements of a product's filters in U, of all panels of a group. */
  long productU() {
    return (long) depth * paddedK();
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  String describe() {
    String transform =
        down.codelet() == across.codelet()
            ? down.codelet().toString()
            : down.codelet() + " down, " + across.codelet() + " across";
    int phases = down.phases() * across.phases();
    int lattices = down.lattices() * across.lattices();
    return transform
        + ", "
        + counted(tiles(), "tile")
        + " in "
        + counted(blocks(), "block")
        + " of at most "
        + blocks.mostTiles()
        + ", "
        + counted(widths.length, "panel")
        + ", "
        + (filtered == null ? "" : "filters transformed by each run, ")
        + (phases > 1 ? phases + " phases, " : "")
        + (lattices > 1 ? lattices + " lattices, " : "")
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
