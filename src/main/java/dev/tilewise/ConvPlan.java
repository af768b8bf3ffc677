package dev.tilewise;

import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.internal.plan.Verdict;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A convolution bound to an input shape, with its algorithm chosen and its filters packed.
 * Immutable: any number of threads may run it at once, each with a {@link Workspace} of its own. A
 * run allocates nothing.
 */
public final class ConvPlan {

  /** Half the distance from 1 to the next float: the largest relative error of one rounding. */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  private final ConvCase extents;
  // Made once: a run must not make them anew.
  private final Shape inputShape;
  private final Shape outputShape;
  private final Shape residualShape;
  private final Layout layout;
  private final ChannelRange outputs;
  private final boolean pools;
  private final Activation activation;
  private final Algorithm algorithm;
  private final Forward forward;
  private final Preferences preferences;

  /** Plans that differ in their weights only share this, and their workspaces. */
  private final Object family;

  private ConvPlan(
      ConvCase extents,
      Layout layout,
      ChannelRange outputs,
      boolean pools,
      Activation activation,
      Algorithm algorithm,
      Forward forward,
      Preferences preferences,
      Object family) {
    this.extents = extents;
    inputShape = extents.input();
    residualShape = extents.output();
    outputShape = outputs.of(pools ? halved(residualShape) : residualShape);
    this.layout = layout;
    this.outputs = outputs;
    this.pools = pools;
    this.activation = activation;
    this.algorithm = algorithm;
    this.forward = forward;
    this.preferences = preferences;
    this.family = family;
  }

  private static Shape halved(Shape shape) {
    return new Shape(shape.n(), shape.c(), shape.h() / 2, shape.w() / 2);
  }

  static ConvPlan of(
      ConvCase extents,
      Filter filter,
      ChannelRange outputs,
      Activation activation,
      Preferences preferences,
      Layout layout,
      Arena arena) {
    outputs.requireLayout(layout);
    Memory.requireVectors();
    requireReadable(filter);
    requireOpen(arena);
    Geometry g = extents.geometry();
    Candidate candidate =
        preferences.algorithm() == Algorithm.AUTO
            ? cheapest(extents, g, preferences)
            : Candidate.valueOf(preferences.algorithm().name());
    Verdict verdict = candidate.judge(g);
    if (verdict instanceof Verdict.Reject reject) {
      throw new IllegalArgumentException(
          "conv2d: " + candidate + " does not apply to " + extents + ": " + reject.reason());
    }
    Candidate.Problem problem =
        new Candidate.Problem(
            g,
            outputs.destination(),
            activation.lo(),
            activation.hi(),
            filter.weights(),
            filter.bias(),
            preferences.coldFilters());
    return new ConvPlan(
        extents,
        layout,
        outputs,
        false,
        activation,
        Algorithm.valueOf(candidate.name()),
        candidate.bind(problem, arena),
        preferences,
        new Object());
  }

  private static void requireOpen(Arena arena) {
    if (!Objects.requireNonNull(arena, "arena").scope().isAlive()) {
      throw new IllegalStateException("conv2d: the arena for the packed filters is closed");
    }
  }

  private static void requireReadable(Filter filter) {
    requireReadable("weights", filter.weights());
    if (filter.bias() != null) {
      requireReadable("bias", filter.bias());
    }
  }

