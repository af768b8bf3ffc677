package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A row of a depthwise 3x3 convolution for two vectors of channels side by side; contract in {@link
 * Depthwise#pair}. Vectors of 256 bits are half a line of the cache, and a line that is fetched
 * should be used whole (docs/decisions/0018-fences.md).
 */
final class Depthwise3x3Pair {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Depthwise3x3Pair() {}

  static void row(
      int stride,
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      MemorySegment w,
      long biasOff,
      long tapOff,
      long vectorStep,
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
    long nextBias = biasOff + vectorStep;
    long nextTap = tapOff + vectorStep;
    FloatVector bias0 = FloatVector.fromMemorySegment(SPECIES, w, biasOff, ORDER);
    FloatVector bias1 = FloatVector.fromMemorySegment(SPECIES, w, nextBias, ORDER);
    FloatVector w000 = FloatVector.fromMemorySegment(SPECIES, w, tapOff, ORDER);
    FloatVector w001 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + BYTES, ORDER);
    FloatVector w002 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 2 * BYTES, ORDER);
    FloatVector w010 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 3 * BYTES, ORDER);
    FloatVector w011 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 4 * BYTES, ORDER);
    FloatVector w012 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 5 * BYTES, ORDER);
    FloatVector w020 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 6 * BYTES, ORDER);
    FloatVector w021 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 7 * BYTES, ORDER);
    FloatVector w022 = FloatVector.fromMemorySegment(SPECIES, w, tapOff + 8 * BYTES, ORDER);
    FloatVector w100 = FloatVector.fromMemorySegment(SPECIES, w, nextTap, ORDER);
    FloatVector w101 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + BYTES, ORDER);
    FloatVector w102 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 2 * BYTES, ORDER);
    FloatVector w110 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 3 * BYTES, ORDER);
    FloatVector w111 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 4 * BYTES, ORDER);
    FloatVector w112 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 5 * BYTES, ORDER);
    FloatVector w120 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 6 * BYTES, ORDER);
    FloatVector w121 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 7 * BYTES, ORDER);
    FloatVector w122 = FloatVector.fromMemorySegment(SPECIES, w, nextTap + 8 * BYTES, ORDER);
    long step = stride * columnStep;
    long first = left ? step - columnStep : 0;
    // Slices of one length, so that one check of an offset serves all three rows.
    long whole = columns > 0 ? first + (columns - 1) * step + 2 * columnStep : 0;
    long last = right ? first + columns * step + columnStep : 0;
    long length = Math.max(Math.max(whole, last), left ? columnStep : 0) + 2 * BYTES;
    MemorySegment x0 = x.asSlice(xOff, length);
    MemorySegment x1 = x.asSlice(xOff + rowStep, length);
    MemorySegment x2 = x.asSlice(xOff + 2 * rowStep, length);
    long to = yOff;
    if (left) {
      FloatVector d0 = bias0;
      FloatVector d1 = bias1;
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, 0, ORDER).fma(w001, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, 0 + BYTES, ORDER).fma(w101, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, columnStep, ORDER).fma(w002, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, columnStep + BYTES, ORDER).fma(w102, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, 0, ORDER).fma(w011, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, 0 + BYTES, ORDER).fma(w111, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, columnStep, ORDER).fma(w012, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, columnStep + BYTES, ORDER).fma(w112, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, 0, ORDER).fma(w021, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, 0 + BYTES, ORDER).fma(w121, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, columnStep, ORDER).fma(w022, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, columnStep + BYTES, ORDER).fma(w122, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      d1.intoMemorySegment(y, to + BYTES, ORDER);
      to += yStep;
    }
    long at = first;
    for (int i = 0; i < columns; i++) {
      long at1 = at + columnStep;
      long at2 = at1 + columnStep;
      FloatVector d0 = bias0;
      FloatVector d1 = bias1;
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER).fma(w000, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, at + BYTES, ORDER).fma(w100, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, at1, ORDER).fma(w001, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, at1 + BYTES, ORDER).fma(w101, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, at2, ORDER).fma(w002, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, at2 + BYTES, ORDER).fma(w102, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER).fma(w010, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, at + BYTES, ORDER).fma(w110, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, at1, ORDER).fma(w011, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, at1 + BYTES, ORDER).fma(w111, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, at2, ORDER).fma(w012, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, at2 + BYTES, ORDER).fma(w112, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER).fma(w020, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, at + BYTES, ORDER).fma(w120, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, at1, ORDER).fma(w021, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, at1 + BYTES, ORDER).fma(w121, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, at2, ORDER).fma(w022, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, at2 + BYTES, ORDER).fma(w122, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      d1.intoMemorySegment(y, to + BYTES, ORDER);
      to += yStep;
      at += step;
    }
    if (right) {
      FloatVector d0 = bias0;
      FloatVector d1 = bias1;
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, at, ORDER).fma(w000, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, at + BYTES, ORDER).fma(w100, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x0, at + columnStep, ORDER).fma(w001, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x0, at + columnStep + BYTES, ORDER).fma(w101, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, at, ORDER).fma(w010, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, at + BYTES, ORDER).fma(w110, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x1, at + columnStep, ORDER).fma(w011, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x1, at + columnStep + BYTES, ORDER).fma(w111, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, at, ORDER).fma(w020, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, at + BYTES, ORDER).fma(w120, d1);
      d0 = FloatVector.fromMemorySegment(SPECIES, x2, at + columnStep, ORDER).fma(w021, d0);
      d1 = FloatVector.fromMemorySegment(SPECIES, x2, at + columnStep + BYTES, ORDER).fma(w121, d1);
      if (clampLow) {
        d0 = d0.blend(low, d0.compare(VectorOperators.LT, low));
        d1 = d1.blend(low, d1.compare(VectorOperators.LT, low));
      }
      if (clampHigh) {
        d0 = d0.blend(high, d0.compare(VectorOperators.GT, high));
        d1 = d1.blend(high, d1.compare(VectorOperators.GT, high));
      }
      d0.intoMemorySegment(y, to, ORDER);
      d1.intoMemorySegment(y, to + BYTES, ORDER);
    }
  }
}
