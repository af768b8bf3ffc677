package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static dev.tilewise.internal.kernel.ReadAhead.HEAD;
import static dev.tilewise.internal.kernel.ReadAhead.HEADS;
import static dev.tilewise.internal.kernel.ReadAhead.LINE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** As {@link Pixels7x3}; each term brings a line of other filters (docs/decisions/0033). */
final class Pixels7x3Ahead {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Pixels7x3Ahead() {}

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
      float hi,
      long firstLine,
      long heads) {
    if (a.getClass() != NATIVE
        || b.getClass() != NATIVE
        || init.getClass() != NATIVE
        || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long line = firstLine;
    long first = aOff;
    long out = dOff;
    for (int tile = 0; tile < tiles; tile++) {
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
      FloatVector d40 = i0;
      FloatVector d41 = i1;
      FloatVector d42 = i2;
      FloatVector d50 = i0;
      FloatVector d51 = i1;
      FloatVector d52 = i2;
      FloatVector d60 = i0;
      FloatVector d61 = i1;
      FloatVector d62 = i2;
      // A term's factors, its line and its head by one variable, which so gets a register.
      long toA = first - (line >> HEADS);
      long toB = bOff - 3 * line;
      long end = line + length * LINE;
      while (line != end) {
        long bAt = toB + 3 * line;
        long term = line >> HEADS;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        long at = toA + term;
        FloatVector v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        d12 = v.fma(b2, d12);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d20 = v.fma(b0, d20);
        d21 = v.fma(b1, d21);
        d22 = v.fma(b2, d22);
        b.set(HEAD, line, b.get(HEAD, heads + term));
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d30 = v.fma(b0, d30);
        d31 = v.fma(b1, d31);
        d32 = v.fma(b2, d32);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d40 = v.fma(b0, d40);
        d41 = v.fma(b1, d41);
        d42 = v.fma(b2, d42);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d50 = v.fma(b0, d50);
        d51 = v.fma(b1, d51);
        d52 = v.fma(b2, d52);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d60 = v.fma(b0, d60);
        d61 = v.fma(b1, d61);
        d62 = v.fma(b2, d62);
        line += LINE;
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
        d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
        d41 = d41.blend(low, d41.compare(VectorOperators.LT, low));
        d42 = d42.blend(low, d42.compare(VectorOperators.LT, low));
        d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
        d51 = d51.blend(low, d51.compare(VectorOperators.LT, low));
        d52 = d52.blend(low, d52.compare(VectorOperators.LT, low));
        d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
        d61 = d61.blend(low, d61.compare(VectorOperators.LT, low));
        d62 = d62.blend(low, d62.compare(VectorOperators.LT, low));
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
        d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
        d41 = d41.blend(high, d41.compare(VectorOperators.GT, high));
        d42 = d42.blend(high, d42.compare(VectorOperators.GT, high));
        d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
        d51 = d51.blend(high, d51.compare(VectorOperators.GT, high));
        d52 = d52.blend(high, d52.compare(VectorOperators.GT, high));
        d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
        d61 = d61.blend(high, d61.compare(VectorOperators.GT, high));
        d62 = d62.blend(high, d62.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      d02.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + BYTES, ORDER);
      d12.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + BYTES, ORDER);
      d22.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + BYTES, ORDER);
      d32.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      d41.intoMemorySegment(d, out + BYTES, ORDER);
      d42.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out, ORDER);
      d51.intoMemorySegment(d, out + BYTES, ORDER);
      d52.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out, ORDER);
      d61.intoMemorySegment(d, out + BYTES, ORDER);
      d62.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 7 * pitch;
    }
  }
}