  private static void requireReadable(String role, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("conv2d: the arena of the filter's " + role + " is closed");
    }
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalStateException(
          "conv2d: the filter's " + role + " are in a confined arena of another thread");
    }
  }

  private static Candidate cheapest(ConvCase extents, Geometry g, Preferences preferences) {
    return Candidate.cheapest(g, preferences.tolerance(), preferences.coldFilters())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        Locale.ROOT,
                        "conv2d: no algorithm for %s is typically within %.3g of sum |x| |w|; the best,"
                            + " %s, is within %.3g",
                        extents,
                        preferences.tolerance(),
                        Candidate.mostAccurate(g),
                        Candidate.mostAccurate(g).typicalError(g))));
  }

  /**
   * The same plan for other weights; workspaces of one serve the other.
   *
   * @param filter weights of the same extents
   * @param arena owns the packed filters, as in {@link Conv2d#plan}
   * @return a new plan
   * @throws IllegalArgumentException if the extents differ
   */
  public ConvPlan withFilter(Filter filter, Arena arena) {
    Conv2d.of(extents, Objects.requireNonNull(filter, "filter"));
    requireReadable(filter);
    requireOpen(arena);
    return new ConvPlan(
        extents,
        layout,
        outputs,
        pools,
        activation,
        algorithm,
        forward.withWeights(filter.weights(), filter.bias(), arena),
        preferences,
        family);
  }

  /**
   * The same convolution with a max pooling of 2x2 and stride 2 behind the activation, taken before
   * outputs are written: the bits of the two one after the other. A last row or column that has no
   * other is dropped. Runs take no residual. The packed filters are those of this plan; workspaces
   * are those of the new plan alone.
   *
   * @param depth channels of the tensor that the maxima go into, as in {@link Conv2d#into}
   * @param first the first one that is written
   * @return a plan; none if this one's algorithm computes outputs in tiles that do not hold whole
   *     windows, as only Winograd's of an even number of outputs do, if it pools already, or if
   *     there is no whole window
   * @throws IllegalArgumentException if there are no such channels, or others beside them in NCHW
   */
  public Optional<ConvPlan> maxPooled(int depth, int first) {
    ChannelRange.require("conv2d", extents.k(), depth, first);
    ChannelRange range = new ChannelRange("conv2d", extents.k(), depth, first);
    range.requireLayout(layout);
    if (pools || Math.min(residualShape.h(), residualShape.w()) < 2) {
      return Optional.empty();
    }
    return forward
        .maxPooled(range.destination())
        .map(
            pooled ->
                new ConvPlan(
                    extents,
                    layout,
                    range,
                    true,
                    activation,
                    algorithm,
                    pooled,
                    preferences,
                    new Object()));
  }

  /**
   * What runs take.
   *
   * @return shape of the input
   */
  public Shape inputShape() {
    return inputShape;
  }

  /**
   * What runs make.
   *
   * @return shape of the output, or of the deeper tensor that it goes {@link Conv2d#into}; half as
   *     high and wide, without a last odd row or column, if the plan is {@link #maxPooled}
   */
  public Shape outputShape() {
    return outputShape;
  }

  /**
   * What runs may add.
   *
   * @return shape of a residual, which has K channels; a plan that is {@link #maxPooled} takes none
   */
  public Shape residualShape() {
    return residualShape;
  }

  /**
   * The layout of input and output.
   *
   * @return the layout the plan was made for
   */
  public Layout layout() {
    return layout;
  }

  /**
   * All extents.
   *
   * @return the case
   */
  public ConvCase extents() {
    return extents;
  }

  /**
   * The algorithm chosen.
   *
   * @return never {@link Algorithm#AUTO}
   */
  public Algorithm algorithm() {
    return algorithm;
  }

  /**
   * Scratch of a run by one thread on memory that every thread may use: tiles, tables, and for NCHW
   * the converted input and output. Each further thread adds {@link #bytesPerThread}.
   *
   * @return bytes; the largest {@code long} if they do not fit
   */
  public long workspaceBytes() {
    return converts() ? sum(bytesPerThread(), stagedBytes()) : bytesPerThread();
  }

  private long stagedBytes() {
    return sum(inputShape().bytes(), outputShape().bytes());
  }

  /** Stops at the largest long. */
  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  /**
   * Scratch of one thread.
   *
   * @return bytes
   */
  public long bytesPerThread() {
    return forward.scratchBytes() + forward.heapBytes();
  }

  /**
   * The proved bound of the error of every output, before the activation, relative to {@code |bias|
   * + sum |x| |w|} (plus {@code |residual|}): {@code n u / (1 - n u)} with u = 2^-24 and n the
   * number of roundings a term passes through. Underflow adds at most 2^-149 for each term of the
   * sum. Derived in docs/numerics.md.
   *
   * <p>A Winograd algorithm computes with differences of inputs that lie side by side, so its bound
   * is larger by the amplification of its transforms, and is relative to {@code |bias| + FH FW sum
   * over c of max|x[c]| max|w[c]|}, the maxima over the tile and the filter. What underflows in the
   * transforms is multiplied by those that follow, and by inputs or weights: it adds at most {@code
   * 2^-122 SH SW sum over c of (1 + max|x[c]| + max|w[c]|)}, c being the channels of the group.
   * Derived in docs/winograd.md.
   *
   * @return the relative bound
   */
  public double errorBound() {
    // One more rounding for the residual, whether or not a run has one.
    double nu = (forward.roundings() + 1) * UNIT_ROUNDOFF;
    return forward.amplification() * nu / (1 - nu);
  }

  /**
   * Scratch for runs by one thread.
   *
   * @param arena owns it; a confined arena cannot, the garbage collector owns it then
   * @return a workspace of this plan
   */
  public Workspace workspace(Arena arena) {
    return workspace(arena, 1);
  }

  /**
   * Scratch for runs by several threads.
   *
   * @param arena owns it; a confined arena cannot, the garbage collector owns it then
   * @param threads how many threads a run may have without growing it
   * @return a workspace of this plan
   */
  public Workspace workspace(Arena arena, int threads) {
    requireThreads(threads);
    return new Workspace(this, arena, threads);
  }

  static void requireThreads(int threads) {
    if (threads < 1 || threads > Workers.MAX_THREADS) {
      throw new IllegalArgumentException(
          "conv2d: a workspace is for 1 to " + Workers.MAX_THREADS + " threads, not " + threads);
    }
  }

  /**
   * Convolves.
   *
   * @param x input
   * @param y output, overwritten; of a deeper tensor only the channels that outputs go {@link
   *     Conv2d#into}
   * @param workspace of this plan
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor has another shape or layout, the output is
   *     read-only or overlaps the input, or the workspace belongs to another plan; nothing is
   *     written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread, or the
   *     workspace is in use
   */
  public void run(Tensor x, Tensor y, Workspace workspace, Workers workers) {
    run(x, null, y, workspace, workers);
  }

  /**
   * Convolves, adds a residual, then applies the activation: the bits of three separate steps.
   *
   * @param x input
   * @param residual of {@link #residualShape}; null for none, as a plan that is {@link #maxPooled}
   *     takes it
   * @param y output, overwritten; of a deeper tensor only the channels that outputs go {@link
   *     Conv2d#into}
   * @param workspace of this plan
   * @param workers who computes
   * @throws IllegalArgumentException as {@link #run(Tensor, Tensor, Workspace, Workers)}
   * @throws IllegalStateException as {@link #run(Tensor, Tensor, Workspace, Workers)}
   */
  public void run(Tensor x, Tensor residual, Tensor y, Workspace workspace, Workers workers) {
    require("input", x, inputShape());
    require("output", y, outputShape());
    requireApart("output", y, "input", x);
    if (residual != null) {
      if (pools) {
        throw new IllegalArgumentException(
            "conv2d: a plan that pools takes no residual; " + extents);
      }
      require("residual", residual, residualShape);
      requireApart("output", y, "residual", residual);
    }
    if (y.segment().isReadOnly()) {
      throw new IllegalArgumentException("conv2d: the output " + y + " is read-only");
    }
    requireOwn(workspace);
    Objects.requireNonNull(workers, "conv2d: workers");
    if (!forward.packed().scope().isAlive()) {
      throw new IllegalStateException("conv2d: the arena of the plan's filters is closed");
    }
    workspace.acquire();
    try {
      workspace.growTo(workers.threads());
      MemorySegment in = inPlace(x) ? x.segment() : staged(x, workspace.stagedInput());
      MemorySegment added = null;
      if (residual != null) {
        added =
            inPlace(residual) ? residual.segment() : staged(residual, workspace.stagedResidual());
      }
      MemorySegment out = inPlace(y) ? y.segment() : workspace.stagedOutput();
      workspace.compute(forward, in, added, out, workers);
      if (out != y.segment()) {
        outputs.copy(out, y);
      }
    } finally {
      workspace.release();
    }
  }

  private boolean converts() {
    return layout == Layout.NCHW
        && !(inputShape().layoutsCoincide() && outputShape().layoutsCoincide());
  }

  private boolean inPlace(Tensor t) {
    return (layout == Layout.NHWC || t.shape().layoutsCoincide())
        && Memory.isKernelMemory(t.segment());
  }

  private static MemorySegment staged(Tensor t, MemorySegment staging) {
    Tensor.convert(t.segment(), t.layout(), staging, Layout.NHWC, t.shape());
    return staging;
  }

  private void require(String role, Tensor t, Shape shape) {
    Objects.requireNonNull(t, role);
    if (!t.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "conv2d: " + role + " is " + t.shape() + " but the plan takes " + shape + "; " + extents);
    }
    if (t.layout() != layout) {
      throw new IllegalArgumentException(
          "conv2d: " + role + " is " + t.layout() + " but the plan was made for " + layout);
    }
    Memory.requireAccess("conv2d", role, t, t.segment());
  }

  private static void requireApart(String role, Tensor t, String other, Tensor u) {
    long start = t.segment().address();
    long otherStart = u.segment().address();
    if (start < otherStart + u.segment().byteSize()
        && otherStart < start + t.segment().byteSize()) {
      throw new IllegalArgumentException(
          "conv2d: " + role + " " + t + " overlaps " + other + " " + u + " in memory");
    }
  }

  private void requireOwn(Workspace workspace) {
    Objects.requireNonNull(workspace, "conv2d: workspace");
    if (workspace.plan().family != family) {
      throw new IllegalArgumentException(
          "conv2d: the workspace belongs to the plan of "
              + workspace.plan().extents
              + " and has "
              + workspace.bytes()
              + " bytes; "
              + extents
              + " needs "
              + workspaceBytes()
              + ": use plan.workspace(arena)");
    }
  }

  Forward forward() {
    return forward;
  }

  /**
   * What was chosen and why: algorithm, tile, vector width, workspace, error, and every other
   * algorithm with its cost or the reason of its rejection.
   *
   * @return several lines of text
   */
  public String explain() {
    Geometry g = extents.geometry();
    StringBuilder text = new StringBuilder();
    text.append(extents).append(", ").append(layout).append(": ").append(algorithm).append('\n');
    line(text, "kernel", forward.describe());
    line(
        text,
        "work",
        String.format(Locale.ROOT, "%.3f million multiply-adds", extents.macs() / 1e6));
    line(text, "activation", activation.toString());
    line(text, "outputs", "go into " + outputs + " of " + outputShape);
    if (pools) {
      line(text, "pooling", "the largest of each 2x2 outputs, before they are written");
    }
    if (forward.amplification() == 1) {
      line(
          text,
          "sums",
          g.sumLength() + " terms in blocks of at most " + g.blockLength() + ": " + g.blocks());
    }
    line(
        text,
        "error bound",
        String.format(
            Locale.ROOT,
            "%.3g of %s",
            errorBound(),
            forward.amplification() > 1
                ? "|bias| + FH FW sum over c of max|x[c]| max|w[c]|"
                : "|bias| + sum |x| |w|"));
    line(
        text,
        "tolerance",
        String.format(Locale.ROOT, "%.3g of sum |x| |w|", preferences.tolerance()));
    if (preferences.coldFilters()) {
      line(text, "filters", "counted as read from memory");
    }
    line(text, "packed filters", forward.packedBytes() + " bytes");
    line(
        text,
        "workspace",
        workspaceBytes() + " bytes, and " + bytesPerThread() + " for each further thread");
    line(
        text,
        "staging",
        (converts()
                ? "NCHW input and output are converted; "
                : "none in memory all threads may use; ")
            + "tensors in confined arenas or mapped files are copied, which adds up to "
            + stagedBytes()
            + " bytes");
    line(text, "candidates", "costs in million multiply-adds at the FMA peak, typical errors");
    for (Candidate candidate : Candidate.values()) {
      line(text, "  " + candidate.name(), verdictText(candidate, g));
    }
    return text.toString();
  }

  private String verdictText(Candidate candidate, Geometry g) {
    boolean cold = preferences.coldFilters();
    double tolerance = preferences.tolerance();
    Verdict verdict = candidate.judge(g, cold);
    if (verdict instanceof Verdict.Reject reject) {
      return "rejected: " + reject.reason();
    }
    double cost = ((Verdict.Accept) verdict).cost();
    double error = candidate.typicalError(g);
    String figures = String.format(Locale.ROOT, "cost %.3f, error %.1e, ", cost / 1e6, error);
    Candidate taken = Candidate.valueOf(algorithm.name());
    boolean byName = Candidate.cheapest(g, tolerance, cold).orElse(null) != taken;
    if (candidate == taken) {
      return figures
          + (byName ? "taken: asked for by name" : "taken: the cheapest within the tolerance");
    }
    if (error > tolerance) {
      return figures + String.format(Locale.ROOT, "rejected: above the tolerance %.1e", tolerance);
    }
    if (byName) {
      return figures + "not asked for";
    }
    double ratio = cost / ((Verdict.Accept) taken.judge(g, cold)).cost();
    return figures
        + (candidate.isReference()
            ? "rejected: a reference, to compare with"
            : String.format(Locale.ROOT, "rejected: costs %.2f times as much", ratio));
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "  %-15s %s%n", name, value));
  }

  @Override
  public String toString() {
    String into = outputs.isAll() ? "" : " into " + outputs;
    return extents + " " + layout + " " + algorithm + (pools ? " max 2x2" : "") + into;
  }
}
