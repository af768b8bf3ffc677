package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import java.util.Objects;

/**
 * The description of a pooling layer: what each window keeps, its extents, stride, padding,
 * dilation. Immutable; each method returns a changed copy. {@link #plan} binds it to an input
 * shape. The stride is the window's extent until it is set.
 *
 * <p>A window consists of the taps that meet the input; the padding only moves the windows, its
 * values take no part. Of equal maxima the first one in row-major order counts. NaN is larger than
 * everything: a window with a NaN has the maximum NaN, and the first NaN is where it is.
 */
public final class Pool2d {

  /** What a window keeps. */
  public enum Kind {
    /** The largest value. */
    MAX,
    /** The mean. */
    AVERAGE
  }

  private final Kind kind;
  private final boolean global;
  private final int fh;
  private final int fw;
  private final int sh;
  private final int sw;
  private final int pt;
  private final int pl;
  private final int pb;
  private final int pr;
  private final int dh;
  private final int dw;
  private final boolean ceil;
  private final boolean countsPadding;

  private Pool2d(Settings s) {
    kind = s.kind;
    global = s.global;
    fh = s.fh;
    fw = s.fw;
    sh = s.sh;
    sw = s.sw;
    pt = s.pt;
    pl = s.pl;
    pb = s.pb;
    pr = s.pr;
    dh = s.dh;
    dw = s.dw;
    ceil = s.ceil;
    countsPadding = s.countsPadding;
  }

  /** The fields, while one of them changes. */
  private static final class Settings {
    private Kind kind;
    private boolean global;
    private int fh;
    private int fw;
    private int sh;
    private int sw;
    private int pt;
    private int pl;
    private int pb;
    private int pr;
    private int dh = 1;
    private int dw = 1;
    private boolean ceil;
    private boolean countsPadding = true;
  }

  private Settings settings() {
    Settings s = new Settings();
    s.kind = kind;
    s.global = global;
    s.fh = fh;
    s.fw = fw;
    s.sh = sh;
    s.sw = sw;
    s.pt = pt;
    s.pl = pl;
    s.pb = pb;
    s.pr = pr;
    s.dh = dh;
    s.dw = dw;
    s.ceil = ceil;
    s.countsPadding = countsPadding;
    return s;
  }

  /**
   * Square max pooling.
   *
   * @param f height and width of a window, and the stride
   * @return the description
   */
  public static Pool2d max(int f) {
    return of(Kind.MAX, f, f);
  }

  /**
   * Square average pooling.
   *
   * @param f height and width of a window, and the stride
   * @return the description
   */
  public static Pool2d average(int f) {
    return of(Kind.AVERAGE, f, f);
  }

  /**
   * Pooling with rectangular windows.
   *
   * @param kind what a window keeps
   * @param fh height of a window, and the stride down
   * @param fw width of a window, and the stride across
   * @return the description
   */
  public static Pool2d of(Kind kind, int fh, int fw) {
    requirePositive("window", fh, fw);
    Settings s = new Settings();
    s.kind = Objects.requireNonNull(kind, "kind");
    s.fh = fh;
    s.fw = fw;
    s.sh = fh;
    s.sw = fw;
    return new Pool2d(s);
  }

  /**
   * Pooling with one window, the whole input.
   *
   * @param kind what the window keeps
   * @return the description
   */
  public static Pool2d global(Kind kind) {
    Settings s = of(kind, 1, 1).settings();
    s.global = true;
    return new Pool2d(s);
  }

  /**
   * Sets the stride.
   *
   * @param s pixels between windows, both ways
   * @return the description
   */
  public Pool2d stride(int s) {
    return stride(s, s);
  }

  /**
   * Sets the stride.
   *
   * @param down pixels between rows of windows
   * @param across pixels between columns of windows
   * @return the description
   */
  public Pool2d stride(int down, int across) {
    requirePositive("stride", down, across);
    Settings s = settings();
    s.sh = down;
    s.sw = across;
    return new Pool2d(s);
  }

  /**
   * Sets the padding.
   *
   * @param p pixels on each of the four sides
   * @return the description
   */
  public Pool2d padding(int p) {
    return padding(p, p, p, p);
  }

