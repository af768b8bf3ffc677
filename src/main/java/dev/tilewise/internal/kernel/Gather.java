package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Copies the scattered pieces of each row side by side into an array, for {@link Tile}. */
public final class Gather {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Gather() {}

  /**
   * Gathers rows, vector by vector down all rows: what a piece's last vector writes too much, the
   * next piece overwrites.
   *
   * @param a memory of the rows
   * @param aRows where rows start, bytes, ascending
   * @param firstRow first row used; the ones before have their places in the array too
   * @param endRow one past the last
   * @param offsets where each piece starts in a row, bytes
   * @param lengths of each piece, floats
   * @param to receives the rows
   * @param toOff where row 0 starts, floats
   * @param toStep from row to row, floats: room for the pieces and one vector more
   */
  public static void rows(
      MemorySegment a,
      long[] aRows,
      int firstRow,
      int endRow,
      long[] offsets,
      int[] lengths,
      float[] to,
      int toOff,
      int toStep) {
    int at = toOff;
    for (int piece = 0; piece < offsets.length; piece++) {
      for (int done = 0; done < lengths[piece]; done += COUNT) {
        long offset = offsets[piece] + (long) done * Float.BYTES;
        int whole = endRow;
        while (whole > firstRow && aRows[whole - 1] + offset + BYTES > a.byteSize()) {
          whole--;
        }
        vectors(a, aRows, firstRow, whole, offset, to, at + done, toStep);
        int rest = Math.min(COUNT, lengths[piece] - done);
        for (int row = whole; row < endRow; row++) {
          floats(a, aRows[row] + offset, rest, to, row * toStep + at + done);
        }
      }
      at += lengths[piece];
    }
  }

  /** One vector of each row. */
  private static void vectors(
      MemorySegment a,
      long[] aRows,
      int firstRow,
      int endRow,
      long offset,
      float[] to,
      int toOff,
      int toStep) {
    if (a.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int row = firstRow; row < endRow; row++) {
      FloatVector.fromMemorySegment(SPECIES, a, aRows[row] + offset, ORDER)
          .intoArray(to, toOff + row * toStep);
    }
  }

  /** Where a whole vector would reach beyond the memory. */
  private static void floats(MemorySegment a, long from, int count, float[] to, int toOff) {
    for (int i = 0; i < count; i++) {
      to[toOff + i] = a.get(FLOAT, from + (long) i * Float.BYTES);
    }
  }
}
