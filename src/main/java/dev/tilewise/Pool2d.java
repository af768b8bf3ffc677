package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /** What {@link #toString} says. */
  private static final Pattern TEXT =
      Pattern.compile(
          "(?<global>global )?(?<kind>max|average)"
              + "(?: (?<letters>f\\w+)(?<ceil> ceil)?(?<alone> of the input alone)?)?");

  private final PoolSettings s;

  private Pool2d(PoolSettings s) {
    this.s = s;
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
    PoolSettings changed = new PoolSettings();
    changed.kind = Objects.requireNonNull(kind, "kind");
    changed.fh = fh;
    changed.fw = fw;
    changed.sh = fh;
    changed.sw = fw;
    return new Pool2d(changed);
  }

  /**
   * Pooling with one window, the whole input. It takes no stride, padding or dilation.
   *
   * @param kind what the window keeps
   * @return the description
   */
  public static Pool2d global(Kind kind) {
    PoolSettings changed = of(kind, 1, 1).s.copy();
    changed.global = true;
    return new Pool2d(changed);
  }

  /**
   * Reads what {@link #toString} says, but for a deeper tensor that outputs go {@link #into}.
   *
   * @param text such as {@code max f3s2p1}, {@code average f2x3s2x1 ceil of the input alone} or
   *     {@code global max}; the letters mean what they do in {@link ConvCase#parse}, in one word
   *     that begins with f, and the stride is the window's extent where there is none
   * @return the description
   * @throws IllegalArgumentException if the text is not one, or a number is out of range
   */
  public static Pool2d parse(String text) {
    Letters letters = new Letters("pooling", text, "max f3s2p1");
    Matcher match = TEXT.matcher(text);
    if (!match.matches() || (match.group("global") == null) == (match.group("letters") == null)) {
      throw letters.wrong("it is no pooling");
    }
    Kind kind = match.group("kind").equals("max") ? Kind.MAX : Kind.AVERAGE;
    if (match.group("global") != null) {
      return global(kind);
    }
    letters.read(match.group("letters"), "fspd");
    letters.require("f");
    int[] f = letters.values('f', null, 2);
    int[] s = letters.values('s', f[0] + "x" + f[1], 2);
    int[] p = letters.values('p', "0", 4);
    int[] d = letters.values('d', "1", 2);
    Pool2d pool =
        of(kind, f[0], f[1])
            .stride(s[0], s[1])
            .padding(p[0], p[1], p[2], p[3])
            .dilation(d[0], d[1])
            .countIncludePad(match.group("alone") == null);
    return match.group("ceil") == null ? pool : pool.ceilMode();
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
    requireWindows("stride");
    requirePositive("stride", down, across);
    PoolSettings changed = s.copy();
    changed.sh = down;
    changed.sw = across;
    return new Pool2d(changed);
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
    requireWindows("padding");
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
    PoolSettings changed = s.copy();
    changed.pt = top;
    changed.pl = left;
    changed.pb = bottom;
    changed.pr = right;
    return new Pool2d(changed);
  }

  /**
   * Sets the dilation.
   *
   * @param down distance between the rows of a window
   * @param across distance between its columns
   * @return the description
   */
  public Pool2d dilation(int down, int across) {
    requireWindows("dilation");
    requirePositive("dilation", down, across);
    PoolSettings changed = s.copy();
    changed.dh = down;
    changed.dw = across;
    return new Pool2d(changed);
  }

  /**
   * Adds windows that reach beyond the padded input, {@code ceil((W - F + 2P) / S) + 1} instead of
   * {@code floor}, and leaves out those that would start in the bottom or right padding or beyond.
   *
   * @return the description
   */
  public Pool2d ceilMode() {
    PoolSettings changed = s.copy();
    changed.ceil = true;
    return new Pool2d(changed);
  }

  /**
   * Sets what a mean divides by: the number of taps in the padded input, which is the usual rule,
   * or in the input alone.
   *
   * @param counts whether taps in the padding count
   * @return the description
   */
  public Pool2d countIncludePad(boolean counts) {
    PoolSettings changed = s.copy();
    changed.countsPadding = counts;
    return new Pool2d(changed);
  }

  /**
   * What a window keeps.
   *
   * @return the maximum or the mean
   */
  public Kind kind() {
    return s.kind;
  }

  /**
   * Lets outputs go into a deeper tensor: those of channel c into its channel {@code firstChannel +
   * c}. {@link #outputShape} is then that of the deeper tensor, and a run touches no other channel
   * of it: see {@link Conv2d#into}.
   *
   * @param channels depth of the output tensor, at least {@code firstChannel} and the input's depth
   * @param firstChannel where the first channel goes
   * @return the description, for plans in {@link Layout#NHWC}
   * @throws IllegalArgumentException if no channel fits
   */
  public Pool2d into(int channels, int firstChannel) {
    ChannelRange.require("pool2d", 1, channels, firstChannel);
    PoolSettings changed = s.copy();
    changed.depth = channels;
    changed.first = firstChannel;
    return new Pool2d(changed);
  }

  /**
   * The shape of the output for one input shape.
   *
   * @param input the input's shape
   * @return the same batch and depth, or the depth that outputs go {@link #into}, with one pixel
   *     for each window
   * @throws IllegalArgumentException if the window is larger than the padded input, a window has no
   *     tap in the input, the output is too large, or there are more channels than it goes into
   */
  public Shape outputShape(Shape input) {
    Objects.requireNonNull(input, "input");
    Geometry g = geometry(input);
    return outputs(input).of(new Shape(input.n(), input.c(), g.oh(), g.ow()));
  }

  /**
   * Binds the description to an input shape.
   *
   * @param input shape of the inputs
   * @param layout layout of inputs and outputs
   * @return the plan
   * @throws IllegalArgumentException as {@link #outputShape}, or if outputs go {@link #into} a
   *     deeper tensor that is not in NHWC
   */
  public PoolPlan plan(Shape input, Layout layout) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(layout, "layout");
    Shape output = outputShape(input);
    ChannelRange outputs = outputs(input);
    outputs.requireLayout(layout);
    return new PoolPlan(this, input, output, outputs, layout);
  }

  /** The channels of the output that are written. */
  private ChannelRange outputs(Shape input) {
    if (s.depth == PoolSettings.AS_INPUT) {
      return new ChannelRange("pool2d", input.c(), input.c(), 0);
    }
    ChannelRange.require("pool2d", input.c(), s.depth, s.first);
    return new ChannelRange("pool2d", input.c(), s.depth, s.first);
  }

  /**
   * Whether this takes the largest of each 2x2 elements, without padding or dilation: what {@link
   * ConvPlan#maxPooled} does, but for a window that {@link #ceilMode} may add at the end. It is not
   * asked of poolings {@link #into} a deeper tensor, for which the answer is no.
   *
   * @return whether windows lie side by side and have two by two taps
   */
  public boolean isMaxOfPairs() {
    boolean pairs = s.fh == 2 && s.fw == 2 && s.sh == 2 && s.sw == 2;
    boolean plain = s.dh == 1 && s.dw == 1 && (s.pt | s.pl | s.pb | s.pr) == 0;
    return s.kind == Kind.MAX && !s.global && s.depth == PoolSettings.AS_INPUT && pairs && plain;
  }

  /** The windows as those of a depthwise convolution. */
  Geometry geometry(Shape input) {
    return s.geometry(input);
  }

  /** Whether a mean counts taps in the padding. */
  boolean countsPadding() {
    return s.countsPadding;
  }

  /** Padding below. */
  int bottom() {
    return s.pb;
  }

  /** Padding on the right. */
  int right() {
    return s.pr;
  }

  private void requireWindows(String what) {
    if (s.global) {
      throw new IllegalArgumentException(
          "pool2d: " + this + " has one window, the whole input, and takes no " + what);
    }
  }

  private static void requirePositive(String what, int a, int b) {
    if (a <= 0 || b <= 0) {
      throw new IllegalArgumentException(
          "pool2d: " + what + " must be positive, not " + (a == b ? a : a + "x" + b));
    }
  }

  /**
   * Such as {@code max f2s2}, {@code average f3s2p1 ceil} or {@code global max}, in the letters of
   * case strings; "of the input alone" where taps in the padding do not count.
   */
  @Override
  public String toString() {
    return s.toString();
  }
}
