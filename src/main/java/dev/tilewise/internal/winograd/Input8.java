package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import dev.tilewise.internal.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * BT of 8 inputs, for F(6, 3) and F(4, 5): points 0, 1, -1, 2, -2, 1/2 and -1/2; contracts in
 * {@link Codelet#inputRows} and {@link Codelet#inputLines}.
 */
final class Input8 {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  static final List<Matrix> FACTORS =
      List.of(
          Matrix.parse(
              "-1 0 5.25 0 -5.25 0 1 0",
              "0 0 1 0 -4.25 0 1 0",
              "0 1 0 -4.25 0 1 0 0",
              "0 0 0.25 0 -1.25 0 1 0",
              "0 0.25 0 -1.25 0 1 0 0",
              "0 0 4 0 -5 0 1 0",
              "0 4 0 -5 0 1 0 0",
              "0 -1 0 5.25 0 -5.25 0 1"),
          Matrix.parse(
              "1 0 0 0 0 0 0 0",
              "0 1 1 0 0 0 0 0",
              "0 1 -1 0 0 0 0 0",
              "0 0 0 1 2 0 0 0",
              "0 0 0 1 -2 0 0 0",
              "0 0 0 0 0 1 0.5 0",
              "0 0 0 0 0 1 -0.5 0",
              "0 0 0 0 0 0 0 1"));

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Input8() {}

  static void run(
      float[] from,
      int[] fromOffs,
      int fromBlock,
      int fromLine,
      float[] to,
      int toOff,
      int toStep,
      int toBlock,
      int toLine,
      int lines,
      int blocks,
      int count) {
    FloatVector c5_25 = FloatVector.broadcast(SPECIES, 5.25f);
    FloatVector cm4_25 = FloatVector.broadcast(SPECIES, -4.25f);
    FloatVector cm1_25 = FloatVector.broadcast(SPECIES, -1.25f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector cm5 = FloatVector.broadcast(SPECIES, -5f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector cm2 = FloatVector.broadcast(SPECIES, -2f);
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    int from0 = fromOffs[0];
    int from1 = fromOffs[1];
    int from2 = fromOffs[2];
    int from3 = fromOffs[3];
    int from4 = fromOffs[4];
    int from5 = fromOffs[5];
    int from6 = fromOffs[6];
    int from7 = fromOffs[7];
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
    int to5 = toOff + 5 * toStep;
    int to6 = toOff + 6 * toStep;
    int to7 = toOff + 7 * toStep;
    int vectors = (count + Lanes.COUNT - 1) / Lanes.COUNT;
    int fromJump = fromBlock - vectors * Lanes.COUNT;
    int toJump = toBlock - vectors * Lanes.COUNT;
    for (int line = 0; line < lines; line++) {
      int f = line * fromLine;
      int t = line * toLine;
      int left = vectors;
      for (int n = blocks * vectors; n > 0; n--) {
        FloatVector x0 = FloatVector.fromArray(SPECIES, from, from0 + f);
        FloatVector x1 = FloatVector.fromArray(SPECIES, from, from1 + f);
        FloatVector x2 = FloatVector.fromArray(SPECIES, from, from2 + f);
        FloatVector x3 = FloatVector.fromArray(SPECIES, from, from3 + f);
        FloatVector x4 = FloatVector.fromArray(SPECIES, from, from4 + f);
        FloatVector x5 = FloatVector.fromArray(SPECIES, from, from5 + f);
        FloatVector x6 = FloatVector.fromArray(SPECIES, from, from6 + f);
        FloatVector x7 = FloatVector.fromArray(SPECIES, from, from7 + f);
        x2.sub(x4).fma(c5_25, x6.sub(x0)).intoArray(to, to0 + t);
        FloatVector e1 = x4.fma(cm4_25, x6.add(x2));
        FloatVector o1 = x3.fma(cm4_25, x5.add(x1));
        FloatVector e2 = x4.fma(cm1_25, x2.fma(c0_25, x6));
        FloatVector o2 = x3.fma(cm1_25, x1.fma(c0_25, x5));
        FloatVector e3 = x4.fma(cm5, x2.fma(c4, x6));
        FloatVector o3 = x3.fma(cm5, x1.fma(c4, x5));
        e1.add(o1).intoArray(to, to1 + t);
        e1.sub(o1).intoArray(to, to2 + t);
        o2.fma(c2, e2).intoArray(to, to3 + t);
        o2.fma(cm2, e2).intoArray(to, to4 + t);
        o3.fma(c0_5, e3).intoArray(to, to5 + t);
        o3.fma(cm0_5, e3).intoArray(to, to6 + t);
        x3.sub(x5).fma(c5_25, x7.sub(x1)).intoArray(to, to7 + t);
        f += Lanes.COUNT;
        t += Lanes.COUNT;
        if (--left == 0) {
          left = vectors;
          f += fromJump;
          t += toJump;
        }
      }
    }
  }

  static void run(
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      float[] to,
      int toOff,
      int toStep) {
    if (from.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector c5_25 = FloatVector.broadcast(SPECIES, 5.25f);
    FloatVector cm4_25 = FloatVector.broadcast(SPECIES, -4.25f);
    FloatVector cm1_25 = FloatVector.broadcast(SPECIES, -1.25f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector cm5 = FloatVector.broadcast(SPECIES, -5f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector cm2 = FloatVector.broadcast(SPECIES, -2f);
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    long from5 = fromOff + 5 * fromStep;
    long from6 = fromOff + 6 * fromStep;
    long from7 = fromOff + 7 * fromStep;
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
    int to5 = toOff + 5 * toStep;
    int to6 = toOff + 6 * toStep;
    int to7 = toOff + 7 * toStep;
    for (int i = 0; i < count; i += Lanes.COUNT) {
      long f = (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, from, from6 + f, ORDER);
      FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, from, from7 + f, ORDER);
      x2.sub(x4).fma(c5_25, x6.sub(x0)).intoArray(to, to0 + i);
      FloatVector e1 = x4.fma(cm4_25, x6.add(x2));
      FloatVector o1 = x3.fma(cm4_25, x5.add(x1));
      FloatVector e2 = x4.fma(cm1_25, x2.fma(c0_25, x6));
      FloatVector o2 = x3.fma(cm1_25, x1.fma(c0_25, x5));
      FloatVector e3 = x4.fma(cm5, x2.fma(c4, x6));
      FloatVector o3 = x3.fma(cm5, x1.fma(c4, x5));
      e1.add(o1).intoArray(to, to1 + i);
      e1.sub(o1).intoArray(to, to2 + i);
      o2.fma(c2, e2).intoArray(to, to3 + i);
      o2.fma(cm2, e2).intoArray(to, to4 + i);
      o3.fma(c0_5, e3).intoArray(to, to5 + i);
      o3.fma(cm0_5, e3).intoArray(to, to6 + i);
      x3.sub(x5).fma(c5_25, x7.sub(x1)).intoArray(to, to7 + i);
    }
  }
}
