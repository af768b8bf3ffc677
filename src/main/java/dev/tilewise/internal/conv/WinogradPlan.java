package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.winograd.Codelet;

/**
 * How a Winograd convolution is cut up. A stride of s makes s^2 channels of each, and a filter of f
 * taps one of ceil(f / s): phases of a strided convolution are channels of one without. Output
 * tiles of m x m pixels come in lines, the tiles beside each other in one image; a block is some
 * lines, or a part of one, and a unit is a block and a range of panels. No bit of a result depends
 * on it.
 */
public final class WinogradPlan {

  /** Transformed inputs and products of a block: more leaves L2, less reads U too often. */
  private static final long BLOCK_BYTES = 2048 << 10;

  /** Fewer tiles in a block than this read U more often than they use it. */
  private static final int FEWEST_TILES = 64;

  /** Reading U for a block costs as much as the products of this many tiles. */
  private static final double BLOCK_COST = 4;

  private static final double MOST_FLOATS = 1 << 29;

  /** Units that keep threads evenly busy. */
  private static final int UNITS_PER_THREAD = 2;

  /** Products: they are written and read again at once. */
  private static final long PRODUCT_BYTES = 384 << 10;

  /** Half-transformed inputs. */
  private static final int HALF_INPUT_FLOATS = (32 << 10) / Float.BYTES;

  /** Half-transformed outputs: half of L1. */
  private static final int HALF_FLOATS = (64 << 10) / Float.BYTES;

  private final Geometry g;
  private final Codelet codelet;
  private final Tile[] tiles;
  private final int[] widths;
  private final int[] firstFilters;
  private final int stride;
  private final int depth;
  private final int tilesX;
  private final int tilesY;
  private final int blockLines;
  private final int blockColumns;
  private final int columnBlocks;
  private final int blocks;
  private final int productFilters;