  /**
   * Sets the padding.
   *
   * @param top rows above
   * @param left columns on the left
   * @param bottom rows below
   * @param right columns on the right
   * @return the description
   */
  public Pool2d padding(int top, int left, int bottom, int right) {
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
      throw new IllegalArgumentException(
          "pool2d: padding must not be negative, not "
              + top
              + "x"
              + left
              + "x"
              + bottom
              + "x"
              + right);
    }
    Settings s = settings();
    s.pt = top;
    s.pl = left;
    s.pb = bottom;
    s.pr = right;
    return new Pool2d(s);
  }

  /**
   * Sets the dilation.
   *
   * @param down distance between the rows of a window
   * @param across distance between its columns
   * @return the description
   */
  public Pool2d dilation(int down, int across) {
    requirePositive("dilation", down, across);
    Settings s = settings();
    s.dh = down;
    s.dw = across;
    return new Pool2d(s);
  }

  /**
   * Adds windows that reach beyond the padded input, {@code ceil((W - F + 2P) / S) + 1} instead of
   * {@code floor}, but none that would start in the bottom or right padding.
   *
   * @return the description
   */
  public Pool2d ceilMode() {
    Settings s = settings();
    s.ceil = true;
    return new Pool2d(s);
  }

  /**
   * Sets what a mean divides by: the number of taps in the padded input, which is the usual rule,
   * or in the input alone.
   *
   * @param counts whether taps in the padding count
   * @return the description
   */
  public Pool2d countIncludePad(boolean counts) {
    Settings s = settings();
    s.countsPadding = counts;
    return new Pool2d(s);
  }

  /**
   * What a window keeps.
   *
   * @return the maximum or the mean
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The shape of the output for one input shape.
   *
   * @param input the input's shape
   * @return the same batch and depth, with one pixel for each window
   * @throws IllegalArgumentException if the window is larger than the padded input, or a window has
   *     no tap in the input
   */
  public Shape outputShape(Shape input) {
    Geometry g = geometry(input);
    return new Shape(input.n(), input.c(), g.oh(), g.ow());
  }

  /**
   * Binds the description to an input shape.
   *
   * @param input shape of the inputs
   * @param layout layout of inputs and outputs
   * @return the plan
   * @throws IllegalArgumentException as {@link #outputShape}
   */
  public PoolPlan plan(Shape input, Layout layout) {
    Objects.requireNonNull(layout, "layout");
    return new PoolPlan(this, input, outputShape(input), layout);
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
            slack(oh, sh, fh, dh, input.h() + pt),
            slack(ow, sw, fw, dw, input.w() + pl),
            dh,
            dw);
    // Taps closer together than the input is wide cannot jump over it: then the outer windows are
    // the worst.
    for (long oy = 0; oy < oh; oy += dh > g.h() ? 1 : Math.max(1, oh - 1)) {
      requireTaps(input, "row", oy, g.endTapY((int) oy) - g.firstTapY((int) oy));
    }
    for (long ox = 0; ox < ow; ox += dw > g.w() ? 1 : Math.max(1, ow - 1)) {
      requireTaps(input, "column", ox, g.endTapX((int) ox) - g.firstTapX((int) ox));
    }
    return g;
  }

  /** How far the last window reaches beyond the input; negative if it ends before. */
  private static int slack(int outputs, int s, int f, int d, int size) {
    return Math.toIntExact((outputs - 1L) * s + (f - 1L) * d + 1 - size);
  }

  private int outputs(
      String side, Shape input, int size, int before, int after, int f, int d, int s) {
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
    long count = (padded - extent) / s + 1;
    boolean more = ceil && (padded - extent) % s != 0 && count * s < (long) size + before;
    return Math.toIntExact(more ? count + 1 : count);
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

  /** Whether a mean counts taps in the padding. */
  boolean countsPadding() {
    return countsPadding;
  }

  /** Padding below. */
  int bottom() {
    return pb;
  }

  /** Padding on the right. */
  int right() {
    return pr;
  }

  private static void requirePositive(String what, int a, int b) {
    if (a <= 0 || b <= 0) {
      throw new IllegalArgumentException(
          "pool2d: " + what + " must be positive, not " + (a == b ? a : a + "x" + b));
    }
  }

  /** Such as {@code max f2s2} or {@code average f3s2p1 ceil}, in the letters of case strings. */
  @Override
  public String toString() {
    String name = kind == Kind.MAX ? "max" : "average";
    if (global) {
      return "global " + name;
    }
    StringBuilder text = new StringBuilder(name);
    text.append(" f").append(pair(fh, fw)).append('s').append(pair(sh, sw));
    if (pt == pb && pl == pr) {
      text.append(pt + pl > 0 ? "p" + pair(pt, pl) : "");
    } else {
      text.append('p').append(pt).append('x').append(pl).append('x').append(pb).append('x');
      text.append(pr);
    }
    text.append(dh > 1 || dw > 1 ? "d" + pair(dh, dw) : "");
    return text.append(ceil ? " ceil" : "").toString();
  }

  private static String pair(int vertical, int horizontal) {
    return vertical == horizontal ? "" + vertical : vertical + "x" + horizontal;
  }
}
