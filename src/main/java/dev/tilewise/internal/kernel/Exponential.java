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
 * e^x, within 1.1 ulp; 0 and infinity where it underflows and overflows, gradually on the way to 0.
 */
public record Exponential() implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public float at(float x) {
    // Without branches: one that is first taken long after compilation would undo it.
    float v = Math.max(Math.min(x, Exp.HIGHEST), Exp.LOWEST);
    float t = Math.fma(v, Exp.LOG2_E, Exp.ROUND_TWICE);
    float q = Exp.q(Exp.rest(v, t - Exp.ROUND_TWICE));
    float lower = Exp.lowerPower(t);
    return Math.fma(lower, q, lower) * Exp.upperPower(t);
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector highest = FloatVector.broadcast(SPECIES, Exp.HIGHEST);
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
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
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
      lower.fma(q, lower).mul(upper).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
