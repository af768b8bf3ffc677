package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** Copies windows into stacks, for {@link GatheredTile}: vector by vector down the rows. */
public final class WindowStacks {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private WindowStacks() {}

  /**
   * Stacks.
   *
   * @param a memory of the windows
   * @param aRows where windows start, bytes
   * @param height windows of a stack: 6, 5 or 4
   * @param stacks how many
   * @param offsets where each piece starts in a window, bytes
   * @param lengths of each piece, floats; whole vectors
   * @param to receives the stacks
   * @param toOff where the first one starts, floats
   * @param toStep from stack to stack, floats
   */
  public static void copy(
      MemorySegment a,
      long[] aRows,
      int height,
      int stacks,
      long[] offsets,
      int[] lengths,
      float[] to,
      int toOff,
      int toStep) {
    for (int stack = 0; stack < stacks; stack++) {
      int at = toOff + stack * toStep;
      for (int piece = 0; piece < offsets.length; piece++) {
        long offset = offsets[piece];
        int length = lengths[piece];
        int row = stack * height;
        switch (height) {
          case 6 -> six(a, aRows, row, offset, length, to, at);
          case 5 -> five(a, aRows, row, offset, length, to, at);
          default -> four(a, aRows, row, offset, length, to, at);
        }
        at += length * height;
      }
    }
  }

  /** One piece of the windows of one stack. */
  private static void six(
      MemorySegment a, long[] aRows, int row, long from, int length, float[] to, int toOff) {
    if (a.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long row0 = aRows[row] + from;
    long row1 = aRows[row + 1] + from;
    long row2 = aRows[row + 2] + from;
    long row3 = aRows[row + 3] + from;
    long row4 = aRows[row + 4] + from;
    long row5 = aRows[row + 5] + from;
    int at = toOff;
    long end = (long) length * Float.BYTES;
    for (long off = 0; off < end; off += BYTES) {
      FloatVector.fromMemorySegment(SPECIES, a, row0 + off, ORDER).intoArray(to, at);
      FloatVector.fromMemorySegment(SPECIES, a, row1 + off, ORDER).intoArray(to, at + COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row2 + off, ORDER).intoArray(to, at + 2 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row3 + off, ORDER).intoArray(to, at + 3 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row4 + off, ORDER).intoArray(to, at + 4 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row5 + off, ORDER).intoArray(to, at + 5 * COUNT);
      at += 6 * COUNT;
    }
  }

  /** One piece of the windows of one stack. */
  private static void five(
      MemorySegment a, long[] aRows, int row, long from, int length, float[] to, int toOff) {
    if (a.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long row0 = aRows[row] + from;
    long row1 = aRows[row + 1] + from;
    long row2 = aRows[row + 2] + from;
    long row3 = aRows[row + 3] + from;
    long row4 = aRows[row + 4] + from;
    int at = toOff;
    long end = (long) length * Float.BYTES;
    for (long off = 0; off < end; off += BYTES) {
      FloatVector.fromMemorySegment(SPECIES, a, row0 + off, ORDER).intoArray(to, at);
      FloatVector.fromMemorySegment(SPECIES, a, row1 + off, ORDER).intoArray(to, at + COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row2 + off, ORDER).intoArray(to, at + 2 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row3 + off, ORDER).intoArray(to, at + 3 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row4 + off, ORDER).intoArray(to, at + 4 * COUNT);
      at += 5 * COUNT;
    }
  }

  /** One piece of the windows of one stack. */
  private static void four(
      MemorySegment a, long[] aRows, int row, long from, int length, float[] to, int toOff) {
    if (a.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long row0 = aRows[row] + from;
    long row1 = aRows[row + 1] + from;
    long row2 = aRows[row + 2] + from;
    long row3 = aRows[row + 3] + from;
    int at = toOff;
    long end = (long) length * Float.BYTES;
    for (long off = 0; off < end; off += BYTES) {
      FloatVector.fromMemorySegment(SPECIES, a, row0 + off, ORDER).intoArray(to, at);
      FloatVector.fromMemorySegment(SPECIES, a, row1 + off, ORDER).intoArray(to, at + COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row2 + off, ORDER).intoArray(to, at + 2 * COUNT);
      FloatVector.fromMemorySegment(SPECIES, a, row3 + off, ORDER).intoArray(to, at + 3 * COUNT);
      at += 4 * COUNT;
    }
  }
}
