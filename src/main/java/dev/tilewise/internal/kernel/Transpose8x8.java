package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes 8 x 8 floats in 3 steps. Step h exchanges, for each two rows whose numbers differ in
 * bit h alone, what lies off the diagonal of their blocks of h x h: one shuffle and one blend a
 * row.
 */
final class Transpose8x8 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_256;

  private static final VectorShuffle<Float> SWAP1 = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
  private static final VectorShuffle<Float> SWAP2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);
  private static final VectorShuffle<Float> SWAP4 = VectorShuffle.fromOp(SPECIES, i -> i ^ 4);
  private static final VectorMask<Float> ODD1 = VectorMask.fromLong(SPECIES, 0xaaL);
  private static final VectorMask<Float> ODD2 = VectorMask.fromLong(SPECIES, 0xccL);
  private static final VectorMask<Float> ODD4 = VectorMask.fromLong(SPECIES, 0xf0L);
  private static final VectorMask<Float> EVEN1 = ODD1.not();
  private static final VectorMask<Float> EVEN2 = ODD2.not();
  private static final VectorMask<Float> EVEN4 = ODD4.not();

  private Transpose8x8() {}

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
      FloatVector a4 = FloatVector.fromMemorySegment(SPECIES, from, in + 4 * fromStep, ORDER);
      FloatVector a5 = FloatVector.fromMemorySegment(SPECIES, from, in + 5 * fromStep, ORDER);
      FloatVector a6 = FloatVector.fromMemorySegment(SPECIES, from, in + 6 * fromStep, ORDER);
      FloatVector a7 = FloatVector.fromMemorySegment(SPECIES, from, in + 7 * fromStep, ORDER);
      FloatVector b0 = a0.blend(a1.rearrange(SWAP1), ODD1);
      FloatVector b1 = a1.blend(a0.rearrange(SWAP1), EVEN1);
      FloatVector b2 = a2.blend(a3.rearrange(SWAP1), ODD1);
      FloatVector b3 = a3.blend(a2.rearrange(SWAP1), EVEN1);
      FloatVector b4 = a4.blend(a5.rearrange(SWAP1), ODD1);
      FloatVector b5 = a5.blend(a4.rearrange(SWAP1), EVEN1);
      FloatVector b6 = a6.blend(a7.rearrange(SWAP1), ODD1);
      FloatVector b7 = a7.blend(a6.rearrange(SWAP1), EVEN1);
      FloatVector c0 = b0.blend(b2.rearrange(SWAP2), ODD2);
      FloatVector c2 = b2.blend(b0.rearrange(SWAP2), EVEN2);
      FloatVector c1 = b1.blend(b3.rearrange(SWAP2), ODD2);
      FloatVector c3 = b3.blend(b1.rearrange(SWAP2), EVEN2);
      FloatVector c4 = b4.blend(b6.rearrange(SWAP2), ODD2);
      FloatVector c6 = b6.blend(b4.rearrange(SWAP2), EVEN2);
      FloatVector c5 = b5.blend(b7.rearrange(SWAP2), ODD2);
      FloatVector c7 = b7.blend(b5.rearrange(SWAP2), EVEN2);
      FloatVector d0 = c0.blend(c4.rearrange(SWAP4), ODD4);
      FloatVector d4 = c4.blend(c0.rearrange(SWAP4), EVEN4);
      FloatVector d1 = c1.blend(c5.rearrange(SWAP4), ODD4);
      FloatVector d5 = c5.blend(c1.rearrange(SWAP4), EVEN4);
      FloatVector d2 = c2.blend(c6.rearrange(SWAP4), ODD4);
      FloatVector d6 = c6.blend(c2.rearrange(SWAP4), EVEN4);
      FloatVector d3 = c3.blend(c7.rearrange(SWAP4), ODD4);
      FloatVector d7 = c7.blend(c3.rearrange(SWAP4), EVEN4);
      d0.intoMemorySegment(to, out, ORDER);
      d1.intoMemorySegment(to, out + toStep, ORDER);
      d2.intoMemorySegment(to, out + 2 * toStep, ORDER);
      d3.intoMemorySegment(to, out + 3 * toStep, ORDER);
      d4.intoMemorySegment(to, out + 4 * toStep, ORDER);
      d5.intoMemorySegment(to, out + 5 * toStep, ORDER);
      d6.intoMemorySegment(to, out + 6 * toStep, ORDER);
      d7.intoMemorySegment(to, out + 7 * toStep, ORDER);
    }
  }
}
