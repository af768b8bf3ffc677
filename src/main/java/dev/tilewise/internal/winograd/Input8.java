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
 * BT of 8 inputs, for F(6, 3), F(5, 4), F(4, 5), F(3, 6) and F(2, 7): points 0, 1, -1, 2, -2, 1/2
 * and -1/2.
 */
final class Input8 implements InputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS =
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
    FloatVector cm4_25 = FloatVector.broadcast(SPECIES, -4.25f);
    FloatVector cm1_25 = FloatVector.broadcast(SPECIES, -1.25f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector cm5 = FloatVector.broadcast(SPECIES, -5f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c5_25 = FloatVector.broadcast(SPECIES, 5.25f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector cm2 = FloatVector.broadcast(SPECIES, -2f);
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector cm0_5 = FloatVector.broadcast(SPECIES, -0.5f);
    long from0 = fromOffs[0];
    long from1 = fromOffs[1];
    long from2 = fromOffs[2];
    long from3 = fromOffs[3];
    long from4 = fromOffs[4];
    long from5 = fromOffs[5];
    long from6 = fromOffs[6];
    long from7 = fromOffs[7];
    long to0 = toOff;
    long to1 = toOff + toStep;
    long to2 = toOff + 2 * toStep;
    long to3 = toOff + 3 * toStep;
    long to4 = toOff + 4 * toStep;
    long to5 = toOff + 5 * toStep;
    long to6 = toOff + 6 * toStep;
    long to7 = toOff + 7 * toStep;
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
      FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, from, from7 + f, ORDER);
      FloatVector e1 = x4.fma(cm4_25, x6.add(x2));
      FloatVector o1 = x3.fma(cm4_25, x5.add(x1));
      FloatVector e2 = x4.fma(cm1_25, x2.fma(c0_25, x6));
      FloatVector o2 = x3.fma(cm1_25, x1.fma(c0_25, x5));
      FloatVector e3 = x4.fma(cm5, x2.fma(c4, x6));
      FloatVector o3 = x3.fma(cm5, x1.fma(c4, x5));
      x2.sub(x4).fma(c5_25, x6.sub(x0)).intoMemorySegment(to, to0 + t, ORDER);
      e1.add(o1).intoMemorySegment(to, to1 + t, ORDER);
      e1.sub(o1).intoMemorySegment(to, to2 + t, ORDER);
      o2.fma(c2, e2).intoMemorySegment(to, to3 + t, ORDER);
      o2.fma(cm2, e2).intoMemorySegment(to, to4 + t, ORDER);
      o3.fma(c0_5, e3).intoMemorySegment(to, to5 + t, ORDER);
      o3.fma(cm0_5, e3).intoMemorySegment(to, to6 + t, ORDER);
      x3.sub(x5).fma(c5_25, x7.sub(x1)).intoMemorySegment(to, to7 + t, ORDER);
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
    FloatVector cm4_25 = FloatVector.broadcast(SPECIES, -4.25f);
    FloatVector cm1_25 = FloatVector.broadcast(SPECIES, -1.25f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector cm5 = FloatVector.broadcast(SPECIES, -5f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c5_25 = FloatVector.broadcast(SPECIES, 5.25f);
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
      FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, from, from7 + f, ORDER);
      FloatVector e1 = x4.fma(cm4_25, x6.add(x2));
      FloatVector o1 = x3.fma(cm4_25, x5.add(x1));
      FloatVector e2 = x4.fma(cm1_25, x2.fma(c0_25, x6));
      FloatVector o2 = x3.fma(cm1_25, x1.fma(c0_25, x5));
      FloatVector e3 = x4.fma(cm5, x2.fma(c4, x6));
      FloatVector o3 = x3.fma(cm5, x1.fma(c4, x5));
      x2.sub(x4).fma(c5_25, x6.sub(x0)).intoArray(to, to0 + t);
      e1.add(o1).intoArray(to, to1 + t);
      e1.sub(o1).intoArray(to, to2 + t);
      o2.fma(c2, e2).intoArray(to, to3 + t);
      o2.fma(cm2, e2).intoArray(to, to4 + t);
      o3.fma(c0_5, e3).intoArray(to, to5 + t);
      o3.fma(cm0_5, e3).intoArray(to, to6 + t);
      x3.sub(x5).fma(c5_25, x7.sub(x1)).intoArray(to, to7 + t);
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
