package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * {@code x < lo ? lo : x > hi ? hi : x}: ReLU is [0, infinity].
 *
 * @param lo lower limit
 * @param hi upper limit
 */
public record Clamp(float lo, float hi) implements Curve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public float at(float x) {
    return x < lo ? lo : x > hi ? hi : x;
  }

  @Override
  public void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector above = v.blend(low, v.compare(LT, low));
      above.blend(high, above.compare(GT, high)).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(x.get(FLOAT, xOff + at)));
    }
  }

  /**
   * Limits rows of vectors where they are.
   *
   * @param y kernel memory
   * @param off the first row, bytes
   * @param step from row to row, bytes
   * @param rows how many
   * @param last the last vector of a row, bytes from its start; the one before may lie over it
   * @param lo lower limit
   * @param hi upper limit
   */
  static void rows(MemorySegment y, long off, long step, int rows, long last, float lo, float hi) {
    if (y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    for (int row = 0; row < rows; row++) {
      long first = off + row * step;
      for (long at = 0; at < last + Lanes.BYTES; at += Lanes.BYTES) {
        long vector = first + Math.min(at, last);
        FloatVector v = FloatVector.fromMemorySegment(SPECIES, y, vector, ORDER);
        FloatVector above = v.blend(low, v.compare(LT, low));
        above.blend(high, above.compare(GT, high)).intoMemorySegment(y, vector, ORDER);
      }
    }
  }
}
