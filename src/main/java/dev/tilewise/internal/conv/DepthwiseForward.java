package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.ArrayArena;
import dev.tilewise.internal.kernel.Depthwise;
import dev.tilewise.internal.kernel.DepthwiseAcross;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.RepeatedChannels;
import dev.tilewise.internal.kernel.TileEpilogue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Direct convolution with one channel in a group: lanes along the depth column, no matrix. The
 * loops, outermost first:
 *
 * <pre>{@code
 * unit = image x rows x vectors of channels      any thread, any order
 *   band of rows                                 all; or those whose input is staged
 *     rows with the same taps, up to three       L1, L2
 *       vector of channels                       its weights in registers
 *         columns                                Depthwise.rows, or Depthwise.taps
 *     or rows with the same taps, up to two      3x3 with few registers
 *       columns, vectors of channels             DepthwiseAcross
 *     residual and clamp
 * }</pre>
 *
 * The bits are those of {@link DirectForward}. See docs/direct.md.
 */
public final class DepthwiseForward implements SingleStage {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Scratch of one thread. */
  private static final class Rows implements Scratch {
    /** Input rows with each channel repeated for its filters. */
    private final MemorySegment staged;

    // The rows at work: memory, where row 0 would start, and the steps.
    private MemorySegment x;
    private long origin;
    private long columnStep;
    private long rowStep;

    private Rows(MemorySegment staged) {
      this.staged = staged;
    }
  }

  private final Geometry g;
  private final Destination destination;
  private final DepthwisePlan plan;
  private final float lo;
  private final float hi;
  // For each vector of channels the bias, then the taps.
  private final MemorySegment weights;
  private final long vectorBytes;
  // The same on the heap for rows across, else nothing.
  private final float[] weightsAcross;
  private final long yStep;
  private final long yRowStep;

  /**
   * Packs the weights.
   *
   * @param g extents for which {@link #applies}
   * @param destination where outputs go
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, 1, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public DepthwiseForward(
      Geometry g,
      Destination destination,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this(g, destination, new DepthwisePlan(g), lo, hi, weights, bias, arena);
  }

  private DepthwiseForward(
      Geometry g,
      Destination destination,
      DepthwisePlan plan,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.destination = destination;
    this.plan = plan;
    this.lo = lo;
    this.hi = hi;
    vectorBytes = (g.sumLength() + 1L) * Lanes.BYTES;
    this.weights = Memory.allocate(arena, plan.vectors() * vectorBytes);
    pack(weights, bias);
    int floats = plan.across() ? Math.toIntExact(this.weights.byteSize() / Float.BYTES) : 0;
    weightsAcross = ArrayArena.floats(arena, floats);
    MemorySegment.copy(this.weights, FLOAT, 0, weightsAcross, 0, floats);
    yStep = destination.pixelBytes();
    yRowStep = g.ow() * yStep;
  }

  /** Whether these extents are computed this way. */
  public static boolean applies(Geometry g) {
    return DepthwisePlan.applies(g);
  }

