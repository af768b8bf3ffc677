package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tile of 1 pixel x 3 vectors of filters; contracts in {@link Tile#run} and {@link Tile#runOnce}.
 */
final class Matrix1x3 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Matrix1x3() {}

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
    FloatVector i1 = FloatVector.fromMemorySegment(SPECIES, init, initOff + BYTES, ORDER);
    FloatVector i2 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 2 * BYTES, ORDER);
    FloatVector d00 = i0;
    FloatVector d01 = i1;
    FloatVector d02 = i2;
    int row0 = aRows[aRow];
    for (int r = firstRun; r < endRun; r++) {
      int aOff = runs[3 * r];
      long bRun = bOff + (long) runs[3 * r + 1] * (3 * BYTES);
      int length = runs[3 * r + 2];
      int a0 = row0 + aOff;
      for (int i = 0; i < length; i++) {
        long bAt = bRun + (long) i * (3 * BYTES);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
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
    FloatVector i1 = FloatVector.fromMemorySegment(SPECIES, init, initOff + BYTES, ORDER);
    FloatVector i2 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 2 * BYTES, ORDER);
    FloatVector d00 = i0;
    FloatVector d01 = i1;
    FloatVector d02 = i2;
    int a0 = aRows[aRow] + aOff;
    for (int i = 0; i < length; i++) {
      long bAt = bOff + (long) i * (3 * BYTES);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
      FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      d00 = v.fma(b0, d00);
      d01 = v.fma(b1, d01);
      d02 = v.fma(b2, d02);
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
  }
}
