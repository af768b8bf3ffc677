package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** 14 pixels where they are x 1 vector of filters; contract in {@link OutputTile#pixels}. */
final class Pixels14x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Pixels14x1() {}

  static void run(
      MemorySegment a,
      long aOff,
      long pitch,
      int length,
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
    if (a.getClass() != NATIVE
        || b.getClass() != NATIVE
        || init.getClass() != NATIVE
        || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long first = aOff;
    long out = dOff;
    for (int tile = 0; tile < tiles; tile++) {
      FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
      FloatVector d00 = i0;
      FloatVector d10 = i0;
      FloatVector d20 = i0;
      FloatVector d30 = i0;
      FloatVector d40 = i0;
      FloatVector d50 = i0;
      FloatVector d60 = i0;
      FloatVector d70 = i0;
      FloatVector d80 = i0;
      FloatVector d90 = i0;
      FloatVector da0 = i0;
      FloatVector db0 = i0;
      FloatVector dc0 = i0;
      FloatVector dd0 = i0;
      long r0 = first;
      long r1 = r0 + pitch;
      long r2 = r1 + pitch;
      long r3 = r2 + pitch;
      long r4 = r3 + pitch;
      long r5 = r4 + pitch;
      long r6 = r5 + pitch;
      long r7 = r6 + pitch;
      long r8 = r7 + pitch;
      long r9 = r8 + pitch;
      long ra = r9 + pitch;
      long rb = ra + pitch;
      long rc = rb + pitch;
      long rd = rc + pitch;
      // Counted, so that C2 checks all rows before the loop.
      for (int i = 0; i < length; i++) {
        long bAt = bOff + (long) i * BYTES;
        long aAt = (long) i * Float.BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r0 + aAt));
        d00 = v.fma(b0, d00);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r1 + aAt));
        d10 = v.fma(b0, d10);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r2 + aAt));
        d20 = v.fma(b0, d20);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r3 + aAt));
        d30 = v.fma(b0, d30);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r4 + aAt));
        d40 = v.fma(b0, d40);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r5 + aAt));
        d50 = v.fma(b0, d50);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r6 + aAt));
        d60 = v.fma(b0, d60);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r7 + aAt));
        d70 = v.fma(b0, d70);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r8 + aAt));
        d80 = v.fma(b0, d80);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, r9 + aAt));
        d90 = v.fma(b0, d90);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, ra + aAt));
        da0 = v.fma(b0, da0);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, rb + aAt));
        db0 = v.fma(b0, db0);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, rc + aAt));
        dc0 = v.fma(b0, dc0);
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, rd + aAt));
        dd0 = v.fma(b0, dd0);
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
        d80 = d80.blend(low, d80.compare(VectorOperators.LT, low));
        d90 = d90.blend(low, d90.compare(VectorOperators.LT, low));
        da0 = da0.blend(low, da0.compare(VectorOperators.LT, low));
        db0 = db0.blend(low, db0.compare(VectorOperators.LT, low));
        dc0 = dc0.blend(low, dc0.compare(VectorOperators.LT, low));
        dd0 = dd0.blend(low, dd0.compare(VectorOperators.LT, low));
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
        d80 = d80.blend(high, d80.compare(VectorOperators.GT, high));
        d90 = d90.blend(high, d90.compare(VectorOperators.GT, high));
        da0 = da0.blend(high, da0.compare(VectorOperators.GT, high));
        db0 = db0.blend(high, db0.compare(VectorOperators.GT, high));
        dc0 = dc0.blend(high, dc0.compare(VectorOperators.GT, high));
        dd0 = dd0.blend(high, dd0.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d70.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d80.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d90.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      da0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      db0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      dc0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      dd0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 14 * pitch;
    }
  }
}
