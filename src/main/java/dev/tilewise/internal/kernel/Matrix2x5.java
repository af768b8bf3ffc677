package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tile of 2 pixels x 5 vectors of filters; contracts in {@link Tile#run} and {@link Tile#runOnce}.
 */
final class Matrix2x5 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Matrix2x5() {}

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
    FloatVector i3 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 3 * BYTES, ORDER);
    FloatVector i4 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 4 * BYTES, ORDER);
    FloatVector d00 = i0;
    FloatVector d01 = i1;
    FloatVector d02 = i2;
    FloatVector d03 = i3;
    FloatVector d04 = i4;
    FloatVector d10 = i0;
    FloatVector d11 = i1;
    FloatVector d12 = i2;
    FloatVector d13 = i3;
    FloatVector d14 = i4;
    int row0 = aRows[aRow];
    int row1 = aRows[aRow + 1];
    for (int r = firstRun; r < endRun; r++) {
      int aOff = runs[3 * r];
      long bRun = bOff + (long) runs[3 * r + 1] * (5 * BYTES);
      int length = runs[3 * r + 2];
      int a0 = row0 + aOff;
      int a1 = row1 + aOff;
      for (int i = 0; i < length; i++) {
        long bAt = bRun + (long) i * (5 * BYTES);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 3 * BYTES, ORDER);
        FloatVector b4 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 4 * BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
        d03 = v.fma(b3, d03);
        d04 = v.fma(b4, d04);
        v = FloatVector.broadcast(SPECIES, a[a1 + i]);
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        d12 = v.fma(b2, d12);
        d13 = v.fma(b3, d13);
        d14 = v.fma(b4, d14);
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
      d03 = d03.blend(low, d03.compare(VectorOperators.LT, low));
      d04 = d04.blend(low, d04.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
      d12 = d12.blend(low, d12.compare(VectorOperators.LT, low));
      d13 = d13.blend(low, d13.compare(VectorOperators.LT, low));
      d14 = d14.blend(low, d14.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
      d03 = d03.blend(high, d03.compare(VectorOperators.GT, high));
      d04 = d04.blend(high, d04.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
      d12 = d12.blend(high, d12.compare(VectorOperators.GT, high));
      d13 = d13.blend(high, d13.compare(VectorOperators.GT, high));
      d14 = d14.blend(high, d14.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    d03.intoMemorySegment(d, out + 3 * BYTES, ORDER);
    d04.intoMemorySegment(d, out + 4 * BYTES, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    d11.intoMemorySegment(d, out + BYTES, ORDER);
    d12.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    d13.intoMemorySegment(d, out + 3 * BYTES, ORDER);
    d14.intoMemorySegment(d, out + 4 * BYTES, ORDER);
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
    FloatVector i3 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 3 * BYTES, ORDER);
    FloatVector i4 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 4 * BYTES, ORDER);
    FloatVector d00 = i0;
    FloatVector d01 = i1;
    FloatVector d02 = i2;
    FloatVector d03 = i3;
    FloatVector d04 = i4;
    FloatVector d10 = i0;
    FloatVector d11 = i1;
    FloatVector d12 = i2;
    FloatVector d13 = i3;
    FloatVector d14 = i4;
    int a0 = aRows[aRow] + aOff;
    int a1 = aRows[aRow + 1] + aOff;
    for (int i = 0; i < length; i++) {
      long bAt = bOff + (long) i * (5 * BYTES);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
      FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
      FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 3 * BYTES, ORDER);
      FloatVector b4 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 4 * BYTES, ORDER);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      d00 = v.fma(b0, d00);
      d01 = v.fma(b1, d01);
      d02 = v.fma(b2, d02);
      d03 = v.fma(b3, d03);
      d04 = v.fma(b4, d04);
      v = FloatVector.broadcast(SPECIES, a[a1 + i]);
      d10 = v.fma(b0, d10);
      d11 = v.fma(b1, d11);
      d12 = v.fma(b2, d12);
      d13 = v.fma(b3, d13);
      d14 = v.fma(b4, d14);
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
      d03 = d03.blend(low, d03.compare(VectorOperators.LT, low));
      d04 = d04.blend(low, d04.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
      d12 = d12.blend(low, d12.compare(VectorOperators.LT, low));
      d13 = d13.blend(low, d13.compare(VectorOperators.LT, low));
      d14 = d14.blend(low, d14.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
      d03 = d03.blend(high, d03.compare(VectorOperators.GT, high));
      d04 = d04.blend(high, d04.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
      d12 = d12.blend(high, d12.compare(VectorOperators.GT, high));
      d13 = d13.blend(high, d13.compare(VectorOperators.GT, high));
      d14 = d14.blend(high, d14.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    d03.intoMemorySegment(d, out + 3 * BYTES, ORDER);
    d04.intoMemorySegment(d, out + 4 * BYTES, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    d11.intoMemorySegment(d, out + BYTES, ORDER);
    d12.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    d13.intoMemorySegment(d, out + 3 * BYTES, ORDER);
    d14.intoMemorySegment(d, out + 4 * BYTES, ORDER);
  }
}