  private void pack(MemorySegment from, MemorySegment bias) {
    int taps = g.sumLength();
    for (int vector = 0; vector < plan.vectors(); vector++) {
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        int k = plan.firstChannel(vector) + lane;
        long to = vector * vectorBytes + (long) lane * Float.BYTES;
        weights.set(FLOAT, to, bias == null ? 0 : bias.getAtIndex(FLOAT, k));
        for (int tap = 0; tap < taps; tap++) {
          float weight = from.getAtIndex(FLOAT, (long) k * taps + tap);
          weights.set(FLOAT, to + (tap + 1L) * Lanes.BYTES, weight);
        }
      }
    }
  }

  @Override
  public int units(int threads) {
    return Math.multiplyExact(g.n(), plan.cuts(threads));
  }

  @Override
  public long scratchBytes() {
    return plan.stagedBytes();
  }

  @Override
  public long heapBytes() {
    return 0;
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new Rows(memory);
  }

  @Override
  public void run(
      int threads,
      int unit,
      int units,
      Scratch scratch,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    Rows s = (Rows) scratch;
    int cuts = units / g.n();
    int rowCuts = Math.min(cuts, plan.mostRowCuts());
    int channelCuts = cuts / rowCuts;
    int n = unit / cuts;
    int cut = unit % cuts;
    int rowCut = cut / channelCuts;
    int first = (int) ((long) g.oh() * rowCut / rowCuts);
    int end = (int) ((long) g.oh() * (rowCut + 1) / rowCuts);
    int firstVector = plan.firstVector(cut % channelCuts, channelCuts);
    int endVector = plan.firstVector(cut % channelCuts + 1, channelCuts);
    boolean gathers = plan.gathers(x.address(), y.address() + destination.at(0, 0), yStep);
    for (int oy = first; oy < end; oy += plan.band()) {
      int bandEnd = Math.min(end, oy + plan.band());
      if (gathers) {
        for (int v = firstVector; v < endVector; v += Depthwise.GATHERED) {
          gather(n, oy, bandEnd, v, s, x);
          for (int vector = v; vector < v + Depthwise.GATHERED; vector++) {
            band(n, oy, bandEnd, vector, vector + 1, s, residual != null, y);
          }
        }
      } else {
        place(n, oy, bandEnd, s, x);
        band(n, oy, bandEnd, firstVector, endVector, s, residual != null, y);
      }
      if (residual != null) {
        addResidual(n, oy, bandEnd, firstVector, endVector, residual, y);
      }
    }
  }

  /** First input row that some output rows from oy on may need. */
  private long firstRow(int oy) {
    return Math.max(0, Math.min((long) oy * g.sh() - g.pt(), g.h()));
  }

  /** One past the last input row that output rows before end need. */
  private long endRow(int end) {
    long bottom = (end - 1L) * g.sh() - g.pt() + (g.fh() - 1L) * g.dh() + 1;
    return Math.max(0, Math.min(bottom, g.h()));
  }

  /** Says where a band's input rows lie, and stages them if each channel has several filters. */
  private void place(int n, int oy, int end, Rows s, MemorySegment x) {
    long image = (long) n * g.h() * g.w() * g.c() * Float.BYTES;
    if (!plan.stages()) {
      s.x = x;
      s.origin = image;
      s.columnStep = (long) g.c() * Float.BYTES;
      s.rowStep = g.w() * s.columnStep;
      return;
    }
    long first = firstRow(oy);
    long rows = Math.max(0, endRow(end) - first);
    s.x = s.staged;
    s.columnStep = (long) g.k() * Float.BYTES;
    s.rowStep = g.w() * s.columnStep;
    s.origin = -first * s.rowStep;
    long from = image + first * g.w() * g.c() * Float.BYTES;
    RepeatedChannels.copy(x, from, rows * g.w() * g.c(), g.groupK(), s.staged);
  }

  /** Gathers a band's input rows of a few vectors of channels, and says where they lie. */
  private void gather(int n, int oy, int end, int vector, Rows s, MemorySegment x) {
    long channel = (long) plan.firstChannel(vector) * Float.BYTES;
    long columnStep = (long) g.c() * Float.BYTES;
    long rowStep = g.w() * columnStep;
    long first = firstRow(oy);
    int rows = (int) Math.max(0, endRow(end) - first);
    s.x = s.staged;
    s.columnStep = (long) Depthwise.GATHERED * Lanes.BYTES;
    s.rowStep = g.w() * s.columnStep;
    s.origin = -first * s.rowStep - channel;
    long from = ((long) n * g.h() + first) * rowStep + channel;
    Depthwise.gather(x, from, rowStep, columnStep, rows, g.w(), s.staged);
  }

  /** The output rows of one band, row blocks outside of vectors: a block's input stays in L2. */
  private void band(
      int n,
      int first,
      int end,
      int firstVector,
      int endVector,
      Rows s,
      boolean raw,
      MemorySegment y) {
    float low = raw ? Float.NEGATIVE_INFINITY : lo;
    float high = raw ? Float.POSITIVE_INFINITY : hi;
    TapRanges taps = plan.taps();
    for (int oy = first; oy < end; ) {
      int firstTap = taps.firstY(oy);
      int tapRows = taps.endY(oy) - firstTap;
      int rows = plan.fast(tapRows) ? rowsAtOnce(oy, end) : 1;
      if (plan.across() && plan.fast(tapRows)) {
        across(n, oy, rows, firstVector, endVector, s, y, low, high);
        oy += rows;
        continue;
      }
      for (int vector = firstVector; vector < endVector; vector++) {
        if (plan.fast(tapRows)) {
          rows(n, oy, rows, firstTap, tapRows, vector, s, y, low, high);
        } else {
          columns(n, oy, firstTap, tapRows, vector, s, y, low, high);
        }
      }
      oy += rows;
    }
  }

  /** Output rows from oy on that have all three tap rows and go together. */
  private int rowsAtOnce(int oy, int end) {
    TapRanges taps = plan.taps();
    int alike = 0;
    while (oy + alike < end
        && alike <= 2 * Depthwise.mostRows(g.sh())
        && taps.endY(oy + alike) - taps.firstY(oy + alike) == 3) {
      alike++;
    }
    return Math.max(1, plan.rowsAtOnce(alike));
  }

  private void rows(
      int n,
      int oy,
      int rows,
      int firstTap,
      int tapRows,
      int vector,
      Rows s,
      MemorySegment y,
      float low,
      float high) {
    long channel = (long) plan.firstChannel(vector) * Float.BYTES;
    long iy = (long) oy * g.sh() - g.pt() + firstTap;
    long bias = vector * vectorBytes;
    Depthwise.rows(
        g.sh(),
        rows,
        tapRows,
        s.x,
        s.origin + iy * s.rowStep + channel,
        s.rowStep,
        s.columnStep,
        weights,
        bias,
        bias + (1 + 3L * firstTap) * Lanes.BYTES,
        y,
        destination.at(((long) n * g.oh() + oy) * g.ow(), plan.firstChannel(vector)),
        yRowStep,
        yStep,
        plan.wholeColumns(),
        plan.left(),
        plan.right(),
        low,
        high);
  }

  /** Output rows, the vectors of channels innermost. */
  private void across(
      int n,
      int oy,
      int rows,
      int firstVector,
      int endVector,
      Rows s,
      MemorySegment y,
      float low,
      float high) {
    TapRanges taps = plan.taps();
    int firstTap = taps.firstY(oy);
    long iy = (long) oy * g.sh() - g.pt() + firstTap;
    for (int vector = firstVector; vector < endVector; ) {
      int vectors = plan.vectorsInLine(vector, endVector);
      int bias = vector * DepthwiseAcross.WEIGHTS;
      int channel = plan.firstChannel(vector);
      DepthwiseAcross.rows(
          g.sh(),
          rows,
          taps.endY(oy) - firstTap,
          s.x,
          s.origin + iy * s.rowStep + (long) channel * Float.BYTES,
          s.rowStep,
          s.columnStep,
          weightsAcross,
          bias,
          bias + (1 + 3 * firstTap) * Lanes.COUNT,
          y,
          destination.at(((long) n * g.oh() + oy) * g.ow(), channel),
          yRowStep,
          yStep,
          plan.wholeColumns(),
          plan.left(),
          plan.right(),
          vectors,
          low,
          high);
      vector += vectors;
    }
  }

  /** One output row, run of columns by run of columns. */
  private void columns(
      int n,
      int oy,
      int firstTap,
      int tapRows,
      int vector,
      Rows s,
      MemorySegment y,
      float low,
      float high) {
    long channel = (long) plan.firstChannel(vector) * Float.BYTES;
    long iy = (long) oy * g.sh() - g.pt() + (long) firstTap * g.dh();
    long bias = vector * vectorBytes;
    long output = destination.at(((long) n * g.oh() + oy) * g.ow(), plan.firstChannel(vector));
    for (DepthwisePlan.Piece piece : plan.pieces()) {
      int ox = piece.ox();
      int firstX = plan.taps().firstX(ox);
      long ix = (long) ox * g.sw() - g.pl() + (long) firstX * g.dw();
      long input = s.origin + iy * s.rowStep + ix * s.columnStep + channel;
      long tap = bias + (1 + (long) firstTap * g.fw()) * Lanes.BYTES;
      if (piece.border() != null && tapRows > 0) {
        Depthwise.fives(
            plan.block() == Depthwise.LARGE_BLOCK,
            g.sw(),
            piece.border(),
            s.x,
            input,
            s.columnStep,
            g.dh() * s.rowStep,
            tapRows,
            weights,
            bias,
            tap,
            y,
            output + ox * yStep,
            yStep,
            piece.count(),
            low,
            high);
      } else {
        Depthwise.taps(
            s.x,
            input,
            g.sw() * s.columnStep,
            g.dh() * s.rowStep,
            g.dw() * s.columnStep,
            tapRows,
            plan.taps().endX(ox) - firstX,
            weights,
            bias,
            tap + (long) firstX * Lanes.BYTES,
            (long) g.fw() * Lanes.BYTES,
            y,
            output + ox * yStep,
            yStep,
            piece.count() * (piece.border() == null ? 1 : plan.block()),
            low,
            high);
      }
    }
  }

  /** The sums lie in y: adds the residual and clamps, in place. */
  private void addResidual(
      int n,
      int first,
      int end,
      int firstVector,
      int endVector,
      MemorySegment residual,
      MemorySegment y) {
    int channel = plan.firstChannel(firstVector);
    int channels = plan.firstChannel(endVector - 1) + Lanes.COUNT - channel;
    long endPixel = ((long) n * g.oh() + end) * g.ow();
    for (long pixel = ((long) n * g.oh() + first) * g.ow(); pixel < endPixel; pixel++) {
      long added = (pixel * g.k() + channel) * Float.BYTES;
      TileEpilogue.addResidual(
          y, destination.at(pixel, channel), channels, residual, added, lo, hi);
    }
  }

  @Override
  public Forward withWeights(MemorySegment newWeights, MemorySegment bias, Arena arena) {
    return new DepthwiseForward(g, destination, plan, lo, hi, newWeights, bias, arena);
  }

  @Override
  public int roundings() {
    return g.blockLength() + g.blocks() - 1;
  }

  @Override
  public MemorySegment packed() {
    return weights;
  }

  @Override
  public long packedBytes() {
    return weights.byteSize() + (long) weightsAcross.length * Float.BYTES;
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
