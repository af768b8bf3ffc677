package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import dev.tilewise.internal.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * BT of 4 inputs, for F(2, 3): points 0, 1 and -1; contracts in {@link Codelet#inputRows} and
 * {@link Codelet#inputLines}.
 */
final class Input4 {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  static final List<Matrix> FACTORS =
      List.of(Matrix.parse("-1 0 1 0", "0 1 1 0", "0 -1 1 0", "0 -1 0 1"));

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Input4() {}

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
    int from0 = fromOffs[0];
    int from1 = fromOffs[1];
    int from2 = fromOffs[2];
    int from3 = fromOffs[3];
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
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
        x2.sub(x0).intoArray(to, to0 + t);
        x1.add(x2).intoArray(to, to1 + t);
        x2.sub(x1).intoArray(to, to2 + t);
        x3.sub(x1).intoArray(to, to3 + t);
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
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    for (int i = 0; i < count; i += Lanes.COUNT) {
      long f = (long) i * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      x2.sub(x0).intoArray(to, to0 + i);
      x1.add(x2).intoArray(to, to1 + i);
      x2.sub(x1).intoArray(to, to2 + i);
      x3.sub(x1).intoArray(to, to3 + i);
    }
  }
}
