package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Copies pixels into stacks, for {@link PointwiseTile}: vector by vector down the rows. */
public final class PixelStacks {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PixelStacks() {}

  /** Whether pixels may end within a vector: masks are in registers of their own with AVX-512. */
  public static boolean fillsUp() {
    return SPECIES.vectorBitSize() == 512;
  }

  /**
   * Stacks of equal height.
   *
   * @param x memory of the pixels
   * @param xRows where each pixel's channels start, bytes
   * @param firstRow first entry used
   * @param height pixels of a stack: 8 or 9
   * @param stacks how many
   * @param channels of each pixel; the last vector is filled up with zeros
   * @param to receives the stacks, one after the other
   * @param toOff where the first one starts
   */
  public static void copy(
      MemorySegment x,
      long[] xRows,
      int firstRow,
      int height,
      int stacks,
      int channels,
      float[] to,
      int toOff) {
    int row = firstRow;
    int at = toOff;
    int vectors = channels / COUNT;
    int rest = channels % COUNT;
    for (int stack = 0; stack < stacks; stack++) {
      if (height == 9) {
        rows9(x, xRows, row, vectors, to, at);
      } else {
        rows8(x, xRows, row, vectors, to, at);
      }
      at += height * vectors * COUNT;
      if (rest > 0) {
        lastVectors(x, xRows, row, height, (long) vectors * BYTES, rest, to, at);
        at += height * COUNT;
      }
      row += height;
    }
  }

  private static void lastVectors(
      MemorySegment x, long[] xRows, int row, int height, long off, int rest, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    VectorMask<Float> mask = SPECIES.indexInRange(0, rest);
    for (int m = 0; m < height; m++) {
      FloatVector.fromMemorySegment(SPECIES, x, xRows[row + m] + off, ORDER, mask)
          .intoArray(to, at + m * COUNT);
    }
  }

  private static void rows9(
      MemorySegment x, long[] xRows, int row, int vectors, float[] to, int toOff) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long x0 = xRows[row];
    long x1 = xRows[row + 1];
    long x2 = xRows[row + 2];
    long x3 = xRows[row + 3];
    long x4 = xRows[row + 4];
    long x5 = xRows[row + 5];
    long x6 = xRows[row + 6];
    long x7 = xRows[row + 7];
    long x8 = xRows[row + 8];
    long end = x0 + (long) vectors * BYTES;
    int at = toOff;
    // Bounded by an address: few vectors, which a counted loop would spend before and after it.
    while (x0 < end) {
      FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER).intoArray(to, at);
      FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER).intoArray(to, at + COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x2, ORDER).intoArray(to, at + 2 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x3, ORDER).intoArray(to, at + 3 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x4, ORDER).intoArray(to, at + 4 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x5, ORDER).intoArray(to, at + 5 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x6, ORDER).intoArray(to, at + 6 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x7, ORDER).intoArray(to, at + 7 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x8, ORDER).intoArray(to, at + 8 * COUNT);
      x0 += BYTES;
      x1 += BYTES;
      x2 += BYTES;
      x3 += BYTES;
      x4 += BYTES;
      x5 += BYTES;
      x6 += BYTES;
      x7 += BYTES;
      x8 += BYTES;
      at += 9 * COUNT;
    }
  }

  private static void rows8(
      MemorySegment x, long[] xRows, int row, int vectors, float[] to, int toOff) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long x0 = xRows[row];
    long x1 = xRows[row + 1];
    long x2 = xRows[row + 2];
    long x3 = xRows[row + 3];
    long x4 = xRows[row + 4];
    long x5 = xRows[row + 5];
    long x6 = xRows[row + 6];
    long x7 = xRows[row + 7];
    long end = x0 + (long) vectors * BYTES;
    int at = toOff;
    // Bounded by an address: few vectors, which a counted loop would spend before and after it.
    while (x0 < end) {
      FloatVector.fromMemorySegment(SPECIES, x, x0, ORDER).intoArray(to, at);
      FloatVector.fromMemorySegment(SPECIES, x, x1, ORDER).intoArray(to, at + COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x2, ORDER).intoArray(to, at + 2 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x3, ORDER).intoArray(to, at + 3 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x4, ORDER).intoArray(to, at + 4 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x5, ORDER).intoArray(to, at + 5 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x6, ORDER).intoArray(to, at + 6 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, x, x7, ORDER).intoArray(to, at + 7 * COUNT);
      x0 += BYTES;
      x1 += BYTES;
      x2 += BYTES;
      x3 += BYTES;
      x4 += BYTES;
      x5 += BYTES;
      x6 += BYTES;
      x7 += BYTES;
      at += 8 * COUNT;
    }
  }
}
