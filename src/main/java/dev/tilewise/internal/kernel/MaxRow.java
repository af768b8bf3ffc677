package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The largest values of a row of pooling windows, each of 2x2 or of 3x3 taps, lanes along the depth
 * column. Of two values the later one is taken only if it is larger, which is associative, so that
 * rows of a window need not wait for each other. NaN are not looked for tap by tap: a sum of
 * everything is NaN if there is one, and in a few other cases.
 */
public final class MaxRow {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private MaxRow() {}

  /** Whether there are windows of so many taps here. */
  public static boolean has(int rows, int columns) {
    return rows == columns && (rows == 2 || rows == 3);
  }

  /**
   * The maxima, as {@link MaxWindow#values} finds them. All memory is kernel memory, offsets and
   * steps are bytes.
   *
   * @param taps down and across, 2 or 3
   * @param x input
   * @param xOff the first window's first tap
   * @param rowStep from tap to tap down
   * @param columnStep from tap to tap across
   * @param xStep from window to window
   * @param windows how many
   * @param channels floats at each tap, whole vectors
   * @param y receives the maxima
   * @param yOff where the first window's go
   * @param yStep from window to window
   * @return whether the maxima are right: there was no NaN
   */
  public static boolean values(
      int taps,
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      long xStep,
      int windows,
      int channels,
      MemorySegment y,
      long yOff,
      long yStep) {
    return taps == 2
        ? two(x, xOff, rowStep, columnStep, xStep, windows, channels, y, yOff, yStep)
        : three(x, xOff, rowStep, columnStep, xStep, windows, channels, y, yOff, yStep);
  }

  private static boolean two(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      long xStep,
      int windows,
      int channels,
      MemorySegment y,
      long yOff,
      long yStep) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    long bytes = (long) channels * Float.BYTES;
    long upper = xOff;
    long to = yOff;
    long endOfWindow = xOff + bytes;
    long end = xOff + windows * xStep;
    // One loop, bounded by addresses: each loop that C2 enters checks that the memory is alive.
    while (upper < end) {
      long lower = upper + rowStep;
      FloatVector a = at(x, upper);
      FloatVector b = at(x, upper + columnStep);
      FloatVector d = at(x, lower);
      FloatVector e = at(x, lower + columnStep);
      sum = sum.add(a.add(b).add(d.add(e)));
      larger(larger(a, b), larger(d, e)).intoMemorySegment(y, to, ORDER);
      upper += BYTES;
      to += BYTES;
      if (upper == endOfWindow) {
        upper += xStep - bytes;
        endOfWindow += xStep;
        to += yStep - bytes;
      }
    }
    return !sum.compare(VectorOperators.NE, sum).anyTrue();
  }

  private static boolean three(
      MemorySegment x,
      long xOff,
      long rowStep,
      long columnStep,
      long xStep,
      int windows,
      int channels,
      MemorySegment y,
      long yOff,
      long yStep) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    long bytes = (long) channels * Float.BYTES;
    long upper = xOff;
    long to = yOff;
    long endOfWindow = xOff + bytes;
    long end = xOff + windows * xStep;
    // One loop, bounded by addresses: each loop that C2 enters checks that the memory is alive.
    while (upper < end) {
      FloatVector a = at(x, upper);
      FloatVector b = at(x, upper + columnStep);
      FloatVector d = at(x, upper + 2 * columnStep);
      FloatVector s0 = a.add(b).add(d);
      FloatVector m0 = larger(larger(a, b), d);
      long middle = upper + rowStep;
      a = at(x, middle);
      b = at(x, middle + columnStep);
      d = at(x, middle + 2 * columnStep);
      FloatVector s1 = a.add(b).add(d);
      FloatVector m1 = larger(larger(a, b), d);
      long lower = middle + rowStep;
      a = at(x, lower);
      b = at(x, lower + columnStep);
      d = at(x, lower + 2 * columnStep);
      FloatVector s2 = a.add(b).add(d);
      FloatVector m2 = larger(larger(a, b), d);
      sum = sum.add(s0.add(s1).add(s2));
      larger(larger(m0, m1), m2).intoMemorySegment(y, to, ORDER);
      upper += BYTES;
      to += BYTES;
      if (upper == endOfWindow) {
        upper += xStep - bytes;
        endOfWindow += xStep;
        to += yStep - bytes;
      }
    }
    return !sum.compare(VectorOperators.NE, sum).anyTrue();
  }

  private static FloatVector at(MemorySegment x, long offset) {
    return FloatVector.fromMemorySegment(SPECIES, x, offset, ORDER);
  }

  /** The later value only if it is larger. */
  private static FloatVector larger(FloatVector first, FloatVector later) {
    return first.blend(later, later.compare(VectorOperators.GT, first));
  }
}
