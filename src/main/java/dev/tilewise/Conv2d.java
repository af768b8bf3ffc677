package dev.tilewise;

import java.lang.foreign.Arena;
import java.util.Locale;
import java.util.Objects;

/**
 * The description of a convolution: filters, stride, padding, dilation, groups, activation,
 * algorithm. Immutable; each method returns a changed copy. {@link #plan} binds it to an input
 * shape.
 *
 * <p>Convolution here is cross-correlation, as in every framework:
 *
 * <pre>{@code
 * y[n, k, oy, ox] = activation(bias[k] + sum over c, fy, fx of
 *     x[n, g*C/G + c, oy*SH + fy*DH - PT, ox*SW + fx*DW - PL] * weights[k, c, fy, fx])   g = group of k
 * }</pre>
 *
 * Taps that fall into the padding are absent from the sum.
 */
public final class Conv2d {

  /**
   * What {@link Algorithm#AUTO} may err by unless told otherwise, relative to {@code sum |x| |w|}
   * of an output: direct convolution errs by less, and so does Winograd of up to eight products a
   * dimension but F(6, 2), given twelve channels or more.
   */
  public static final double DEFAULT_TOLERANCE = 1e-5;

  private final Filter filter;
  private final int sh;
  private final int sw;
  private final int pt;
  private final int pl;
  private final int pb;
  private final int pr;
  private final int dh;
  private final int dw;
  private final int groups;
  private final Activation activation;
  private final Algorithm algorithm;
  private final boolean exactFit;
  private final double tolerance;
  private final boolean coldFilters;
  private final int depth;
  private final int first;

  private Conv2d(Settings s) {
    this.filter = s.filter;
    this.sh = s.sh;
    this.sw = s.sw;
    this.pt = s.pt;
    this.pl = s.pl;
    this.pb = s.pb;
    this.pr = s.pr;
    this.dh = s.dh;
    this.dw = s.dw;
    this.groups = s.groups;
    this.activation = s.activation;
    this.algorithm = s.algorithm;
    this.exactFit = s.exactFit;
    this.tolerance = s.tolerance;
    this.coldFilters = s.coldFilters;
    this.depth = s.depth;
    this.first = s.first;
  }

  /** The fields, while one of them changes. */
  private static final class Settings {
    private Filter filter;
    private int sh = 1;
    private int sw = 1;
    private int pt;
    private int pl;
    private int pb;
    private int pr;
    private int dh = 1;
    private int dw = 1;
    private int groups = 1;
    private Activation activation = Activation.IDENTITY;
    private Algorithm algorithm = Algorithm.AUTO;
    private boolean exactFit;
    private double tolerance = DEFAULT_TOLERANCE;
    private boolean coldFilters;
    private int depth;
    private int first;
  }

  private Settings settings() {
    Settings s = new Settings();
    s.filter = filter;
    s.sh = sh;
    s.sw = sw;
    s.pt = pt;
    s.pl = pl;
    s.pb = pb;
    s.pr = pr;
    s.dh = dh;
    s.dw = dw;
    s.groups = groups;
    s.activation = activation;
    s.algorithm = algorithm;
    s.exactFit = exactFit;
    s.tolerance = tolerance;
    s.coldFilters = coldFilters;
    s.depth = depth;
    s.first = first;
    return s;
  }

  /**
   * A convolution with stride 1, no padding, no activation.
   *
   * @param filter the weights
   * @return the description
   */
  public static Conv2d of(Filter filter) {
    Settings s = new Settings();
    s.filter = Objects.requireNonNull(filter, "filter");
    s.depth = filter.k();
    return new Conv2d(s);
  }

  /**
   * The description of a case with given weights.
   *
   * @param extents the extents; batch, height and width of the input are not part of a description
   * @param filter weights with the same K, C / groups, FH, FW
   * @return the description
   * @throws IllegalArgumentException if the filter has other extents
   */
  public static Conv2d of(ConvCase extents, Filter filter) {
    if (filter.k() != extents.k()
        || filter.c() != extents.groupC()
        || filter.fh() != extents.fh()
        || filter.fw() != extents.fw()) {
      throw new IllegalArgumentException(
          "conv2d: filter " + filter + " does not belong to " + extents);
    }
    return of(filter)
        .stride(extents.sh(), extents.sw())
        .padding(extents.pt(), extents.pl(), extents.pb(), extents.pr())
        .dilation(extents.dh(), extents.dw())
        .groups(extents.groups());
  }

