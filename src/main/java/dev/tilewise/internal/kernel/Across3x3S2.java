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
 * Depthwise 3x3 with stride 2, two outputs of a row, or of two, at a time; contract in {@link
 * DepthwiseAcross}.
 */
final class Across3x3S2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Across3x3S2() {}

  /** Two rows of outputs that lack nothing. */
  static void pair(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      float[] w,
      int biasAt,
      MemorySegment y,
      long yOff,
      long yRowStep,
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
    MemorySegment x3 = x.asSlice(xOff + 3 * rowStep, length);
    MemorySegment x4 = x.asSlice(xOff + 4 * rowStep, length);
    long outLength = (outputs - 1L) * yStep + vectors * BYTES;
    MemorySegment y0 = y.asSlice(yOff, outLength);
    MemorySegment y1 = y.asSlice(yOff + yRowStep, outLength);
    for (int ox = 0; ox + 2 <= outputs; ox += 2) {
      long from0 = 2L * ox * columnStep;
      long from1 = from0 + columnStep;
      long from2 = from1 + columnStep;
      long from3 = from2 + columnStep;
      long from4 = from3 + columnStep;
      long to0 = ox * yStep;
      long to1 = to0 + yStep;
      int at = biasAt;
      do {
        FloatVector d00 = FloatVector.fromArray(SPECIES, w, at);
        FloatVector d01 = d00;
        FloatVector d10 = d00;
        FloatVector d11 = d00;
        FloatVector w00 = FloatVector.fromArray(SPECIES, w, at + COUNT);
        FloatVector w01 = FloatVector.fromArray(SPECIES, w, at + 2 * COUNT);
        FloatVector w02 = FloatVector.fromArray(SPECIES, w, at + 3 * COUNT);
        d00 = FloatVector.fromMemorySegment(SPECIES, x0, from0, ORDER).fma(w00, d00);
        d00 = FloatVector.fromMemorySegment(SPECIES, x0, from1, ORDER).fma(w01, d00);
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, x0, from2, ORDER);
        d00 = v.fma(w02, d00);
        d01 = v.fma(w00, d01);
        d01 = FloatVector.fromMemorySegment(SPECIES, x0, from3, ORDER).fma(w01, d01);
        d01 = FloatVector.fromMemorySegment(SPECIES, x0, from4, ORDER).fma(w02, d01);
        FloatVector w10 = FloatVector.fromArray(SPECIES, w, at + 4 * COUNT);
        FloatVector w11 = FloatVector.fromArray(SPECIES, w, at + 5 * COUNT);
        FloatVector w12 = FloatVector.fromArray(SPECIES, w, at + 6 * COUNT);
        d00 = FloatVector.fromMemorySegment(SPECIES, x1, from0, ORDER).fma(w10, d00);
        d00 = FloatVector.fromMemorySegment(SPECIES, x1, from1, ORDER).fma(w11, d00);
        v = FloatVector.fromMemorySegment(SPECIES, x1, from2, ORDER);
        d00 = v.fma(w12, d00);
        d01 = v.fma(w10, d01);
        d01 = FloatVector.fromMemorySegment(SPECIES, x1, from3, ORDER).fma(w11, d01);
        d01 = FloatVector.fromMemorySegment(SPECIES, x1, from4, ORDER).fma(w12, d01);
        FloatVector w20 = FloatVector.fromArray(SPECIES, w, at + 7 * COUNT);
        FloatVector w21 = FloatVector.fromArray(SPECIES, w, at + 8 * COUNT);
        FloatVector w22 = FloatVector.fromArray(SPECIES, w, at + 9 * COUNT);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from0, ORDER);
        d00 = v.fma(w20, d00);
        d10 = v.fma(w00, d10);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from1, ORDER);
        d00 = v.fma(w21, d00);
        d10 = v.fma(w01, d10);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from2, ORDER);
        d00 = v.fma(w22, d00);
        d01 = v.fma(w20, d01);
        d10 = v.fma(w02, d10);
        d11 = v.fma(w00, d11);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from3, ORDER);
        d01 = v.fma(w21, d01);
        d11 = v.fma(w01, d11);
        v = FloatVector.fromMemorySegment(SPECIES, x2, from4, ORDER);
        d01 = v.fma(w22, d01);
        d11 = v.fma(w02, d11);
        d10 = FloatVector.fromMemorySegment(SPECIES, x3, from0, ORDER).fma(w10, d10);
        d10 = FloatVector.fromMemorySegment(SPECIES, x3, from1, ORDER).fma(w11, d10);
        v = FloatVector.fromMemorySegment(SPECIES, x3, from2, ORDER);
        d10 = v.fma(w12, d10);
        d11 = v.fma(w10, d11);
        d11 = FloatVector.fromMemorySegment(SPECIES, x3, from3, ORDER).fma(w11, d11);
        d11 = FloatVector.fromMemorySegment(SPECIES, x3, from4, ORDER).fma(w12, d11);
        d10 = FloatVector.fromMemorySegment(SPECIES, x4, from0, ORDER).fma(w20, d10);
        d10 = FloatVector.fromMemorySegment(SPECIES, x4, from1, ORDER).fma(w21, d10);
        v = FloatVector.fromMemorySegment(SPECIES, x4, from2, ORDER);
        d10 = v.fma(w22, d10);
        d11 = v.fma(w20, d11);
        d11 = FloatVector.fromMemorySegment(SPECIES, x4, from3, ORDER).fma(w21, d11);
        d11 = FloatVector.fromMemorySegment(SPECIES, x4, from4, ORDER).fma(w22, d11);
        if (clampLow) {
          d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        }
        d00.intoMemorySegment(y0, to0, ORDER);
        if (clampLow) {
          d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
        }
        d01.intoMemorySegment(y0, to1, ORDER);
        if (clampLow) {
          d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        }
        d10.intoMemorySegment(y1, to0, ORDER);
        if (clampLow) {
          d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
        }
        if (clampHigh) {
          d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
        }
        d11.intoMemorySegment(y1, to1, ORDER);
        from0 += BYTES;
        from1 += BYTES;
        from2 += BYTES;
        from3 += BYTES;
        from4 += BYTES;
        to0 += BYTES;
        to1 += BYTES;
        at += WEIGHTS;
      } while (at < end);
    }
  }

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
