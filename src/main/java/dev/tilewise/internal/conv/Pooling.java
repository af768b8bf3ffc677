package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.AverageWindow;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.MaxRow;
import dev.tilewise.internal.kernel.MaxWindow;
import java.lang.foreign.MemorySegment;

/**
 * Pooling over NHWC kernel memory: for each output pixel the maximum or mean of its window, channel
 * by channel. A window consists of the taps that meet the input.
 */
public final class Pooling {

  private final Geometry g;
  private final Destination destination;
  private final boolean max;
  private final TapRanges taps;
  private final float[] countedY;
  private final float[] countedX;
  // Windows whose columns are all in the input, and whether whole rows of them are pooled at once.
  private final int firstWhole;
  private final int endWhole;
  private final boolean takesRows;
  private final long rowStep;
  private final long columnStep;

  /**
   * Binds the extents.
   *
   * @param g extents, one filter per channel; its bottom and right padding hold the last windows
   * @param destination where outputs go
   * @param max the maximum, not the mean
   * @param countsPadding whether the mean's divisor counts taps in the padding, too
   * @param bottom padding below the input that counts
   * @param right padding to the right that counts
   */
  public Pooling(
      Geometry g,
      Destination destination,
      boolean max,
      boolean countsPadding,
      int bottom,
      int right) {
    this.g = g;
    this.destination = destination;
    this.max = max;
    taps = new TapRanges(g);
    countedY = new float[taps.oh()];
    countedX = new float[taps.ow()];
    for (int oy = 0; oy < countedY.length; oy++) {
      long room = (long) g.h() + bottom - ((long) oy * g.sh() - g.pt());
      countedY[oy] =
          countsPadding ? counted(room, g.fh(), g.dh()) : taps.endY(oy) - taps.firstY(oy);
    }
    for (int ox = 0; ox < countedX.length; ox++) {
      long room = (long) g.w() + right - ((long) ox * g.sw() - g.pl());
      countedX[ox] =
          countsPadding ? counted(room, g.fw(), g.dw()) : taps.endX(ox) - taps.firstX(ox);
    }
    int first = 0;
    while (first < taps.ow() && columns(first) < g.fw()) {
      first++;
    }
    int end = first;
    while (end < taps.ow() && columns(end) == g.fw()) {
      end++;
    }
    firstWhole = first;
    endWhole = end;
    takesRows = MaxRow.has(g.fh(), g.fw()) && g.c() % Lanes.COUNT == 0 && first < end;
    rowStep = (long) g.dh() * g.w() * g.c() * Float.BYTES;
    columnStep = (long) g.dw() * g.c() * Float.BYTES;
  }

  private static int counted(long room, int f, int d) {
    return (int) Math.min(f, (room + d - 1) / d);
  }

  /** Largest number of roundings that one term of a mean passes through. */
  public long roundings() {
    return (long) g.fh() + g.fw() + 1;
  }

  /** A bound of the number of taps of one window that meet the input. */
  public long mostTaps() {
    return (long) Math.min(g.fh(), g.h()) * Math.min(g.fw(), g.w());
  }

  /** Number of independent units of {@link #run} and {@link #argmax}: one output row each. */
  public int rowUnits() {
    return Math.multiplyExact(g.n(), taps.oh());
  }

  /** Number of independent units of {@link #backward}: one image each. */
  public int imageUnits() {
    return g.n();
  }

  private int rows(int oy) {
    return taps.endY(oy) - taps.firstY(oy);
  }

  private int columns(int ox) {
    return taps.endX(ox) - taps.firstX(ox);
  }

  private long firstRow(int oy) {
    return (long) oy * g.sh() - g.pt() + (long) taps.firstY(oy) * g.dh();
  }

  private long firstColumn(int ox) {
    return (long) ox * g.sw() - g.pl() + (long) taps.firstX(ox) * g.dw();
  }

  /** Where a window's first tap is, bytes. */
  private long start(long n, int oy, int ox) {
    return ((n * g.h() + firstRow(oy)) * g.w() + firstColumn(ox)) * g.c() * Float.BYTES;
  }

