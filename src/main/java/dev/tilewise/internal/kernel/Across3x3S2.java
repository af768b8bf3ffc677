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
 * Depthwise 3x3 with stride 2, two outputs of a row at a time; contract in {@link DepthwiseAcross}.
 */
final class Across3x3S2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Across3x3S2() {}

  /** A row of outputs that lack nothing. */
  static void row(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      float[] w,
      int biasAt,
      MemorySegment y,
      long yOff,
      long yStep,
      int outputs,
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
    long length = 2L * outputs * columnStep + vectors * BYTES;
    MemorySegment x0 = x.asSlice(xOff, length);
    MemorySegment x1 = x.asSlice(xOff + rowStep, length);
    MemorySegment x2 = x.asSlice(xOff + 2 * rowStep, length);
    for (int ox = 0; ox + 2 <= outputs; ox += 2) {
      long from0 = 2L * ox * columnStep;
      long from1 = from0 + columnStep;
      long from2 = from1 + columnStep;
      long from3 = from2 + columnStep;
      long from4 = from3 + columnStep;
      long to = yOff + ox * yStep;
      int at = biasAt;
      do {
        FloatVector d0 = FloatVector.fromArray(SPECIES, w, at);
        FloatVector d1 = d0;
        FloatVector w0 = FloatVector.fromArray(SPECIES, w, at + COUNT);
        FloatVector w1 = FloatVector.fromArray(SPECIES, w, at + 2 * COUNT);
        FloatVector w2 = FloatVector.fromArray(SPECIES, w, at + 3 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x0, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x0, from1, ORDER).fma(w1, d0);
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, x0, from2, ORDER);
        d0 = v.fma(w2, d0);
        d1 = v.fma(w0, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x0, from3, ORDER).fma(w1, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x0, from4, ORDER).fma(w2, d1);
        w0 = FloatVector.fromArray(SPECIES, w, at + 4 * COUNT);
        w1 = FloatVector.fromArray(SPECIES, w, at + 5 * COUNT);
        w2 = FloatVector.fromArray(SPECIES, w, at + 6 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x1, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x1, from1, ORDER).fma(w1, d0);
        v = FloatVector.fromMemorySegment(SPECIES, x1, from2, ORDER);
        d0 = v.fma(w2, d0);
        d1 = v.fma(w0, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x1, from3, ORDER).fma(w1, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x1, from4, ORDER).fma(w2, d1);
        w0 = FloatVector.fromArray(SPECIES, w, at + 7 * COUNT);
        w1 = FloatVector.fromArray(SPECIES, w, at + 8 * COUNT);
        w2 = FloatVector.fromArray(SPECIES, w, at + 9 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x2, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x2, from1, ORDER).fma(w1, d0);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from2, ORDER);
        d0 = v.fma(w2, d0);
        d1 = v.fma(w0, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x2, from3, ORDER).fma(w1, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x2, from4, ORDER).fma(w2, d1);
        if (clampLow) {
          d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        }
        d0.intoMemorySegment(y, to, ORDER);
        if (clampLow) {
          d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        }
        d1.intoMemorySegment(y, to + yStep, ORDER);
        from0 += BYTES;
        from1 += BYTES;
        from2 += BYTES;
        from3 += BYTES;
        from4 += BYTES;
        to += BYTES;
        at += WEIGHTS;
      } while (at < end);
    }
  }

  /** A row of outputs that lack a row of the filter. */
  static void border(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      float[] w,
      int biasAt,
      int tapAt,
      MemorySegment y,
      long yOff,
      long yStep,
      int outputs,
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
    long length = 2L * outputs * columnStep + vectors * BYTES;
    MemorySegment x0 = x.asSlice(xOff, length);
    MemorySegment x1 = x.asSlice(xOff + rowStep, length);
    for (int ox = 0; ox + 2 <= outputs; ox += 2) {
      long from0 = 2L * ox * columnStep;
      long from1 = from0 + columnStep;
      long from2 = from1 + columnStep;
      long from3 = from2 + columnStep;
      long from4 = from3 + columnStep;
      long to = yOff + ox * yStep;
      int at = biasAt;
      int tap = tapAt;
      do {
        FloatVector d0 = FloatVector.fromArray(SPECIES, w, at);
        FloatVector d1 = d0;
        FloatVector w0 = FloatVector.fromArray(SPECIES, w, tap);
        FloatVector w1 = FloatVector.fromArray(SPECIES, w, tap + COUNT);
        FloatVector w2 = FloatVector.fromArray(SPECIES, w, tap + 2 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x0, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x0, from1, ORDER).fma(w1, d0);
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, x0, from2, ORDER);
        d0 = v.fma(w2, d0);
        d1 = v.fma(w0, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x0, from3, ORDER).fma(w1, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x0, from4, ORDER).fma(w2, d1);
        w0 = FloatVector.fromArray(SPECIES, w, tap + 3 * COUNT);
        w1 = FloatVector.fromArray(SPECIES, w, tap + 4 * COUNT);
        w2 = FloatVector.fromArray(SPECIES, w, tap + 5 * COUNT);
        d0 = FloatVector.fromMemorySegment(SPECIES, x1, from0, ORDER).fma(w0, d0);
        d0 = FloatVector.fromMemorySegment(SPECIES, x1, from1, ORDER).fma(w1, d0);
        v = FloatVector.fromMemorySegment(SPECIES, x1, from2, ORDER);
        d0 = v.fma(w2, d0);
        d1 = v.fma(w0, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x1, from3, ORDER).fma(w1, d1);
        d1 = FloatVector.fromMemorySegment(SPECIES, x1, from4, ORDER).fma(w2, d1);
        if (clampLow) {
          d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        }
        d0.intoMemorySegment(y, to, ORDER);
        if (clampLow) {
          d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        }
        d1.intoMemorySegment(y, to + yStep, ORDER);
        from0 += BYTES;
        from1 += BYTES;
        from2 += BYTES;
        from3 += BYTES;
        from4 += BYTES;
        to += BYTES;
        at += WEIGHTS;
        tap += WEIGHTS;
      } while (at < end);
    }
  }
}
