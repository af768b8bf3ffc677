package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Tile of 8 pixels x 1 vector of filters; contracts in {@link Tile#run} and {@link Tile#runOnce}.
 */
final class Matrix8x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Matrix8x1() {}

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
    FloatVector d10 = i0;
    FloatVector d20 = i0;
    FloatVector d30 = i0;
    FloatVector d40 = i0;
    FloatVector d50 = i0;
    FloatVector d60 = i0;
    FloatVector d70 = i0;
    int row0 = aRows[aRow];
    int row1 = aRows[aRow + 1];
    int row2 = aRows[aRow + 2];
    int row3 = aRows[aRow + 3];
    int row4 = aRows[aRow + 4];
    int row5 = aRows[aRow + 5];
    int row6 = aRows[aRow + 6];
    int row7 = aRows[aRow + 7];
    for (int r = firstRun; r < endRun; r++) {
      int aOff = runs[3 * r];
      long bRun = bOff + (long) runs[3 * r + 1] * BYTES;
      int length = runs[3 * r + 2];
      int a0 = row0 + aOff;
      int a1 = row1 + aOff;
      int a2 = row2 + aOff;
      int a3 = row3 + aOff;
      int a4 = row4 + aOff;
      int a5 = row5 + aOff;
      int a6 = row6 + aOff;
      int a7 = row7 + aOff;
      for (int i = 0; i < length; i++) {
        long bAt = bRun + (long) i * BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
        d00 = v.fma(b0, d00);
        v = FloatVector.broadcast(SPECIES, a[a1 + i]);
        d10 = v.fma(b0, d10);
        v = FloatVector.broadcast(SPECIES, a[a2 + i]);
        d20 = v.fma(b0, d20);
        v = FloatVector.broadcast(SPECIES, a[a3 + i]);
        d30 = v.fma(b0, d30);
        v = FloatVector.broadcast(SPECIES, a[a4 + i]);
        d40 = v.fma(b0, d40);
        v = FloatVector.broadcast(SPECIES, a[a5 + i]);
        d50 = v.fma(b0, d50);
        v = FloatVector.broadcast(SPECIES, a[a6 + i]);
        d60 = v.fma(b0, d60);
        v = FloatVector.broadcast(SPECIES, a[a7 + i]);
        d70 = v.fma(b0, d70);
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
      d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
      d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
      d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
      d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
      d70 = d70.blend(low, d70.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
      d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
      d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
      d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
      d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
      d70 = d70.blend(high, d70.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 2] + dOff;
    d20.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 3] + dOff;
    d30.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 4] + dOff;
    d40.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 5] + dOff;
    d50.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 6] + dOff;
    d60.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 7] + dOff;
    d70.intoMemorySegment(d, out, ORDER);
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
    FloatVector d10 = i0;
    FloatVector d20 = i0;
    FloatVector d30 = i0;
    FloatVector d40 = i0;
    FloatVector d50 = i0;
    FloatVector d60 = i0;
    FloatVector d70 = i0;
    int a0 = aRows[aRow] + aOff;
    int a1 = aRows[aRow + 1] + aOff;
    int a2 = aRows[aRow + 2] + aOff;
    int a3 = aRows[aRow + 3] + aOff;
    int a4 = aRows[aRow + 4] + aOff;
    int a5 = aRows[aRow + 5] + aOff;
    int a6 = aRows[aRow + 6] + aOff;
    int a7 = aRows[aRow + 7] + aOff;
    for (int i = 0; i < length; i++) {
      long bAt = bOff + (long) i * BYTES;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
      FloatVector v = FloatVector.broadcast(SPECIES, a[a0 + i]);
      d00 = v.fma(b0, d00);
      v = FloatVector.broadcast(SPECIES, a[a1 + i]);
      d10 = v.fma(b0, d10);
      v = FloatVector.broadcast(SPECIES, a[a2 + i]);
      d20 = v.fma(b0, d20);
      v = FloatVector.broadcast(SPECIES, a[a3 + i]);
      d30 = v.fma(b0, d30);
      v = FloatVector.broadcast(SPECIES, a[a4 + i]);
      d40 = v.fma(b0, d40);
      v = FloatVector.broadcast(SPECIES, a[a5 + i]);
      d50 = v.fma(b0, d50);
      v = FloatVector.broadcast(SPECIES, a[a6 + i]);
      d60 = v.fma(b0, d60);
      v = FloatVector.broadcast(SPECIES, a[a7 + i]);
      d70 = v.fma(b0, d70);
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
      d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
      d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
      d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
      d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
      d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
      d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
      d70 = d70.blend(low, d70.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
      d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
      d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
      d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
      d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
      d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
      d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
      d70 = d70.blend(high, d70.compare(VectorOperators.GT, high));
    }
    long out = dRows[dRow] + dOff;
    d00.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 1] + dOff;
    d10.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 2] + dOff;
    d20.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 3] + dOff;
    d30.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 4] + dOff;
    d40.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 5] + dOff;
    d50.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 6] + dOff;
    d60.intoMemorySegment(d, out, ORDER);
    out = dRows[dRow + 7] + dOff;
    d70.intoMemorySegment(d, out, ORDER);
  }
}
