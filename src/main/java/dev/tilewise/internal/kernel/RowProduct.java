package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * One row of a matrix product as textbooks vectorise it, without register tiles: {@code d[n] +=
 * a[i] * b[i, n]}, term by term, four terms for each time d is loaded and stored. Each d is one
 * chain of fused multiply-adds, i ascending.
 */
public final class RowProduct {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private RowProduct() {}

  /**
   * Adds some terms. Offsets are bytes.
   *
   * @param a the row
   * @param aOff its first term
   * @param terms how many
   * @param b the matrix
   * @param bOff its row of the first term
   * @param width columns, a multiple of the vector length; rows of b follow each other
   * @param d receives the sums
   * @param dOff where they start
   */
  public static void add(
      MemorySegment a,
      long aOff,
      int terms,
      MemorySegment b,
      long bOff,
      int width,
      MemorySegment d,
      long dOff) {
    if (a.getClass() != NATIVE || b.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long rowBytes = (long) width * Float.BYTES;
    int i = 0;
    for (; i + 4 <= terms; i += 4) {
      long at = aOff + (long) i * Float.BYTES;
      FloatVector a0 = FloatVector.broadcast(SPECIES, a.get(FLOAT, at));
      FloatVector a1 = FloatVector.broadcast(SPECIES, a.get(FLOAT, at + Float.BYTES));
      FloatVector a2 = FloatVector.broadcast(SPECIES, a.get(FLOAT, at + 2 * Float.BYTES));
      FloatVector a3 = FloatVector.broadcast(SPECIES, a.get(FLOAT, at + 3 * Float.BYTES));
      long b0 = bOff + i * rowBytes;
      long b1 = b0 + rowBytes;
      long b2 = b1 + rowBytes;
      long b3 = b2 + rowBytes;
      for (long n = 0; n < rowBytes; n += BYTES) {
        FloatVector sum = FloatVector.fromMemorySegment(SPECIES, d, dOff + n, ORDER);
        sum = a0.fma(FloatVector.fromMemorySegment(SPECIES, b, b0 + n, ORDER), sum);
        sum = a1.fma(FloatVector.fromMemorySegment(SPECIES, b, b1 + n, ORDER), sum);
        sum = a2.fma(FloatVector.fromMemorySegment(SPECIES, b, b2 + n, ORDER), sum);
        sum = a3.fma(FloatVector.fromMemorySegment(SPECIES, b, b3 + n, ORDER), sum);
        sum.intoMemorySegment(d, dOff + n, ORDER);
      }
    }
    for (; i < terms; i++) {
      FloatVector a0 = FloatVector.broadcast(SPECIES, a.get(FLOAT, aOff + (long) i * Float.BYTES));
      long b0 = bOff + i * rowBytes;
      for (long n = 0; n < rowBytes; n += BYTES) {
        FloatVector sum = FloatVector.fromMemorySegment(SPECIES, d, dOff + n, ORDER);
        sum = a0.fma(FloatVector.fromMemorySegment(SPECIES, b, b0 + n, ORDER), sum);
        sum.intoMemorySegment(d, dOff + n, ORDER);
      }
    }
  }
}
