package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The rectified linear unit over runs of floats, and its gradient. NaN passes both ways. */
public final class Rectifier {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Rectifier() {}

  /**
   * {@code y = x < 0 ? 0 : x}. Both are kernel memory, may be the same; offsets are bytes.
   *
   * @param x input
   * @param y output
   * @param off where both start
   * @param count floats
   */
  public static void forward(MemorySegment x, MemorySegment y, long off, int count) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = off + (long) i * Float.BYTES;
      FloatVector value = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER);
      VectorMask<Float> negative = value.compare(VectorOperators.LT, 0);
      value.blend(0, negative).intoMemorySegment(y, at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = off + (long) i * Float.BYTES;
      float value = x.get(FLOAT, at);
      y.set(FLOAT, at, value < 0 ? 0 : value);
    }
  }

  /**
   * {@code dx = y <= 0 ? 0 : dy}. All are kernel memory; dx may be dy.
   *
   * @param y what {@link #forward} made
   * @param dy gradient of y
   * @param dx gradient of x
   * @param off where all start, bytes
   * @param count floats
   */
  public static void backward(
      MemorySegment y, MemorySegment dy, MemorySegment dx, long off, int count) {
    if (y.getClass() != Memory.NATIVE
        || dy.getClass() != Memory.NATIVE
        || dx.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = off + (long) i * Float.BYTES;
      VectorMask<Float> zeroed =
          FloatVector.fromMemorySegment(Lanes.SPECIES, y, at, ORDER).compare(VectorOperators.LE, 0);
      FloatVector.fromMemorySegment(Lanes.SPECIES, dy, at, ORDER)
          .blend(0, zeroed)
          .intoMemorySegment(dx, at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = off + (long) i * Float.BYTES;
      dx.set(FLOAT, at, y.get(FLOAT, at) <= 0 ? 0 : dy.get(FLOAT, at));
    }
  }
}
