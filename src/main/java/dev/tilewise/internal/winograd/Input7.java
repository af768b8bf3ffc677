package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * BT of 7 inputs, for F(5, 3), F(4, 4), F(3, 5) and F(2, 6): points 0, 1, 1/2, -1/2, -3/2 and 3.
 */
final class Input7 implements InputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS =
      List.of(
          Matrix.parse(
              "4.5 -3 -2.5 1 0 0 0",
              "0 4.5 -3 -2.5 1 0 0",
              "0 0 4.5 -3 -2.5 1 0",
              "0 0 0 4.5 -3 -2.5 1",
              "0 -0.25 0 1 0 0 0",
              "0 0 -0.25 0 1 0 0",
              "0 0 0 -0.25 0 1 0"),
          Matrix.parse(
              "-0.25 0 1 0 0 0 0",
              "0 0 0 0 -4.5 -1.5 1",
              "0 0.5 1 0 0 0 0",
              "0 -0.5 1 0 0 0 0",
              "0 0 0 0 3 -4 1",
              "0 0 0 0 -1.5 0.5 1",
              "0 -0.25 0 1 0 0 0"));

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public List<Matrix> factors() {
    return FACTORS;
  }

  @Override
  public void columns(
      MemorySegment from,
      long[] fromOffs,
      long fromBlock,
      MemorySegment to,
      long toOff,
      long toStep,
      long toBlock,
      int blocks,
      int count) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector c4_5 = FloatVector.broadcast(SPECIES, 4.5f);
    FloatVector cm3 = FloatVector.broadcast(SPECIES, -3f);
    FloatVector cm2_5 = FloatVector.broadcast(SPECIES, -2.5f);
    FloatVector cm0_25 = FloatVector.broadcast(SPECIES, -0.25f);
    FloatVector cm4_5 = FloatVector.broadcast(SPECIES, -4.5f);
    FloatVector cm1_5 = FloatVector.broadcast(SPECIES, -1.5f);
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    FloatVector c3 = FloatVector.broadcast(SPECIES, 3f);
    FloatVector cm4 = FloatVector.broadcast(SPECIES, -4f);
    long from0 = fromOffs[0];
    long from1 = fromOffs[1];
    long from2 = fromOffs[2];
    long from3 = fromOffs[3];
    long from4 = fromOffs[4];
    long from5 = fromOffs[5];
    long from6 = fromOffs[6];
    long to0 = toOff;
    long to1 = toOff + toStep;
    long to2 = toOff + 2 * toStep;
    long to3 = toOff + 3 * toStep;
    long to4 = toOff + 4 * toStep;
    long to5 = toOff + 5 * toStep;
    long to6 = toOff + 6 * toStep;
    int vectors = (count + COUNT - 1) / COUNT;
    long fromJump = fromBlock - (long) vectors * BYTES;
    long toJump = toBlock - (long) vectors * BYTES;
    long f = 0;
    long t = 0;
    int left = vectors;
    for (int n = blocks * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, from, from6 + f, ORDER);
      FloatVector w0 = x0.fma(c4_5, x1.fma(cm3, x2.fma(cm2_5, x3)));
      FloatVector w1 = x1.fma(c4_5, x2.fma(cm3, x3.fma(cm2_5, x4)));
      FloatVector w2 = x2.fma(c4_5, x3.fma(cm3, x4.fma(cm2_5, x5)));
      FloatVector w3 = x3.fma(c4_5, x4.fma(cm3, x5.fma(cm2_5, x6)));
      FloatVector v1 = x1.fma(cm0_25, x3);
      FloatVector v2 = x2.fma(cm0_25, x4);
      FloatVector v3 = x3.fma(cm0_25, x5);
      w0.fma(cm0_25, w2).intoMemorySegment(to, to0 + t, ORDER);
      v1.fma(cm4_5, v2.fma(cm1_5, v3)).intoMemorySegment(to, to1 + t, ORDER);
      w1.fma(c0_5, w2).intoMemorySegment(to, to2 + t, ORDER);
      w1.fma(cm0_5, w2).intoMemorySegment(to, to3 + t, ORDER);
      v1.fma(c3, v2.fma(cm4, v3)).intoMemorySegment(to, to4 + t, ORDER);
      v1.fma(cm1_5, v2.fma(c0_5, v3)).intoMemorySegment(to, to5 + t, ORDER);
      w1.fma(cm0_25, w3).intoMemorySegment(to, to6 + t, ORDER);
      f += BYTES;
      t += BYTES;
      if (--left == 0) {
        left = vectors;
        f += fromJump;
        t += toJump;
      }
    }
  }

  @Override
  public void rows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromTile,
      long fromRow,
      float[] to,
      int toOff,
      int toStep,
      int toRow,
      int[] toTiles,
      int[] toVectors,
      int firstTile,
      int tiles,
      int rows,
      int firstVector,
      int vectors) {
    if (from.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector c4_5 = FloatVector.broadcast(SPECIES, 4.5f);
    FloatVector cm3 = FloatVector.broadcast(SPECIES, -3f);
    FloatVector cm2_5 = FloatVector.broadcast(SPECIES, -2.5f);
    FloatVector cm0_25 = FloatVector.broadcast(SPECIES, -0.25f);
    FloatVector cm4_5 = FloatVector.broadcast(SPECIES, -4.5f);
    FloatVector cm1_5 = FloatVector.broadcast(SPECIES, -1.5f);
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    FloatVector c3 = FloatVector.broadcast(SPECIES, 3f);
    FloatVector cm4 = FloatVector.broadcast(SPECIES, -4f);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    long from5 = fromOff + 5 * fromStep;
    long from6 = fromOff + 6 * fromStep;
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
    int to5 = toOff + 5 * toStep;
    int to6 = toOff + 6 * toStep;
    long fromJump = fromTile - (long) vectors * BYTES;
    int endTile = firstTile + tiles;
    int tile = firstTile;
    int toVector = toVectors[tile];
    int t = toTiles[tile] + firstVector * toVector;
    long rowF = 0;
    int rowT = 0;
    long f = 0;
    int left = vectors;
    for (int n = rows * tiles * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, from, from6 + f, ORDER);
      FloatVector w0 = x0.fma(c4_5, x1.fma(cm3, x2.fma(cm2_5, x3)));
      FloatVector w1 = x1.fma(c4_5, x2.fma(cm3, x3.fma(cm2_5, x4)));
      FloatVector w2 = x2.fma(c4_5, x3.fma(cm3, x4.fma(cm2_5, x5)));
      FloatVector w3 = x3.fma(c4_5, x4.fma(cm3, x5.fma(cm2_5, x6)));
      FloatVector v1 = x1.fma(cm0_25, x3);
      FloatVector v2 = x2.fma(cm0_25, x4);
      FloatVector v3 = x3.fma(cm0_25, x5);
      w0.fma(cm0_25, w2).intoArray(to, to0 + t);
      v1.fma(cm4_5, v2.fma(cm1_5, v3)).intoArray(to, to1 + t);
      w1.fma(c0_5, w2).intoArray(to, to2 + t);
      w1.fma(cm0_5, w2).intoArray(to, to3 + t);
      v1.fma(c3, v2.fma(cm4, v3)).intoArray(to, to4 + t);
      v1.fma(cm1_5, v2.fma(c0_5, v3)).intoArray(to, to5 + t);
      w1.fma(cm0_25, w3).intoArray(to, to6 + t);
      f += BYTES;
      t += toVector;
      if (--left == 0) {
        left = vectors;
        f += fromJump;
        if (++tile == endTile) {
          tile = firstTile;
          rowF += fromRow;
          rowT += toRow;
          f = rowF;
        }
        toVector = toVectors[tile];
        t = rowT + toTiles[tile] + firstVector * toVector;
      }
    }
  }
}
