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
import jdk.incubator.vector.VectorMask;

/**
 * {@code log(1 + e^x)} within 1.7 ulp; or its mirror image {@code -log(1 + e^-x)}, the logarithm of
 * the logistic function. It is max(x, 0) + log1p(z) with z = e^-|x|; from 1/3 on {@code log1p(z) =
 * ln 2 + log1p((z - 1) / 2)}.
 *
 * @param sign 1, or -1 for the mirror image
 */
public record Softplus(float sign) implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final float THIRD = 0x1.555556p-2f;

  @Override
  public float at(float x) {
    float u = x * sign;
    float a = -Math.abs(x);
    a = a < Exp.LOWEST ? Exp.LOWEST : a;
    float t = Math.fma(a, Exp.LOG2_E, Exp.ROUND_TWICE);
    float q = Exp.q(Exp.rest(a, t - Exp.ROUND_TWICE));
    float lower = Exp.lowerPower(t);
    float z = Math.fma(lower, q, lower) * Exp.upperPower(t);
    boolean large = z > THIRD;
    float log = Log.log1p(large ? Math.fma(z, 0.5f, -0.5f) : z) + (large ? Log.LN2 : 0);
    return ((u < 0 ? 0 : u) + log) * sign;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector signs = FloatVector.broadcast(SPECIES, sign);
    FloatVector lowest = FloatVector.broadcast(SPECIES, Exp.LOWEST);
    FloatVector third = FloatVector.broadcast(SPECIES, THIRD);
    FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector minusHalf = FloatVector.broadcast(SPECIES, -0.5f);
    FloatVector ln2 = FloatVector.broadcast(SPECIES, Log.LN2);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector log2E = FloatVector.broadcast(SPECIES, Exp.LOG2_E);
    FloatVector round = FloatVector.broadcast(SPECIES, Exp.ROUND_TWICE);
    FloatVector minusLn2High = FloatVector.broadcast(SPECIES, -Exp.LN2_HIGH);
    FloatVector minusLn2Low = FloatVector.broadcast(SPECIES, -Exp.LN2_LOW);
    FloatVector q0 = FloatVector.broadcast(SPECIES, Exp.Q0);
    FloatVector q1 = FloatVector.broadcast(SPECIES, Exp.Q1);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Exp.Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Exp.Q3);
    FloatVector q4 = FloatVector.broadcast(SPECIES, Exp.Q4);
    FloatVector l0 = FloatVector.broadcast(SPECIES, Log.L0);
    FloatVector l1 = FloatVector.broadcast(SPECIES, Log.L1);
    FloatVector l2 = FloatVector.broadcast(SPECIES, Log.L2);
    FloatVector l3 = FloatVector.broadcast(SPECIES, Log.L3);
    FloatVector l4 = FloatVector.broadcast(SPECIES, Log.L4);
    FloatVector l5 = FloatVector.broadcast(SPECIES, Log.L5);
    FloatVector l6 = FloatVector.broadcast(SPECIES, Log.L6);
    FloatVector l7 = FloatVector.broadcast(SPECIES, Log.L7);
    FloatVector l8 = FloatVector.broadcast(SPECIES, Log.L8);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector u = v.mul(signs);
      FloatVector a = v.abs().neg();
      a = a.blend(lowest, a.compare(LT, lowest));
      FloatVector t = a.fma(log2E, round);
      FloatVector n = t.sub(round);
      FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, a));
      FloatVector q = r.fma(r.fma(r.fma(r.fma(q4, q3), q2), q1), q0);
      q = r.mul(r).fma(q, r);
      IntVector bits = t.reinterpretAsInts();
      IntVector halved = bits.lanewise(LSHR, 1);
      FloatVector lower = halved.lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector upper = bits.sub(halved).lanewise(LSHL, Exp.MANTISSA).reinterpretAsFloats();
      FloatVector z = lower.fma(q, lower).mul(upper);
      VectorMask<Float> large = z.compare(GT, third);
      FloatVector f = z.blend(z.fma(half, minusHalf), large);
      FloatVector p =
          f.fma(
              f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(l8, l7), l6), l5), l4), l3), l2), l1), l0);
      FloatVector log = f.mul(f).fma(p, f);
      log = log.add(zero.blend(ln2, large));
      u.blend(zero, u.compare(LT, zero)).add(log).mul(signs).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
