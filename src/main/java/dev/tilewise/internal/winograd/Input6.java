package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import dev.tilewise.internal.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * BT of 6 inputs, for F(4, 3) and F(2, 5): points 0, 1, -1, 1/2 and -2; contracts in {@link
 * Codelet#inputRows} and {@link Codelet#inputLines}.
 */
final class Input6 {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  static final List<Matrix> FACTORS =
      List.of(
          Matrix.parse(
              "-1 1.5 1 0 0 0",
              "0 -1 1.5 1 0 0",
              "0 0 -1 1.5 1 0",
              "0 0 0 -1 1.5 1",
              "0 0 -1 0 1 0",
              "0 -1 0 1 0 0"),
          Matrix.parse(
              "-1 0 1 0 0 0",
              "0 1 1 0 0 0",
              "0 -1 1 0 0 0",
              "0 0 0 0 1 2",
              "0 0 0 0 1 -0.5",
              "0 -1 0 1 0 0"));

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Input6() {}

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
    FloatVector c1_5 = FloatVector.broadcast(SPECIES, 1.5f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    int from0 = fromOffs[0];
    int from1 = fromOffs[1];
    int from2 = fromOffs[2];
    int from3 = fromOffs[3];
    int from4 = fromOffs[4];
    int from5 = fromOffs[5];
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
    int to5 = toOff + 5 * toStep;
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
        FloatVector w0 = x1.fma(c1_5, x2.sub(x0));
        FloatVector w1 = x2.fma(c1_5, x3.sub(x1));
        FloatVector w2 = x3.fma(c1_5, x4.sub(x2));
        FloatVector w3 = x4.fma(c1_5, x5.sub(x3));
        FloatVector e = x4.sub(x2);
        FloatVector o = x3.sub(x1);
        w2.sub(w0).intoArray(to, to0 + t);
        w2.add(w1).intoArray(to, to1 + t);
        w2.sub(w1).intoArray(to, to2 + t);
        o.fma(c2, e).intoArray(to, to3 + t);
        o.fma(cm0_5, e).intoArray(to, to4 + t);
        w3.sub(w1).intoArray(to, to5 + t);
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
    FloatVector c1_5 = FloatVector.broadcast(SPECIES, 1.5f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    long from5 = fromOff + 5 * fromStep;
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
    int to5 = toOff + 5 * toStep;
    for (int i = 0; i < count; i += Lanes.COUNT) {
      long f = (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector w0 = x1.fma(c1_5, x2.sub(x0));
      FloatVector w1 = x2.fma(c1_5, x3.sub(x1));
      FloatVector w2 = x3.fma(c1_5, x4.sub(x2));
      FloatVector w3 = x4.fma(c1_5, x5.sub(x3));
      FloatVector e = x4.sub(x2);
      FloatVector o = x3.sub(x1);
      w2.sub(w0).intoArray(to, to0 + i);
      w2.add(w1).intoArray(to, to1 + i);
      w2.sub(w1).intoArray(to, to2 + i);
      o.fma(c2, e).intoArray(to, to3 + i);
      o.fma(cm0_5, e).intoArray(to, to4 + i);
      w3.sub(w1).intoArray(to, to5 + i);
    }
  }
}
