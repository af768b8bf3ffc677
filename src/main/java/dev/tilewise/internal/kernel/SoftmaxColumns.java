package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Softmax over channels, or its logarithm:
 *
 * <pre>{@code
 * m = max over c of x[c],   e[c] = exp(x[c] - m),   S = sum over c of e[c]
 * y[c] = e[c] * (1 / S),    or  (x[c] - m) - log(S)
 * }</pre>
 *
 * S is sixteen partial sums, of the channels c, c + 16, c + 32 ... in order, which are then added
 * in halves: 8 and 8, 4 and 4, 2 and 2, 1 and 1. So it does not depend on the width of vectors or
 * on which way they lie.
 *
 * @param logarithm whether the logarithm is wanted
 */
public record SoftmaxColumns(boolean logarithm) implements ColumnKernel {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final int PARTIAL_SUMS = 16;

  /** In the scratch of a run: partial sums, then the maximum, then what the sum becomes. */
  private static final long MAXIMUM = (long) PARTIAL_SUMS * BYTES;

  private static final long RESULT = MAXIMUM + BYTES;
  private static final long EXPONENTIALS = RESULT + BYTES;

  /** From here on a pixel's channels are done in vectors of channels where they are contiguous. */
  private static final int ROWS_FROM = 256;

  private static final Exponential EXPONENTIAL = new Exponential();
  private static final Logarithm LOGARITHM = new Logarithm();

  @Override
  public long scratchBytes(int channels) {
    return EXPONENTIALS + (logarithm ? (long) channels * BYTES : 0);
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
    maxima(x, xOff, xStep, channels, scratch, scratchOff + MAXIMUM);
    clear(scratch, scratchOff);
    if (logarithm) {
      exponentials(
          x, xOff, xStep, scratch, scratchOff + EXPONENTIALS, BYTES, channels, scratch, scratchOff);
      addHalves(scratch, scratchOff);
      LOGARITHM.run(scratch, scratchOff, scratch, scratchOff + RESULT, Lanes.COUNT);
      differences(x, xOff, xStep, y, yOff, yStep, channels, scratch, scratchOff);
    } else {
      exponentials(x, xOff, xStep, y, yOff, yStep, channels, scratch, scratchOff);
      addHalves(scratch, scratchOff);
      quotients(y, yOff, yStep, channels, scratch, scratchOff);
    }
  }

