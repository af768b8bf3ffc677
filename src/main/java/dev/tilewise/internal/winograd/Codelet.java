package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The transforms that have vector code, lanes along the channels. */
public enum Codelet {
  F4X2(4, 2, Input5.FACTORS, Output4x5.FACTORS),
  F2X3(2, 3, Input4.FACTORS, Output2x4.FACTORS),
  F4X3(4, 3, Input6.FACTORS, Output4x6.FACTORS),
  F6X3(6, 3, Input8.FACTORS, Output6x8.FACTORS),
  F2X5(2, 5, Input6.FACTORS, Output2x6.FACTORS),
  F4X5(4, 5, Input8.FACTORS, Output4x8.FACTORS);

  private final Transform transform;
  private final List<Matrix> input;
  private final List<Matrix> output;
  private final double amplification;

  Codelet(int m, int r, List<Matrix> input, List<Matrix> output) {
    transform = new Transform(m, r, points(m + r - 1));
    this.input = input;
    this.output = output;
    if (!product(input).equals(transform.bt()) || !product(output).equals(transform.at())) {
      throw new AssertionError("the codelet of " + transform + " computes something else");
    }
    double once = transform.amplification(magnitudes(output), magnitudes(input)).doubleValue();
    amplification = once * once;
  }

  /**
   * The finite points for a number of products: of those tried, with the least amplification
   * (docs/winograd.md).
   */
  static List<Fraction> points(int alpha) {
    Fraction half = Fraction.of(1, 2);
    List<Fraction> points = new ArrayList<>(List.of(Fraction.ZERO, Fraction.ONE, Fraction.of(-1)));
    points.addAll(
        switch (alpha) {
          case 4 -> List.of();
          case 5 -> List.of(Fraction.of(2));
          case 6 -> List.of(half, Fraction.of(-2));
          case 8 -> List.of(Fraction.of(2), Fraction.of(-2), half, half.negate());
          default -> throw new IllegalArgumentException("no codelet of " + alpha + " products");
        });
    return points;
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

  /** Outputs along each side of a tile. */
  public int m() {
    return transform.m();
  }

  /** Inputs and products along each side of a tile. */
  public int alpha() {
    return transform.alpha();
  }

  /**
   * How much larger than {@code r^2 max|d| max|g|} for each channel the magnitudes inside the two
   * dimensions can be, with the codelets' own order of evaluation.
   */
  public double amplification() {
    return amplification;
  }

  /** Roundings of a term in the transforms of both dimensions, the filter's included. */
  public int roundings() {
    int count = 0;
    for (Matrix factor : input) {
      count += factor.longestRow();
    }
    for (Matrix factor : output) {
      count += factor.longestRow();
    }
    // The filter is transformed in double and rounded once; a second rounding covers the doubles'.
    return 2 * count + 2;
  }

  /**
   * The inputs' transform in one dimension, of rows in memory: for each i < count
   *
   * <pre>{@code
   * to[toOff + j toStep + i] = sum over l of BT[j, l] from[fromOff + l fromStep + 4 i]
   * }</pre>
   *
   * @param from inputs; offsets are bytes
   * @param fromOff where the first row starts
   * @param fromStep from row to row
   * @param count floats, whole vectors
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   */
  public void inputRows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      float[] to,
      int toOff,
      int toStep) {
    switch (alpha()) {
      case 5 -> Input5.run(from, fromOff, fromStep, count, to, toOff, toStep);
      case 4 -> Input4.run(from, fromOff, fromStep, count, to, toOff, toStep);
      case 6 -> Input6.run(from, fromOff, fromStep, count, to, toOff, toStep);
      default -> Input8.run(from, fromOff, fromStep, count, to, toOff, toStep);
    }
  }

  /**
   * The inputs' transform in one dimension, of many short lines: for each line a, block n and i <
   * count
   *
   * <pre>{@code
   * to[toOff + a toLine + n toBlock + j toStep + i] =
   *     sum over l of BT[j, l] from[fromOffs[l] + a fromLine + n fromBlock + i]
   * }</pre>
   *
   * The last vector of a block may read and write beyond count; blocks are written in turn.
   *
   * @param from inputs
   * @param fromOffs where each of the inputs starts
   * @param fromBlock from block to block
   * @param fromLine from line to line
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   * @param toBlock from block to block
   * @param toLine from line to line
   * @param lines how many
   * @param blocks of each line
   * @param count floats of a block
   */
  public void inputLines(
      float[] from,
      int[] fromOffs,
      int fromBlock,
      int fromLine,
      float[] to,
      int toOff,
      int toStep,
      int toBlock,
      int toLine,
      int lines,
      int blocks,
      int count) {
    switch (alpha()) {
      case 5 ->
          Input5.run(
              from, fromOffs, fromBlock, fromLine, to, toOff, toStep, toBlock, toLine, lines,
              blocks, count);
      case 4 ->
          Input4.run(
              from, fromOffs, fromBlock, fromLine, to, toOff, toStep, toBlock, toLine, lines,
              blocks, count);
      case 6 ->
          Input6.run(
              from, fromOffs, fromBlock, fromLine, to, toOff, toStep, toBlock, toLine, lines,
              blocks, count);
      default ->
          Input8.run(
              from, fromOffs, fromBlock, fromLine, to, toOff, toStep, toBlock, toLine, lines,
              blocks, count);
    }
  }

  /**
   * The outputs' transform in the first dimension: for each i < count
   *
   * <pre>{@code
   * to[toOff + j toStep + i] = sum over l of AT[j, l] from[fromOff + l fromStep + 4 i]
   * }</pre>
   *
   * @param from products; offsets are bytes
   * @param fromOff where the first starts
   * @param fromStep from product to product
   * @param count floats, whole vectors
   * @param to receives the outputs
   * @param toOff where the first starts
   * @param toStep from output to output
   */
  public void columns(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      float[] to,
      int toOff,
      int toStep) {
    switch (this) {
      case F4X2 -> Output4x5.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case F2X3 -> Output2x4.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case F4X3 -> Output4x6.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case F6X3 -> Output6x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case F2X5 -> Output2x6.columns(from, fromOff, fromStep, count, to, toOff, toStep);
      case F4X5 -> Output4x8.columns(from, fromOff, fromStep, count, to, toOff, toStep);
    }
  }

  /**
   * The outputs' transform in the second dimension, of a row of tiles, and the epilogue: the bias
   * is added, then the residual, then the clamp is applied.
   *
   * @param from what {@link #columns} made of a row: for each tile count floats, rounded up to
   *     vectors
   * @param fromOff where the first product starts
   * @param fromStep from product to product
   * @param tiles how many
   * @param count filters
   * @param init the filters' biases, readable in whole vectors
   * @param initOff where they start, bytes
   * @param residual added, at the offsets of y; or null
   * @param y receives the outputs
   * @param yOff where the first tile's first output starts, bytes
   * @param yStep from pixel to pixel, bytes
   * @param lastOutputs outputs that the last tile has
   * @param lo lower limit
   * @param hi upper limit
   * @param rest scratch of m vectors
   */
  public void row(
      float[] from,
      int fromOff,
      int fromStep,
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
    switch (this) {
      case F4X2 ->
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
      case F2X3 ->
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
      case F4X3 ->
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
      case F6X3 ->
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
      case F2X5 ->
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
      case F4X5 ->
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
    }
  }
}
