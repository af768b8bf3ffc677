package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes 16 x 16 floats in 4 steps. Step h exchanges, for each two rows whose numbers differ in
 * bit h alone, what lies off the diagonal of their blocks of h x h: one shuffle and one blend a
 * row.
 */
final class Transpose16x16 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_512;

  private static final VectorShuffle<Float> SWAP1 = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
  private static final VectorShuffle<Float> SWAP2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);
  private static final VectorShuffle<Float> SWAP4 = VectorShuffle.fromOp(SPECIES, i -> i ^ 4);
  private static final VectorShuffle<Float> SWAP8 = VectorShuffle.fromOp(SPECIES, i -> i ^ 8);
  private static final VectorMask<Float> ODD1 = VectorMask.fromLong(SPECIES, 0xaaaaL);
  private static final VectorMask<Float> ODD2 = VectorMask.fromLong(SPECIES, 0xccccL);
  private static final VectorMask<Float> ODD4 = VectorMask.fromLong(SPECIES, 0xf0f0L);
  private static final VectorMask<Float> ODD8 = VectorMask.fromLong(SPECIES, 0xff00L);
  private static final VectorMask<Float> EVEN1 = ODD1.not();
  private static final VectorMask<Float> EVEN2 = ODD2.not();
  private static final VectorMask<Float> EVEN4 = ODD4.not();
  private static final VectorMask<Float> EVEN8 = ODD8.not();

  private Transpose16x16() {}

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
      FloatVector a8 = FloatVector.fromMemorySegment(SPECIES, from, in + 8 * fromStep, ORDER);
      FloatVector a9 = FloatVector.fromMemorySegment(SPECIES, from, in + 9 * fromStep, ORDER);
      FloatVector a10 = FloatVector.fromMemorySegment(SPECIES, from, in + 10 * fromStep, ORDER);
      FloatVector a11 = FloatVector.fromMemorySegment(SPECIES, from, in + 11 * fromStep, ORDER);
      FloatVector a12 = FloatVector.fromMemorySegment(SPECIES, from, in + 12 * fromStep, ORDER);
      FloatVector a13 = FloatVector.fromMemorySegment(SPECIES, from, in + 13 * fromStep, ORDER);
      FloatVector a14 = FloatVector.fromMemorySegment(SPECIES, from, in + 14 * fromStep, ORDER);
      FloatVector a15 = FloatVector.fromMemorySegment(SPECIES, from, in + 15 * fromStep, ORDER);
      FloatVector b0 = a0.blend(a1.rearrange(SWAP1), ODD1);
      FloatVector b1 = a1.blend(a0.rearrange(SWAP1), EVEN1);
      FloatVector b2 = a2.blend(a3.rearrange(SWAP1), ODD1);
      FloatVector b3 = a3.blend(a2.rearrange(SWAP1), EVEN1);
      FloatVector b4 = a4.blend(a5.rearrange(SWAP1), ODD1);
      FloatVector b5 = a5.blend(a4.rearrange(SWAP1), EVEN1);
      FloatVector b6 = a6.blend(a7.rearrange(SWAP1), ODD1);
      FloatVector b7 = a7.blend(a6.rearrange(SWAP1), EVEN1);
      FloatVector b8 = a8.blend(a9.rearrange(SWAP1), ODD1);
      FloatVector b9 = a9.blend(a8.rearrange(SWAP1), EVEN1);
      FloatVector b10 = a10.blend(a11.rearrange(SWAP1), ODD1);
      FloatVector b11 = a11.blend(a10.rearrange(SWAP1), EVEN1);
      FloatVector b12 = a12.blend(a13.rearrange(SWAP1), ODD1);
      FloatVector b13 = a13.blend(a12.rearrange(SWAP1), EVEN1);
      FloatVector b14 = a14.blend(a15.rearrange(SWAP1), ODD1);
      FloatVector b15 = a15.blend(a14.rearrange(SWAP1), EVEN1);
      FloatVector c0 = b0.blend(b2.rearrange(SWAP2), ODD2);
      FloatVector c2 = b2.blend(b0.rearrange(SWAP2), EVEN2);
      FloatVector c1 = b1.blend(b3.rearrange(SWAP2), ODD2);
      FloatVector c3 = b3.blend(b1.rearrange(SWAP2), EVEN2);
      FloatVector c4 = b4.blend(b6.rearrange(SWAP2), ODD2);
      FloatVector c6 = b6.blend(b4.rearrange(SWAP2), EVEN2);
      FloatVector c5 = b5.blend(b7.rearrange(SWAP2), ODD2);
      FloatVector c7 = b7.blend(b5.rearrange(SWAP2), EVEN2);
      FloatVector c8 = b8.blend(b10.rearrange(SWAP2), ODD2);
      FloatVector c10 = b10.blend(b8.rearrange(SWAP2), EVEN2);
      FloatVector c9 = b9.blend(b11.rearrange(SWAP2), ODD2);
      FloatVector c11 = b11.blend(b9.rearrange(SWAP2), EVEN2);
      FloatVector c12 = b12.blend(b14.rearrange(SWAP2), ODD2);
      FloatVector c14 = b14.blend(b12.rearrange(SWAP2), EVEN2);
      FloatVector c13 = b13.blend(b15.rearrange(SWAP2), ODD2);
      FloatVector c15 = b15.blend(b13.rearrange(SWAP2), EVEN2);
      FloatVector d0 = c0.blend(c4.rearrange(SWAP4), ODD4);
      FloatVector d4 = c4.blend(c0.rearrange(SWAP4), EVEN4);
      FloatVector d1 = c1.blend(c5.rearrange(SWAP4), ODD4);
      FloatVector d5 = c5.blend(c1.rearrange(SWAP4), EVEN4);
      FloatVector d2 = c2.blend(c6.rearrange(SWAP4), ODD4);
      FloatVector d6 = c6.blend(c2.rearrange(SWAP4), EVEN4);
      FloatVector d3 = c3.blend(c7.rearrange(SWAP4), ODD4);
      FloatVector d7 = c7.blend(c3.rearrange(SWAP4), EVEN4);
      FloatVector d8 = c8.blend(c12.rearrange(SWAP4), ODD4);
      FloatVector d12 = c12.blend(c8.rearrange(SWAP4), EVEN4);
      FloatVector d9 = c9.blend(c13.rearrange(SWAP4), ODD4);
      FloatVector d13 = c13.blend(c9.rearrange(SWAP4), EVEN4);
      FloatVector d10 = c10.blend(c14.rearrange(SWAP4), ODD4);
      FloatVector d14 = c14.blend(c10.rearrange(SWAP4), EVEN4);
      FloatVector d11 = c11.blend(c15.rearrange(SWAP4), ODD4);
      FloatVector d15 = c15.blend(c11.rearrange(SWAP4), EVEN4);
      FloatVector e0 = d0.blend(d8.rearrange(SWAP8), ODD8);
      FloatVector e8 = d8.blend(d0.rearrange(SWAP8), EVEN8);
      FloatVector e1 = d1.blend(d9.rearrange(SWAP8), ODD8);
      FloatVector e9 = d9.blend(d1.rearrange(SWAP8), EVEN8);
      FloatVector e2 = d2.blend(d10.rearrange(SWAP8), ODD8);
      FloatVector e10 = d10.blend(d2.rearrange(SWAP8), EVEN8);
      FloatVector e3 = d3.blend(d11.rearrange(SWAP8), ODD8);
      FloatVector e11 = d11.blend(d3.rearrange(SWAP8), EVEN8);
      FloatVector e4 = d4.blend(d12.rearrange(SWAP8), ODD8);
      FloatVector e12 = d12.blend(d4.rearrange(SWAP8), EVEN8);
      FloatVector e5 = d5.blend(d13.rearrange(SWAP8), ODD8);
      FloatVector e13 = d13.blend(d5.rearrange(SWAP8), EVEN8);
      FloatVector e6 = d6.blend(d14.rearrange(SWAP8), ODD8);
      FloatVector e14 = d14.blend(d6.rearrange(SWAP8), EVEN8);
      FloatVector e7 = d7.blend(d15.rearrange(SWAP8), ODD8);
      FloatVector e15 = d15.blend(d7.rearrange(SWAP8), EVEN8);
      e0.intoMemorySegment(to, out, ORDER);
      e1.intoMemorySegment(to, out + toStep, ORDER);
      e2.intoMemorySegment(to, out + 2 * toStep, ORDER);
      e3.intoMemorySegment(to, out + 3 * toStep, ORDER);
      e4.intoMemorySegment(to, out + 4 * toStep, ORDER);
      e5.intoMemorySegment(to, out + 5 * toStep, ORDER);
      e6.intoMemorySegment(to, out + 6 * toStep, ORDER);
      e7.intoMemorySegment(to, out + 7 * toStep, ORDER);
      e8.intoMemorySegment(to, out + 8 * toStep, ORDER);
      e9.intoMemorySegment(to, out + 9 * toStep, ORDER);
      e10.intoMemorySegment(to, out + 10 * toStep, ORDER);
      e11.intoMemorySegment(to, out + 11 * toStep, ORDER);
      e12.intoMemorySegment(to, out + 12 * toStep, ORDER);
      e13.intoMemorySegment(to, out + 13 * toStep, ORDER);
      e14.intoMemorySegment(to, out + 14 * toStep, ORDER);
      e15.intoMemorySegment(to, out + 15 * toStep, ORDER);
    }
  }
}
