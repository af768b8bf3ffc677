package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of a depthwise 3x3 convolution with stride 1; contract in {@link Depthwise#rows}.
 *
 * <p>A column that is loaded stays in registers for three outputs. Rows are offsets: slices take
 * fewer checks, but stay objects in a process where C2 does not inline {@code asSlice}
 * (docs/decisions/0020-cold-filters.md).
 */
final class Depthwise3x3S1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Depthwise3x3S1() {}

  /** Three output rows from five input rows. */
  static void rows3(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yRowStep,
      long yStep,
      int columns,
      boolean left,
      boolean right,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    boolean clampLow = lo > Float.NEGATIVE_INFINITY;
    boolean clampHigh = hi < Float.POSITIVE_INFINITY;
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    FloatVector bias = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector w00 = FloatVector.fromMemorySegment(SPECIES, w, tapOff, ORDER);
    FloatVector w01 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + BYTES, ORDER);
    FloatVector w02 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 2 * BYTES, ORDER);
    FloatVector w10 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 3 * BYTES, ORDER);
    FloatVector w11 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 4 * BYTES, ORDER);
    FloatVector w12 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 5 * BYTES, ORDER);
    FloatVector w20 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 6 * BYTES, ORDER);
    FloatVector w21 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 7 * BYTES, ORDER);
    FloatVector w22 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 8 * BYTES, ORDER);
    long x0 = xOff;
    long x1 = xOff + rowStep;
    long x2 = xOff + 2 * rowStep;
    long x3 = xOff + 3 * rowStep;
    long x4 = xOff + 4 * rowStep;
    long y0 = yOff;
    long y1 = yOff + yRowStep;
    long y2 = yOff + 2 * yRowStep;
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, x, x2, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, x, x3, ORDER);
    FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, x, x4, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + columnStep, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + columnStep, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + columnStep, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, x, x3 + columnStep, ORDER);
    FloatVector b4 = FloatVector.fromMemorySegment(SPECIES, x, x4 + columnStep, ORDER);
    long at = 2 * columnStep;
    long to = 0;
    if (left) {
      FloatVector d0 = a0.fma(w01, bias);
      FloatVector d1 = a1.fma(w01, bias);
      FloatVector d2 = a2.fma(w01, bias);
      d0 = b0.fma(w02, d0);
      d1 = b1.fma(w02, d1);
      d2 = b2.fma(w02, d2);
      d0 = a1.fma(w11, d0);
      d1 = a2.fma(w11, d1);
      d2 = a3.fma(w11, d2);
      d0 = b1.fma(w12, d0);
      d1 = b2.fma(w12, d1);
      d2 = b3.fma(w12, d2);
      d0 = a2.fma(w21, d0);
      d1 = a3.fma(w21, d1);
      d2 = a4.fma(w21, d2);
      d0 = b2.fma(w22, d0);
      d1 = b3.fma(w22, d1);
      d2 = b4.fma(w22, d2);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
      d2.intoMemorySegment(y, y2 + to, ORDER);
      to += yStep;
    }
    for (int i = 0; i < columns; i++) {
      FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + at, ORDER);
      FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + at, ORDER);
      FloatVector c2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + at, ORDER);
      FloatVector c3 = FloatVector.fromMemorySegment(SPECIES, x, x3 + at, ORDER);
      FloatVector c4 = FloatVector.fromMemorySegment(SPECIES, x, x4 + at, ORDER);
      at += columnStep;
      FloatVector d0 = a0.fma(w00, bias);
      FloatVector d1 = a1.fma(w00, bias);
      FloatVector d2 = a2.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d1 = b1.fma(w01, d1);
      d2 = b2.fma(w01, d2);
      d0 = c0.fma(w02, d0);
      d1 = c1.fma(w02, d1);
      d2 = c2.fma(w02, d2);
      d0 = a1.fma(w10, d0);
      d1 = a2.fma(w10, d1);
      d2 = a3.fma(w10, d2);
      d0 = b1.fma(w11, d0);
      d1 = b2.fma(w11, d1);
      d2 = b3.fma(w11, d2);
      d0 = c1.fma(w12, d0);
      d1 = c2.fma(w12, d1);
      d2 = c3.fma(w12, d2);
      d0 = a2.fma(w20, d0);
      d1 = a3.fma(w20, d1);
      d2 = a4.fma(w20, d2);
      d0 = b2.fma(w21, d0);
      d1 = b3.fma(w21, d1);
      d2 = b4.fma(w21, d2);
      d0 = c2.fma(w22, d0);
      d1 = c3.fma(w22, d1);
      d2 = c4.fma(w22, d2);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
      d2.intoMemorySegment(y, y2 + to, ORDER);
      to += yStep;
      a0 = b0;
      b0 = c0;
      a1 = b1;
      b1 = c1;
      a2 = b2;
      b2 = c2;
      a3 = b3;
      b3 = c3;
      a4 = b4;
      b4 = c4;
    }
    if (right) {
      FloatVector d0 = a0.fma(w00, bias);
      FloatVector d1 = a1.fma(w00, bias);
      FloatVector d2 = a2.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d1 = b1.fma(w01, d1);
      d2 = b2.fma(w01, d2);
      d0 = a1.fma(w10, d0);
      d1 = a2.fma(w10, d1);
      d2 = a3.fma(w10, d2);
      d0 = b1.fma(w11, d0);
      d1 = b2.fma(w11, d1);
      d2 = b3.fma(w11, d2);
      d0 = a2.fma(w20, d0);
      d1 = a3.fma(w20, d1);
      d2 = a4.fma(w20, d2);
      d0 = b2.fma(w21, d0);
      d1 = b3.fma(w21, d1);
      d2 = b4.fma(w21, d2);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
      d2.intoMemorySegment(y, y2 + to, ORDER);
    }
  }

  /** Two output rows from four input rows. */
  static void rows2(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yRowStep,
      long yStep,
      int columns,
      boolean left,
      boolean right,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    boolean clampLow = lo > Float.NEGATIVE_INFINITY;
    boolean clampHigh = hi < Float.POSITIVE_INFINITY;
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    FloatVector bias = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector w00 = FloatVector.fromMemorySegment(SPECIES, w, tapOff, ORDER);
    FloatVector w01 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + BYTES, ORDER);
    FloatVector w02 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 2 * BYTES, ORDER);
    FloatVector w10 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 3 * BYTES, ORDER);
    FloatVector w11 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 4 * BYTES, ORDER);
    FloatVector w12 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 5 * BYTES, ORDER);
    FloatVector w20 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 6 * BYTES, ORDER);
    FloatVector w21 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 7 * BYTES, ORDER);
    FloatVector w22 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 8 * BYTES, ORDER);
    long x0 = xOff;
    long x1 = xOff + rowStep;
    long x2 = xOff + 2 * rowStep;
    long x3 = xOff + 3 * rowStep;
    long y0 = yOff;
    long y1 = yOff + yRowStep;
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, x, x2, ORDER);
    FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, x, x3, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + columnStep, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + columnStep, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + columnStep, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, x, x3 + columnStep, ORDER);
    long at = 2 * columnStep;
    long to = 0;
    if (left) {
      FloatVector d0 = a0.fma(w01, bias);
      FloatVector d1 = a1.fma(w01, bias);
      d0 = b0.fma(w02, d0);
      d1 = b1.fma(w02, d1);
      d0 = a1.fma(w11, d0);
      d1 = a2.fma(w11, d1);
      d0 = b1.fma(w12, d0);
      d1 = b2.fma(w12, d1);
      d0 = a2.fma(w21, d0);
      d1 = a3.fma(w21, d1);
      d0 = b2.fma(w22, d0);
      d1 = b3.fma(w22, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
      to += yStep;
    }
    for (int i = 0; i < columns; i++) {
      FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + at, ORDER);
      FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + at, ORDER);
      FloatVector c2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + at, ORDER);
      FloatVector c3 = FloatVector.fromMemorySegment(SPECIES, x, x3 + at, ORDER);
      at += columnStep;
      FloatVector d0 = a0.fma(w00, bias);
      FloatVector d1 = a1.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d1 = b1.fma(w01, d1);
      d0 = c0.fma(w02, d0);
      d1 = c1.fma(w02, d1);
      d0 = a1.fma(w10, d0);
      d1 = a2.fma(w10, d1);
      d0 = b1.fma(w11, d0);
      d1 = b2.fma(w11, d1);
      d0 = c1.fma(w12, d0);
      d1 = c2.fma(w12, d1);
      d0 = a2.fma(w20, d0);
      d1 = a3.fma(w20, d1);
      d0 = b2.fma(w21, d0);
      d1 = b3.fma(w21, d1);
      d0 = c2.fma(w22, d0);
      d1 = c3.fma(w22, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
      to += yStep;
      a0 = b0;
      b0 = c0;
      a1 = b1;
      b1 = c1;
      a2 = b2;
      b2 = c2;
      a3 = b3;
      b3 = c3;
    }
    if (right) {
      FloatVector d0 = a0.fma(w00, bias);
      FloatVector d1 = a1.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d1 = b1.fma(w01, d1);
      d0 = a1.fma(w10, d0);
      d1 = a2.fma(w10, d1);
      d0 = b1.fma(w11, d0);
      d1 = b2.fma(w11, d1);
      d0 = a2.fma(w20, d0);
      d1 = a3.fma(w20, d1);
      d0 = b2.fma(w21, d0);
      d1 = b3.fma(w21, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      d1.intoMemorySegment(y, y1 + to, ORDER);
    }
  }

  /** One output row from three input rows. */
  static void row(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int columns,
      boolean left,
      boolean right,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    boolean clampLow = lo > Float.NEGATIVE_INFINITY;
    boolean clampHigh = hi < Float.POSITIVE_INFINITY;
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    FloatVector bias = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector w00 = FloatVector.fromMemorySegment(SPECIES, w, tapOff, ORDER);
    FloatVector w01 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + BYTES, ORDER);
    FloatVector w02 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 2 * BYTES, ORDER);
    FloatVector w10 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 3 * BYTES, ORDER);
    FloatVector w11 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 4 * BYTES, ORDER);
    FloatVector w12 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 5 * BYTES, ORDER);
    FloatVector w20 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 6 * BYTES, ORDER);
    FloatVector w21 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 7 * BYTES, ORDER);
    FloatVector w22 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 8 * BYTES, ORDER);
    long x0 = xOff;
    long x1 = xOff + rowStep;
    long x2 = xOff + 2 * rowStep;
    long y0 = yOff;
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER);
    FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, x, x2, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + columnStep, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + columnStep, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + columnStep, ORDER);
    long at = 2 * columnStep;
    long to = 0;
    if (left) {
      FloatVector d0 = a0.fma(w01, bias);
      d0 = b0.fma(w02, d0);
      d0 = a1.fma(w11, d0);
      d0 = b1.fma(w12, d0);
      d0 = a2.fma(w21, d0);
      d0 = b2.fma(w22, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      to += yStep;
    }
    for (int i = 0; i < columns; i++) {
      FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + at, ORDER);
      FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + at, ORDER);
      FloatVector c2 = FloatVector.fromMemorySegment(SPECIES, x, x2 + at, ORDER);
      at += columnStep;
      FloatVector d0 = a0.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d0 = c0.fma(w02, d0);
      d0 = a1.fma(w10, d0);
      d0 = b1.fma(w11, d0);
      d0 = c1.fma(w12, d0);
      d0 = a2.fma(w20, d0);
      d0 = b2.fma(w21, d0);
      d0 = c2.fma(w22, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
      to += yStep;
      a0 = b0;
      b0 = c0;
      a1 = b1;
      b1 = c1;
      a2 = b2;
      b2 = c2;
    }
    if (right) {
      FloatVector d0 = a0.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d0 = a1.fma(w10, d0);
      d0 = b1.fma(w11, d0);
      d0 = a2.fma(w20, d0);
      d0 = b2.fma(w21, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, y0 + to, ORDER);
    }
  }

  /** One output row at a border, where a row of the filter is absent: from two input rows. */
  static void edge(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int columns,
      boolean left,
      boolean right,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    boolean clampLow = lo > Float.NEGATIVE_INFINITY;
    boolean clampHigh = hi < Float.POSITIVE_INFINITY;
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    FloatVector bias = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector w00 = FloatVector.fromMemorySegment(SPECIES, w, tapOff, ORDER);
    FloatVector w01 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + BYTES, ORDER);
    FloatVector w02 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 2 * BYTES, ORDER);
    FloatVector w10 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 3 * BYTES, ORDER);
    FloatVector w11 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 4 * BYTES, ORDER);
    FloatVector w12 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 5 * BYTES, ORDER);
    long x0 = xOff;
    long x1 = xOff + rowStep;
    FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER);
    FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + columnStep, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + columnStep, ORDER);
    long at = 2 * columnStep;
    long to = yOff;
    if (left) {
      FloatVector d0 = a0.fma(w01, bias);
      d0 = b0.fma(w02, d0);
      d0 = a1.fma(w11, d0);
      d0 = b1.fma(w12, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      to += yStep;
    }
    for (int i = 0; i < columns; i++) {
      FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, x, x0 + at, ORDER);
      FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, x, x1 + at, ORDER);
      at += columnStep;
      FloatVector d0 = a0.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d0 = c0.fma(w02, d0);
      d0 = a1.fma(w10, d0);
      d0 = b1.fma(w11, d0);
      d0 = c1.fma(w12, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      to += yStep;
      a0 = b0;
      b0 = c0;
      a1 = b1;
      b1 = c1;
    }
    if (right) {
      FloatVector d0 = a0.fma(w00, bias);
      d0 = b0.fma(w01, d0);
      d0 = a1.fma(w10, d0);
      d0 = b1.fma(w11, d0);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
    }
  }
}
