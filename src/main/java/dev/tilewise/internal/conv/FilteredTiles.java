package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.FilteredProducts;
import dev.tilewise.internal.kernel.HalfFilters;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.ScaledSums;
import dev.tilewise.internal.winograd.FilterRows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The products of a block of few tiles, whose filters each run transforms anew: for each vector of
 * filters
 *
 * <pre>{@code
 * some channels
 *   taps are transformed down the columns                             HalfFilters
 *   four tiles
 *     row of products: the rest of the transform, sums += V U        FilteredProducts
 * M = sums times the factors of the transform's rows                  ScaledSums
 * }</pre>
 *
 * <p>The taps are a quarter of U, which is what memory is waited for: docs/decisions/0025.
 *
 * <p>V lies as {@link FilteredProducts} reads it: for each four tiles a part, in it for each row of
 * products a part, in it for each vector of channels the vectors of all products and tiles.
 */
final class FilteredTiles implements TilePlaces {

  /** Channels whose filters are half-transformed at once: 32 and 128 are equal within 3 %. */
  private static final int CHANNELS = 64;

  /** Bytes of a column's taps, and of what a row has of a channel. */
  private static final long TAP_STEP = 3L * Lanes.BYTES;

  private static final long HALF_STEP = CHANNELS * TAP_STEP;

  private static final int ROWS = FilteredProducts.ROW;

  private final int depth;
  private final int fours;
  private final int rowStep;
  private final int[] starts;
  private final int[] steps;

  /**
   * Of a block.
   *
   * @param tiles at least 1
   * @param depth channels
   */
  FilteredTiles(int tiles, int depth) {
    this.depth = depth;
    fours = (tiles + FilteredProducts.TILES - 1) / FilteredProducts.TILES;
    int vectors = (depth + Lanes.COUNT - 1) / Lanes.COUNT;
    // A vector more, or rows would share cache sets.
    rowStep = (vectors * FilteredProducts.SUMS + 1) * Lanes.COUNT;
    starts = new int[tiles];
    steps = new int[tiles];
    for (int tile = 0; tile < tiles; tile++) {
      int four = tile / FilteredProducts.TILES;
      starts[tile] = four * ROWS * rowStep + tile % FilteredProducts.TILES * Lanes.COUNT;
      steps[tile] = FilteredProducts.SUMS * Lanes.COUNT;
    }
  }

  /** Floats of V. */
  int floats() {
    return Math.multiplyExact(fours * ROWS, rowStep);
  }

  /** Floats from product to product of a row. */
  int productStep() {
    return FilteredProducts.TILES * Lanes.COUNT;
  }

  /** Floats from row to row of products. */
  int rowStep() {
    return rowStep;
  }

  @Override
  public int[] starts() {
    return starts;
  }

  @Override
  public int[] steps() {
    return steps;
  }

  /** Floats that a thread needs beside V. */
  int sumFloats() {
    return fours * ROWS * FilteredProducts.SUMS * Lanes.COUNT;
  }

  /** Bytes of half-transformed filters. */
  static long halfBytes() {
    return HalfFilters.ROWS * HALF_STEP;
  }

  /**
   * A vector of filters.
   *
   * @param s with V
   * @param taps of all filters
   * @param tapsOff the first one of these filters, bytes
   * @param d the first byte of the filters in M
   * @param planeM bytes from product to product of M
   * @param rowM bytes from tile to tile of M
   */
  void multiply(
      WinogradScratch s, MemorySegment taps, long tapsOff, long d, long planeM, long rowM) {
    float[] work = s.work;
    Arrays.fill(work, 0, sumFloats(), 0);
    for (int first = 0; first < depth; first += CHANNELS) {
      int channels = Math.min(CHANNELS, depth - first);
      long from = tapsOff + (long) first * HalfFilters.TAPS * Lanes.BYTES;
      HalfFilters.run(taps, from, s.halfFilters, 0, HALF_STEP, channels);
      int at = WinogradScratch.LEAD + first * FilteredProducts.SUMS;
      int to = 0;
      for (int four = 0; four < fours; four++) {
        for (int row = 0; row < ROWS; row++) {
          // The first and the last row are the first and the last taps of each column.
          boolean half = row > 0 && row < ROWS - 1;
          FilteredProducts.run(
              s.v,
              at,
              half ? s.halfFilters : taps,
              half ? (row - 1) * HALF_STEP : row == 0 ? from : from + 2 * Lanes.BYTES,
              half ? Lanes.BYTES : TAP_STEP,
              half ? TAP_STEP : (long) HalfFilters.TAPS * Lanes.BYTES,
              channels,
              work,
              to);
          at += rowStep;
          to += FilteredProducts.SUMS * Lanes.COUNT;
        }
      }
    }
    for (int product = 0; product < ROWS * ROWS; product++) {
      float factor = FilterRows.factor(product);
      for (int four = 0; four < fours; four++) {
        int from = (four * ROWS + product / ROWS) * FilteredProducts.SUMS;
        from += product % ROWS * FilteredProducts.TILES;
        int tile = four * FilteredProducts.TILES;
        int rows = Math.min(FilteredProducts.TILES, starts.length - tile);
        long to = d + product * planeM + tile * rowM;
        ScaledSums.run(work, from * Lanes.COUNT, factor, s.products, to, rowM, rows);
      }
    }
  }
}
