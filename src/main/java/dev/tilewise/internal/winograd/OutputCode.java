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
  void columns(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      MemorySegment to,
      long toOff,
      long toStep);

  /**
   * The outputs' transform in the second dimension, of a row of tiles, and the epilogue: the bias
   * is added, then the residual, then the clamp is applied. Offsets are bytes.
   *
   * @param from what {@link #columns} made of a row: for each tile count floats, rounded up to
   *     vectors
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
  void row(
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
      float[] rest);
}
