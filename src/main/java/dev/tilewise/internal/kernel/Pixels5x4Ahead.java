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

/**
 * As {@link Pixels5x4} without limits; each term brings a line of other filters
 * (docs/decisions/0033).
 */
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
