package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.StackedTile;
import java.util.Arrays;

/**
 * Winograd tiles of a block as rows of a matrix, cut into stacks for the micro-kernel: runs of
 * equal stacks, the tallest first. The last stack may have more rows than there are tiles left.
 */
final class Stacking implements TilePlaces {

  /** Up to here the cheapest cut is searched, beyond the tallest stacks come first. */
  private static final int SEARCHED = 256;

  /** To copy a term's factors takes as long as the products of three tiles. */
  private static final int FEWEST_COPIED = 20;

  private static final int[] HEIGHTS = TileTable.stackRows();
  private static final int[] NEXT = new int[SEARCHED + 1];
  private static final double[] COST = new double[SEARCHED + 1];

  static {
    for (int tiles = 1; tiles <= SEARCHED; tiles++) {
      COST[tiles] = Double.MAX_VALUE;
      for (int height : HEIGHTS) {
        double cost = cost(height, COST[Math.max(0, tiles - height)]);
        if (cost < COST[tiles]) {
          COST[tiles] = cost;
          NEXT[tiles] = height;
        }
      }
    }
  }

  private final int[] heights;
  private final int[] stacks;
  private final StackedTile[][] kernels;
  private final int[] firstTiles;
  private final int[] starts;
  private final int[] steps;
  private final boolean readsArrays;
  private final int depth;
  private final int rows;

  /**
   * Stacks.
   *
   * @param tiles at least 1
   * @param depth channels, whole vectors
   */
  Stacking(int tiles, int depth) {
    this.depth = depth;
    readsArrays = TileTable.readsArrays() && tiles >= FEWEST_COPIED;
    int[] counts = new int[HEIGHTS[0] + 1];
    int left = tiles;
    int overfull = 0;
    while (left > 0) {
      int height = next(left);
      if (height > left) {
        overfull = height;
      } else {
        counts[height]++;
      }
      left -= height;
    }
    int runs = (int) Arrays.stream(counts).filter(count -> count > 0).count();
    runs += overfull > 0 ? 1 : 0;
    heights = new int[runs];
    stacks = new int[runs];
    firstTiles = new int[runs];
    int run = 0;
    for (int height = HEIGHTS[0]; height > 0; height--) {
      if (counts[height] > 0) {
        heights[run] = height;
        stacks[run++] = counts[height];
      }
    }
    if (overfull > 0) {
      heights[run] = overfull;
      stacks[run] = 1;
    }
    kernels = new StackedTile[runs][TileTable.MOST_STACK_VECTORS];
    int row = 0;
    for (int r = 0; r < runs; r++) {
      for (int vectors = 1; vectors <= kernels[r].length; vectors++) {
        kernels[r][vectors - 1] = StackedTile.of(heights[r], vectors, readsArrays);
      }
      firstTiles[r] = row;
      row += heights[r] * stacks[r];
    }
    rows = row;
    starts = new int[rows];
    steps = new int[rows];
    for (int r = 0; r < runs; r++) {
      for (int i = 0; i < heights[r] * stacks[r]; i++) {
        int stack = firstTiles[r] + i / heights[r] * heights[r];
        starts[firstTiles[r] + i] = stack * depth + i % heights[r] * Lanes.COUNT;
        steps[firstTiles[r] + i] = heights[r] * Lanes.COUNT;
      }
    }
  }

  private static int next(int tiles) {
    return tiles <= SEARCHED ? NEXT[tiles] : HEIGHTS[0];
  }

  /** A stack costs a little more than its rows. */
  private static double cost(int height, double rest) {
    return height + (height < 8 ? 0.8 : 0.4) + rest;
  }

  /** What the products of so many tiles cost, in those of one tile. */
  static double cost(int tiles) {
    int tall = Math.max(0, (tiles - SEARCHED + HEIGHTS[0] - 1) / HEIGHTS[0]);
    return tall * cost(HEIGHTS[0], 0) + COST[tiles - tall * HEIGHTS[0]];
  }

  /** Most rows of the stacks of so many tiles. */
  static long mostRows(long tiles) {
    return tiles + HEIGHTS[0];
  }

  /** Whether kernels read factors from arrays. */
  boolean readsArrays() {
    return readsArrays;
  }

  int runs() {
    return heights.length;
  }

  /** The kernel of a run. */
  StackedTile tile(int run, int vectors) {
    return kernels[run][vectors - 1];
  }

  int stacks(int run) {
    return stacks[run];
  }

  /** Stacks whose kernels bring other filters from memory meanwhile. */
  int stacksReadingAhead(int vectors) {
    int reading = 0;
    for (int run = 0; run < stacks.length; run++) {
      reading += tile(run, vectors).readsAhead() ? stacks[run] : 0;
    }
    return reading;
  }

  int firstTile(int run) {
    return firstTiles[run];
  }

  /** Floats from stack to stack. */
  int stackStep(int run) {
    return heights[run] * depth;
  }

  /** Floats before the first stack of a run. */
  int start(int run) {
    return firstTiles[run] * depth;
  }

  @Override
  public int[] starts() {
    return starts;
  }

  @Override
  public int[] steps() {
    return steps;
  }

  /** Rows of all stacks: at least as many as there are tiles. */
  int rows() {
    return rows;
  }
}