  /** Plans. */
  public WinogradPlan(Geometry g, Codelet codelet) {
    this.g = g;
    this.codelet = codelet;
    tiles = TileTable.choose((g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT, true);
    widths = new int[tiles.length];
    firstFilters = new int[tiles.length + 1];
    for (int i = 0; i < tiles.length; i++) {
      widths[i] = tiles[i].width();
      firstFilters[i + 1] = firstFilters[i] + widths[i];
    }
    stride = g.sh();
    depth = stride * stride * g.groupC();
    int m = codelet.m();
    tilesX = (g.ow() + m - 1) / m;
    tilesY = (g.oh() + m - 1) / m;
    long lines = (long) g.n() * tilesY;
    long products = (long) codelet.alpha() * codelet.alpha();
    long tileBytes = products * (depth + paddedK()) * Float.BYTES;
    int most = (int) Math.max(FEWEST_TILES, Math.min(4096, BLOCK_BYTES / tileBytes));
    if (tilesX > most) {
      columnBlocks = (tilesX + most - 1) / most;
      blockColumns = (tilesX + columnBlocks - 1) / columnBlocks;
      blockLines = 1;
    } else {
      columnBlocks = 1;
      blockColumns = tilesX;
      blockLines = cheapest((int) Math.min(lines, Math.max(1, most / tilesX)), lines);
    }
    blocks = Math.toIntExact((lines + blockLines - 1) / blockLines * columnBlocks);
    long filterBytes = products * maxTiles() * Float.BYTES;
    productFilters =
        (int) Math.max(tiles[0].width(), Math.min(paddedK(), PRODUCT_BYTES / filterBytes));
    Math.toIntExact(Math.multiplyExact((long) blocks * tiles.length, (long) g.groups()));
  }

  /** The number of lines for a block that costs the least: in rows of tiles and readings of U. */
  private int cheapest(int most, long lines) {
    int best = most;
    double least = Double.MAX_VALUE;
    for (int of = most; of >= Math.max(1, most / 2); of--) {
      long whole = lines / of;
      int rest = (int) (lines % of);
      double cost = whole * (rowCost(of * tilesX) + BLOCK_COST);
      cost += rest == 0 ? 0 : rowCost(rest * tilesX) + BLOCK_COST;
      if (cost < least) {
        least = cost;
        best = of;
      }
    }
    return best;
  }

  /** What the products of so many tiles cost, in those of one tile of a full register tile. */
  private double rowCost(int count) {
    int rows = tiles[0].rows();
    int rest = count % rows;
    return count - rest + (rest == 0 ? 0 : 0.2 + tiles[0].forRows(rest).rows());
  }

  Codelet codelet() {
    return codelet;
  }

  /** Outputs of a line of tiles that are products of whole panels. */
  int paddedK() {
    return firstFilters[tiles.length];
  }

  /** Tiles of all images. */
  public long tiles() {
    return (long) g.n() * tilesY * tilesX;
  }

  /** Whether all tables and blocks can be indexed. */
  public static boolean applies(Geometry g, Codelet codelet) {
    double columns = 2.0 * codelet.alpha();
    double floats = (codelet.alpha() + 1) * columns * g.c() * g.sh() * g.sh();
    double tiles = (double) g.n() * g.oh() * g.ow() * g.groups();
    double plane = 2.0 * FEWEST_TILES * ((double) g.groupC() * g.sh() * g.sh() + 2.0 * Lanes.COUNT);
    return Math.max(floats, codelet.alpha() * codelet.alpha() * plane) < MOST_FLOATS
        && tiles * ((double) g.groupK() / Lanes.COUNT + 2) < Integer.MAX_VALUE
        && (double) (g.groupK() + 2 * Lanes.COUNT) * codelet.alpha() * codelet.m() < MOST_FLOATS
        && 2.0 * g.ow() + columns < Integer.MAX_VALUE
        && 2.0 * g.oh() + columns < Integer.MAX_VALUE;
  }

  int tilesX() {
    return tilesX;
  }

  int tilesY() {
    return tilesY;
  }

  int blockLines() {
    return blockLines;
  }

  /** Tiles of a line that a block has. */
  int blockColumns() {
    return blockColumns;
  }

  int columnBlocks() {
    return columnBlocks;
  }

  public int blocks() {
    return blocks;
  }

  /** Units for a number of threads: one thread has each block's input transformed once only. */
  int units(int threads) {
    int whole = g.groups() * blocks;
    int wanted = threads == 1 ? 1 : UNITS_PER_THREAD * threads;
    return whole * Math.min(tiles.length, Math.max(1, (wanted + whole - 1) / whole));
  }

  int firstPanel(int range, int ranges) {
    return (int) ((long) tiles.length * range / ranges);
  }

  /** First filter of a panel in its group; of one panel too many, the number of padded filters. */
  int firstFilter(int panel) {
    return firstFilters[panel];
  }

  Tile tileOf(int panel) {
    return tiles[panel];
  }

  int[] widths() {
    return widths;
  }

  /** Most tiles of a block, a multiple of the rows of a register tile. */
  int maxTiles() {
    int rows = tiles[0].rows();
    return (blockLines * blockColumns + rows - 1) / rows * rows;
  }

  int tileRows() {
    return tiles[0].rows();
  }

  /** Floats from tile to tile in a plane of V: rows must not fall into the same cache sets. */
  int channelStep() {
    return (depth + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT + Lanes.COUNT;
  }

  /** Floats of a plane of V. */
  int planeV() {
    return Math.multiplyExact(maxTiles(), channelStep());
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
    return (long) codelet.alpha() * codelet.alpha() * maxTiles() * productFilters * Float.BYTES;
  }

  /** Whether whole vectors of input can be read where they are. */
  boolean readsInPlace() {
    return g.groups() == 1 && g.c() % Lanes.COUNT == 0;
  }

  /** Phases down and across. */
  int stride() {
    return stride;
  }

  /** Channels of V: those of all phases of a group. */
  int depth() {
    return depth;
  }

  /** Tiles whose input is half-transformed at once. */
  int inputTilesAtOnce() {
    int perTile = codelet.alpha() * codelet.m() * depth;
    return Math.max(1, Math.min(blockColumns, HALF_INPUT_FLOATS / perTile));
  }

  /** Input columns under them, of all phases across. */
  int stripColumns() {
    return (inputTilesAtOnce() * codelet.m() + codelet.transform().r() - 1) * stride;
  }

  /** Floats from row to row of half-transformed inputs: the last vector may write too much. */
  int halfStep() {
    return stripColumns() * g.groupC() + Lanes.COUNT;
  }

  /** Tiles that are half-transformed at once. */
  int tilesAtOnce() {
    int perTile = codelet.m() * codelet.alpha() * paddedK();
    return Math.max(1, Math.min(blockColumns, HALF_FLOATS / perTile));
  }

  /** Elements of one plane of U. */
  long planeU() {
    return (long) depth * paddedK();
  }

  String describe() {
    return "F("
        + codelet.m()
        + ", "
        + codelet.transform().r()
        + "), "
        + tiles()
        + " tiles in "
        + blocks
        + " block(s) of "
        + blockLines * blockColumns
        + ", "
        + widths.length
        + " panel(s), "
        + (stride > 1 ? stride * stride + " phases, " : "")
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
