package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Vector code for AT, the outputs' transform in one dimension: lanes along the filters. */
public interface OutputCode {

  /** The matrix as it is evaluated: a product of these, in order; rows are chains of roundings. */
  List<Matrix> factors();

  /** Time for each element, relative to written code: measured. */
  default double cost() {
    return 1;
  }

  /**
   * The outputs' transform in the first dimension: for each block b and each i < count = vectors
   * times lanes
   *
   * <pre>{@code
   * to[toOff + j toStep + 4 (b count + i)] =
   *     sum over l of AT[j, l] from[fromOff + l fromStep + b fromBlock + 4 i]
   * }</pre>
   *
   * @param from products; all offsets are bytes
   * @param fromOff where the first starts
   * @param fromStep from product to product
   * @param fromBlock from block to block
   * @param blocks how many
   * @param vectors of a block
   * @param to receives the outputs
   * @param toOff where the first starts
   * @param toStep from output to output
   */
  void columns(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromBlock,
      int blocks,
      int vectors,
      MemorySegment to,
      long toOff,
      long toStep);

  /**
   * The outputs' transform in the second dimension, of a line of tiles, and the epilogue: the bias
   * is added, then the residual, then the clamp is applied. Offsets are bytes.
   *
   * @param from what {@link #columns} made of a row: for each tile count floats, rounded up to
   *     vectors
   * @param fromOff where the first product starts
   * @param fromStep from product to product
   * @param fromRow from row to row
   * @param rows how many
   * @param tiles how many
   * @param count filters
   * @param init the filters' biases, readable in whole vectors
   * @param initOff where they start
   * @param residual added, at the offsets of y; or null
   * @param y receives the outputs
   * @param yOff where the first tile's first output starts
   * @param yStep from pixel to pixel
   * @param yRow from row to row
   * @param lastOutputs outputs that the last tile has
   * @param lo lower limit
   * @param hi upper limit
   * @param rest scratch of m vectors
   */
  void rows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromRow,
      int rows,
      int tiles,
      int count,
      MemorySegment init,
      long initOff,
      MemorySegment residual,
      MemorySegment y,
      long yOff,
      long yStep,
      long yRow,
      int lastOutputs,
      float lo,
      float hi,
      float[] rest);
}
