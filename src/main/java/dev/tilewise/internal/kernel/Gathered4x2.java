package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Stacks of 4 windows x 2 vectors of filters; contract in {@link GatheredTile#run}. */
final class Gathered4x2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Terms of a round: no more than lie side by side. */
  private static final int ROUND = Math.min(COUNT, 8);

  private Gathered4x2() {}

  static void run(
      float[] a,
      int aOff,
      int aStep,
      int length,
      float[] b,
      int bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      int stacks,
      float lo,
      float hi) {
    if (init.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int bEnd = bOff + length / COUNT * COUNT * (2 * COUNT);
    int bLast = bOff + length * (2 * COUNT);
    int first = aOff;
    int row = dRow;
    for (int stack = 0; stack < stacks; stack++) {
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
      int at = first;
      int bAt = bOff;
      // A fence is no instruction here, but C2 moves no load across it: without it C2 loads several
      // rows at once and has no register left for a sum (decisions/0018).
      while (bAt < bEnd) {
        int stop = at + COUNT;
        do {
          FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
          FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + COUNT);
          FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + 2 * COUNT);
          b1 = FloatVector.fromArray(SPECIES, b, bAt + 3 * COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 1]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 1]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 1]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 1]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + 4 * COUNT);
          b1 = FloatVector.fromArray(SPECIES, b, bAt + 5 * COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 2]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 2]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 2]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 2]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + 6 * COUNT);
          b1 = FloatVector.fromArray(SPECIES, b, bAt + 7 * COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 3]);
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 3]);
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 3]);
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 3]);
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          VarHandle.loadLoadFence();
          if (ROUND == 8) {
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 8 * COUNT);
            b1 = FloatVector.fromArray(SPECIES, b, bAt + 9 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 4]);
            d00 = v.fma(b0, d00);
            d01 = v.fma(b1, d01);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 4]);
            d10 = v.fma(b0, d10);
            d11 = v.fma(b1, d11);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 4]);
            d20 = v.fma(b0, d20);
            d21 = v.fma(b1, d21);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 4]);
            d30 = v.fma(b0, d30);
            d31 = v.fma(b1, d31);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 10 * COUNT);
            b1 = FloatVector.fromArray(SPECIES, b, bAt + 11 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 5]);
            d00 = v.fma(b0, d00);
            d01 = v.fma(b1, d01);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 5]);
            d10 = v.fma(b0, d10);
            d11 = v.fma(b1, d11);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 5]);
            d20 = v.fma(b0, d20);
            d21 = v.fma(b1, d21);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 5]);
            d30 = v.fma(b0, d30);
            d31 = v.fma(b1, d31);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 12 * COUNT);
            b1 = FloatVector.fromArray(SPECIES, b, bAt + 13 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 6]);
            d00 = v.fma(b0, d00);
            d01 = v.fma(b1, d01);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 6]);
            d10 = v.fma(b0, d10);
            d11 = v.fma(b1, d11);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 6]);
            d20 = v.fma(b0, d20);
            d21 = v.fma(b1, d21);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 6]);
            d30 = v.fma(b0, d30);
            d31 = v.fma(b1, d31);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 14 * COUNT);
            b1 = FloatVector.fromArray(SPECIES, b, bAt + 15 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 7]);
            d00 = v.fma(b0, d00);
            d01 = v.fma(b1, d01);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 7]);
            d10 = v.fma(b0, d10);
            d11 = v.fma(b1, d11);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 7]);
            d20 = v.fma(b0, d20);
            d21 = v.fma(b1, d21);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 7]);
            d30 = v.fma(b0, d30);
            d31 = v.fma(b1, d31);
            VarHandle.loadLoadFence();
          }
          at += ROUND;
          bAt += ROUND * (2 * COUNT);
        } while (at < stop);
        at += 3 * COUNT;
      }
      while (bAt < bLast) {
        FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
        FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + COUNT);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        d01 = v.fma(b1, d01);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
        d10 = v.fma(b0, d10);
        d11 = v.fma(b1, d11);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
        d20 = v.fma(b0, d20);
        d21 = v.fma(b1, d21);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
        d30 = v.fma(b0, d30);
        d31 = v.fma(b1, d31);
        VarHandle.loadLoadFence();
        at++;
        bAt += 2 * COUNT;
      }
      // A product is computed once, a mere broadcast for each use.
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo).mul(1);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
        d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi).mul(1);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
        d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
      }
      long out = dRows[row] + dOff;
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + BYTES, ORDER);
      out = dRows[row + 1] + dOff;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + BYTES, ORDER);
      out = dRows[row + 2] + dOff;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + BYTES, ORDER);
      out = dRows[row + 3] + dOff;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + BYTES, ORDER);
      row += 4;
      first += aStep;
    }
  }
}
