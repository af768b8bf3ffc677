package dev.tilewise.internal.conv;

/**
 * Where one output's window lies in the input: runs of contiguous floats. A filter row without
 * dilation and groups is one run, otherwise each tap is. Used by one thread, moved from pixel to
 * pixel.
 *
 * <p>Columns number the terms of a window as {@link Geometry} does: {@code (fy * FW + fx) * groupC
 * + c}.
 */
final class Window {

  private final Geometry g;
  private final TapRanges taps;
  private long n;
  private int oy;
  private int ox;
  // Of the runs laid out.
  private int firstY = -1;
  private int endY = -1;
  private int firstX = -1;
  private int endX = -1;
  private int runs;
  private long base;
  private final long[] offsets;
  private final int[] columns;
  private final int[] lengths;

  Window(Geometry g) {
    this.g = g;
    taps = new TapRanges(g);
    int most = merges() ? g.fh() : g.fh() * g.fw();
    offsets = new long[most];
    columns = new int[most];
    lengths = new int[most];
  }

  private boolean merges() {
    return g.dw() == 1 && g.groups() == 1;
  }

  /** Moves to an output pixel, {@code (n * OH + oy) * OW + ox}. */
  void moveTo(long pixel) {
    int ow = taps.ow();
    n = pixel / ow / taps.oh();
    oy = (int) (pixel / ow % taps.oh());
    ox = (int) (pixel % ow);
    settle();
  }

  /** Moves to the next output pixel. */
  void moveOn() {
    if (++ox == taps.ow()) {
      ox = 0;
      if (++oy == taps.oh()) {
        oy = 0;
        n++;
      }
    }
    settle();
  }

  private void settle() {
    if (taps.firstX(ox) != firstX
        || taps.endX(ox) != endX
        || taps.firstY(oy) != firstY
        || taps.endY(oy) != endY) {
      firstY = taps.firstY(oy);
      endY = taps.endY(oy);
      firstX = taps.firstX(ox);
      endX = taps.endX(ox);
      layOut();
    }
    long iy = (long) oy * g.sh() - g.pt();
    long ix = (long) ox * g.sw() - g.pl();
    base = ((n * g.h() + iy) * g.w() + ix) * g.c() * Float.BYTES;
  }

  private void layOut() {
    runs = 0;
    for (int fy = firstY; fy < endY; fy++) {
      int step = merges() ? Math.max(1, endX - firstX) : 1;
      for (int fx = firstX; fx < endX; fx += step) {
        long pixel = (long) fy * g.dh() * g.w() + (long) fx * g.dw();
        offsets[runs] = pixel * g.c() * Float.BYTES;
        columns[runs] = (fy * g.fw() + fx) * g.groupC();
        lengths[runs] = step * g.groupC();
        runs++;
      }
    }
  }

  /** Whether no tap is in the padding. */
  boolean isFull() {
    return firstY == 0 && endY == g.fh() && firstX == 0 && endX == g.fw();
  }

  /** Number of runs. */
  int runs() {
    return runs;
  }

  /** Where a group's first tap would be in the input, bytes; may lie in the padding. */
  long base(int group) {
    return base + (long) group * g.groupC() * Float.BYTES;
  }

  /** Where each run starts, bytes from the base. */
  long[] offsets() {
    return offsets;
  }

  /** The column of each run's first float. */
  int[] columns() {
    return columns;
  }

  /** Floats of each run. */
  int[] lengths() {
    return lengths;
  }
}
