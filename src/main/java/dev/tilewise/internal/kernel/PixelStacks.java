package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Copies pixels into stacks, for {@link OutputTile}: vector by vector down the rows. */
public final class PixelStacks {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PixelStacks() {}

  /**
   * Stacks of equal height.
   *
   * @param x memory of the pixels
   * @param xRows where each pixel's channels start, bytes
   * @param firstRow first entry used
   * @param height pixels of a stack: 9, 8, 5 or 4
   * @param stacks how many
   * @param channels of each pixel; the last vector is filled up with anything
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
    long end = (long) channels / COUNT * BYTES;
    int rest = channels % COUNT;
    for (int stack = 0; stack < stacks; stack++) {
      // Calls without loops: around two or four vectors a loop costs more than what it does.
      long off = 0;
      for (; off + BYTES < end; off += 2 * BYTES, at += 2 * height * COUNT) {
        switch (height) {
          case 9 -> pair9(x, xRows, row, off, to, at);
          case 8 -> pair8(x, xRows, row, off, to, at);
          case 5 -> pair5(x, xRows, row, off, to, at);
          case 4 -> pair4(x, xRows, row, off, to, at);
          default -> throw new IllegalArgumentException("height " + height);
        }
      }
      if (off < end) {
        switch (height) {
          case 9 -> single9(x, xRows, row, off, to, at);
          case 8 -> single8(x, xRows, row, off, to, at);
          case 5 -> single5(x, xRows, row, off, to, at);
          case 4 -> single4(x, xRows, row, off, to, at);
          default -> throw new IllegalArgumentException("height " + height);
        }
        at += height * COUNT;
      }
      if (rest > 0) {
        lastVectors(x, xRows, row, height, end, rest, to, at);
        at += height * COUNT;
      }
      row += height;
    }
  }

  /** The terms that do not fill a vector: what is loaded with them is no term. */
  private static void lastVectors(
      MemorySegment x, long[] xRows, int row, int height, long off, int rest, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long lastWhole = x.byteSize() - BYTES;
    for (int m = 0; m < height; m++) {
      long from = xRows[row + m] + off;
      if (from <= lastWhole) {
        FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + m * COUNT);
      } else {
        for (int i = 0; i < rest; i++) {
          to[at + m * COUNT + i] = x.get(FLOAT, from + (long) i * Float.BYTES);
        }
      }
    }
  }

  private static void pair9(MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 9 * COUNT);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 10 * COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 11 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 12 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 13 * COUNT);
    from = xRows[row + 5] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 5 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 14 * COUNT);
    from = xRows[row + 6] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 6 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 15 * COUNT);
    from = xRows[row + 7] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 7 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 16 * COUNT);
    from = xRows[row + 8] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 8 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 17 * COUNT);
  }

  private static void single9(
      MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
    from = xRows[row + 5] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 5 * COUNT);
    from = xRows[row + 6] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 6 * COUNT);
    from = xRows[row + 7] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 7 * COUNT);
    from = xRows[row + 8] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 8 * COUNT);
  }

  private static void pair8(MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 8 * COUNT);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 9 * COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 10 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 11 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 12 * COUNT);
    from = xRows[row + 5] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 5 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 13 * COUNT);
    from = xRows[row + 6] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 6 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 14 * COUNT);
    from = xRows[row + 7] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 7 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 15 * COUNT);
  }

  private static void single8(
      MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
    from = xRows[row + 5] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 5 * COUNT);
    from = xRows[row + 6] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 6 * COUNT);
    from = xRows[row + 7] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 7 * COUNT);
  }

  private static void pair5(MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 5 * COUNT);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 6 * COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 7 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 8 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 9 * COUNT);
  }

  private static void single5(
      MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    from = xRows[row + 4] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 4 * COUNT);
  }

  private static void pair4(MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 4 * COUNT);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 5 * COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 6 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
    FloatVector.fromMemorySegment(SPECIES, x, from + BYTES, ORDER).intoArray(to, at + 7 * COUNT);
  }

  private static void single4(
      MemorySegment x, long[] xRows, int row, long off, float[] to, int at) {
    if (x.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from = xRows[row] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at);
    from = xRows[row + 1] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + COUNT);
    from = xRows[row + 2] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 2 * COUNT);
    from = xRows[row + 3] + off;
    FloatVector.fromMemorySegment(SPECIES, x, from, ORDER).intoArray(to, at + 3 * COUNT);
  }
}
