package dev.tilewise.internal.kernel;

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
 * x times the distribution function of the normal distribution, {@code x (1 + erf(x / sqrt 2)) /
 * 2}: GELU, within 6 ulp.
 *
 * <pre>{@code
 * T = |x| e^(-x^2 / 2) s G(s),   s = 1 / (|x| + 3),   y = max(x, 0) - T
 * }</pre>
 *
 * G is a minimax polynomial, largest error 2.1e-8. What x^2 / 2 loses in rounding is added to the
 * rest of the exponent.
 */
public record NormalGate() implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** From here on the function is x, and 0 below its negative. */
  private static final float IDENTITY_FROM = 15;

  private static final float G0 = 0x1.987a96p-2f;
  private static final float G1 = 0x1.3311ep0f;
  private static final float G2 = 0x1.8e2bc2p1f;
  private static final float G3 = 0x1.1117c4p3f;
  private static final float G4 = -0x1.a6d89p0f;
  private static final float G5 = 0x1.692cdap6f;
  private static final float G6 = -0x1.419a7ep8f;
  private static final float G7 = 0x1.7f13b4p7f;
  private static final float G8 = 0x1.c32f62p8f;
  private static final float G9 = -0x1.08086ap9f;

  @Override
  public float at(float x) {
    float a = Math.abs(x);
    a = a > IDENTITY_FROM ? IDENTITY_FROM : a;
    float half = a * -0.5f;
    float h = half * a;
    float lost = Math.fma(half, a, -h);
    float t = Math.fma(h, Exp.LOG2_E, Exp.ROUND_TWICE);
    float q = Exp.q(Exp.rest(h, t - Exp.ROUND_TWICE) + lost);
    float lower = Exp.lowerPower(t);
    float s = 1 / (a + 3);
    float p = Math.fma(s, G9, G8);
    p = Math.fma(s, p, G7);
    p = Math.fma(s, p, G6);
    p = Math.fma(s, p, G5);
    p = Math.fma(s, p, G4);
    p = Math.fma(s, p, G3);
    p = Math.fma(s, p, G2);
    p = Math.fma(s, p, G1);
    p = Math.fma(s, p, G0) * s * a;
    float tail = Math.fma(lower, q, lower) * p * Exp.upperPower(t);
    return (x < 0 ? 0 : x) - tail;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector identityFrom = FloatVector.broadcast(SPECIES, IDENTITY_FROM);
    FloatVector minusHalf = FloatVector.broadcast(SPECIES, -0.5f);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector three = FloatVector.broadcast(SPECIES, 3);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND_TWICE);
    FloatVector minusLn2High = FloatVector.broadcast(SPECIES, -Exp.LN2_HIGH);
    FloatVector minusLn2Low = FloatVector.broadcast(SPECIES, -Exp.LN2_LOW);
    FloatVector q0 = FloatVector.broadcast(SPECIES, Exp.Q0);
    FloatVector q1 = FloatVector.broadcast(SPECIES, Exp.Q1);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Exp.Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Exp.Q3);
    FloatVector q4 = FloatVector.broadcast(SPECIES, Exp.Q4);
    FloatVector g0 = FloatVector.broadcast(SPECIES, G0);
    FloatVector g1 = FloatVector.broadcast(SPECIES, G1);
    FloatVector g2 = FloatVector.broadcast(SPECIES, G2);
    FloatVector g3 = FloatVector.broadcast(SPECIES, G3);
    FloatVector g4 = FloatVector.broadcast(SPECIES, G4);
    FloatVector g5 = FloatVector.broadcast(SPECIES, G5);
    FloatVector g6 = FloatVector.broadcast(SPECIES, G6);
    FloatVector g7 = FloatVector.broadcast(SPECIES, G7);
    FloatVector g8 = FloatVector.broadcast(SPECIES, G8);
    FloatVector g9 = FloatVector.broadcast(SPECIES, G9);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector a = v.abs();
      a = a.blend(identityFrom, a.compare(GT, identityFrom));
      FloatVector half = a.mul(minusHalf);
      FloatVector h = half.mul(a);
      FloatVector lost = half.fma(a, h.neg());
      FloatVector t = h.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, h)).add(lost);
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      IntVector bits = t.reinterpretAsInts();
      IntVector halved = bits.lanewise(LSHR, 1);
      FloatVector lower = halved.lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector upper = bits.sub(halved).lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector s = one.div(a.add(three));
      FloatVector p = s.fma(s.fma(s.fma(s.fma(g9, g8), g7), g6), g5);
      p = s.fma(s.fma(s.fma(s.fma(s.fma(p, g4), g3), g2), g1), g0).mul(s).mul(a);
      FloatVector tail = lower.fma(q, lower).mul(p).mul(upper);
      v.blend(0, v.compare(LT, 0)).sub(tail).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
