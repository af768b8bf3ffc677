package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Tiles of 12 pixels x 2 vectors of filters; contract in {@link OutputTile#strips}. */
final class Strip12x2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Strip12x2() {}

  static void run(
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    if (b.getClass() != NATIVE || init.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int aRun = runs.aStep();
    long bytes = (long) runs.length() * (2 * BYTES);
    long bRun = (long) runs.bStep() * (2 * BYTES);
    long bEnd = bOff + runs.count() * bRun;
    int first = aOff;
    long out = dOff;
    for (int tile = 0; tile < tiles; tile++) {
      FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
      FloatVector i1 = FloatVector.fromMemorySegment(SPECIES, init, initOff + BYTES, ORDER);
      FloatVector d00 = i0;
      FloatVector d01 = i1;
      FloatVector d10 = i0;
      FloatVector d11 = i1;
      FloatVector d20 = i0;
      FloatVector d21 = i1;
      FloatVector d30 = i0;
      FloatVector d31 = i1;
      FloatVector d40 = i0;
      FloatVector d41 = i1;
      FloatVector d50 = i0;
      FloatVector d51 = i1;
      FloatVector d60 = i0;
      FloatVector d61 = i1;
      FloatVector d70 = i0;
      FloatVector d71 = i1;
      FloatVector d80 = i0;
      FloatVector d81 = i1;
      FloatVector d90 = i0;
      FloatVector d91 = i1;
      FloatVector da0 = i0;
      FloatVector da1 = i1;
      FloatVector db0 = i0;
      FloatVector db1 = i1;
      int run = first;
      // Bounded by addresses, so that C2 does not make counted loops of it (decisions/0008).
      for (long bStart = bOff; bStart < bEnd; bStart += bRun) {
        int at = run;
        long bAt = bStart;
        long stop = bStart + bytes;
        do {
          FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
          FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
          int row = at;
          FloatVector v = FloatVector.broadcast(SPECIES, a[row]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d40 = v.fma(b0, d40);
          d41 = v.fma(b1, d41);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d50 = v.fma(b0, d50);
          d51 = v.fma(b1, d51);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d60 = v.fma(b0, d60);
          d61 = v.fma(b1, d61);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d70 = v.fma(b0, d70);
          d71 = v.fma(b1, d71);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d80 = v.fma(b0, d80);
          d81 = v.fma(b1, d81);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          d90 = v.fma(b0, d90);
          d91 = v.fma(b1, d91);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          da0 = v.fma(b0, da0);
          da1 = v.fma(b1, da1);
          row += pitch;
          v = FloatVector.broadcast(SPECIES, a[row]);
          db0 = v.fma(b0, db0);
          db1 = v.fma(b1, db1);
          at++;
          bAt += 2 * BYTES;
        } while (bAt != stop);
        run += aRun;
      }
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
        d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
        d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
        d41 = d41.blend(low, d41.compare(VectorOperators.LT, low));
        d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
        d51 = d51.blend(low, d51.compare(VectorOperators.LT, low));
        d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
        d61 = d61.blend(low, d61.compare(VectorOperators.LT, low));
        d70 = d70.blend(low, d70.compare(VectorOperators.LT, low));
        d71 = d71.blend(low, d71.compare(VectorOperators.LT, low));
        d80 = d80.blend(low, d80.compare(VectorOperators.LT, low));
        d81 = d81.blend(low, d81.compare(VectorOperators.LT, low));
        d90 = d90.blend(low, d90.compare(VectorOperators.LT, low));
        d91 = d91.blend(low, d91.compare(VectorOperators.LT, low));
        da0 = da0.blend(low, da0.compare(VectorOperators.LT, low));
        da1 = da1.blend(low, da1.compare(VectorOperators.LT, low));
        db0 = db0.blend(low, db0.compare(VectorOperators.LT, low));
        db1 = db1.blend(low, db1.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
        d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
        d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
        d41 = d41.blend(high, d41.compare(VectorOperators.GT, high));
        d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
        d51 = d51.blend(high, d51.compare(VectorOperators.GT, high));
        d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
        d61 = d61.blend(high, d61.compare(VectorOperators.GT, high));
        d70 = d70.blend(high, d70.compare(VectorOperators.GT, high));
        d71 = d71.blend(high, d71.compare(VectorOperators.GT, high));
        d80 = d80.blend(high, d80.compare(VectorOperators.GT, high));
        d81 = d81.blend(high, d81.compare(VectorOperators.GT, high));
        d90 = d90.blend(high, d90.compare(VectorOperators.GT, high));
        d91 = d91.blend(high, d91.compare(VectorOperators.GT, high));
        da0 = da0.blend(high, da0.compare(VectorOperators.GT, high));
        da1 = da1.blend(high, da1.compare(VectorOperators.GT, high));
        db0 = db0.blend(high, db0.compare(VectorOperators.GT, high));
        db1 = db1.blend(high, db1.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      d41.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out, ORDER);
      d51.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out, ORDER);
      d61.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d70.intoMemorySegment(d, out, ORDER);
      d71.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d80.intoMemorySegment(d, out, ORDER);
      d81.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d90.intoMemorySegment(d, out, ORDER);
      d91.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      da0.intoMemorySegment(d, out, ORDER);
      da1.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      db0.intoMemorySegment(d, out, ORDER);
      db1.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 12 * pitch;
    }
  }
}
