package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Stacks of 1 row x 3 vectors of columns; contract in {@link StackedTile#run}. */
final class Stacked1x3 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Stacked1x3() {}

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
      FloatVector d02 = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += 2) {
        int at = first + i;
        long bAt = bOff + (long) i * (3 * BYTES);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
        b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 3 * BYTES, ORDER);
        b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 4 * BYTES, ORDER);
        b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 5 * BYTES, ORDER);
        v = FloatVector.broadcast(SPECIES, a[at + 1]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
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
      FloatVector d02 = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i++) {
        int at = first + i;
        long bAt = bOff + (long) i * (3 * BYTES);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, b, bAt + 2 * BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        d02 = v.fma(b2, d02);
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      d02.intoMemorySegment(d, out + 2 * BYTES, ORDER);
      out += dStep;
      first += aStep;
    }
  }
}
