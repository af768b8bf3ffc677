package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * From the raw sums of a tile's blocks to outputs, in this order:
 *
 * <pre>{@code
 * y = clamp(((block0 + block1) + block2 ...) + residual)
 * }</pre>
 *
 * Each block's sums are one tile in the scratch, which is in L1.
 */
public final class TileEpilogue {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private TileEpilogue() {}

  /**
   * Stores one tile. Offsets and steps are bytes.
   *
   * @param blocks number of blocks, at least 1
   * @param sums the blocks' tiles
   * @param sumsOff the first block's tile
   * @param blockStep from block to block
   * @param rowStep from row to row in a tile
   * @param rows rows to store
   * @param columns filters to store
   * @param residual added, at the offsets of y; or null
   * @param y receives the outputs
   * @param yRows where its rows start
   * @param yRow first of this tile's entries in yRows
   * @param yOff added to each
   * @param lo lower limit
   * @param hi upper limit
   */
  public static void store(
      int blocks,
      MemorySegment sums,
      long sumsOff,
      long blockStep,
      long rowStep,
      int rows,
      int columns,
      MemorySegment residual,
      MemorySegment y,
      long[] yRows,
      int yRow,
      long yOff,
      float lo,
      float hi) {
    if (sums.getClass() != NATIVE
        || y.getClass() != NATIVE
        || (residual != null && residual.getClass() != NATIVE)) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    long bytes = (long) columns * Float.BYTES;
    long vectorBytes = bytes - bytes % BYTES;
    for (int m = 0; m < rows; m++) {
      long from = sumsOff + m * rowStep;
      long to = yRows[yRow + m] + yOff;
      for (long at = 0; at < vectorBytes; at += BYTES) {
        FloatVector sum = FloatVector.fromMemorySegment(SPECIES, sums, from + at, ORDER);
        for (int block = 1; block < blocks; block++) {
          long part = from + block * blockStep + at;
          sum = sum.add(FloatVector.fromMemorySegment(SPECIES, sums, part, ORDER));
        }
        if (residual != null) {
          sum = sum.add(FloatVector.fromMemorySegment(SPECIES, residual, to + at, ORDER));
        }
        sum = sum.blend(low, sum.compare(VectorOperators.LT, low));
        sum = sum.blend(high, sum.compare(VectorOperators.GT, high));
        sum.intoMemorySegment(y, to + at, ORDER);
      }
      for (long at = vectorBytes; at < bytes; at += Float.BYTES) {
        float sum = sums.get(FLOAT, from + at);
        for (int block = 1; block < blocks; block++) {
          sum += sums.get(FLOAT, from + block * blockStep + at);
        }
        if (residual != null) {
          sum += residual.get(FLOAT, to + at);
        }
        y.set(FLOAT, to + at, sum < lo ? lo : sum > hi ? hi : sum);
      }
    }
  }
}
