package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Adds one run of floats to another: {@code d[i] += s[i]}. */
public final class RowAdd {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private RowAdd() {}

  /**
   * Adds a run. Both are kernel memory; offsets are bytes.
   *
   * @param d receives the sums
   * @param dOff where it starts
   * @param s what is added
   * @param sOff where it starts
   * @param count floats
   */
  public static void run(MemorySegment d, long dOff, MemorySegment s, long sOff, int count) {
    if (d.getClass() != Memory.NATIVE || s.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(Lanes.SPECIES, d, dOff + at, ORDER)
          .add(FloatVector.fromMemorySegment(Lanes.SPECIES, s, sOff + at, ORDER))
          .intoMemorySegment(d, dOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      d.set(FLOAT, dOff + at, d.get(FLOAT, dOff + at) + s.get(FLOAT, sOff + at));
    }
  }
}
