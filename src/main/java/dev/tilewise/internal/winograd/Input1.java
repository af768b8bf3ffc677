package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** BT of 1 input, for a dimension in which the filter has one tap. */
final class Input1 implements InputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS = List.of(Matrix.parse("1"));

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
    long from0 = fromOffs[0];
    long to0 = toOff;
    int vectors = (count + COUNT - 1) / COUNT;
    long fromJump = fromBlock - (long) vectors * BYTES;
    long toJump = toBlock - (long) vectors * BYTES;
    long f = 0;
    long t = 0;
    int left = vectors;
    for (int n = blocks * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      x0.intoMemorySegment(to, to0 + t, ORDER);
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
    long from0 = fromOff;
    int to0 = toOff;
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
      x0.intoArray(to, to0 + t);
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
