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

  /** Masked stores are fast with masks in registers of their own: AVX-512, 512 bits. */
  private static final boolean MASKS = SPECIES.vectorBitSize() == 512;

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
   * @param residual added; or null
   * @param residualRows where its rows start
   * @param residualOff added to each
   * @param y receives the outputs
   * @param yRows where its rows start
   * @param yRow first of this tile's entries in residualRows and yRows
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
      long[] residualRows,
      long residualOff,
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
    long bytes = (long) columns * Float.BYTES;
    long vectorBytes = bytes - bytes % BYTES;
    for (int m = 0; m < rows; m++) {
      long from = sumsOff + m * rowStep;
      long to = yRows[yRow + m] + yOff;
      for (int block = 1; block < blocks; block++) {
        add(sums, from, from + block * blockStep, (int) vectorBytes);
      }
      if (residual == null) {
        clamp(sums, from, (int) vectorBytes, y, to, lo, hi);
        if (MASKS && blocks == 1) {
          last(sums, from + vectorBytes, (int) (bytes - vectorBytes), y, to + vectorBytes, lo, hi);
        } else {
          rest(blocks, sums, from, blockStep, vectorBytes, bytes, null, 0, y, to, lo, hi);
        }
      } else {
        long added = residualRows[yRow + m] + residualOff;
        clampWith(residual, added, sums, from, (int) vectorBytes, y, to, lo, hi);
        rest(blocks, sums, from, blockStep, vectorBytes, bytes, residual, added, y, to, lo, hi);
      }
    }
  }

  /**
   * Adds a residual to one row of sums and clamps, where the sums lie.
   *
   * @param y the sums, and receives the outputs
   * @param yOff where they start, bytes
   * @param columns filters
   * @param residual added
   * @param residualOff where it starts, bytes
   * @param lo lower limit
   * @param hi upper limit
   */
  public static void addResidual(
      MemorySegment y,
      long yOff,
      int columns,
      MemorySegment residual,
      long residualOff,
      float lo,
      float hi) {
    if (y.getClass() != NATIVE || residual.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long bytes = (long) columns * Float.BYTES;
    long vectorBytes = bytes - bytes % BYTES;
    clampWith(residual, residualOff, y, yOff, (int) vectorBytes, y, yOff, lo, hi);
    rest(1, y, yOff, 0, vectorBytes, bytes, residual, residualOff, y, yOff, lo, hi);
  }

  /**
   * Adds a residual to several rows of sums and clamps, where the sums lie.
   *
   * @param y the sums, and receives the outputs
   * @param yOff where the first row starts, bytes
   * @param yStep from row to row
   * @param rows how many
   * @param columns filters
   * @param residual added
   * @param residualOff where its first row starts, bytes
   * @param residualStep from row to row
   * @param lo lower limit
   * @param hi upper limit
   */
  public static void addResiduals(
      MemorySegment y,
      long yOff,
      long yStep,
      int rows,
      int columns,
      MemorySegment residual,
      long residualOff,
      long residualStep,
      float lo,
      float hi) {
    long rowBytes = (long) columns * Float.BYTES;
    if (yStep == rowBytes && residualStep == rowBytes) {
      addResidual(y, yOff, Math.multiplyExact(rows, columns), residual, residualOff, lo, hi);
      return;
    }
    for (int row = 0; row < rows; row++) {
      addResidual(
          y, yOff + row * yStep, columns, residual, residualOff + row * residualStep, lo, hi);
    }
  }

  /** A last vector of one row that is not full. */
  private static void last(
      MemorySegment sums, long from, int bytes, MemorySegment y, long to, float lo, float hi) {
    if (sums.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    if (bytes > 0) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      FloatVector sum = FloatVector.fromMemorySegment(SPECIES, sums, from, ORDER);
      FloatVector above = sum.blend(low, sum.compare(VectorOperators.LT, low));
      above
          .blend(high, above.compare(VectorOperators.GT, high))
          .intoMemorySegment(y, to, ORDER, SPECIES.indexInRange(0, bytes / Float.BYTES));
    }
  }

  /** Whole vectors of one row: sums of another block are added to those of the first. */
  private static void add(MemorySegment sums, long to, long from, int vectorBytes) {
    if (sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int at = 0; at < vectorBytes; at += BYTES) {
      FloatVector.fromMemorySegment(SPECIES, sums, to + at, ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, sums, from + at, ORDER))
          .intoMemorySegment(sums, to + at, ORDER);
    }
  }

  /** Whole vectors of one row. */
  private static void clamp(
      MemorySegment sums,
      long from,
      int vectorBytes,
      MemorySegment y,
      long to,
      float lo,
      float hi) {
    if (sums.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    for (int at = 0; at < vectorBytes; at += BYTES) {
      FloatVector sum = FloatVector.fromMemorySegment(SPECIES, sums, from + at, ORDER);
      FloatVector above = sum.blend(low, sum.compare(VectorOperators.LT, low));
      above
          .blend(high, above.compare(VectorOperators.GT, high))
          .intoMemorySegment(y, to + at, ORDER);
    }
  }

  /** Whole vectors of one row, with a residual. */
  private static void clampWith(
      MemorySegment residual,
      long added,
      MemorySegment sums,
      long from,
      int vectorBytes,
      MemorySegment y,
      long to,
      float lo,
      float hi) {
    if (sums.getClass() != NATIVE || y.getClass() != NATIVE || residual.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    for (int at = 0; at < vectorBytes; at += BYTES) {
      FloatVector sum =
          FloatVector.fromMemorySegment(SPECIES, sums, from + at, ORDER)
              .add(FloatVector.fromMemorySegment(SPECIES, residual, added + at, ORDER));
      FloatVector above = sum.blend(low, sum.compare(VectorOperators.LT, low));
      above
          .blend(high, above.compare(VectorOperators.GT, high))
          .intoMemorySegment(y, to + at, ORDER);
    }
  }

  /**
   * What is left of a row. No loop here has two vectors meet in one variable, and vectors and
   * floats have methods of their own: as one method, C2 boxed every vector in some processes
   * (128-bit vectors, Temurin 25.0.3).
   */
  private static void rest(
      int blocks,
      MemorySegment sums,
      long from,
      long blockStep,
      long first,
      long end,
      MemorySegment residual,
      long added,
      MemorySegment y,
      long to,
      float lo,
      float hi) {
    for (long at = first; at < end; at += Float.BYTES) {
      float sum = sums.get(FLOAT, from + at);
      for (int block = 1; block < blocks; block++) {
        sum += sums.get(FLOAT, from + block * blockStep + at);
      }
      if (residual != null) {
        sum += residual.get(FLOAT, added + at);
      }
      y.set(FLOAT, to + at, sum < lo ? lo : sum > hi ? hi : sum);
    }
  }
}
