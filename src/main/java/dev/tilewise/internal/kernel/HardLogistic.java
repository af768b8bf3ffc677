package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@code g = clamp(slope * x + offset, 0, 1)}, one fused multiply-add; or x times it, which is 0
 * wherever g is.
 *
 * @param slope of the middle piece
 * @param offset its value at 0
 * @param gated whether the value is multiplied by x
 */
public record HardLogistic(float slope, float offset, boolean gated) implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public float at(float x) {
    float g = Math.fma(x, slope, offset);
    g = g < 0 ? 0 : g;
    g = g > 1 ? 1 : g;
    return gated ? (g == 0 ? 0 : x) * g : g;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector slopes = FloatVector.broadcast(SPECIES, slope);
    FloatVector offsets = FloatVector.broadcast(SPECIES, offset);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector one = FloatVector.broadcast(SPECIES, 1);
    VectorMask<Float> gates = SPECIES.maskAll(gated);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector g = v.fma(slopes, offsets);
      g = g.blend(zero, g.compare(LT, zero));
      g = g.blend(one, g.compare(GT, one));
      g.blend(v.blend(zero, g.compare(EQ, zero)).mul(g), gates)
          .intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }
}
