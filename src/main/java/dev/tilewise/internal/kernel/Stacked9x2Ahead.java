package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static dev.tilewise.internal.kernel.ReadAhead.HEAD;
import static dev.tilewise.internal.kernel.ReadAhead.HEADS;
import static dev.tilewise.internal.kernel.ReadAhead.LINE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** As {@link Stacked9x2}; each term brings a line of other filters (docs/decisions/0033). */
final class Stacked9x2Ahead {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Stacked9x2Ahead() {}

  static void run(
      float[] a,
      int aOff,
      int aStep,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks,
      long firstLine,
      long heads) {
    if (b.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long line = firstLine;
    int first = aOff;
    long out = dOff;
    for (int stack = 0; stack < stacks; stack++) {
      FloatVector d00 = FloatVector.zero(SPECIES);
      FloatVector d01 = FloatVector.zero(SPECIES);
      FloatVector d10 = FloatVector.zero(SPECIES);
      FloatVector d11 = FloatVector.zero(SPECIES);
      FloatVector d20 = FloatVector.zero(SPECIES);
      FloatVector d21 = FloatVector.zero(SPECIES);
      FloatVector d30 = FloatVector.zero(SPECIES);
      FloatVector d31 = FloatVector.zero(SPECIES);
      FloatVector d40 = FloatVector.zero(SPECIES);
      FloatVector d41 = FloatVector.zero(SPECIES);
      FloatVector d50 = FloatVector.zero(SPECIES);
      FloatVector d51 = FloatVector.zero(SPECIES);
      FloatVector d60 = FloatVector.zero(SPECIES);
      FloatVector d61 = FloatVector.zero(SPECIES);
      FloatVector d70 = FloatVector.zero(SPECIES);
      FloatVector d71 = FloatVector.zero(SPECIES);
      FloatVector d80 = FloatVector.zero(SPECIES);
      FloatVector d81 = FloatVector.zero(SPECIES);
      int at = first;
      // A term's factors and its line by one variable, which so gets a register.
      long toB = bOff - 2 * line;
      long end = line + length * LINE;
      while (line < end) {
        long stop = Math.min(end, line + COUNT * LINE);
        do {
          long bAt = toB + 2 * line;
          FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
          FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
          FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          b.set(HEAD, line, b.get(HEAD, heads + (line >> HEADS)));
          v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT]);
          d40 = v.fma(b0, d40);
          d41 = v.fma(b1, d41);
          v = FloatVector.broadcast(SPECIES, a[at + 5 * COUNT]);
          d50 = v.fma(b0, d50);
          d51 = v.fma(b1, d51);
          v = FloatVector.broadcast(SPECIES, a[at + 6 * COUNT]);
          d60 = v.fma(b0, d60);
          d61 = v.fma(b1, d61);
          v = FloatVector.broadcast(SPECIES, a[at + 7 * COUNT]);
          d70 = v.fma(b0, d70);
          d71 = v.fma(b1, d71);
          v = FloatVector.broadcast(SPECIES, a[at + 8 * COUNT]);
          d80 = v.fma(b0, d80);
          d81 = v.fma(b1, d81);
          at++;
          line += LINE;
        } while (line < stop);
        at += 8 * COUNT;
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      d41.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out, ORDER);
      d51.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out, ORDER);
      d61.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d70.intoMemorySegment(d, out, ORDER);
      d71.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      d80.intoMemorySegment(d, out, ORDER);
      d81.intoMemorySegment(d, out + BYTES, ORDER);
      out += dStep;
      first += aStep;
    }
  }
}
