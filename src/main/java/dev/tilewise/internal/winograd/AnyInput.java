package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** BT of any size, driven by the matrix. */
final class AnyInput implements InputCode {

  /** Elements take as long as this many of written code. */
  private static final double COST = 2.5;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final int alpha;
  private final Matrix matrix;
  private final float[] bt;

  AnyInput(Matrix bt) {
    alpha = bt.rows();
    matrix = bt;
    this.bt = bt.floats();
  }

  @Override
  public List<Matrix> factors() {
    return List.of(matrix);
  }

  @Override
  public double cost() {
    return COST;
  }

  @Override
  public void columns(
      MemorySegment from,
      long[] fromOffs,
      long fromBlock,
      MemorySegment to,
      long toOff,
      long toStep,
      long toBlock,
      int blocks,
      int count) {
    for (int block = 0; block < blocks; block++) {
      for (int j = 0; j < alpha; j++) {
        long out = toOff + block * toBlock + j * toStep;
        column(bt, j * alpha, alpha, from, fromOffs, block * fromBlock, to, out, count);
      }
    }
  }

  private static void column(
      float[] bt,
      int row,
      int alpha,
      MemorySegment from,
      long[] fromOffs,
      long fromOff,
      MemorySegment to,
      long toOff,
      int count) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < count; i += COUNT) {
      long f = fromOff + (long) i * Float.BYTES;
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int l = 0; l < alpha; l++) {
        FloatVector x = FloatVector.fromMemorySegment(SPECIES, from, fromOffs[l] + f, ORDER);
        sum = x.fma(FloatVector.broadcast(SPECIES, bt[row + l]), sum);
      }
      sum.intoMemorySegment(to, toOff + (long) i * Float.BYTES, ORDER);
    }
  }

  @Override
  public void rows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromTile,
      long fromRow,
      float[] to,
      int toOff,
      int toStep,
      int toRow,
      int[] toTiles,
      int[] toVectors,
      int firstTile,
      int tiles,
      int rows,
      int firstVector,
      int vectors) {
    for (int n = 0; n < rows * tiles; n++) {
      int tile = firstTile + n % tiles;
      long f = fromOff + n / tiles * fromRow + n % tiles * fromTile;
      int step = toVectors[tile];
      int first = toOff + n / tiles * toRow + toTiles[tile] + firstVector * step;
      for (int j = 0; j < alpha; j++) {
        row(bt, j * alpha, alpha, from, f, fromStep, to, first + j * toStep, step, vectors);
      }
    }
  }

  private static void row(
      float[] bt,
      int row,
      int alpha,
      MemorySegment from,
      long fromOff,
      long fromStep,
      float[] to,
      int toOff,
      int toVector,
      int vectors) {
    if (from.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int v = 0; v < vectors; v++) {
      long f = fromOff + (long) v * BYTES;
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int l = 0; l < alpha; l++) {
        FloatVector x = FloatVector.fromMemorySegment(SPECIES, from, f + l * fromStep, ORDER);
        sum = x.fma(FloatVector.broadcast(SPECIES, bt[row + l]), sum);
      }
      sum.intoArray(to, toOff + v * toVector);
    }
  }
}
