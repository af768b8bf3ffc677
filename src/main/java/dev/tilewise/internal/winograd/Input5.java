package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** BT of 5 inputs, for F(4, 2): points 0, 1, -1 and 2. */
final class Input5 implements InputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS =
      List.of(
          Matrix.parse("-2 1 0 0 0", "0 -2 1 0 0", "0 0 -2 1 0", "0 0 0 -2 1", "0 -1 0 1 0"),
          Matrix.parse("-1 0 1 0 0", "0 1 1 0 0", "0 -1 1 0 0", "0 0 0 0 1", "0 -1 0 1 0"));

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
    FloatVector cm2 = FloatVector.broadcast(SPECIES, -2f);
    long from0 = fromOffs[0];
    long from1 = fromOffs[1];
    long from2 = fromOffs[2];
    long from3 = fromOffs[3];
    long from4 = fromOffs[4];
    long to0 = toOff;
    long to1 = toOff + toStep;
    long to2 = toOff + 2 * toStep;
    long to3 = toOff + 3 * toStep;
    long to4 = toOff + 4 * toStep;
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
      FloatVector w0 = x0.fma(cm2, x1);
      FloatVector w1 = x1.fma(cm2, x2);
      FloatVector w2 = x2.fma(cm2, x3);
      FloatVector w3 = x3.fma(cm2, x4);
      w2.sub(w0).intoMemorySegment(to, to0 + t, ORDER);
      w2.add(w1).intoMemorySegment(to, to1 + t, ORDER);
      w2.sub(w1).intoMemorySegment(to, to2 + t, ORDER);
      x3.sub(x1).intoMemorySegment(to, to3 + t, ORDER);
      w3.sub(w1).intoMemorySegment(to, to4 + t, ORDER);
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
    FloatVector cm2 = FloatVector.broadcast(SPECIES, -2f);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    int to0 = toOff;
    int to1 = toOff + toStep;
    int to2 = toOff + 2 * toStep;
    int to3 = toOff + 3 * toStep;
    int to4 = toOff + 4 * toStep;
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
      FloatVector w0 = x0.fma(cm2, x1);
      FloatVector w1 = x1.fma(cm2, x2);
      FloatVector w2 = x2.fma(cm2, x3);
      FloatVector w3 = x3.fma(cm2, x4);
      w2.sub(w0).intoArray(to, to0 + t);
      w2.add(w1).intoArray(to, to1 + t);
      w2.sub(w1).intoArray(to, to2 + t);
      x3.sub(x1).intoArray(to, to3 + t);
      w3.sub(w1).intoArray(to, to4 + t);
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
