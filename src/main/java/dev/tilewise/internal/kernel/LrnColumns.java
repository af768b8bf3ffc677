package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Local response normalisation across channels:
 *
 * <pre>{@code
 * s = sum over the window of c, in order, of x^2
 * y[c] = x[c] * exp(-beta * log(k + scale * s))
 * }</pre>
 *
 * with the window c - size/2 .. c + (size-1)/2, as far as there are channels. Each term of s is a
 * fused multiply-add, and so is what the logarithm is of; log and exp are those of {@link
 * Logarithm} and {@link Exponential}. Channels that are not there count as zeros, which change no
 * sum of squares.
 *
 * @param size channels of the window
 * @param scale factor of the sum
 * @param beta exponent
 * @param k summand, at least the smallest normal float
 */
public record LrnColumns(int size, float scale, float beta, float k) implements ColumnKernel {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** In the scratch of a run: the inputs with zeros around, then the sums. */
  @Override
  public long scratchBytes(int channels) {
    return (2L * channels + before(channels) + after(channels)) * BYTES;
  }

  private int before(int channels) {
    return Math.min(size / 2, channels - 1);
  }

  private int after(int channels) {
    return Math.min((size - 1) / 2, channels - 1);
  }

  @Override
  public void run(
      MemorySegment x,
      long xOff,
      long xStep,
      MemorySegment y,
      long yOff,
      long yStep,
      int channels,
      MemorySegment scratch,
      long scratchOff) {
    int before = before(channels);
    int after = after(channels);
    long inputs = scratchOff + (long) before * BYTES;
    long sums = inputs + ((long) channels + after) * BYTES;
    clear(scratch, scratchOff, before);
    copy(x, xOff, xStep, scratch, inputs, channels);
    clear(scratch, inputs + (long) channels * BYTES, after);
    clear(scratch, sums, channels);
    for (int i = 0; i <= before + after; i++) {
      addSquares(scratch, scratchOff + (long) i * BYTES, sums, channels);
    }
    normalise(scratch, inputs, sums, y, yOff, yStep, channels);
  }

  private static void clear(MemorySegment m, long off, int vectors) {
    if (m.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < vectors; i++) {
      FloatVector.zero(SPECIES).intoMemorySegment(m, off + (long) i * BYTES, ORDER);
    }
  }

  private static void copy(
      MemorySegment x, long xOff, long xStep, MemorySegment to, long toOff, int channels) {
    if (x.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int c = 0; c < channels; c++) {
      FloatVector.fromMemorySegment(SPECIES, x, xOff + c * xStep, ORDER)
          .intoMemorySegment(to, toOff + (long) c * BYTES, ORDER);
    }
  }

  private static void addSquares(MemorySegment m, long inputs, long sums, int channels) {
    if (m.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int c = 0; c < channels; c++) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, m, inputs + (long) c * BYTES, ORDER);
      v.fma(v, FloatVector.fromMemorySegment(SPECIES, m, sums + (long) c * BYTES, ORDER))
          .intoMemorySegment(m, sums + (long) c * BYTES, ORDER);
    }
  }

  private void normalise(
      MemorySegment m,
      long inputs,
      long sums,
      MemorySegment y,
      long yOff,
      long yStep,
      int channels) {
    if (m.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector scales = FloatVector.broadcast(SPECIES, scale);
    FloatVector ks = FloatVector.broadcast(SPECIES, k);
    FloatVector minusBeta = FloatVector.broadcast(SPECIES, -beta);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector ln2 = FloatVector.broadcast(SPECIES, Log.LN2);
    FloatVector infinity = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
    FloatVector highest = FloatVector.broadcast(SPECIES, Exp.HIGHEST);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exp.LOWEST);
    FloatVector l0 = FloatVector.broadcast(SPECIES, Log.L0);
    FloatVector l1 = FloatVector.broadcast(SPECIES, Log.L1);
    FloatVector l2 = FloatVector.broadcast(SPECIES, Log.L2);
    FloatVector l3 = FloatVector.broadcast(SPECIES, Log.L3);
    FloatVector l4 = FloatVector.broadcast(SPECIES, Log.L4);
    FloatVector l5 = FloatVector.broadcast(SPECIES, Log.L5);
    FloatVector l6 = FloatVector.broadcast(SPECIES, Log.L6);
    FloatVector l7 = FloatVector.broadcast(SPECIES, Log.L7);
    FloatVector l8 = FloatVector.broadcast(SPECIES, Log.L8);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND_TWICE);
    FloatVector minusLn2High = FloatVector.broadcast(SPECIES, -Exp.LN2_HIGH);
    FloatVector minusLn2Low = FloatVector.broadcast(SPECIES, -Exp.LN2_LOW);
    FloatVector q0 = FloatVector.broadcast(SPECIES, Exp.Q0);
    FloatVector q1 = FloatVector.broadcast(SPECIES, Exp.Q1);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Exp.Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Exp.Q3);
    FloatVector q4 = FloatVector.broadcast(SPECIES, Exp.Q4);
    for (int c = 0; c < channels; c++) {
      long at = (long) c * BYTES;
      FloatVector base =
          FloatVector.fromMemorySegment(SPECIES, m, sums + at, ORDER).fma(scales, ks);
      IntVector baseBits = base.reinterpretAsInts();
      IntVector exponent = baseBits.sub(Log.TWO_THIRDS).lanewise(ASHR, Exp.MANTISSA);
      FloatVector f =
          baseBits.sub(exponent.lanewise(LSHL, Exp.MANTISSA)).reinterpretAsFloats().sub(one);
      FloatVector p =
          f.fma(
              f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(l8, l7), l6), l5), l4), l3), l2), l1), l0);
      FloatVector log = f.mul(f).fma(p, f);
      log = ((FloatVector) exponent.convert(I2F, 0)).fma(ln2, log);
      log = base.blend(log, base.compare(LT, infinity));
      FloatVector v = log.mul(minusBeta);
      v = v.blend(highest, v.compare(GT, highest));
      v = v.blend(lowest, v.compare(LT, lowest));
      FloatVector t = v.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, v));
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      IntVector bits = t.reinterpretAsInts();
      IntVector half = bits.lanewise(LSHR, 1);
      FloatVector lower = half.lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector upper = bits.sub(half).lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      lower
          .fma(q, lower)
          .mul(upper)
          .mul(FloatVector.fromMemorySegment(SPECIES, m, inputs + at, ORDER))
          .intoMemorySegment(y, yOff + c * yStep, ORDER);
    }
  }
}
