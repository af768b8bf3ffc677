package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * tanh x, within 2 ulp. With a = 1 - e^-2|x| it is a / (2 - a) with the sign of x; the quotient is
 * corrected by its remainder, exact but for one rounding because twice the quotient is a to 2 a.
 */
public record HyperbolicTangent() implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** From here on tanh is 1. */
  private static final float ONE_FROM = 10;

  /** Stands for 1 / (2 - a), which is 0.5 .. 1, in a correction of one ulp. */
  private static final float RECIPROCAL = 0.75f;

  @Override
  public float at(float x) {
    float a = Math.abs(x);
    a = (a > ONE_FROM ? ONE_FROM : a) * -2;
    float t = Math.fma(a, Exp.LOG2_E, Exp.ROUND);
    float q = Exp.q(Exp.rest(a, t - Exp.ROUND));
    float s = Exp.power(t);
    float e = Math.fma(-s, q, 1 - s);
    float y = e / (2 - e);
    y = Math.fma(Math.fma(y, e, Math.fma(-2, y, e)), RECIPROCAL, y);
    int sign = Float.floatToRawIntBits(x) & Integer.MIN_VALUE;
    return Float.intBitsToFloat(Float.floatToRawIntBits(y) | sign);
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector oneFrom = FloatVector.broadcast(SPECIES, ONE_FROM);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector two = FloatVector.broadcast(SPECIES, 2);
    FloatVector minusTwo = FloatVector.broadcast(SPECIES, -2);
    FloatVector reciprocal = FloatVector.broadcast(SPECIES, RECIPROCAL);
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
      FloatVector a = v.abs();
      a = a.blend(oneFrom, a.compare(GT, oneFrom)).mul(minusTwo);
      FloatVector t = a.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, a));
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      FloatVector s = t.reinterpretAsInts().lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector e = s.neg().fma(q, one.sub(s));
      FloatVector y0 = e.div(two.sub(e));
      FloatVector y1 = y0.fma(e, minusTwo.fma(y0, e)).fma(reciprocal, y0);
      IntVector sign = v.reinterpretAsInts().and(Integer.MIN_VALUE);
      y1.reinterpretAsInts().or(sign).reinterpretAsFloats().intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
