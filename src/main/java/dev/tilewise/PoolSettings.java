package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;

/** The numbers of a {@link Pool2d}; they change only before a description has them. */
final class PoolSettings {

  /** Rows or columns of windows that may jump over the input, and are looked at one by one. */
  private static final int MOST_LOOKED_AT = 1 << 12;

  /** The output is as deep as the input. */
  static final int AS_INPUT = 0;

  Pool2d.Kind kind;
  boolean global;
  int fh;
  int fw;
  int sh;
  int sw;
  int pt;
  int pl;
  int pb;
  int pr;
  int dh = 1;
  int dw = 1;
  boolean ceil;
  boolean countsPadding = true;
  int depth = AS_INPUT;
  int first;

  PoolSettings() {}

  private PoolSettings(PoolSettings from) {
    kind = from.kind;
    global = from.global;
    fh = from.fh;
    fw = from.fw;
    sh = from.sh;
    sw = from.sw;
    pt = from.pt;
    pl = from.pl;
    pb = from.pb;
    pr = from.pr;
    dh = from.dh;
    dw = from.dw;
    ceil = from.ceil;
    countsPadding = from.countsPadding;
    depth = from.depth;
    first = from.first;
  }

  /** The same numbers, to be changed. */
  PoolSettings copy() {
    return new PoolSettings(this);
  }

  /**
   * The windows as those of a depthwise convolution, whose bottom and right padding holds exactly
   * the last ones.
   */
  Geometry geometry(Shape input) {
    if (global) {
      return new Geometry(
          input.n(), input.c(), input.h(), input.w(), input.c(), input.c(), input.h(), input.w(), 1,
          1, 0, 0, 0, 0, 1, 1);
    }
    int oh = outputs("height", input, input.h(), pt, pb, fh, dh, sh);
    int ow = outputs("width", input, input.w(), pl, pr, fw, dw, sw);
    if ((long) input.n() * oh > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pool2d: "
              + input.n()
              + " images with "
              + oh
              + " rows of windows are too many; at most "
              + Integer.MAX_VALUE
              + " rows in all; input "
              + input
              + ", "
              + this);
    }
    Geometry g =
        new Geometry(
            input.n(),
            input.c(),
            input.h(),
            input.w(),
            input.c(),
            input.c(),
            fh,
            fw,
            sh,
            sw,
            pt,
            pl,
            slack("height", input, oh, sh, fh, dh, (long) input.h() + pt),
            slack("width", input, ow, sw, fw, dw, (long) input.w() + pl),
            dh,
            dw);
    // Taps closer together than the input is wide cannot jump over it: then the outer windows are
    // the worst.
    requireFewIfEachIsLookedAt(input, "height", dh > g.h(), oh);
    requireFewIfEachIsLookedAt(input, "width", dw > g.w(), ow);
    for (long oy = 0; oy < oh; oy += dh > g.h() ? 1 : Math.max(1, oh - 1)) {
      requireTaps(input, "row", oy, g.endTapY((int) oy) - g.firstTapY((int) oy));
    }
    for (long ox = 0; ox < ow; ox += dw > g.w() ? 1 : Math.max(1, ow - 1)) {
      requireTaps(input, "column", ox, g.endTapX((int) ox) - g.firstTapX((int) ox));
    }
    return g;
  }

  /** How far the last window reaches beyond the input; negative if it ends before. */
  private int slack(String side, Shape input, int outputs, int stride, int f, int d, long size) {
    long beyond = (outputs - 1L) * stride + (f - 1L) * d + 1 - size;
    if (beyond > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pool2d: the last window reaches "
              + beyond
              + " pixels beyond the input's "
              + side
              + ", more than "
              + Integer.MAX_VALUE
              + "; input "
              + input
              + ", "
              + this);
    }
    return (int) beyond;
  }

  private int outputs(
      String side, Shape input, int size, int before, int after, int f, int d, int stride) {
    long padded = (long) size + before + after;
    long extent = (long) d * (f - 1) + 1;
    if (padded < extent) {
      throw new IllegalArgumentException(
          "pool2d: window "
              + side
              + " "
              + extent
              + " is larger than the padded input's "
              + padded
              + "; input "
              + input
              + ", "
              + this);
    }
    long count = (padded - extent) / stride + 1;
    if (ceil) {
      // One more for what is left over, but no window that would start behind the input.
      long all = Math.ceilDiv(padded - extent, stride) + 1;
      count = Math.min(all, Math.ceilDiv((long) size + before, stride));
    }
    if (count >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pool2d: padding "
              + before
              + " and "
              + after
              + " makes the output "
              + side
              + " too large");
    }
    return (int) count;
  }

  private void requireFewIfEachIsLookedAt(Shape input, String side, boolean each, int outputs) {
    if (each && outputs > MOST_LOOKED_AT) {
      throw new IllegalArgumentException(
          "pool2d: with a dilation beyond the input's "
              + side
              + " there must be at most "
              + MOST_LOOKED_AT
              + " windows, not "
              + outputs
              + "; input "
              + input
              + ", "
              + this);
    }
  }

  private void requireTaps(Shape input, String line, long index, int taps) {
    if (taps <= 0) {
      throw new IllegalArgumentException(
          "pool2d: the windows of output "
              + line
              + " "
              + index
              + " lie in the padding; input "
              + input
              + ", "
              + this);
    }
  }

  /** Such as {@code max f2s2} or {@code average f3s2p1 ceil}, in the letters of case strings. */
  @Override
  public String toString() {
    String name = kind == Pool2d.Kind.MAX ? "max" : "average";
    if (global) {
      return "global " + name;
    }
    StringBuilder text = new StringBuilder(name);
    text.append(" f").append(pair(fh, fw)).append('s').append(pair(sh, sw));
    if (pt == pb && pl == pr) {
      text.append((pt | pl) != 0 ? "p" + pair(pt, pl) : "");
    } else {
      text.append('p').append(pt).append('x').append(pl).append('x').append(pb).append('x');
      text.append(pr);
    }
    text.append(dh > 1 || dw > 1 ? "d" + pair(dh, dw) : "");
    text.append(ceil ? " ceil" : "").append(countsPadding ? "" : " of the input alone");
    return text.toString();
  }

  private static String pair(int vertical, int horizontal) {
    return vertical == horizontal ? "" + vertical : vertical + "x" + horizontal;
  }
}
