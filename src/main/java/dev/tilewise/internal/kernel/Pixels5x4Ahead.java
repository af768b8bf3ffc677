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

/** As {@link Pixels5x4}; each term brings a line of other filters (docs/decisions/0033). */
final class Pixels5x4Ahead {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Pixels5x4Ahead() {}

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
      FloatVector i3 = FloatVector.fromMemorySegment(SPECIES, init, initOff + 3 * BYTES, ORDER);
      FloatVector d00 = i0;
      FloatVector d01 = i1;
      FloatVector d02 = i2;
      FloatVector d03 = i3;
      FloatVector d10 = i0;
      FloatVector d11 = i1;
      FloatVector d12 = i2;
      FloatVector d13 = i3;
      FloatVector d20 = i0;
      FloatVector d21 = i1;
      FloatVector d22 = i2;
      FloatVector d23 = i3;
      FloatVector d30 = i0;
      FloatVector d31 = i1;
      FloatVector d32 = i2;
      FloatVector d33 = i3;
      FloatVector d40 = i0;
      FloatVector d41 = i1;
      FloatVector d42 = i2;
      FloatVector d43 = i3;
      // A term's factors, its line and its head by one variable, which so gets a register.
      long toA = first - (line >> HEADS);
      long toB = bOff - 4 * line;
      long end = line + length * LINE;
      while (line != end) {
        long bAt = toB + 4 * line;
        long term = line >> HEADS;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 3 * BYTES, ORDER);
        long at = toA + term;
        FloatVector v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
        d03 = v.fma(b3, d03);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        d12 = v.fma(b2, d12);
        d13 = v.fma(b3, d13);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d20 = v.fma(b0, d20);
        d21 = v.fma(b1, d21);
        d22 = v.fma(b2, d22);
        d23 = v.fma(b3, d23);
        b.set(HEAD, line, b.get(HEAD, heads + term));
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d30 = v.fma(b0, d30);
        d31 = v.fma(b1, d31);
        d32 = v.fma(b2, d32);
        d33 = v.fma(b3, d33);
        at += pitch;
        v = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
        d40 = v.fma(b0, d40);
        d41 = v.fma(b1, d41);
        d42 = v.fma(b2, d42);
        d43 = v.fma(b3, d43);
        line += LINE;
      }
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
        d02 = d02.blend(low, d02.compare(VectorOperators.LT, low));
        d03 = d03.blend(low, d03.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
        d12 = d12.blend(low, d12.compare(VectorOperators.LT, low));
        d13 = d13.blend(low, d13.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
        d22 = d22.blend(low, d22.compare(VectorOperators.LT, low));
        d23 = d23.blend(low, d23.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
        d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
        d32 = d32.blend(low, d32.compare(VectorOperators.LT, low));
        d33 = d33.blend(low, d33.compare(VectorOperators.LT, low));
        d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
        d41 = d41.blend(low, d41.compare(VectorOperators.LT, low));
        d42 = d42.blend(low, d42.compare(VectorOperators.LT, low));
        d43 = d43.blend(low, d43.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
        d02 = d02.blend(high, d02.compare(VectorOperators.GT, high));
        d03 = d03.blend(high, d03.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
        d12 = d12.blend(high, d12.compare(VectorOperators.GT, high));
        d13 = d13.blend(high, d13.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
        d22 = d22.blend(high, d22.compare(VectorOperators.GT, high));
        d23 = d23.blend(high, d23.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
        d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
        d32 = d32.blend(high, d32.compare(VectorOperators.GT, high));
        d33 = d33.blend(high, d33.compare(VectorOperators.GT, high));
        d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
        d41 = d41.blend(high, d41.compare(VectorOperators.GT, high));
        d42 = d42.blend(high, d42.compare(VectorOperators.GT, high));
        d43 = d43.blend(high, d43.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      d03.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + BYTES, ORDER);
      d12.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      d13.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + BYTES, ORDER);
      d22.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      d23.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + BYTES, ORDER);
      d32.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      d33.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      d41.intoMemorySegment(d, out + BYTES, ORDER);
      d42.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      d43.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 5 * pitch;
    }
  }
}
