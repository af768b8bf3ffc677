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
 * {@code x tanh(log(1 + e^x))}, within 4.5 ulp. With w = e^x and m = w (w + 2) it is x m / (m + 2).
 * The second power of two of w comes last, so that the product with x underflows once.
 */
public record Mish() implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** From here on the function is x. */
  private static final float IDENTITY_FROM = 20;

  @Override
  public float at(float x) {
    float v = x < Exp.LOWEST ? Exp.LOWEST : x;
    float a = v > IDENTITY_FROM ? IDENTITY_FROM : v;
    float t = Math.fma(a, Exp.LOG2_E, Exp.ROUND_TWICE);
    float q = Exp.q(Exp.rest(a, t - Exp.ROUND_TWICE));
    float lower = Exp.lowerPower(t);
    float upper = Exp.upperPower(t);
    float w = Math.fma(lower, q, lower);
    float m = w * Math.fma(w, upper, 2);
    return m / Math.fma(m, upper, 2) * v * upper;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exp.LOWEST);
    FloatVector identityFrom = FloatVector.broadcast(SPECIES, IDENTITY_FROM);
    FloatVector two = FloatVector.broadcast(SPECIES, 2);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND_TWICE);
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
      v = v.blend(lowest, v.compare(LT, lowest));
      FloatVector a = v.blend(identityFrom, v.compare(GT, identityFrom));
      FloatVector t = a.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, a));
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      IntVector bits = t.reinterpretAsInts();
      IntVector half = bits.lanewise(LSHR, 1);
      FloatVector lower = half.lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector upper = bits.sub(half).lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector w = lower.fma(q, lower);
      FloatVector m = w.mul(w.fma(upper, two));
      m.div(m.fma(upper, two)).mul(v).mul(upper).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
