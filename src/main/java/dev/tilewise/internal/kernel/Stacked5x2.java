package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SHIFT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Stacks of 5 rows x 2 vectors of columns; contract in {@link StackedTile#run}. */
final class Stacked5x2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Stacked5x2() {}

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
      int stacks) {
    if (length % 2 == 0) {
      even(a, aOff, aStep, length, b, bOff, d, dOff, dStep, stacks);
    } else {
      odd(a, aOff, aStep, length, b, bOff, d, dOff, dStep, stacks);
    }
  }

  /** Two terms at a time: they share the checks of a's bounds. */
  private static void even(
      float[] a,
      int aOff,
      int aStep,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks) {
    if (b.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
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
      for (int i = 0; i < length; i += 2) {
        int at = first + (i >> SHIFT) * (5 * COUNT) + (i & (COUNT - 1));
        long bAt = bOff + (long) i * (2 * BYTES);
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
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT]);
        d40 = v.fma(b0, d40);
        d41 = v.fma(b1, d41);
        b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 3 * BYTES, ORDER);
        v = FloatVector.broadcast(SPECIES, a[at + 1]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        v = FloatVector.broadcast(SPECIES, a[at + COUNT + 1]);
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 1]);
        d20 = v.fma(b0, d20);
        d21 = v.fma(b1, d21);
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 1]);
        d30 = v.fma(b0, d30);
        d31 = v.fma(b1, d31);
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT + 1]);
        d40 = v.fma(b0, d40);
        d41 = v.fma(b1, d41);
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
      first += aStep;
    }
  }

  private static void odd(
      float[] a,
      int aOff,
      int aStep,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment d,
      long dOff,
      long dStep,
      int stacks) {
    if (b.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
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
      for (int i = 0; i < length; i++) {
        int at = first + (i >> SHIFT) * (5 * COUNT) + (i & (COUNT - 1));
        long bAt = bOff + (long) i * (2 * BYTES);
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
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT]);
        d40 = v.fma(b0, d40);
        d41 = v.fma(b1, d41);
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
      first += aStep;
    }
  }
}
