package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The natural logarithm, within 1 ulp; -infinity of zeros, NaN of negative numbers. With x = 2^n m
 * and m in [2/3, 4/3) it is n ln 2 + log1p(m - 1).
 */
public record Logarithm() implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public float at(float x) {
    float scaled = x < Float.MIN_NORMAL ? x * Log.SCALE : x;
    int bits = Float.floatToRawIntBits(scaled);
    int n = bits - Log.TWO_THIRDS >> Exp.MANTISSA;
    float f = Float.intBitsToFloat(bits - (n << Exp.MANTISSA)) - 1;
    float exponent = n + (x < Float.MIN_NORMAL ? -Log.SCALE_EXPONENT : 0f);
    float y = Math.fma(exponent, Log.LN2, Log.log1p(f));
    y = x < Float.POSITIVE_INFINITY ? y : x;
    y = x < 0 ? Float.NaN : y;
    return x == 0 ? Float.NEGATIVE_INFINITY : y;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector smallest = FloatVector.broadcast(SPECIES, Float.MIN_NORMAL);
    FloatVector scale = FloatVector.broadcast(SPECIES, Log.SCALE);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector down = FloatVector.broadcast(SPECIES, -Log.SCALE_EXPONENT);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    FloatVector ln2 = FloatVector.broadcast(SPECIES, Log.LN2);
    FloatVector infinity = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
    FloatVector minusInfinity = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector none = FloatVector.broadcast(SPECIES, Float.NaN);
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
      VectorMask<Float> small = v.compare(LT, smallest);
      IntVector bits = v.blend(v.mul(scale), small).reinterpretAsInts();
      IntVector n = bits.sub(Log.TWO_THIRDS).lanewise(ASHR, Exp.MANTISSA);
      FloatVector f = bits.sub(n.lanewise(LSHL, Exp.MANTISSA)).reinterpretAsFloats().sub(one);
      FloatVector exponent = ((FloatVector) n.convert(I2F, 0)).add(zero.blend(down, small));
      FloatVector p =
          f.fma(
              f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(f.fma(l8, l7), l6), l5), l4), l3), l2), l1), l0);
      FloatVector log = f.mul(f).fma(p, f);
      log = exponent.fma(ln2, log);
      log = v.blend(log, v.compare(LT, infinity));
      log = log.blend(none, v.compare(LT, zero));
      log.blend(minusInfinity, v.compare(EQ, zero)).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