  /**
   * Sets the stride.
   *
   * @param s pixels between outputs, both ways
   * @return the description
   */
  public Conv2d stride(int s) {
    return stride(s, s);
  }

  /**
   * Sets the stride.
   *
   * @param down pixels between output rows
   * @param across pixels between output columns
   * @return the description
   */
  public Conv2d stride(int down, int across) {
    requirePositive("stride", down, across);
    Settings s = settings();
    s.sh = down;
    s.sw = across;
    return new Conv2d(s);
  }

  /**
   * Sets the padding.
   *
   * @param p pixels on each of the four sides
   * @return the description
   */
  public Conv2d padding(int p) {
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
  public Conv2d padding(int top, int left, int bottom, int right) {
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
      throw new IllegalArgumentException(
          "conv2d: padding must not be negative, not "
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
    return new Conv2d(s);
  }

  /**
   * Sets the dilation.
   *
   * @param d distance between the taps of a filter, both ways; 1 is a dense filter
   * @return the description
   */
  public Conv2d dilation(int d) {
    return dilation(d, d);
  }

  /**
   * Sets the dilation.
   *
   * @param down distance between filter rows
   * @param across distance between filter columns
   * @return the description
   */
  public Conv2d dilation(int down, int across) {
    requirePositive("dilation", down, across);
    Settings s = settings();
    s.dh = down;
    s.dw = across;
    return new Conv2d(s);
  }

  /**
   * Sets the number of groups: filters of one group see the channels of that group only.
   *
   * @param count a divisor of C and of K
   * @return the description
   */
  public Conv2d groups(int count) {
    requirePositive("number of groups", count, count);
    Settings s = settings();
    s.groups = count;
    return new Conv2d(s);
  }

  /**
   * Sets the activation, applied last.
   *
   * @param function a clamp
   * @return the description
   */
  public Conv2d activation(Activation function) {
    Settings s = settings();
    s.activation = Objects.requireNonNull(function, "activation");
    return new Conv2d(s);
  }

  /**
   * Lets outputs go into a deeper tensor: those of filter k into its channel {@code firstChannel +
   * k}. {@link ConvPlan#outputShape} is then that of the deeper tensor, and a run touches no other
   * channel of it. So a concatenation along the depth takes no copy: each of its parts writes its
   * own channels, also at the same time. A residual still has K channels.
   *
   * @param channels depth of the output tensor, at least {@code firstChannel + K}
   * @param firstChannel where the output of the first filter goes
   * @return the description, for plans in {@link Layout#NHWC}
   * @throws IllegalArgumentException if the outputs do not fit
   */
  public Conv2d into(int channels, int firstChannel) {
    ChannelRange.require("conv2d", filter.k(), channels, firstChannel);
    Settings s = settings();
    s.depth = channels;
    s.first = firstChannel;
    return new Conv2d(s);
  }

  /**
   * Chooses the algorithm.
   *
   * @param choice AUTO, the default, or one of the others
   * @return the description
   */
  public Conv2d algorithm(Algorithm choice) {
    Settings s = settings();
    s.algorithm = Objects.requireNonNull(choice, "algorithm");
    return new Conv2d(s);
  }

  /**
   * Makes a stride that leaves rows or columns of the padded input unused an error of {@link
   * #plan}.
   *
   * @return the description
   */
  public Conv2d requireExactFit() {
    Settings s = settings();
    s.exactFit = true;
    return new Conv2d(s);
  }

  /**
   * The extents for one input shape.
   *
   * @param input the input's shape
   * @return the case
   * @throws IllegalArgumentException if input and filter do not fit
   */
  public ConvCase on(Shape input) {
    if (input.c() != (long) filter.c() * groups) {
      throw new IllegalArgumentException(
          "conv2d: input has "
              + input.c()
              + " channels but the filter takes "
              + (long) filter.c() * groups
              + (groups > 1 ? " (" + filter.c() + " per group x " + groups + " groups)" : "")
              + "; input "
              + input
              + ", filter "
              + filter);
    }
    ConvCase extents =
        new ConvCase(
            input.n(),
            input.c(),
            input.h(),
            input.w(),
            filter.k(),
            groups,
            filter.fh(),
            filter.fw(),
            sh,
            sw,
            pt,
            pl,
            pb,
            pr,
            dh,
            dw);
    if (exactFit) {
      requireExact("H", input.h(), filter.fh(), dh, sh, pt, pb);
      requireExact("W", input.w(), filter.fw(), dw, sw, pl, pr);
    }
    return extents;
  }

  private static void requireExact(
      String side, int size, int f, int d, int s, int before, int after) {
    long extent = (long) d * (f - 1) + 1;
    long padding = (long) before + after;
    long slack = size - extent + padding;
    if (slack % s == 0) {
      return;
    }
    long cropped = size - slack % s;
    String advice =
        cropped > 0
            ? "crop the input to " + side + "=" + cropped
            : "pad by " + (s - slack % s) + " more";
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "conv2d: %s=%d F=%d S=%d P=%s gives (%d-%d+%d)/%d+1 = %s outputs; requireExactFit() is on:"
                + " use P=%d with S=1, or %s",
            side,
            size,
            extent,
            s,
            before == after ? "" + before : before + "+" + after,
            size,
            extent,
            padding,
            s,
            (double) slack / s + 1,
            (extent - 1) / 2,
            advice));
  }