  private static void maxima(
      MemorySegment x, long xOff, long xStep, int channels, MemorySegment to, long toOff) {
    if (x.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int c = 0; c < channels; c++) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + c * xStep, ORDER);
      most = most.blend(v, v.compare(GT, most));
    }
    most.intoMemorySegment(to, toOff, ORDER);
  }

  private static void clear(MemorySegment sums, long sumsOff) {
    if (sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < PARTIAL_SUMS; i++) {
      FloatVector.zero(SPECIES).intoMemorySegment(sums, sumsOff + (long) i * BYTES, ORDER);
    }
  }

  private static void exponentials(
      MemorySegment x,
      long xOff,
      long xStep,
      MemorySegment e,
      long eOff,
      long eStep,
      int channels,
      MemorySegment sums,
      long sumsOff) {
    if (x.getClass() != NATIVE || e.getClass() != NATIVE || sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector most = FloatVector.fromMemorySegment(SPECIES, sums, sumsOff + MAXIMUM, ORDER);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exp.LOWEST);
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
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + c * xStep, ORDER).sub(most);
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
      FloatVector power = lower.fma(q, lower).mul(upper);
      power.intoMemorySegment(e, eOff + c * eStep, ORDER);
      long sum = sumsOff + (long) (c % PARTIAL_SUMS) * BYTES;
      FloatVector.fromMemorySegment(SPECIES, sums, sum, ORDER)
          .add(power)
          .intoMemorySegment(sums, sum, ORDER);
    }
  }

  /** The first sum becomes the sum of all; sums are a vector each. */
  private static void addHalves(MemorySegment sums, long sumsOff) {
    if (sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int half = PARTIAL_SUMS / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        FloatVector.fromMemorySegment(SPECIES, sums, sumsOff + (long) i * BYTES, ORDER)
            .add(
                FloatVector.fromMemorySegment(
                    SPECIES, sums, sumsOff + (long) (i + half) * BYTES, ORDER))
            .intoMemorySegment(sums, sumsOff + (long) i * BYTES, ORDER);
      }
    }
  }

  private static void quotients(
      MemorySegment y, long yOff, long yStep, int channels, MemorySegment sums, long sumsOff) {
    if (y.getClass() != NATIVE || sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector inverse =
        FloatVector.broadcast(SPECIES, 1)
            .div(FloatVector.fromMemorySegment(SPECIES, sums, sumsOff, ORDER));
    for (int c = 0; c < channels; c++) {
      long at = yOff + c * yStep;
      FloatVector.fromMemorySegment(SPECIES, y, at, ORDER)
          .mul(inverse)
          .intoMemorySegment(y, at, ORDER);
    }
  }

  private static void differences(
      MemorySegment x,
      long xOff,
      long xStep,
      MemorySegment y,
      long yOff,
      long yStep,
      int channels,
      MemorySegment sums,
      long sumsOff) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE || sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector most = FloatVector.fromMemorySegment(SPECIES, sums, sumsOff + MAXIMUM, ORDER);
    FloatVector log = FloatVector.fromMemorySegment(SPECIES, sums, sumsOff + RESULT, ORDER);
    for (int c = 0; c < channels; c++) {
      FloatVector.fromMemorySegment(SPECIES, x, xOff + c * xStep, ORDER)
          .sub(most)
          .sub(log)
          .intoMemorySegment(y, yOff + c * yStep, ORDER);
    }
  }

  @Override
  public boolean prefersRows(int channels) {
    return channels >= ROWS_FROM;
  }

  @Override
  public void row(
      MemorySegment x,
      long xOff,
      MemorySegment y,
      long yOff,
      int channels,
      MemorySegment scratch,
      long scratchOff) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE || scratch.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    float most = rowMaximum(x, xOff, channels, scratch, scratchOff);
    MemorySegment e = logarithm ? scratch : y;
    long eOff = logarithm ? scratchOff + EXPONENTIALS : yOff;
    rowExponentials(x, xOff, most, e, eOff, channels);
    float sum = rowSum(e, eOff, channels, scratch, scratchOff);
    if (logarithm) {
      rowDifferences(x, xOff, most, LOGARITHM.at(sum), y, yOff, channels);
    } else {
      rowQuotients(y, yOff, 1 / sum, channels);
    }
  }

  private static float rowMaximum(
      MemorySegment x, long xOff, int channels, MemorySegment lanes, long lanesOff) {
    if (x.getClass() != NATIVE || lanes.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector mosts = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int whole = SPECIES.loopBound(channels);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, x, xOff + (long) c * Float.BYTES, ORDER);
      mosts = mosts.blend(v, v.compare(GT, mosts));
    }
    mosts.intoMemorySegment(lanes, lanesOff, ORDER);
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < Lanes.COUNT; i++) {
      float v = lanes.get(FLOAT, lanesOff + (long) i * Float.BYTES);
      most = v > most ? v : most;
    }
    for (int c = whole; c < channels; c++) {
      float v = x.get(FLOAT, xOff + (long) c * Float.BYTES);
      most = v > most ? v : most;
    }
    return most;
  }

  private static void rowExponentials(
      MemorySegment x, long xOff, float most, MemorySegment e, long eOff, int channels) {
    if (x.getClass() != NATIVE || e.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector mosts = FloatVector.broadcast(SPECIES, most);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exp.LOWEST);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND_TWICE);
    FloatVector minusLn2High = FloatVector.broadcast(SPECIES, -Exp.LN2_HIGH);
    FloatVector minusLn2Low = FloatVector.broadcast(SPECIES, -Exp.LN2_LOW);
    FloatVector q0 = FloatVector.broadcast(SPECIES, Exp.Q0);
    FloatVector q1 = FloatVector.broadcast(SPECIES, Exp.Q1);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Exp.Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Exp.Q3);
    FloatVector q4 = FloatVector.broadcast(SPECIES, Exp.Q4);
    int whole = SPECIES.loopBound(channels);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      long at = (long) c * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER).sub(mosts);
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
      lower.fma(q, lower).mul(upper).intoMemorySegment(e, eOff + at, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      long at = (long) c * Float.BYTES;
      e.set(FLOAT, eOff + at, EXPONENTIAL.at(x.get(FLOAT, xOff + at) - most));
    }
  }

  /** Lanes are partial sums here; several vectors of them take several passes. */
  private static float rowSum(
      MemorySegment e, long eOff, int channels, MemorySegment sums, long sumsOff) {
    if (e.getClass() != NATIVE || sums.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = channels - channels % PARTIAL_SUMS;
    for (int first = 0; first < PARTIAL_SUMS; first += Lanes.COUNT) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int c = first; c < whole; c += PARTIAL_SUMS) {
        sum =
            sum.add(
                FloatVector.fromMemorySegment(SPECIES, e, eOff + (long) c * Float.BYTES, ORDER));
      }
      sum.intoMemorySegment(sums, sumsOff + (long) first * Float.BYTES, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      long at = sumsOff + (long) (c - whole) * Float.BYTES;
      sums.set(FLOAT, at, sums.get(FLOAT, at) + e.get(FLOAT, eOff + (long) c * Float.BYTES));
    }
    for (int half = PARTIAL_SUMS / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        long at = sumsOff + (long) i * Float.BYTES;
        sums.set(FLOAT, at, sums.get(FLOAT, at) + sums.get(FLOAT, at + (long) half * Float.BYTES));
      }
    }
    return sums.get(FLOAT, sumsOff);
  }

  private static void rowQuotients(MemorySegment y, long yOff, float inverse, int channels) {
    if (y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector inverses = FloatVector.broadcast(SPECIES, inverse);
    int whole = SPECIES.loopBound(channels);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      long at = yOff + (long) c * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, y, at, ORDER)
          .mul(inverses)
          .intoMemorySegment(y, at, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      long at = yOff + (long) c * Float.BYTES;
      y.set(FLOAT, at, y.get(FLOAT, at) * inverse);
    }
  }

  private static void rowDifferences(
      MemorySegment x, long xOff, float most, float log, MemorySegment y, long yOff, int channels) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector mosts = FloatVector.broadcast(SPECIES, most);
    FloatVector logs = FloatVector.broadcast(SPECIES, log);
    int whole = SPECIES.loopBound(channels);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      long at = (long) c * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER)
          .sub(mosts)
          .sub(logs)
          .intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      long at = (long) c * Float.BYTES;
      y.set(FLOAT, yOff + at, x.get(FLOAT, xOff + at) - most - log);
    }
  }
}
