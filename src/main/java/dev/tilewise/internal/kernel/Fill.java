package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Zeros, without the object that {@link MemorySegment#fill} takes a slice for. */
public final class Fill {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Fill() {}

  /**
   * Sets floats to zero.
   *
   * @param to kernel memory
   * @param toOff the first, bytes
   * @param bytes how many, whole floats
   */
  public static void zeros(MemorySegment to, long toOff, long bytes) {
    if (to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector zero = FloatVector.zero(SPECIES);
    long whole = bytes - bytes % BYTES;
    for (long at = 0; at < whole; at += BYTES) {
      zero.intoMemorySegment(to, toOff + at, ORDER);
    }
    for (long at = whole; at < bytes; at += Float.BYTES) {
      to.set(FLOAT, toOff + at, 0);
    }
  }
}
