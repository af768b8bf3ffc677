package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Depthwise convolution by a loop over taps; contract in {@link Depthwise#taps}. */
final class DepthwiseTaps {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private DepthwiseTaps() {}

  /** Four outputs side by side. */
  static void four(
      MemorySegment x,
      long xOff,
      long xStep,
      long tapRowStep,
      long tapStep,
      int tapRows,
      int tapColumns,
      MemorySegment w,
      long biasOff,
      long tapOff,
      long wRowStep,
      MemorySegment y,
      long yOff,
      long yStep,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector bias = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector d0 = bias;
    FloatVector d1 = bias;
    FloatVector d2 = bias;
    FloatVector d3 = bias;
    long span = (tapRows - 1) * tapRowStep + (tapColumns - 1) * tapStep + BYTES;
    MemorySegment x0 = x.asSlice(xOff, span);
    MemorySegment x1 = x.asSlice(xOff + xStep, span);
    MemorySegment x2 = x.asSlice(xOff + 2 * xStep, span);
    MemorySegment x3 = x.asSlice(xOff + 3 * xStep, span);
    for (int row = 0; row < tapRows; row++) {
      long at = row * tapRowStep;
      long weight = tapOff + row * wRowStep;
      for (int column = 0; column < tapColumns; column++) {
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER).fma(v, d0);
        d1 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER).fma(v, d1);
        d2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER).fma(v, d2);
        d3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER).fma(v, d3);
        at += tapStep;
        weight += BYTES;
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
      d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
      d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
      d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
      d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
    }
    d0.intoMemorySegment(y, yOff, ORDER);
    d1.intoMemorySegment(y, yOff + yStep, ORDER);
    d2.intoMemorySegment(y, yOff + 2 * yStep, ORDER);
    d3.intoMemorySegment(y, yOff + 3 * yStep, ORDER);
  }

  /** One output. */
  static void one(
      MemorySegment x,
      long xOff,
      long tapRowStep,
      long tapStep,
      int tapRows,
      int tapColumns,
      MemorySegment w,
      long biasOff,
      long tapOff,
      long wRowStep,
      MemorySegment y,
      long yOff,
      float lo,
      float hi) {
    if (x.getClass() != NATIVE || w.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector d = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    for (int row = 0; row < tapRows; row++) {
      long at = xOff + row * tapRowStep;
      long weight = tapOff + row * wRowStep;
      for (int column = 0; column < tapColumns; column++) {
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER).fma(v, d);
        at += tapStep;
        weight += BYTES;
      }
    }
    if (lo > Float.NEGATIVE_INFINITY) {
      FloatVector low = FloatVector.broadcast(SPECIES, lo);
      d = d.blend(low, d.compare(VectorOperators.LT, low));
    }
    if (hi < Float.POSITIVE_INFINITY) {
      FloatVector high = FloatVector.broadcast(SPECIES, hi);
      d = d.blend(high, d.compare(VectorOperators.GT, high));
    }
    d.intoMemorySegment(y, yOff, ORDER);
  }
}
