package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.ColumnKernel;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.MatrixTranspose;
import dev.tilewise.internal.kernel.Scratch;
import dev.tilewise.internal.kernel.Strips;
import java.lang.foreign.MemorySegment;

/**
 * The loops around a {@link ColumnKernel}: units of pixels, in vectors of pixels. Planes are read
 * and written in place; depth columns are transposed on the way in and out, unless the kernel
 * prefers them as they lie.
 */
public final class AcrossChannels {

  /** Floats of a unit, roughly: enough to be worth handing to a thread. */
  private static final int UNIT = 1 << 13;

  private static final int MAX_UNITS = 1 << 20;

  private AcrossChannels() {}

  /**
   * Pixels of one unit: whole vectors.
   *
   * @param pixels of all images
   * @param channels of each pixel
   */
  public static long unitPixels(long pixels, int channels) {
    long wanted = Math.max(UNIT / channels, pixels / MAX_UNITS) + 1;
    return (wanted + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
  }

  /**
   * Pixels whose channels are planes apart.
   *
   * @param kernel what to do
   * @param x input, kernel memory
   * @param y output, kernel memory; may be x
   * @param from first pixel, counted through all images
   * @param to behind the last
   * @param channels of each pixel
   * @param plane pixels of an image
   */
  public static void planes(
      ColumnKernel kernel,
      MemorySegment x,
      MemorySegment y,
      long from,
      long to,
      int channels,
      long plane) {
    long columns = Lanes.BYTES * (long) channels;
    MemorySegment scratch = Scratch.ofThread(columns + kernel.scratchBytes(channels));
    long step = plane * Float.BYTES;
    long at = from;
    while (at < to) {
      long image = at / plane;
      long pixel = at % plane;
      int count = (int) Math.min(Math.min(Lanes.COUNT, to - at), plane - pixel);
      long off = (image * channels * plane + pixel) * Float.BYTES;
      if (count == Lanes.COUNT) {
        kernel.run(x, off, step, y, off, step, channels, scratch, columns);
      } else {
        Strips.copy(x, off, step, scratch, 0, Lanes.BYTES, channels, count);
        kernel.run(scratch, 0, Lanes.BYTES, scratch, 0, Lanes.BYTES, channels, scratch, columns);
        Strips.copy(scratch, 0, Lanes.BYTES, y, off, step, channels, count);
      }
      at += count;
    }
  }

  /**
   * Pixels whose channels are contiguous.
   *
   * @param kernel what to do
   * @param x input, kernel memory
   * @param y output, kernel memory; may be x
   * @param from first pixel, counted through all images
   * @param to behind the last
   * @param channels of each pixel
   */
  public static void columns(
      ColumnKernel kernel, MemorySegment x, MemorySegment y, long from, long to, int channels) {
    // Columns, at least a square of them; then the kernel's scratch, at least a square too.
    long columns = Lanes.BYTES * (long) Math.max(channels, Lanes.COUNT);
    long behind = Math.max(kernel.scratchBytes(channels), Lanes.BYTES * (long) Lanes.COUNT);
    MemorySegment scratch = Scratch.ofThread(columns + behind);
    long step = (long) channels * Float.BYTES;
    if (kernel.prefersRows(channels)) {
      for (long at = from; at < to; at++) {
        kernel.row(x, at * step, y, at * step, channels, scratch, columns);
      }
      return;
    }
    // Behind a few channels a whole vector still reads this tensor's floats, except at its end.
    boolean few = channels < MatrixTranspose.BLOCK && MatrixTranspose.BLOCK == Lanes.COUNT;
    long reach = (Lanes.COUNT - 1) * step + Lanes.BYTES;
    for (long at = from; at < to; at += Lanes.COUNT) {
      int count = (int) Math.min(Lanes.COUNT, to - at);
      boolean square = few && count == Lanes.COUNT && at * step + reach <= x.byteSize();
      if (square) {
        MatrixTranspose.square(x, at * step, step, scratch, 0, Lanes.BYTES);
      } else {
        MatrixTranspose.run(x, at * step, step, count, channels, scratch, 0, Lanes.BYTES);
      }
      kernel.run(scratch, 0, Lanes.BYTES, scratch, 0, Lanes.BYTES, channels, scratch, columns);
      if (square) {
        MatrixTranspose.square(scratch, 0, Lanes.BYTES, scratch, columns, step);
        MemorySegment.copy(scratch, columns, y, at * step, count * step);
      } else {
        MatrixTranspose.run(scratch, 0, Lanes.BYTES, channels, count, y, at * step, step);
      }
    }
  }
}
