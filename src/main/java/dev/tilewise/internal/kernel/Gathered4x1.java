package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Stacks of 4 windows x 1 vector of filters; contract in {@link GatheredTile#run}. */
final class Gathered4x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Terms of a round: no more than lie side by side. */
  private static final int ROUND = Math.min(COUNT, 8);

  private Gathered4x1() {}

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
    int bEnd = bOff + length / COUNT * COUNT * COUNT;
    int bLast = bOff + length * COUNT;
    int first = aOff;
    int row = dRow;
    for (int stack = 0; stack < stacks; stack++) {
      FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
      FloatVector d00 = i0;
      FloatVector d10 = i0;
      FloatVector d20 = i0;
      FloatVector d30 = i0;
      int at = first;
      int bAt = bOff;
      // A fence is no instruction here, but C2 moves no load across it: without it C2 loads several
      // rows at once and has no register left for a sum (decisions/0018).
      while (bAt < bEnd) {
        int stop = at + COUNT;
        do {
          FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
          FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
          d00 = v.fma(b0, d00);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
          d10 = v.fma(b0, d10);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
          d20 = v.fma(b0, d20);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
          d30 = v.fma(b0, d30);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 1]);
          d00 = v.fma(b0, d00);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 1]);
          d10 = v.fma(b0, d10);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 1]);
          d20 = v.fma(b0, d20);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 1]);
          d30 = v.fma(b0, d30);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + 2 * COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 2]);
          d00 = v.fma(b0, d00);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 2]);
          d10 = v.fma(b0, d10);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 2]);
          d20 = v.fma(b0, d20);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 2]);
          d30 = v.fma(b0, d30);
          VarHandle.loadLoadFence();
          b0 = FloatVector.fromArray(SPECIES, b, bAt + 3 * COUNT);
          v = FloatVector.broadcast(SPECIES, a[at + 3]);
          d00 = v.fma(b0, d00);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + COUNT + 3]);
          d10 = v.fma(b0, d10);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 3]);
          d20 = v.fma(b0, d20);
          VarHandle.loadLoadFence();
          v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 3]);
          d30 = v.fma(b0, d30);
          VarHandle.loadLoadFence();
          if (ROUND == 8) {
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 4 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 4]);
            d00 = v.fma(b0, d00);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 4]);
            d10 = v.fma(b0, d10);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 4]);
            d20 = v.fma(b0, d20);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 4]);
            d30 = v.fma(b0, d30);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 5 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 5]);
            d00 = v.fma(b0, d00);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 5]);
            d10 = v.fma(b0, d10);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 5]);
            d20 = v.fma(b0, d20);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 5]);
            d30 = v.fma(b0, d30);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 6 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 6]);
            d00 = v.fma(b0, d00);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 6]);
            d10 = v.fma(b0, d10);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 6]);
            d20 = v.fma(b0, d20);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 6]);
            d30 = v.fma(b0, d30);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, b, bAt + 7 * COUNT);
            v = FloatVector.broadcast(SPECIES, a[at + 7]);
            d00 = v.fma(b0, d00);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + COUNT + 7]);
            d10 = v.fma(b0, d10);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT + 7]);
            d20 = v.fma(b0, d20);
            VarHandle.loadLoadFence();
            v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT + 7]);
            d30 = v.fma(b0, d30);
            VarHandle.loadLoadFence();
          }
          at += ROUND;
          bAt += ROUND * COUNT;
        } while (at < stop);
        at += 3 * COUNT;
      }
      while (bAt < bLast) {
        FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt);
        FloatVector v = FloatVector.broadcast(SPECIES, a[at]);
        d00 = v.fma(b0, d00);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + COUNT]);
        d10 = v.fma(b0, d10);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + 2 * COUNT]);
        d20 = v.fma(b0, d20);
        VarHandle.loadLoadFence();
        v = FloatVector.broadcast(SPECIES, a[at + 3 * COUNT]);
        d30 = v.fma(b0, d30);
        VarHandle.loadLoadFence();
        at++;
        bAt += COUNT;
      }
      // A product is computed once, a mere broadcast for each use.
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo).mul(1);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi).mul(1);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
      }
      long out = dRows[row] + dOff;
      d00.intoMemorySegment(d, out, ORDER);
      out = dRows[row + 1] + dOff;
      d10.intoMemorySegment(d, out, ORDER);
      out = dRows[row + 2] + dOff;
      d20.intoMemorySegment(d, out, ORDER);
      out = dRows[row + 3] + dOff;
      d30.intoMemorySegment(d, out, ORDER);
      row += 4;
      first += aStep;
    }
  }
}
