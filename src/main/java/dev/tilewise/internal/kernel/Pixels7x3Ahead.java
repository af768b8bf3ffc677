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
 * As {@link Pixels7x3} without limits; each term brings a line of other filters
 * (docs/decisions/0033).
 */
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
