package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** The mean over one pooling window and its gradient, lanes along the depth column. */
public final class AverageWindow {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final int BYTES = Lanes.BYTES;

  private AverageWindow() {}

  /**
   * The means: each row is summed from left to right, the row sums from top to bottom, and the sum
   * divided. All memory is kernel memory, offsets and steps are bytes.
   *
   * @param x input
   * @param xOff the window's first tap
   * @param rows taps down
   * @param rowStep from tap to tap down
   * @param columns taps across
   * @param columnStep from tap to tap across
   * @param channels floats at each tap
   * @param divisor what the sums are divided by
   * @param y receives the means
   * @param yOff where they go
   */
  public static void means(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      int channels,
      float divisor,
      MemorySegment y,
      long yOff) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int fours = channels - channels % (4 * Lanes.COUNT);
    for (int c = 0; c < fours; c += 4 * Lanes.COUNT) {
      long at = (long) c * Float.BYTES;
      four(x, xOff + at, rows, rowStep, columns, columnStep, divisor, y, yOff + at);
    }
    int whole = channels - channels % Lanes.COUNT;
    for (int c = fours; c < whole; c += Lanes.COUNT) {
      FloatVector total = FloatVector.zero(Lanes.SPECIES);
      for (int row = 0; row < rows; row++) {
        long first = xOff + (long) c * Float.BYTES + row * rowStep;
        FloatVector sum = FloatVector.zero(Lanes.SPECIES);
        for (int column = 0; column < columns; column++) {
          long at = first + column * columnStep;
          sum = sum.add(FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER));
        }
        total = total.add(sum);
      }
      total.div(divisor).intoMemorySegment(y, yOff + (long) c * Float.BYTES, ORDER);
    }
    for (int c = whole; c < channels; c++) {
      float total = 0;
      for (int row = 0; row < rows; row++) {
        long first = xOff + (long) c * Float.BYTES + row * rowStep;
        float sum = 0;
        for (int column = 0; column < columns; column++) {
          sum += x.get(FLOAT, first + column * columnStep);
        }
        total += sum;
      }
      y.set(FLOAT, yOff + (long) c * Float.BYTES, total / divisor);
    }
  }

  /** Four vectors of channels: each waits for its own sums only. */
  private static void four(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      float divisor,
      MemorySegment y,
      long yOff) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector zero = FloatVector.zero(Lanes.SPECIES);
    FloatVector t0 = zero;
    FloatVector t1 = zero;
    FloatVector t2 = zero;
    FloatVector t3 = zero;
    for (int row = 0; row < rows; row++) {
      long at = xOff + row * rowStep;
      FloatVector s0 = zero;
      FloatVector s1 = zero;
      FloatVector s2 = zero;
      FloatVector s3 = zero;
      for (int column = 0; column < columns; column++) {
        s0 = s0.add(FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER));
        s1 = s1.add(FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + BYTES, ORDER));
        s2 = s2.add(FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + 2L * BYTES, ORDER));
        s3 = s3.add(FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + 3L * BYTES, ORDER));
        at += columnStep;
      }
      t0 = t0.add(s0);
      t1 = t1.add(s1);
      t2 = t2.add(s2);
      t3 = t3.add(s3);
    }
    t0.div(divisor).intoMemorySegment(y, yOff, ORDER);
    t1.div(divisor).intoMemorySegment(y, yOff + BYTES, ORDER);
    t2.div(divisor).intoMemorySegment(y, yOff + 2L * BYTES, ORDER);
    t3.div(divisor).intoMemorySegment(y, yOff + 3L * BYTES, ORDER);
  }

  /**
   * The gradient: adds {@code dy / divisor} at every tap of the window.
   *
   * @param dx gradient of the input
   * @param dxOff the window's first tap
   * @param rows taps down
   * @param rowStep from tap to tap down
   * @param columns taps across
   * @param columnStep from tap to tap across
   * @param channels floats at each tap
   * @param divisor what the sums were divided by
   * @param dy gradient of the output
   * @param dyOff this window's
   */
  public static void spread(
      MemorySegment dx,
      long dxOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      int channels,
      float divisor,
      MemorySegment dy,
      long dyOff) {
    if (dx.getClass() != Memory.NATIVE || dy.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = channels - channels % Lanes.COUNT;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long tap = dxOff + row * rowStep + column * columnStep;
        for (int c = 0; c < whole; c += Lanes.COUNT) {
          long at = (long) c * Float.BYTES;
          FloatVector share =
              FloatVector.fromMemorySegment(Lanes.SPECIES, dy, dyOff + at, ORDER).div(divisor);
          FloatVector.fromMemorySegment(Lanes.SPECIES, dx, tap + at, ORDER)
              .add(share)
              .intoMemorySegment(dx, tap + at, ORDER);
        }
        for (int c = whole; c < channels; c++) {
          long at = (long) c * Float.BYTES;
          float share = dy.get(FLOAT, dyOff + at) / divisor;
          dx.set(FLOAT, tap + at, dx.get(FLOAT, tap + at) + share);
        }
      }
    }
  }
}
