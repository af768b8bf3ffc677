package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The largest values of one pooling window, lanes along the depth column. A later value replaces an
 * earlier one only if it is larger; the first NaN replaces everything and stays.
 */
public final class MaxWindow {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** As many numbers of taps as there are lanes. */
  private static final VectorSpecies<Integer> NUMBERS =
      VectorSpecies.of(int.class, Lanes.SPECIES.vectorShape());

  private static final int BYTES = Lanes.BYTES;

  private MaxWindow() {}

  /**
   * The maxima. All memory is kernel memory, offsets and steps are bytes.
   *
   * @param x input
   * @param xOff the window's first tap
   * @param rows taps down
   * @param rowStep from tap to tap down
   * @param columns taps across
   * @param columnStep from tap to tap across
   * @param channels floats at each tap
   * @param y receives the maxima
   * @param yOff where they go
   */
  public static void values(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      int channels,
      MemorySegment y,
      long yOff) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int fours = channels - channels % (4 * Lanes.COUNT);
    for (int c = 0; c < fours; c += 4 * Lanes.COUNT) {
      long at = (long) c * Float.BYTES;
      if (!four(x, xOff + at, rows, rowStep, columns, columnStep, y, yOff + at)) {
        single(x, xOff + at, rows, rowStep, columns, columnStep, 4, y, yOff + at);
      }
    }
    int whole = channels - channels % Lanes.COUNT;
    long at = (long) fours * Float.BYTES;
    int vectors = (whole - fours) / Lanes.COUNT;
    single(x, xOff + at, rows, rowStep, columns, columnStep, vectors, y, yOff + at);
    for (int c = whole; c < channels; c++) {
      long first = xOff + (long) c * Float.BYTES;
      float best = x.get(FLOAT, first);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          float value = x.get(FLOAT, first + row * rowStep + column * columnStep);
          best = value <= best || best != best ? best : value;
        }
      }
      y.set(FLOAT, yOff + (long) c * Float.BYTES, best);
    }
  }

  /** Vectors of channels one by one, whatever is in them. */
  private static void single(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      int vectors,
      MemorySegment y,
      long yOff) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int vector = 0; vector < vectors; vector++) {
      long first = xOff + (long) vector * BYTES;
      FloatVector best = FloatVector.fromMemorySegment(Lanes.SPECIES, x, first, ORDER);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          long at = first + row * rowStep + column * columnStep;
          FloatVector value = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER);
          VectorMask<Float> kept =
              value.compare(VectorOperators.LE, best).or(best.compare(VectorOperators.NE, best));
          best = value.blend(best, kept);
        }
      }
      best.intoMemorySegment(y, yOff + (long) vector * BYTES, ORDER);
    }
  }

  /**
   * Four vectors of channels: each waits for its own compares only. NaN are not looked for tap by
   * tap: a sum of everything is NaN if there is one, and in a few other cases.
   *
   * @return whether the maxima are right: there was no NaN
   */
  private static boolean four(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      MemorySegment y,
      long yOff) {
    if (x.getClass() != Memory.NATIVE || y.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector b0 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, xOff, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, xOff + BYTES, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, xOff + 2L * BYTES, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, xOff + 3L * BYTES, ORDER);
    FloatVector s0 = FloatVector.zero(Lanes.SPECIES);
    FloatVector s1 = s0;
    for (int row = 0; row < rows; row++) {
      long at = xOff + row * rowStep;
      for (int column = 0; column < columns; column++) {
        FloatVector v0 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER);
        FloatVector v1 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + BYTES, ORDER);
        FloatVector v2 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + 2L * BYTES, ORDER);
        FloatVector v3 = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + 3L * BYTES, ORDER);
        s0 = s0.add(v0).add(v1);
        s1 = s1.add(v2).add(v3);
        b0 = b0.blend(v0, v0.compare(VectorOperators.GT, b0));
        b1 = b1.blend(v1, v1.compare(VectorOperators.GT, b1));
        b2 = b2.blend(v2, v2.compare(VectorOperators.GT, b2));
        b3 = b3.blend(v3, v3.compare(VectorOperators.GT, b3));
        at += columnStep;
      }
    }
    b0.intoMemorySegment(y, yOff, ORDER);
    b1.intoMemorySegment(y, yOff + BYTES, ORDER);
    b2.intoMemorySegment(y, yOff + 2L * BYTES, ORDER);
    b3.intoMemorySegment(y, yOff + 3L * BYTES, ORDER);
    FloatVector sum = s0.add(s1);
    return !sum.compare(VectorOperators.NE, sum).anyTrue();
  }

  /**
   * Where the maxima are: the number of the tap, {@code row * columns + column}, for each channel.
   * The window has at most 2^31 - 1 taps.
   *
   * @param x input
   * @param xOff the window's first tap
   * @param rows taps down
   * @param rowStep from tap to tap down
   * @param columns taps across
   * @param columnStep from tap to tap across
   * @param channels floats at each tap
   * @param taps receives the numbers
   */
  public static void taps(
      MemorySegment x,
      long xOff,
      int rows,
      long rowStep,
      int columns,
      long columnStep,
      int channels,
      int[] taps) {
    if (x.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = channels - channels % Lanes.COUNT;
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      long first = xOff + (long) c * Float.BYTES;
      FloatVector best = FloatVector.fromMemorySegment(Lanes.SPECIES, x, first, ORDER);
      IntVector tap = IntVector.zero(NUMBERS);
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          long at = first + row * rowStep + column * columnStep;
          FloatVector value = FloatVector.fromMemorySegment(Lanes.SPECIES, x, at, ORDER);
          VectorMask<Float> kept =
              value.compare(VectorOperators.LE, best).or(best.test(VectorOperators.IS_NAN));
          best = value.blend(best, kept);
          IntVector number = IntVector.broadcast(NUMBERS, row * columns + column);
          tap = number.blend(tap, kept.cast(NUMBERS));
        }
      }
      tap.intoArray(taps, c);
    }
    for (int c = whole; c < channels; c++) {
      long first = xOff + (long) c * Float.BYTES;
      float best = x.get(FLOAT, first);
      int tap = 0;
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          float value = x.get(FLOAT, first + row * rowStep + column * columnStep);
          boolean kept = value <= best || best != best;
          best = kept ? best : value;
          tap = kept ? tap : row * columns + column;
        }
      }
      taps[c] = tap;
    }
  }

  /**
   * The gradient: adds dy at the taps where the maxima are.
   *
   * @param taps what {@link #taps} found
   * @param dx gradient of the input
   * @param dxOff the window's first tap
   * @param rowStep from tap to tap down
   * @param columns taps across
   * @param columnStep from tap to tap across
   * @param channels floats at each tap
   * @param dy gradient of the output
   * @param dyOff this window's
   */
  public static void addAtTaps(
      int[] taps,
      MemorySegment dx,
      long dxOff,
      long rowStep,
      int columns,
      long columnStep,
      int channels,
      MemorySegment dy,
      long dyOff) {
    if (dx.getClass() != Memory.NATIVE || dy.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int c = 0; c < channels; c++) {
      int tap = taps[c];
      int row = tap / columns;
      long depth = (long) c * Float.BYTES;
      long at = dxOff + row * rowStep + (tap - row * columns) * columnStep + depth;
      dx.set(FLOAT, at, dx.get(FLOAT, at) + dy.get(FLOAT, dyOff + depth));
    }
  }
}
