package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The vector code of a transform in one dimension, lanes along the channels: written out for the
 * sizes that matter, driven by the matrices for the rest.
 */
public final class Codelet {

  /** More products lose too much accuracy. */
  public static final int MOST_PRODUCTS = 10;

  /** Code driven by the matrix takes as long as this much written code. */
  private static final double ANY_COST = 2.5;

  private static final Codelet[][] MADE = new Codelet[MOST_PRODUCTS + 1][MOST_PRODUCTS + 1];

  private final Transform transform;
  private final List<Matrix> inputFactors;
  private final List<Matrix> outputFactors;
  private final AnyInput anyInput;
  private final AnyOutput anyOutput;
  private final double amplification;

  private Codelet(int m, int r) {
    transform = new Transform(m, r, points(m + r - 1));
    List<Matrix> written = writtenInput(transform.alpha());
    anyInput = written == null ? new AnyInput(transform.bt()) : null;
    inputFactors = written == null ? List.of(transform.bt()) : written;
    written = writtenOutput(m, transform.alpha());
    anyOutput = written == null ? new AnyOutput(transform.at()) : null;
    outputFactors = written == null ? List.of(transform.at()) : written;
    if (!product(inputFactors).equals(transform.bt())
        || !product(outputFactors).equals(transform.at())) {
      throw new AssertionError("the codelet of " + transform + " computes something else");
    }
    amplification =
        transform.amplification(magnitudes(outputFactors), magnitudes(inputFactors)).doubleValue();
  }

  /** Whether there is an F(m, r): one output of one tap, or fewer multiplications than taps. */
  public static boolean exists(int m, int r) {
    return m == 1 && r == 1 || m >= 2 && r >= 2 && m + r - 1 <= MOST_PRODUCTS;
  }

  /**
   * The codelet of F(m, r), proved when it is first asked for.
   *
   * @param m outputs
   * @param r taps
   */
  public static synchronized Codelet of(int m, int r) {
    if (!exists(m, r)) {
      throw new IllegalArgumentException("there is no F(" + m + ", " + r + ")");
    }
    if (MADE[m][r] == null) {
      MADE[m][r] = new Codelet(m, r);
    }
    return MADE[m][r];
  }

  /**
   * The finite points for a number of products: of those tried, with the least amplification
   * (docs/winograd.md). All are sums of few powers of two, so the coefficients are floats.
   */
  static List<Fraction> points(int alpha) {
    String text =
        switch (alpha) {
          case 1 -> "";
          case 2 -> "0";
          case 3 -> "0 1";
          case 4 -> "0 1 -1";
          case 5 -> "0 1 -1 2";
          case 6 -> "0 1 -1 0.5 -2";
          case 7 -> "0 1 0.5 -0.5 -1.5 3";
          case 8 -> "0 1 -1 2 -2 0.5 -0.5";
          case 9 -> "0 1 0.5 2 -0.25 -1.5 -0.75 -3";
          case 10 -> "0 0.25 -0.25 1.5 -1.5 0.75 -0.75 3 -3";
          default -> throw new IllegalArgumentException("no points for " + alpha + " products");
        };
    List<Fraction> points = new ArrayList<>();
    for (int i = 0; !text.isEmpty() && i < alpha - 1; i++) {
      points.add(Matrix.parse(text).at(0, i));
    }
    return points;
  }

  private static List<Matrix> writtenInput(int alpha) {
    return switch (alpha) {
      case 1 -> Input1.FACTORS;
      case 4 -> Input4.FACTORS;
      case 5 -> Input5.FACTORS;
      case 6 -> Input6.FACTORS;
      case 7 -> Input7.FACTORS;
      case 8 -> Input8.FACTORS;
      default -> null;
    };
  }

  private static List<Matrix> writtenOutput(int m, int alpha) {
    return switch (code(m, alpha)) {
      case 101 -> Output1x1.FACTORS;
      case 204 -> Output2x4.FACTORS;
      case 405 -> Output4x5.FACTORS;
      case 206 -> Output2x6.FACTORS;
      case 306 -> Output3x6.FACTORS;
      case 406 -> Output4x6.FACTORS;
      case 507 -> Output5x7.FACTORS;
      case 208 -> Output2x8.FACTORS;
      case 408 -> Output4x8.FACTORS;
      case 508 -> Output5x8.FACTORS;
      case 608 -> Output6x8.FACTORS;
      default -> null;
    };
  }

  /** Both numbers as one: 406 is four outputs of six products. */
  private static int code(int m, int alpha) {
    return 100 * m + alpha;
  }

  private static Matrix product(List<Matrix> factors) {
    return factors.size() == 1 ? factors.get(0) : factors.get(1).times(factors.get(0));
  }

  private static Matrix magnitudes(List<Matrix> factors) {
    return product(factors.stream().map(Matrix::abs).toList());
  }

  /** The matrices. */
  public Transform transform() {
    return transform;
  }

  /** Outputs of a tile. */
  public int m() {
    return transform.m();
  }

  /** Taps. */
  public int r() {
    return transform.r();
  }

  /** Inputs and products of a tile. */
  public int alpha() {
    return transform.alpha();
  }

  /**
   * How much larger than {@code r max|d| max|g|} for each channel the magnitudes inside this
   * dimension can be, with the codelet's own order of evaluation. Two dimensions multiply theirs.
   */
  public double amplification() {
    return amplification;
  }

  /** Time of the input's transform for each element, relative to written code: measured. */
  public double inputCost() {
    return anyInput == null ? 1 : ANY_COST;
  }

  /** Time of the output's transform for each element, relative to written code: measured. */
  public double outputCost() {
    return anyOutput == null ? 1 : ANY_COST;
  }

