package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Sums and products of two runs of floats, element by element: one rounding each. */
public final class Pairs {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Pairs() {}

  /**
   * {@code y[i] = x[i] + a[i]}. All are kernel memory, y may be x or a at the same offset; offsets
   * are bytes.
   *
   * @param x one operand
   * @param xOff where it starts
   * @param a the other
   * @param aOff where it starts
   * @param y receives the results
   * @param yOff where they start
   * @param count floats
   */
  public static void add(
      MemorySegment x,
      long xOff,
      MemorySegment a,
      long aOff,
      MemorySegment y,
      long yOff,
      int count) {
    if (x.getClass() != NATIVE || a.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, a, aOff + at, ORDER))
          .intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, x.get(FLOAT, xOff + at) + a.get(FLOAT, aOff + at));
    }
  }

  /**
   * {@code y[i] = x[i] * a[i]}. All are kernel memory, y may be x or a at the same offset; offsets
   * are bytes.
   *
   * @param x one operand
   * @param xOff where it starts
   * @param a the other
   * @param aOff where it starts
   * @param y receives the results
   * @param yOff where they start
   * @param count floats
   */
  public static void multiply(
      MemorySegment x,
      long xOff,
      MemorySegment a,
      long aOff,
      MemorySegment y,
      long yOff,
      int count) {
    if (x.getClass() != NATIVE || a.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER)
          .mul(FloatVector.fromMemorySegment(SPECIES, a, aOff + at, ORDER))
          .intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, x.get(FLOAT, xOff + at) * a.get(FLOAT, aOff + at));
    }
  }
}
