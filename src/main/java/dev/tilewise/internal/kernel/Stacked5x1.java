package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SHIFT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Stacks of 5 rows x 1 vector of columns; contract in {@link StackedTile#run}. */
final class Stacked5x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Stacked5x1() {}

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
      FloatVector d10 = FloatVector.zero(SPECIES);
      FloatVector d20 = FloatVector.zero(SPECIES);
      FloatVector d30 = FloatVector.zero(SPECIES);
      FloatVector d40 = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += 2) {
        int at = first + (i >> SHIFT) * (5 * COUNT) + (i & (COUNT - 1));
        long bAt = bOff + (long) i * BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
        d10 = v.fma(b0, d10);
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
        d20 = v.fma(b0, d20);
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
        d30 = v.fma(b0, d30);
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT]);
        d40 = v.fma(b0, d40);
        b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
        v = FloatVector.broadcast(SPECIES, a[at + 1]);
        d00 = v.fma(b0, d00);
        v = FloatVector.broadcast(SPECIES, a[at + COUNT + 1]);
        d10 = v.fma(b0, d10);
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 1]);
        d20 = v.fma(b0, d20);
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 1]);
        d30 = v.fma(b0, d30);
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT + 1]);
        d40 = v.fma(b0, d40);
      }
      d00.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
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
      FloatVector d10 = FloatVector.zero(SPECIES);
      FloatVector d20 = FloatVector.zero(SPECIES);
      FloatVector d30 = FloatVector.zero(SPECIES);
      FloatVector d40 = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i++) {
        int at = first + (i >> SHIFT) * (5 * COUNT) + (i & (COUNT - 1));
        long bAt = bOff + (long) i * BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
        d10 = v.fma(b0, d10);
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
        d20 = v.fma(b0, d20);
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
        d30 = v.fma(b0, d30);
        v = FloatVector.broadcast(SPECIES, a[at + 4 * COUNT]);
        d40 = v.fma(b0, d40);
      }
      d00.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      out += dStep;
      first += aStep;
    }
  }
}
