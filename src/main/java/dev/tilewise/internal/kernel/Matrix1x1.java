package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tile of 1 pixel x 1 vector of filters; contracts in {@link Tile#run} and {@link Tile#runOnce}.
 */
final class Matrix1x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Matrix1x1() {}

  static void run(
      float[] a,
      int[] aRows,
      int aRow,
      int[] runs,
      int firstRun,
      int endRun,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float lo,
      float hi) {
    if (b.getClass() != NATIVE || init.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
    FloatVector d00 = i0;
    int row0 = aRows[aRow];
    for (int r = firstRun; r < endRun; r++) {
      int aOff = runs[3 * r];
      long bRun = bOff + (long) runs[3 * r + 1] * BYTES;
      int length = runs[3 * r + 2];
      int a0 = row0 + aOff;
      for (int i = 0; i < length; i++) {
        long bAt = bRun + (long) i * BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        d00 = v.fma(b0, d00);
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
  }

  static void runOnce(
      float[] a,
      int[] aRows,
      int aRow,
      int aOff,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float lo,
      float hi) {
    if (b.getClass() != NATIVE || init.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
    FloatVector d00 = i0;
    int a0 = aRows[aRow] + aOff;
    for (int i = 0; i < length; i++) {
      long bAt = bOff + (long) i * BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      d00 = v.fma(b0, d00);
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
  }
}
