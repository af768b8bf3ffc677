package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.DepthwiseAcross.WEIGHTS;
import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Depthwise 3x3, an output that lacks a column of the filter; contract in {@link DepthwiseAcross}.
 */
final class Across3x3Edge {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Across3x3Edge() {}

  /** One output; two tap columns, two or three tap rows. */
  static void run(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      int tapRows,
      float[] w,
      int biasAt,
      int tapAt,
      MemorySegment y,
      long yOff,
      int vectors,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    boolean clampLow = lo > Float.NEGATIVE_INFINITY;
    boolean clampHigh = hi < Float.POSITIVE_INFINITY;
    // A product is computed once, a mere broadcast for each use.
    FloatVector low = FloatVector.broadcast(SPECIES, lo).mul(1);
    FloatVector high = FloatVector.broadcast(SPECIES, hi).mul(1);
    int end = biasAt + vectors * WEIGHTS;
    boolean three = tapRows == 3;
    long length = columnStep + vectors * BYTES;
    MemorySegment x0 = x.asSlice(xOff, length);
    MemorySegment x1 = x.asSlice(xOff + rowStep, length);
    // Without a third row the second one again: one object, not one of two, is what C2 takes apart.
    MemorySegment x2 = x.asSlice(xOff + (three ? 2 : 1) * rowStep, length);
    long from0 = 0;
    long from1 = from0 + columnStep;
    long to = yOff;
    int at = biasAt;
    int tap = tapAt;
    do {
      FloatVector d0 = FloatVector.fromArray(SPECIES, w, at);
      FloatVector w0 = FloatVector.fromArray(SPECIES, w, tap);
      FloatVector w1 = FloatVector.fromArray(SPECIES, w, tap + COUNT);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, from0, ORDER).fma(w0, d0);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, from1, ORDER).fma(w1, d0);
      w0 = FloatVector.fromArray(SPECIES, w, tap + 3 * COUNT);
      w1 = FloatVector.fromArray(SPECIES, w, tap + 4 * COUNT);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, from0, ORDER).fma(w0, d0);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, from1, ORDER).fma(w1, d0);
      if (three) {
        w0 = FloatVector.fromArray(SPECIES, w, tap + 6 * COUNT);
        w1 = FloatVector.fromArray(SPECIES, w, tap + 7 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x2, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x2, from1, ORDER).fma(w1, d0);
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      from0 += BYTES;
      from1 += BYTES;
      to += BYTES;
      at += WEIGHTS;
      tap += WEIGHTS;
    } while (at < end);
  }
}