  /**
   * Pools one output row.
   *
   * @param unit from 0
   * @param x input
   * @param y output, of which only the channels of the destination are touched
   */
  public void run(int unit, MemorySegment x, MemorySegment y) {
    int n = unit / taps.oh();
    int oy = unit % taps.oh();
    int rows = rows(oy);
    if (max && rows == g.fh() && takesRows) {
      int ox = firstWhole;
      long from = start(n, oy, ox);
      long to = destination.at((long) unit * taps.ow() + ox, 0);
      long step = (long) g.sw() * g.c() * Float.BYTES;
      long toStep = destination.pixelBytes();
      int windows = endWhole - ox;
      if (MaxRow.values(rows, x, from, rowStep, columnStep, step, windows, g.c(), y, to, toStep)) {
        run(unit, n, oy, 0, firstWhole, x, y);
        run(unit, n, oy, endWhole, taps.ow(), x, y);
        return;
      }
    }
    run(unit, n, oy, 0, taps.ow(), x, y);
  }

  /** Some outputs of a row, one by one. */
  private void run(int unit, int n, int oy, int first, int end, MemorySegment x, MemorySegment y) {
    int rows = rows(oy);
    for (int ox = first; ox < end; ox++) {
      long from = start(n, oy, ox);
      long to = destination.at((long) unit * taps.ow() + ox, 0);
      int columns = columns(ox);
      if (max) {
        MaxWindow.values(x, from, rows, rowStep, columns, columnStep, g.c(), y, to);
      } else {
        float divisor = countedY[oy] * countedX[ox];
        AverageWindow.means(x, from, rows, rowStep, columns, columnStep, g.c(), divisor, y, to);
      }
    }
  }

  /**
   * Finds the maxima of one output row. Windows have at most 2^31 - 1 taps.
   *
   * @param unit from 0
   * @param x input
   * @param indices receives {@code iy * W + ix} for every output, in NCHW order
   */
  public void argmax(int unit, MemorySegment x, long[] indices) {
    int[] best = new int[g.c()];
    int n = unit / taps.oh();
    int oy = unit % taps.oh();
    for (int ox = 0; ox < taps.ow(); ox++) {
      int columns = columns(ox);
      MaxWindow.taps(x, start(n, oy, ox), rows(oy), rowStep, columns, columnStep, g.c(), best);
      for (int c = 0; c < g.c(); c++) {
        int tap = best[c];
        long iy = firstRow(oy) + (long) (tap / columns) * g.dh();
        long ix = firstColumn(ox) + (long) (tap % columns) * g.dw();
        long at = (((long) n * g.c() + c) * taps.oh() + oy) * taps.ow() + ox;
        indices[Math.toIntExact(at)] = iy * g.w() + ix;
      }
    }
  }

  /**
   * The gradient of the input for one image: what the output pixels contribute is added in their
   * order. For maxima, windows have at most 2^31 - 1 taps.
   *
   * @param unit from 0
   * @param x input; a mean does not read it
   * @param dy gradient of the output, of which only the channels of the destination are read
   * @param dx gradient of the input, overwritten
   */
  public void backward(int unit, MemorySegment x, MemorySegment dy, MemorySegment dx) {
    long imageBytes = (long) g.h() * g.w() * g.c() * Float.BYTES;
    dx.asSlice(unit * imageBytes, imageBytes).fill((byte) 0);
    int[] best = new int[g.c()];
    long from = destination.at((long) unit * taps.oh() * taps.ow(), 0);
    for (int oy = 0; oy < taps.oh(); oy++) {
      int rows = rows(oy);
      for (int ox = 0; ox < taps.ow(); ox++) {
        int columns = columns(ox);
        long to = start(unit, oy, ox);
        if (max) {
          MaxWindow.taps(x, to, rows, rowStep, columns, columnStep, g.c(), best);
          MaxWindow.addAtTaps(best, dx, to, rowStep, columns, columnStep, g.c(), dy, from);
        } else {
          float divisor = countedY[oy] * countedX[ox];
          AverageWindow.spread(
              dx, to, rows, rowStep, columns, columnStep, g.c(), divisor, dy, from);
        }
        from += destination.pixelBytes();
      }
    }
  }
}