  /**
   * Sets how far outputs may typically be off, relative to {@code sum |x| |w|} of each. {@link
   * Algorithm#AUTO} takes the cheapest algorithm whose typical error, with its margin, is no larger
   * ({@code explain} shows it; docs/winograd.md has the figures). {@link ConvPlan#errorBound} is
   * the proved worst case, and larger. An algorithm chosen by name is not asked.
   *
   * @param t positive, such as 1e-6; {@link #DEFAULT_TOLERANCE} if never set
   * @return the description
   */
  public Conv2d tolerance(double t) {
    if (!(t > 0) || t == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "conv2d: a tolerance must be positive and finite, not " + t);
    }
    Settings s = settings();
    s.tolerance = t;
    return new Conv2d(s);
  }

  /**
   * Whether {@link Algorithm#AUTO} counts with filters that a run finds in memory, because much
   * else is read between two runs, as in a network, and not in the caches, as where one convolution
   * runs again and again. It then prefers Winograd's smaller tiles, whose transformed filters are
   * smaller. Winograd, also by name, and 1x1 filters then have them read ahead, which costs time
   * where the caches have them. A compiled graph sets it. No bit of a named algorithm depends on
   * it.
   *
   * @param cold false if never set
   * @return the description
   */
  public Conv2d coldFilters(boolean cold) {
    Settings s = settings();
    s.coldFilters = cold;
    return new Conv2d(s);
  }

  /**
   * Binds the description to an input shape: validates, chooses the algorithm, packs the filters.
   *
   * @param input shape of the inputs
   * @param layout layout of inputs and outputs
   * @param arena owns the packed filters, and the plan ends with it. A confined arena cannot hold
   *     them, because several threads may run a plan; the garbage collector owns them then, as it
   *     owns those that kernels read from arrays.
   * @return the plan
   * @throws IllegalArgumentException if input and filter do not fit, the algorithm does not apply,
   *     or outputs go {@link #into} a deeper tensor that is not in NHWC
   */
  public ConvPlan plan(Shape input, Layout layout, Arena arena) {
    return ConvPlan.of(
        on(input),
        filter,
        new ChannelRange("conv2d", filter.k(), depth, first),
        activation,
        new Preferences(algorithm, tolerance, coldFilters),
        Objects.requireNonNull(layout, "layout"),
        arena);
  }

  /**
   * The filter.
   *
   * @return the weights
   */
  public Filter filter() {
    return filter;
  }

  /**
   * The activation.
   *
   * @return the clamp applied last
   */
  public Activation activation() {
    return activation;
  }

  private static void requirePositive(String what, int a, int b) {
    if (a <= 0 || b <= 0) {
      throw new IllegalArgumentException(
          "conv2d: " + what + " must be positive, not " + (a == b ? a : a + "x" + b));
    }
  }
}
