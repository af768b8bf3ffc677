package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Seven outputs side by side of a depthwise convolution with five taps across, for 32 registers;
 * contract in {@link Depthwise#fives}. A tap row at a time: its columns are loaded once for all
 * outputs, its weights one after the other. Every column is a slice of its own and all slices are
 * as long, so that one check serves them all.
 */
final class Depthwise5By7 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Depthwise5By7() {}

  /** Blocks of outputs that lack no column, stride 1. */
  static void inner(
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
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
    long blockStep = 7 * columnStep;
    long xSpan = (tapRows - 1) * tapRowStep + (blocks - 1) * blockStep + BYTES;
    long ySpan = (blocks - 1) * 7 * yStep + BYTES;
    MemorySegment x0 = x.asSlice(xOff, xSpan);
    MemorySegment x1 = x.asSlice(xOff + columnStep, xSpan);
    MemorySegment x2 = x.asSlice(xOff + 2 * columnStep, xSpan);
    MemorySegment x3 = x.asSlice(xOff + 3 * columnStep, xSpan);
    MemorySegment x4 = x.asSlice(xOff + 4 * columnStep, xSpan);
    MemorySegment x5 = x.asSlice(xOff + 5 * columnStep, xSpan);
    MemorySegment x6 = x.asSlice(xOff + 6 * columnStep, xSpan);
    MemorySegment x7 = x.asSlice(xOff + 7 * columnStep, xSpan);
    MemorySegment x8 = x.asSlice(xOff + 8 * columnStep, xSpan);
    MemorySegment x9 = x.asSlice(xOff + 9 * columnStep, xSpan);
    MemorySegment x10 = x.asSlice(xOff + 10 * columnStep, xSpan);
    MemorySegment y0 = y.asSlice(yOff, ySpan);
    MemorySegment y1 = y.asSlice(yOff + yStep, ySpan);
    MemorySegment y2 = y.asSlice(yOff + 2 * yStep, ySpan);
    MemorySegment y3 = y.asSlice(yOff + 3 * yStep, ySpan);
    MemorySegment y4 = y.asSlice(yOff + 4 * yStep, ySpan);
    MemorySegment y5 = y.asSlice(yOff + 5 * yStep, ySpan);
    MemorySegment y6 = y.asSlice(yOff + 6 * yStep, ySpan);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = bias;
      FloatVector d1 = bias;
      FloatVector d2 = bias;
      FloatVector d3 = bias;
      FloatVector d4 = bias;
      FloatVector d5 = bias;
      FloatVector d6 = bias;
      long at = block * blockStep;
      long weight = tapOff;
      for (int row = 0; row < tapRows; row++) {
        FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER);
        FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER);
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER);
        FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, x4, at, ORDER);
        FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, x5, at, ORDER);
        FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, x6, at, ORDER);
        FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, x7, at, ORDER);
        FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, x8, at, ORDER);
        FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, x9, at, ORDER);
        FloatVector v10 = FloatVector.fromMemorySegment(SPECIES, x10, at, ORDER);
        FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d0 = v0.fma(w0, d0);
        d1 = v1.fma(w0, d1);
        d2 = v2.fma(w0, d2);
        d3 = v3.fma(w0, d3);
        d4 = v4.fma(w0, d4);
        d5 = v5.fma(w0, d5);
        d6 = v6.fma(w0, d6);
        FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, weight + BYTES, ORDER);
        d0 = v1.fma(w1, d0);
        d1 = v2.fma(w1, d1);
        d2 = v3.fma(w1, d2);
        d3 = v4.fma(w1, d3);
        d4 = v5.fma(w1, d4);
        d5 = v6.fma(w1, d5);
        d6 = v7.fma(w1, d6);
        FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, weight + 2 * BYTES, ORDER);
        d0 = v2.fma(w2, d0);
        d1 = v3.fma(w2, d1);
        d2 = v4.fma(w2, d2);
        d3 = v5.fma(w2, d3);
        d4 = v6.fma(w2, d4);
        d5 = v7.fma(w2, d5);
        d6 = v8.fma(w2, d6);
        FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, weight + 3 * BYTES, ORDER);
        d0 = v3.fma(w3, d0);
        d1 = v4.fma(w3, d1);
        d2 = v5.fma(w3, d2);
        d3 = v6.fma(w3, d3);
        d4 = v7.fma(w3, d4);
        d5 = v8.fma(w3, d5);
        d6 = v9.fma(w3, d6);
        FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, weight + 4 * BYTES, ORDER);
        d0 = v4.fma(w4, d0);
        d1 = v5.fma(w4, d1);
        d2 = v6.fma(w4, d2);
        d3 = v7.fma(w4, d3);
        d4 = v8.fma(w4, d4);
        d5 = v9.fma(w4, d5);
        d6 = v10.fma(w4, d6);
        at += tapRowStep;
        weight += 5 * BYTES;
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
        d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
        d4 = d4.blend(low, d4.compare(VectorOperators.LT, low));
        d5 = d5.blend(low, d5.compare(VectorOperators.LT, low));
        d6 = d6.blend(low, d6.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
        d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
        d4 = d4.blend(high, d4.compare(VectorOperators.GT, high));
        d5 = d5.blend(high, d5.compare(VectorOperators.GT, high));
        d6 = d6.blend(high, d6.compare(VectorOperators.GT, high));
      }
      long to = (long) block * 7 * yStep;
      d0.intoMemorySegment(y0, to, ORDER);
      d1.intoMemorySegment(y1, to, ORDER);
      d2.intoMemorySegment(y2, to, ORDER);
      d3.intoMemorySegment(y3, to, ORDER);
      d4.intoMemorySegment(y4, to, ORDER);
      d5.intoMemorySegment(y5, to, ORDER);
      d6.intoMemorySegment(y6, to, ORDER);
    }
  }

  /** The first block of a row: two columns are absent, stride 1. */
  static void left(
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
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
    long blockStep = 7 * columnStep;
    long xSpan = (tapRows - 1) * tapRowStep + (blocks - 1) * blockStep + BYTES;
    long ySpan = (blocks - 1) * 7 * yStep + BYTES;
    MemorySegment x2 = x.asSlice(xOff, xSpan);
    MemorySegment x3 = x.asSlice(xOff + columnStep, xSpan);
    MemorySegment x4 = x.asSlice(xOff + 2 * columnStep, xSpan);
    MemorySegment x5 = x.asSlice(xOff + 3 * columnStep, xSpan);
    MemorySegment x6 = x.asSlice(xOff + 4 * columnStep, xSpan);
    MemorySegment x7 = x.asSlice(xOff + 5 * columnStep, xSpan);
    MemorySegment x8 = x.asSlice(xOff + 6 * columnStep, xSpan);
    MemorySegment x9 = x.asSlice(xOff + 7 * columnStep, xSpan);
    MemorySegment x10 = x.asSlice(xOff + 8 * columnStep, xSpan);
    MemorySegment y0 = y.asSlice(yOff, ySpan);
    MemorySegment y1 = y.asSlice(yOff + yStep, ySpan);
    MemorySegment y2 = y.asSlice(yOff + 2 * yStep, ySpan);
    MemorySegment y3 = y.asSlice(yOff + 3 * yStep, ySpan);
    MemorySegment y4 = y.asSlice(yOff + 4 * yStep, ySpan);
    MemorySegment y5 = y.asSlice(yOff + 5 * yStep, ySpan);
    MemorySegment y6 = y.asSlice(yOff + 6 * yStep, ySpan);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = bias;
      FloatVector d1 = bias;
      FloatVector d2 = bias;
      FloatVector d3 = bias;
      FloatVector d4 = bias;
      FloatVector d5 = bias;
      FloatVector d6 = bias;
      long at = block * blockStep;
      long weight = tapOff;
      for (int row = 0; row < tapRows; row++) {
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER);
        FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, x4, at, ORDER);
        FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, x5, at, ORDER);
        FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, x6, at, ORDER);
        FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, x7, at, ORDER);
        FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, x8, at, ORDER);
        FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, x9, at, ORDER);
        FloatVector v10 = FloatVector.fromMemorySegment(SPECIES, x10, at, ORDER);
        FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d2 = v2.fma(w0, d2);
        d3 = v3.fma(w0, d3);
        d4 = v4.fma(w0, d4);
        d5 = v5.fma(w0, d5);
        d6 = v6.fma(w0, d6);
        FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, weight + BYTES, ORDER);
        d1 = v2.fma(w1, d1);
        d2 = v3.fma(w1, d2);
        d3 = v4.fma(w1, d3);
        d4 = v5.fma(w1, d4);
        d5 = v6.fma(w1, d5);
        d6 = v7.fma(w1, d6);
        FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, weight + 2 * BYTES, ORDER);
        d0 = v2.fma(w2, d0);
        d1 = v3.fma(w2, d1);
        d2 = v4.fma(w2, d2);
        d3 = v5.fma(w2, d3);
        d4 = v6.fma(w2, d4);
        d5 = v7.fma(w2, d5);
        d6 = v8.fma(w2, d6);
        FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, weight + 3 * BYTES, ORDER);
        d0 = v3.fma(w3, d0);
        d1 = v4.fma(w3, d1);
        d2 = v5.fma(w3, d2);
        d3 = v6.fma(w3, d3);
        d4 = v7.fma(w3, d4);
        d5 = v8.fma(w3, d5);
        d6 = v9.fma(w3, d6);
        FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, weight + 4 * BYTES, ORDER);
        d0 = v4.fma(w4, d0);
        d1 = v5.fma(w4, d1);
        d2 = v6.fma(w4, d2);
        d3 = v7.fma(w4, d3);
        d4 = v8.fma(w4, d4);
        d5 = v9.fma(w4, d5);
        d6 = v10.fma(w4, d6);
        at += tapRowStep;
        weight += 5 * BYTES;
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
        d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
        d4 = d4.blend(low, d4.compare(VectorOperators.LT, low));
        d5 = d5.blend(low, d5.compare(VectorOperators.LT, low));
        d6 = d6.blend(low, d6.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
        d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
        d4 = d4.blend(high, d4.compare(VectorOperators.GT, high));
        d5 = d5.blend(high, d5.compare(VectorOperators.GT, high));
        d6 = d6.blend(high, d6.compare(VectorOperators.GT, high));
      }
      long to = (long) block * 7 * yStep;
      d0.intoMemorySegment(y0, to, ORDER);
      d1.intoMemorySegment(y1, to, ORDER);
      d2.intoMemorySegment(y2, to, ORDER);
      d3.intoMemorySegment(y3, to, ORDER);
      d4.intoMemorySegment(y4, to, ORDER);
      d5.intoMemorySegment(y5, to, ORDER);
      d6.intoMemorySegment(y6, to, ORDER);
    }
  }

  /** The last block of a row: two columns are absent, stride 1. */
  static void right(
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
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
    long blockStep = 7 * columnStep;
    long xSpan = (tapRows - 1) * tapRowStep + (blocks - 1) * blockStep + BYTES;
    long ySpan = (blocks - 1) * 7 * yStep + BYTES;
    MemorySegment x0 = x.asSlice(xOff, xSpan);
    MemorySegment x1 = x.asSlice(xOff + columnStep, xSpan);
    MemorySegment x2 = x.asSlice(xOff + 2 * columnStep, xSpan);
    MemorySegment x3 = x.asSlice(xOff + 3 * columnStep, xSpan);
    MemorySegment x4 = x.asSlice(xOff + 4 * columnStep, xSpan);
    MemorySegment x5 = x.asSlice(xOff + 5 * columnStep, xSpan);
    MemorySegment x6 = x.asSlice(xOff + 6 * columnStep, xSpan);
    MemorySegment x7 = x.asSlice(xOff + 7 * columnStep, xSpan);
    MemorySegment x8 = x.asSlice(xOff + 8 * columnStep, xSpan);
    MemorySegment y0 = y.asSlice(yOff, ySpan);
    MemorySegment y1 = y.asSlice(yOff + yStep, ySpan);
    MemorySegment y2 = y.asSlice(yOff + 2 * yStep, ySpan);
    MemorySegment y3 = y.asSlice(yOff + 3 * yStep, ySpan);
    MemorySegment y4 = y.asSlice(yOff + 4 * yStep, ySpan);
    MemorySegment y5 = y.asSlice(yOff + 5 * yStep, ySpan);
    MemorySegment y6 = y.asSlice(yOff + 6 * yStep, ySpan);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = bias;
      FloatVector d1 = bias;
      FloatVector d2 = bias;
      FloatVector d3 = bias;
      FloatVector d4 = bias;
      FloatVector d5 = bias;
      FloatVector d6 = bias;
      long at = block * blockStep;
      long weight = tapOff;
      for (int row = 0; row < tapRows; row++) {
        FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER);
        FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER);
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER);
        FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, x4, at, ORDER);
        FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, x5, at, ORDER);
        FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, x6, at, ORDER);
        FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, x7, at, ORDER);
        FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, x8, at, ORDER);
        FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d0 = v0.fma(w0, d0);
        d1 = v1.fma(w0, d1);
        d2 = v2.fma(w0, d2);
        d3 = v3.fma(w0, d3);
        d4 = v4.fma(w0, d4);
        d5 = v5.fma(w0, d5);
        d6 = v6.fma(w0, d6);
        FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, weight + BYTES, ORDER);
        d0 = v1.fma(w1, d0);
        d1 = v2.fma(w1, d1);
        d2 = v3.fma(w1, d2);
        d3 = v4.fma(w1, d3);
        d4 = v5.fma(w1, d4);
        d5 = v6.fma(w1, d5);
        d6 = v7.fma(w1, d6);
        FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, weight + 2 * BYTES, ORDER);
        d0 = v2.fma(w2, d0);
        d1 = v3.fma(w2, d1);
        d2 = v4.fma(w2, d2);
        d3 = v5.fma(w2, d3);
        d4 = v6.fma(w2, d4);
        d5 = v7.fma(w2, d5);
        d6 = v8.fma(w2, d6);
        FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, weight + 3 * BYTES, ORDER);
        d0 = v3.fma(w3, d0);
        d1 = v4.fma(w3, d1);
        d2 = v5.fma(w3, d2);
        d3 = v6.fma(w3, d3);
        d4 = v7.fma(w3, d4);
        d5 = v8.fma(w3, d5);
        FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, weight + 4 * BYTES, ORDER);
        d0 = v4.fma(w4, d0);
        d1 = v5.fma(w4, d1);
        d2 = v6.fma(w4, d2);
        d3 = v7.fma(w4, d3);
        d4 = v8.fma(w4, d4);
        at += tapRowStep;
        weight += 5 * BYTES;
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
        d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
        d4 = d4.blend(low, d4.compare(VectorOperators.LT, low));
        d5 = d5.blend(low, d5.compare(VectorOperators.LT, low));
        d6 = d6.blend(low, d6.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
        d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
        d4 = d4.blend(high, d4.compare(VectorOperators.GT, high));
        d5 = d5.blend(high, d5.compare(VectorOperators.GT, high));
        d6 = d6.blend(high, d6.compare(VectorOperators.GT, high));
      }
      long to = (long) block * 7 * yStep;
      d0.intoMemorySegment(y0, to, ORDER);
      d1.intoMemorySegment(y1, to, ORDER);
      d2.intoMemorySegment(y2, to, ORDER);
      d3.intoMemorySegment(y3, to, ORDER);
      d4.intoMemorySegment(y4, to, ORDER);
      d5.intoMemorySegment(y5, to, ORDER);
      d6.intoMemorySegment(y6, to, ORDER);
    }
  }

  /** A row of one block: two columns are absent on either side, stride 1. */
  static void row(
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
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
    long blockStep = 7 * columnStep;
    long xSpan = (tapRows - 1) * tapRowStep + (blocks - 1) * blockStep + BYTES;
    long ySpan = (blocks - 1) * 7 * yStep + BYTES;
    MemorySegment x2 = x.asSlice(xOff, xSpan);
    MemorySegment x3 = x.asSlice(xOff + columnStep, xSpan);
    MemorySegment x4 = x.asSlice(xOff + 2 * columnStep, xSpan);
    MemorySegment x5 = x.asSlice(xOff + 3 * columnStep, xSpan);
    MemorySegment x6 = x.asSlice(xOff + 4 * columnStep, xSpan);
    MemorySegment x7 = x.asSlice(xOff + 5 * columnStep, xSpan);
    MemorySegment x8 = x.asSlice(xOff + 6 * columnStep, xSpan);
    MemorySegment y0 = y.asSlice(yOff, ySpan);
    MemorySegment y1 = y.asSlice(yOff + yStep, ySpan);
    MemorySegment y2 = y.asSlice(yOff + 2 * yStep, ySpan);
    MemorySegment y3 = y.asSlice(yOff + 3 * yStep, ySpan);
    MemorySegment y4 = y.asSlice(yOff + 4 * yStep, ySpan);
    MemorySegment y5 = y.asSlice(yOff + 5 * yStep, ySpan);
    MemorySegment y6 = y.asSlice(yOff + 6 * yStep, ySpan);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = bias;
      FloatVector d1 = bias;
      FloatVector d2 = bias;
      FloatVector d3 = bias;
      FloatVector d4 = bias;
      FloatVector d5 = bias;
      FloatVector d6 = bias;
      long at = block * blockStep;
      long weight = tapOff;
      for (int row = 0; row < tapRows; row++) {
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER);
        FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, x4, at, ORDER);
        FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, x5, at, ORDER);
        FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, x6, at, ORDER);
        FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, x7, at, ORDER);
        FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, x8, at, ORDER);
        FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d2 = v2.fma(w0, d2);
        d3 = v3.fma(w0, d3);
        d4 = v4.fma(w0, d4);
        d5 = v5.fma(w0, d5);
        d6 = v6.fma(w0, d6);
        FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, weight + BYTES, ORDER);
        d1 = v2.fma(w1, d1);
        d2 = v3.fma(w1, d2);
        d3 = v4.fma(w1, d3);
        d4 = v5.fma(w1, d4);
        d5 = v6.fma(w1, d5);
        d6 = v7.fma(w1, d6);
        FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, weight + 2 * BYTES, ORDER);
        d0 = v2.fma(w2, d0);
        d1 = v3.fma(w2, d1);
        d2 = v4.fma(w2, d2);
        d3 = v5.fma(w2, d3);
        d4 = v6.fma(w2, d4);
        d5 = v7.fma(w2, d5);
        d6 = v8.fma(w2, d6);
        FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, weight + 3 * BYTES, ORDER);
        d0 = v3.fma(w3, d0);
        d1 = v4.fma(w3, d1);
        d2 = v5.fma(w3, d2);
        d3 = v6.fma(w3, d3);
        d4 = v7.fma(w3, d4);
        d5 = v8.fma(w3, d5);
        FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, weight + 4 * BYTES, ORDER);
        d0 = v4.fma(w4, d0);
        d1 = v5.fma(w4, d1);
        d2 = v6.fma(w4, d2);
        d3 = v7.fma(w4, d3);
        d4 = v8.fma(w4, d4);
        at += tapRowStep;
        weight += 5 * BYTES;
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
        d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
        d4 = d4.blend(low, d4.compare(VectorOperators.LT, low));
        d5 = d5.blend(low, d5.compare(VectorOperators.LT, low));
        d6 = d6.blend(low, d6.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
        d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
        d4 = d4.blend(high, d4.compare(VectorOperators.GT, high));
        d5 = d5.blend(high, d5.compare(VectorOperators.GT, high));
        d6 = d6.blend(high, d6.compare(VectorOperators.GT, high));
      }
      long to = (long) block * 7 * yStep;
      d0.intoMemorySegment(y0, to, ORDER);
      d1.intoMemorySegment(y1, to, ORDER);
      d2.intoMemorySegment(y2, to, ORDER);
      d3.intoMemorySegment(y3, to, ORDER);
      d4.intoMemorySegment(y4, to, ORDER);
      d5.intoMemorySegment(y5, to, ORDER);
      d6.intoMemorySegment(y6, to, ORDER);
    }
  }

  /** Blocks of outputs that lack no column, stride 2. */
  static void strided(
      MemorySegment x,
      long xOff,
      long columnStep,
      long tapRowStep,
      int tapRows,
      MemorySegment w,
      long biasOff,
      long tapOff,
      MemorySegment y,
      long yOff,
      long yStep,
      int blocks,
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
    long blockStep = 14 * columnStep;
    long xSpan = (tapRows - 1) * tapRowStep + (blocks - 1) * blockStep + BYTES;
    long ySpan = (blocks - 1) * 7 * yStep + BYTES;
    MemorySegment x0 = x.asSlice(xOff, xSpan);
    MemorySegment x1 = x.asSlice(xOff + columnStep, xSpan);
    MemorySegment x2 = x.asSlice(xOff + 2 * columnStep, xSpan);
    MemorySegment x3 = x.asSlice(xOff + 3 * columnStep, xSpan);
    MemorySegment x4 = x.asSlice(xOff + 4 * columnStep, xSpan);
    MemorySegment x5 = x.asSlice(xOff + 5 * columnStep, xSpan);
    MemorySegment x6 = x.asSlice(xOff + 6 * columnStep, xSpan);
    MemorySegment x7 = x.asSlice(xOff + 7 * columnStep, xSpan);
    MemorySegment x8 = x.asSlice(xOff + 8 * columnStep, xSpan);
    MemorySegment x9 = x.asSlice(xOff + 9 * columnStep, xSpan);
    MemorySegment x10 = x.asSlice(xOff + 10 * columnStep, xSpan);
    MemorySegment x11 = x.asSlice(xOff + 11 * columnStep, xSpan);
    MemorySegment x12 = x.asSlice(xOff + 12 * columnStep, xSpan);
    MemorySegment x13 = x.asSlice(xOff + 13 * columnStep, xSpan);
    MemorySegment x14 = x.asSlice(xOff + 14 * columnStep, xSpan);
    MemorySegment x15 = x.asSlice(xOff + 15 * columnStep, xSpan);
    MemorySegment x16 = x.asSlice(xOff + 16 * columnStep, xSpan);
    MemorySegment y0 = y.asSlice(yOff, ySpan);
    MemorySegment y1 = y.asSlice(yOff + yStep, ySpan);
    MemorySegment y2 = y.asSlice(yOff + 2 * yStep, ySpan);
    MemorySegment y3 = y.asSlice(yOff + 3 * yStep, ySpan);
    MemorySegment y4 = y.asSlice(yOff + 4 * yStep, ySpan);
    MemorySegment y5 = y.asSlice(yOff + 5 * yStep, ySpan);
    MemorySegment y6 = y.asSlice(yOff + 6 * yStep, ySpan);
    for (int block = 0; block < blocks; block++) {
      FloatVector d0 = bias;
      FloatVector d1 = bias;
      FloatVector d2 = bias;
      FloatVector d3 = bias;
      FloatVector d4 = bias;
      FloatVector d5 = bias;
      FloatVector d6 = bias;
      long at = block * blockStep;
      long weight = tapOff;
      for (int row = 0; row < tapRows; row++) {
        FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER);
        FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER);
        FloatVector v2 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(SPECIES, x3, at, ORDER);
        FloatVector v4 = FloatVector.fromMemorySegment(SPECIES, x4, at, ORDER);
        FloatVector v5 = FloatVector.fromMemorySegment(SPECIES, x5, at, ORDER);
        FloatVector v6 = FloatVector.fromMemorySegment(SPECIES, x6, at, ORDER);
        FloatVector v7 = FloatVector.fromMemorySegment(SPECIES, x7, at, ORDER);
        FloatVector v8 = FloatVector.fromMemorySegment(SPECIES, x8, at, ORDER);
        FloatVector v9 = FloatVector.fromMemorySegment(SPECIES, x9, at, ORDER);
        FloatVector v10 = FloatVector.fromMemorySegment(SPECIES, x10, at, ORDER);
        FloatVector v11 = FloatVector.fromMemorySegment(SPECIES, x11, at, ORDER);
        FloatVector v12 = FloatVector.fromMemorySegment(SPECIES, x12, at, ORDER);
        FloatVector v13 = FloatVector.fromMemorySegment(SPECIES, x13, at, ORDER);
        FloatVector v14 = FloatVector.fromMemorySegment(SPECIES, x14, at, ORDER);
        FloatVector v15 = FloatVector.fromMemorySegment(SPECIES, x15, at, ORDER);
        FloatVector v16 = FloatVector.fromMemorySegment(SPECIES, x16, at, ORDER);
        FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, weight, ORDER);
        d0 = v0.fma(w0, d0);
        d1 = v2.fma(w0, d1);
        d2 = v4.fma(w0, d2);
        d3 = v6.fma(w0, d3);
        d4 = v8.fma(w0, d4);
        d5 = v10.fma(w0, d5);
        d6 = v12.fma(w0, d6);
        FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, weight + BYTES, ORDER);
        d0 = v1.fma(w1, d0);
        d1 = v3.fma(w1, d1);
        d2 = v5.fma(w1, d2);
        d3 = v7.fma(w1, d3);
        d4 = v9.fma(w1, d4);
        d5 = v11.fma(w1, d5);
        d6 = v13.fma(w1, d6);
        FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, weight + 2 * BYTES, ORDER);
        d0 = v2.fma(w2, d0);
        d1 = v4.fma(w2, d1);
        d2 = v6.fma(w2, d2);
        d3 = v8.fma(w2, d3);
        d4 = v10.fma(w2, d4);
        d5 = v12.fma(w2, d5);
        d6 = v14.fma(w2, d6);
        FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, weight + 3 * BYTES, ORDER);
        d0 = v3.fma(w3, d0);
        d1 = v5.fma(w3, d1);
        d2 = v7.fma(w3, d2);
        d3 = v9.fma(w3, d3);
        d4 = v11.fma(w3, d4);
        d5 = v13.fma(w3, d5);
        d6 = v15.fma(w3, d6);
        FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, weight + 4 * BYTES, ORDER);
        d0 = v4.fma(w4, d0);
        d1 = v6.fma(w4, d1);
        d2 = v8.fma(w4, d2);
        d3 = v10.fma(w4, d3);
        d4 = v12.fma(w4, d4);
        d5 = v14.fma(w4, d5);
        d6 = v16.fma(w4, d6);
        at += tapRowStep;
        weight += 5 * BYTES;
      }
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
        d2 = d2.blend(low, d2.compare(VectorOperators.LT, low));
        d3 = d3.blend(low, d3.compare(VectorOperators.LT, low));
        d4 = d4.blend(low, d4.compare(VectorOperators.LT, low));
        d5 = d5.blend(low, d5.compare(VectorOperators.LT, low));
        d6 = d6.blend(low, d6.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
        d2 = d2.blend(high, d2.compare(VectorOperators.GT, high));
        d3 = d3.blend(high, d3.compare(VectorOperators.GT, high));
        d4 = d4.blend(high, d4.compare(VectorOperators.GT, high));
        d5 = d5.blend(high, d5.compare(VectorOperators.GT, high));
        d6 = d6.blend(high, d6.compare(VectorOperators.GT, high));
      }
      long to = (long) block * 7 * yStep;
      d0.intoMemorySegment(y0, to, ORDER);
      d1.intoMemorySegment(y1, to, ORDER);
      d2.intoMemorySegment(y2, to, ORDER);
      d3.intoMemorySegment(y3, to, ORDER);
      d4.intoMemorySegment(y4, to, ORDER);
      d5.intoMemorySegment(y5, to, ORDER);
      d6.intoMemorySegment(y6, to, ORDER);
    }
  }
}
