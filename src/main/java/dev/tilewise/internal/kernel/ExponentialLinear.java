package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The exponential linear units: {@code x < 0 ? low * (e^(rate x) - 1) : high * x}. The exponential
 * less one is within 1 ulp of what it is of the rounded product.
 *
 * @param low factor of the negative side
 * @param rate factor in the exponent
 * @param high factor of the positive side
 */
public record ExponentialLinear(float low, float rate, float high) implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** From here down e^x - 1 is -1. */
  private static final float MINUS_ONE_FROM = -18;

  @Override
  public float at(float x) {
    float a = x * rate;
    a = a < MINUS_ONE_FROM ? MINUS_ONE_FROM : a;
    float t = Math.fma(a, Exp.LOG2_E, Exp.ROUND);
    float q = Exp.q(Exp.rest(a, t - Exp.ROUND));
    float s = Exp.power(t);
    return x < 0 ? Math.fma(s, q, s - 1) * low : x * high;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector minusOneFrom = FloatVector.broadcast(SPECIES, MINUS_ONE_FROM);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector lows = FloatVector.broadcast(SPECIES, low);
    FloatVector rates = FloatVector.broadcast(SPECIES, rate);
    FloatVector highs = FloatVector.broadcast(SPECIES, high);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND);
    FloatVector minusLn2High = FloatVector.broadcast(SPECIES, -Exp.LN2_HIGH);
    FloatVector minusLn2Low = FloatVector.broadcast(SPECIES, -Exp.LN2_LOW);
    FloatVector q0 = FloatVector.broadcast(SPECIES, Exp.Q0);
    FloatVector q1 = FloatVector.broadcast(SPECIES, Exp.Q1);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Exp.Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Exp.Q3);
    FloatVector q4 = FloatVector.broadcast(SPECIES, Exp.Q4);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector a = v.mul(rates);
      a = a.blend(minusOneFrom, a.compare(LT, minusOneFrom));
      FloatVector t = a.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, a));
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      FloatVector s = t.reinterpretAsInts().lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector negative = s.fma(q, s.sub(one)).mul(lows);
      v.mul(highs).blend(negative, v.compare(LT, 0)).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
