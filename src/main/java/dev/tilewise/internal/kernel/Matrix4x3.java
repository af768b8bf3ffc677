package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tile of 4 pixels x 3 vectors of filters; contracts in {@link Tile#run} and {@link Tile#runOnce}.
 */
final class Matrix4x3 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Matrix4x3() {}

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
    FloatVector d10 = i0;
    FloatVector d11 = i1;
    FloatVector d12 = i2;
    FloatVector d20 = i0;
    FloatVector d21 = i1;
    FloatVector d22 = i2;
    FloatVector d30 = i0;
    FloatVector d31 = i1;
    FloatVector d32 = i2;
    int row0 = aRows[aRow];
    int row1 = aRows[aRow + 1];
    int row2 = aRows[aRow + 2];
    int row3 = aRows[aRow + 3];
    for (int r = firstRun; r < endRun; r++) {
      int aOff = runs[3 * r];
      long bRun = bOff + (long) runs[3 * r + 1] * (3 * BYTES);
      int length = runs[3 * r + 2];
      int a0 = row0 + aOff;
      int a1 = row1 + aOff;
      int a2 = row2 + aOff;
      int a3 = row3 + aOff;
      for (int i = 0; i < length; i++) {
        long bAt = bRun + (long) i * (3 * BYTES);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
        v = FloatVector.broadcast(SPECIES, a[a1 + i]);
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        d12 = v.fma(b2, d12);
        v = FloatVector.broadcast(SPECIES, a[a2 + i]);
        d20 = v.fma(b0, d20);
        d21 = v.fma(b1, d21);
        d22 = v.fma(b2, d22);
        v = FloatVector.broadcast(SPECIES, a[a3 + i]);
        d30 = v.fma(b0, d30);
        d31 = v.fma(b1, d31);
        d32 = v.fma(b2, d32);
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
      d12 = d12.blend(low, d12.compare(VectorOperators.LT, low));
      d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
      d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
      d22 = d22.blend(low, d22.compare(VectorOperators.LT, low));
      d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
      d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
      d32 = d32.blend(low, d32.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
      d12 = d12.blend(high, d12.compare(VectorOperators.GT, high));
      d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
      d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
      d22 = d22.blend(high, d22.compare(VectorOperators.GT, high));
      d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
      d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
      d32 = d32.blend(high, d32.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    d11.intoMemorySegment(d, out + BYTES, ORDER);
    d12.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 2] + dOff;
    d20.intoMemorySegment(d, out, ORDER);
    d21.intoMemorySegment(d, out + BYTES, ORDER);
    d22.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 3] + dOff;
    d30.intoMemorySegment(d, out, ORDER);
    d31.intoMemorySegment(d, out + BYTES, ORDER);
    d32.intoMemorySegment(d, out + 2 * BYTES, ORDER);
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
    FloatVector d10 = i0;
    FloatVector d11 = i1;
    FloatVector d12 = i2;
    FloatVector d20 = i0;
    FloatVector d21 = i1;
    FloatVector d22 = i2;
    FloatVector d30 = i0;
    FloatVector d31 = i1;
    FloatVector d32 = i2;
    int a0 = aRows[aRow] + aOff;
    int a1 = aRows[aRow + 1] + aOff;
    int a2 = aRows[aRow + 2] + aOff;
    int a3 = aRows[aRow + 3] + aOff;
    for (int i = 0; i < length; i++) {
      long bAt = bOff + (long) i * (3 * BYTES);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
      FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      d00 = v.fma(b0, d00);
      d01 = v.fma(b1, d01);
      d02 = v.fma(b2, d02);
      v = FloatVector.broadcast(SPECIES, a[a1 + i]);
      d10 = v.fma(b0, d10);
      d11 = v.fma(b1, d11);
      d12 = v.fma(b2, d12);
      v = FloatVector.broadcast(SPECIES, a[a2 + i]);
      d20 = v.fma(b0, d20);
      d21 = v.fma(b1, d21);
      d22 = v.fma(b2, d22);
      v = FloatVector.broadcast(SPECIES, a[a3 + i]);
      d30 = v.fma(b0, d30);
      d31 = v.fma(b1, d31);
      d32 = v.fma(b2, d32);
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
      d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
      d12 = d12.blend(low, d12.compare(VectorOperators.LT, low));
      d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
      d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
      d22 = d22.blend(low, d22.compare(VectorOperators.LT, low));
      d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
      d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
      d32 = d32.blend(low, d32.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
      d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
      d12 = d12.blend(high, d12.compare(VectorOperators.GT, high));
      d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
      d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
      d22 = d22.blend(high, d22.compare(VectorOperators.GT, high));
      d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
      d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
      d32 = d32.blend(high, d32.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    d01.intoMemorySegment(d, out + BYTES, ORDER);
    d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    d11.intoMemorySegment(d, out + BYTES, ORDER);
    d12.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 2] + dOff;
    d20.intoMemorySegment(d, out, ORDER);
    d21.intoMemorySegment(d, out + BYTES, ORDER);
    d22.intoMemorySegment(d, out + 2 * BYTES, ORDER);
    out = dRows[dRow + 3] + dOff;
    d30.intoMemorySegment(d, out, ORDER);
    d31.intoMemorySegment(d, out + BYTES, ORDER);
    d32.intoMemorySegment(d, out + 2 * BYTES, ORDER);
  }
}
