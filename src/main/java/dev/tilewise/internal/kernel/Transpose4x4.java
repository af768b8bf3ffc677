package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes 4 x 4 floats in 2 steps. Step h exchanges, for each two rows whose numbers differ in
 * bit h alone, what lies off the diagonal of their blocks of h x h: one shuffle and one blend a
 * row.
 */
final class Transpose4x4 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_128;

  private static final VectorShuffle<Float> SWAP1 = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
  private static final VectorShuffle<Float> SWAP2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);
  private static final VectorMask<Float> ODD1 = VectorMask.fromLong(SPECIES, 0xaL);
  private static final VectorMask<Float> ODD2 = VectorMask.fromLong(SPECIES, 0xcL);
  private static final VectorMask<Float> EVEN1 = ODD1.not();
  private static final VectorMask<Float> EVEN2 = ODD2.not();

  private Transpose4x4() {}

  /**
   * Transposes blocks. Both are kernel memory; offsets and steps are bytes.
   *
   * @param from rows
   * @param fromOff where the first starts
   * @param fromStep from row to row
   * @param to receives the columns
   * @param toOff where the first starts
   * @param toStep from column to column
   * @param blocks how many
   * @param fromNext from block to block in from
   * @param toNext from block to block in to
   */
  static void run(
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment to,
      long toOff,
      long toStep,
      int blocks,
      long fromNext,
      long toNext) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int block = 0; block < blocks; block++) {
      long in = fromOff + block * fromNext;
      long out = toOff + block * toNext;
      FloatVector a0 = FloatVector.fromMemorySegment(SPECIES, from, in, ORDER);
      FloatVector a1 = FloatVector.fromMemorySegment(SPECIES, from, in + fromStep, ORDER);
      FloatVector a2 = FloatVector.fromMemorySegment(SPECIES, from, in + 2 * fromStep, ORDER);
      FloatVector a3 = FloatVector.fromMemorySegment(SPECIES, from, in + 3 * fromStep, ORDER);
      FloatVector b0 = a0.blend(a1.rearrange(SWAP1), ODD1);
      FloatVector b1 = a1.blend(a0.rearrange(SWAP1), EVEN1);
      FloatVector b2 = a2.blend(a3.rearrange(SWAP1), ODD1);
      FloatVector b3 = a3.blend(a2.rearrange(SWAP1), EVEN1);
      FloatVector c0 = b0.blend(b2.rearrange(SWAP2), ODD2);
      FloatVector c2 = b2.blend(b0.rearrange(SWAP2), EVEN2);
      FloatVector c1 = b1.blend(b3.rearrange(SWAP2), ODD2);
      FloatVector c3 = b3.blend(b1.rearrange(SWAP2), EVEN2);
      c0.intoMemorySegment(to, out, ORDER);
      c1.intoMemorySegment(to, out + toStep, ORDER);
      c2.intoMemorySegment(to, out + 2 * toStep, ORDER);
      c3.intoMemorySegment(to, out + 3 * toStep, ORDER);
    }
  }
}