  /** Roundings of a term in the transforms of its input and of its output. */
  public int roundings() {
    if (alpha() == 1) {
      return 0;
    }
    int count = 0;
    for (Matrix factor : inputFactors) {
      count += factor.longestRow();
    }
    for (Matrix factor : outputFactors) {
      count += factor.longestRow();
    }
    return count;
  }

  /**
   * The inputs' transform of lines of blocks, between segments: for each block n and i < count
   *
   * <pre>{@code
   * to[toOff + n toBlock + j toStep + 4 i] =
   *     sum over l of BT[j, l] from[fromOffs[l] + n fromBlock + 4 i]
   * }</pre>
   *
   * The last vector of a block may read and write beyond count; blocks are written in turn. All
   * offsets are bytes.
   *
   * @param from inputs
   * @param fromOffs where each of the inputs starts
   * @param fromBlock from block to block
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   * @param toBlock from block to block
   * @param blocks how many
   * @param count floats of a block
   */
  public void inputColumns(
      MemorySegment from,
      long[] fromOffs,
      long fromBlock,
      MemorySegment to,
      long toOff,
      long toStep,
      long toBlock,
      int blocks,
      int count) {
    switch (alpha()) {
      case 1 ->
          Input1.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      case 4 ->
          Input4.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      case 5 ->
          Input5.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      case 6 ->
          Input6.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      case 7 ->
          Input7.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      case 8 ->
          Input8.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
      default ->
          anyInput.columns(from, fromOffs, fromBlock, to, toOff, toStep, toBlock, blocks, count);
    }
  }

  /**
   * The inputs' transform of a line of tiles, into stacks of tiles: for each tile n and vector v of
   * its channels
   *
   * <pre>{@code
   * to[toOff + toTiles[firstTile + n] + v toVectors[firstTile + n] + j toStep + lane] =
   *     sum over l of BT[j, l] from[fromOff + l fromStep + n fromTile + v bytes + 4 lane]
   * }</pre>
   *
   * Offsets in from are bytes, others floats.
   *
   * @param from inputs
   * @param fromOff where the first starts
   * @param fromStep from input to input
   * @param fromTile from tile to tile
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   * @param toTiles where tiles start
   * @param toVectors from vector to vector of a tile
   * @param firstTile the first one's number in both
   * @param tiles how many
   * @param count channels
   */
  public void inputRows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromTile,
      float[] to,
      int toOff,
      int toStep,
      int[] toTiles,
      int[] toVectors,
      int firstTile,
      int tiles,
      int count) {
    switch (alpha()) {
      case 1 ->
          Input1.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      case 4 ->
          Input4.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      case 5 ->
          Input5.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      case 6 ->
          Input6.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      case 7 ->
          Input7.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      case 8 ->
          Input8.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
      default ->
          anyInput.rows(
              from, fromOff, fromStep, fromTile, to, toOff, toStep, toTiles, toVectors, firstTile,
              tiles, count);
    }
  }

  /**
   * The outputs' transform in the first dimension: for each i < count
   *
   * <pre>{@code
   * to[toOff + j toStep + 4 i] = sum over l of AT[j, l] from[fromOff + l fromStep + 4 i]
   * }</pre>
   *
   * @param from products; all offsets are bytes
   * @param fromOff where the first starts
   * @param fromStep from product to product
   * @param count floats, whole vectors
   * @param to receives the outputs
   * @param toOff where the first starts
   * @param toStep from output to output
   */
  public void outputColumns(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      MemorySegment to,
      long toOff,
      long toStep) {
    switch (code(m(), alpha())) {
      case 101 -> Output1x1.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 204 -> Output2x4.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 405 -> Output4x5.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 206 -> Output2x6.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 306 -> Output3x6.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 406 -> Output4x6.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 507 -> Output5x7.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 208 -> Output2x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 408 -> Output4x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 508 -> Output5x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case 608 -> Output6x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      default -> anyOutput.columns(from, fromOff, fromStep, count, to, toOff, toStep);
    }
  }

  /**
   * The outputs' transform in the second dimension, of a row of tiles, and the epilogue: the bias
   * is added, then the residual, then the clamp is applied. Offsets are bytes.
   *
   * @param from what {@link #outputColumns} made of a row: for each tile count floats, rounded up
   *     to vectors
   * @param fromOff where the first product starts
   * @param fromStep from product to product
   * @param tiles how many
   * @param count filters
   * @param init the filters' biases, readable in whole vectors
   * @param initOff where they start
   * @param residual added, at the offsets of y; or null
   * @param y receives the outputs
   * @param yOff where the first tile's first output starts
   * @param yStep from pixel to pixel
   * @param lastOutputs outputs that the last tile has
   * @param lo lower limit
   * @param hi upper limit
   * @param rest scratch of m vectors
   */
  public void outputRow(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int tiles,
      int count,
      MemorySegment init,
      long initOff,
      MemorySegment residual,
      MemorySegment y,
      long yOff,
      long yStep,
      int lastOutputs,
      float lo,
      float hi,
      float[] rest) {
    switch (code(m(), alpha())) {
      case 101 ->
          Output1x1.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 204 ->
          Output2x4.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 405 ->
          Output4x5.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 206 ->
          Output2x6.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 306 ->
          Output3x6.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 406 ->
          Output4x6.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 507 ->
          Output5x7.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 208 ->
          Output2x8.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 408 ->
          Output4x8.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 508 ->
          Output5x8.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      case 608 ->
          Output6x8.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
      default ->
          anyOutput.row(
              from,
              fromOff,
              fromStep,
              tiles,
              count,
              init,
              initOff,
              residual,
              y,
              yOff,
              yStep,
              lastOutputs,
              lo,
              hi,
              rest);
    }
  }

  @Override
  public String toString() {
    return "F(" + m() + ", " + r() + ")";
  }
}
