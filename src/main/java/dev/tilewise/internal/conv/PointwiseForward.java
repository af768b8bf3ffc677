package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.Panel;
import dev.tilewise.internal.kernel.PixelStacks;
import dev.tilewise.internal.kernel.ReadAhead;
import dev.tilewise.internal.kernel.StripRuns;
import dev.tilewise.internal.kernel.Strips;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Direct convolution with 1x1 filters and no padding, which is a product of matrices: pixels times
 * filters.
 *
 * <pre>{@code
 * unit = group x chunk of pixels x range of panels      any thread, any order
 *   pixels are copied into stacks                       PixelStacks
 *   panel
 *     stack                                             OutputTile
 * }</pre>
 *
 * Or tiles read pixels where they are, or copied as they are a few tiles at a time; then the last
 * tile of a chunk lies over the one before.
 *
 * <p>Sums have the terms, the order and so the bits of {@link DirectForward}.
 */
public final class PointwiseForward implements SingleStage {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Geometry g;
  private final Destination destination;
  private final PointwisePlan plan;
  private final boolean cold;
  private final float lo;
  private final float hi;
  // For each group its panels, off-heap, with heads if they are read ahead; on the heap instead for
  // tiles that read arrays.
  private final MemorySegment panelMemory;
  private final Panel[] factors;
  // Zeros, the start of all blocks of a sum but the first, then the bias.
  private final MemorySegment init;
  // Where the pixels of a stack lie in the output and in the residual, bytes from the first.
  private final long[] outputRows;
  private final long[] residualRows;
  // All terms of a copied pixel.
  private final StripRuns terms;

  /**
   * Packs the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param plan panels and units
   * @param cold whether a run finds its filters in memory, and not in the caches
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, 1, 1]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public PointwiseForward(
      Geometry g,
      Destination destination,
      PointwisePlan plan,
      boolean cold,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.destination = destination;
    this.plan = plan;
    this.cold = cold;
    this.lo = lo;
    this.hi = hi;
    FilterPanels panels = plan.panels();
    if (plan.tile(0).readsArrays()) {
      panelMemory = null;
      factors = plan.arrays(weights, arena);
    } else {
      panelMemory =
          cold ? ReadAhead.allocate(arena, filterBytes()) : Memory.allocate(arena, filterBytes());
      panels.packWeights(weights, panelMemory);
      if (cold) {
        ReadAhead.writeHeads(panelMemory, filterBytes());
      }
      factors = plan.inPlace(panelMemory);
    }
    plan.primeKernels();
    long biases = (long) g.groups() * panels.paddedK();
    init = Memory.allocate(arena, (plan.zeros() + biases) * Float.BYTES);
    if (bias != null) {
      panels.packBias(bias, init, plan.zeros());
    }
    terms = plan.copiedTerms();
    outputRows = steps(destination.pixelBytes());
    residualRows = steps((long) g.k() * Float.BYTES);
  }

  private long filterBytes() {
    return plan.panels().elements() * Float.BYTES;
  }

  private long[] steps(long step) {
    long[] rows = new long[plan.tallest()];
    for (int m = 0; m < rows.length; m++) {
      rows[m] = m * step;
    }
    return rows;
  }

  @Override
  public int units(int threads) {
    return plan.units(threads);
  }

  @Override
  public long scratchBytes() {
    return PointwiseScratch.bytes(plan);
  }

  @Override
  public long heapBytes() {
    return PointwiseScratch.heapBytes(plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new PointwiseScratch(plan, memory, arrays);
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
    PointwiseScratch s = (PointwiseScratch) scratch;
    int ranges = plan.panelRanges(units);
    int range = unit % ranges;
    int chunk = unit / ranges % plan.chunks();
    int group = unit / ranges / plan.chunks();
    long firstPixel = plan.firstPixel(chunk);
    int pixels = (int) (plan.firstPixel(chunk + 1) - firstPixel);
    boolean stacked = plan.source() == OutputTile.Rows.STACKS;
    int stacks = stacked ? plan.heights().usuals(pixels) : 0;
    int others = stacked ? plan.heights().others(pixels) : 0;
    boolean lacks = s.staging.lacks(unit / ranges);
    if (stacked && lacks) {
      stage(firstPixel, pixels, stacks, others, group, s, x);
    } else if (plan.gathers() && lacks) {
      gather(firstPixel, pixels, group, s, x);
    }
    int panel = plan.firstPanel(range, ranges, pixels);
    int row = plan.firstRow(range, ranges, pixels);
    int endPanel = plan.firstPanel(range + 1, ranges, pixels);
    int endRow = plan.firstRow(range + 1, ranges, pixels);
    boolean apart = ranges == 1;
    s.alone = threads == 1 || plan.chunks() == 1;
    // A thread takes neighbouring units, so that what one brings another one of its own finds.
    int shares = Math.min(threads, units);
    int share = (int) (((unit + 1L) * shares - 1) / units);
    int endUnit = (int) ((share + 1L) * units / shares);
    int lastRange = Math.min(ranges, endUnit - unit + range);
    s.endPanel = plan.firstPanel(lastRange, ranges, pixels);
    s.endPanel += plan.firstRow(lastRange, ranges, pixels) > 0 ? 1 : 0;
    if (row > 0) {
      int end = panel == endPanel ? endRow : pixels;
      panels(panel, panel + 1, chunk, group, row, end, stacks, others, apart, s, x, residual, y);
      panel++;
    }
    if (panel < endPanel) {
      panels(panel, endPanel, chunk, group, 0, pixels, stacks, others, apart, s, x, residual, y);
      panel = endPanel;
    }
    if (panel == endPanel && endRow > 0) {
      panels(panel, panel + 1, chunk, group, 0, endRow, stacks, others, apart, s, x, residual, y);
    }
  }

  /**
   * Some panels over some pixels of a chunk, or all its stacks.
   *
   * @param apart whether no other unit has the same pixels
   */
  private void panels(
      int firstPanel,
      int endPanel,
      int chunk,
      int group,
      int row,
      int endRow,
      int stacks,
      int others,
      boolean apart,
      PointwiseScratch s,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    boolean stacked = plan.source() == OutputTile.Rows.STACKS;
    long firstPixel = plan.firstPixel(chunk) + row;
    int pixels = endRow - row;
    // A residual is added to the sums where outputs lie, but not where panels have filters in
    // common: vectors that lie over those before may be another unit's.
    boolean addsInPlace = g.blocks() == 1 && (g.groupK() % Lanes.COUNT == 0 || apart);
    MemorySegment added = addsInPlace ? null : residual;
    boolean complete = residual == null;
    for (int panel = firstPanel; panel < endPanel; panel++) {
      OutputTile tile = plan.tile(panel);
      if (cold && chunk == 0 && panelMemory != null) {
        bring(group, panel, s);
      }
      if (!stacked) {
        if (plan.gathers()) {
          long from = row * plan.pitch();
          multiplyRows(tile, group, panel, firstPixel, pixels, s, s.gathered, from, residual, y);
        } else {
          long from = (firstPixel * g.c() + (long) group * g.groupC()) * Float.BYTES;
          multiplyRows(tile, group, panel, firstPixel, pixels, s, x, from, residual, y);
        }
        continue;
      }
      multiply(tile, group, panel, firstPixel, 0, stacks, s, added, complete, y);
      int done = stacks * tile.rows();
      multiply(plan.other(panel), group, panel, firstPixel, done, others, s, added, complete, y);
    }
    if (!complete && addsInPlace) {
      int filter = group * g.groupK() + plan.panels().firstFilter(firstPanel);
      int columns = Math.min(g.groupK(), plan.panels().columnsBefore(endPanel));
      int end = columns + group * g.groupK();
      TileEpilogue.addResiduals(
          y,
          destination.at(firstPixel, filter),
          destination.pixelBytes(),
          pixels,
          end - filter,
          residual,
          (firstPixel * g.k() + filter) * Float.BYTES,
          (long) g.k() * Float.BYTES,
          lo,
          hi);
    }
  }

  /** Has a panel in the caches, and the next one of the thread come while it is multiplied. */
  private void bring(int group, int panel, PointwiseScratch s) {
    int numbered = group * plan.panels().widths().length + panel;
    if (numbered == s.panel) {
      return;
    }
    if (numbered == s.coming) {
      s.ahead.rest();
    } else {
      s.ahead.now(panelMemory, startOf(group, panel), panelBytes(panel));
    }
    s.panel = numbered;
    if (s.alone && plan.readsAhead(panel) && panel + 1 < s.endPanel) {
      s.coming = numbered + 1;
      s.ahead.during(panelMemory, filterBytes(), startOf(group, panel + 1), panelBytes(panel + 1));
    } else {
      s.coming = PointwiseScratch.NONE;
      s.ahead.nothing();
    }
  }

  private long startOf(int group, int panel) {
    return plan.panels().start(group, panel) * Float.BYTES;
  }

  private long panelBytes(int panel) {
    return (long) g.groupC() * plan.tile(panel).width() * Float.BYTES;
  }

  /** Copies a chunk's pixels one after the other. */
  private void gather(long firstPixel, int pixels, int group, PointwiseScratch s, MemorySegment x) {
    locate(firstPixel, pixels, group, s.inputs);
    long bytes = (long) g.groupC() * Float.BYTES;
    for (int i = 0; i < pixels; i++) {
      MemorySegment.copy(x, s.inputs[i], s.gathered, i * plan.pitch(), bytes);
    }
  }

  /** Copies a chunk's pixels into stacks. */
  private void stage(
      long firstPixel,
      int pixels,
      int stacks,
      int others,
      int group,
      PointwiseScratch s,
      MemorySegment x) {
    locate(firstPixel, pixels, group, s.inputs);
    int usual = plan.heights().usual();
    int other = plan.heights().other();
    int row = stacks * usual;
    PixelStacks.copy(x, s.inputs, 0, usual, stacks, g.groupC(), s.staged, start(0));
    PixelStacks.copy(x, s.inputs, row, other, others, g.groupC(), s.staged, start(row));
  }

  /** Where a stack lies in the staged chunk, floats. */
  private int start(int row) {
    return WinogradScratch.LEAD + row * plan.depth();
  }

  /** Where pixels lie in the input, bytes. */
  private void locate(long firstPixel, int pixels, int group, long[] inputs) {
    int ow = g.ow();
    int oh = g.oh();
    long step = (long) g.sw() * g.c() * Float.BYTES;
    int ox = (int) (firstPixel % ow);
    long line = firstPixel / ow;
    for (int i = 0; i < pixels; line++) {
      long iy = line / oh * g.h() + line % oh * g.sh();
      long channel = (iy * g.w() + (long) ox * g.sw()) * g.c() + (long) group * g.groupC();
      long input = channel * Float.BYTES;
      for (int end = Math.min(pixels, i + ow - ox); i < end; i++) {
        inputs[i] = input;
        input += step;
      }
      ox = 0;
    }
  }

  /** One panel over some stacks; not complete are sums that a residual is added to afterwards. */
  private void multiply(
      OutputTile tile,
      int group,
      int panel,
      long firstPixel,
      int row,
      int stacks,
      PointwiseScratch s,
      MemorySegment residual,
      boolean complete,
      MemorySegment y) {
    int filter = plan.panels().firstFilter(panel);
    int lastVector = plan.panels().lastVector(panel, Lanes.COUNT);
    long last = (long) lastVector * Float.BYTES;
    int channel = group * g.groupK() + filter;
    long rowStep = destination.pixelBytes();
    long out = destination.at(firstPixel + row, channel);
    long bias = biasOf(group, panel);
    int stackStep = tile.rows() * plan.depth();
    if (residual == null && g.blocks() == 1) {
      OutputTile.stacked(
          tile,
          s.staged,
          start(row),
          stackStep,
          g.groupC(),
          factors(group, panel),
          0,
          init,
          bias,
          y,
          out,
          rowStep,
          last,
          stacks,
          complete ? lo : Float.NEGATIVE_INFINITY,
          complete ? hi : Float.POSITIVE_INFINITY);
      return;
    }
    for (int stack = 0; stack < stacks; stack++) {
      sumBlocks(tile, factors(group, panel), start(row) + stack * stackStep, bias, last, s);
      long step = (long) tile.width() * Float.BYTES;
      TileEpilogue.store(
          g.blocks(),
          s.sums,
          0,
          tile.rows() * step,
          step,
          tile.rows(),
          lastVector + Lanes.COUNT,
          residual,
          residualRows,
          ((firstPixel + row + (long) stack * tile.rows()) * g.k() + channel) * Float.BYTES,
          y,
          outputRows,
          0,
          out + stack * tile.rows() * rowStep,
          lo,
          hi);
    }
  }

  /** One panel over the pixels of a chunk, where they are, gathered, or copied as they are. */
  private void multiplyRows(
      OutputTile tile,
      int group,
      int panel,
      long firstPixel,
      int pixels,
      PointwiseScratch s,
      MemorySegment x,
      long from,
      MemorySegment residual,
      MemorySegment y) {
    if (g.blocks() > 1) {
      multiplyBlocks(tile, group, panel, firstPixel, pixels, s, x, from, residual, y);
      return;
    }
    boolean complete = residual == null;
    int rows = tile.rows();
    int channel = group * g.groupK() + plan.panels().firstFilter(panel);
    long step = destination.pixelBytes();
    // Fewer filters than a vector has lanes: a pixel's vector lies over the pixels after it, which
    // are stored later. The last ones of a chunk would lie over another one's.
    int under = g.k() < Lanes.COUNT ? (Lanes.COUNT - 1) / g.k() : 0;
    int whole = Math.max(0, pixels - under) / rows;
    long to = destination.at(firstPixel, channel);
    pixels(tile, group, panel, from, whole, s, x, complete, y, to, step);
    for (int row = whole * rows; row < pixels; row += rows) {
      int first = Math.min(row, pixels - rows);
      long at = from + first * plan.pitch();
      to = destination.at(firstPixel + first, channel);
      if (under == 0) {
        pixels(tile, group, panel, at, 1, s, x, complete, y, to, step);
      } else {
        pixels(tile, group, panel, at, 1, s, x, complete, s.sums, 0, Lanes.BYTES);
        Strips.copyRows(s.sums, 0, Lanes.BYTES, y, to, step, rows, g.k());
      }
    }
  }

  /** The same for sums of several blocks, which are added when each tile is stored. */
  private void multiplyBlocks(
      OutputTile tile,
      int group,
      int panel,
      long firstPixel,
      int pixels,
      PointwiseScratch s,
      MemorySegment x,
      long from,
      MemorySegment residual,
      MemorySegment y) {
    int rows = tile.rows();
    int channel = group * g.groupK() + plan.panels().firstFilter(panel);
    int lastVector = plan.panels().lastVector(panel, Lanes.COUNT);
    long step = (long) tile.width() * Float.BYTES;
    for (int row = 0; row < pixels; row += rows) {
      int first = Math.min(row, pixels - rows);
      sumBlocksOfRows(tile, group, panel, from + first * plan.pitch(), s, x);
      // Those before are stored already.
      TileEpilogue.store(
          g.blocks(),
          s.sums,
          (row - first) * step,
          rows * step,
          step,
          rows - (row - first),
          lastVector + Lanes.COUNT,
          residual,
          residualRows,
          ((firstPixel + row) * g.k() + channel) * Float.BYTES,
          y,
          outputRows,
          0,
          destination.at(firstPixel + row, channel),
          lo,
          hi);
    }
  }

  /** All blocks of one tile of pixels, into the scratch. */
  private void sumBlocksOfRows(
      OutputTile tile, int group, int panel, long from, PointwiseScratch s, MemorySegment x) {
    long step = (long) tile.width() * Float.BYTES;
    float none = Float.POSITIVE_INFINITY;
    for (int block = 0; block < g.blocks(); block++) {
      int term = block * g.blockLength();
      OutputTile.pixels(
          tile,
          x,
          from + (long) term * Float.BYTES,
          plan.pitch(),
          Math.min(g.blockLength(), g.groupC() - term),
          panelMemory,
          plan.panels().start(group, panel) * Float.BYTES + term * step,
          init,
          block == 0 ? biasOf(group, panel) : 0,
          s.sums,
          block * tile.rows() * step,
          step,
          (long) plan.panels().lastVector(panel, Lanes.COUNT) * Float.BYTES,
          1,
          -none,
          none,
          s.ahead);
    }
  }

  /** Tiles of pixels where they are, or of some at a time that are copied. */
  private void pixels(
      OutputTile tile,
      int group,
      int panel,
      long from,
      int tiles,
      PointwiseScratch s,
      MemorySegment x,
      boolean complete,
      MemorySegment to,
      long toOff,
      long toStep) {
    long factors = plan.panels().start(group, panel) * Float.BYTES;
    long last = (long) plan.panels().lastVector(panel, Lanes.COUNT) * Float.BYTES;
    float low = complete ? lo : Float.NEGATIVE_INFINITY;
    float high = complete ? hi : Float.POSITIVE_INFINITY;
    if (plan.source() == OutputTile.Rows.PIXELS) {
      OutputTile.pixels(
          tile,
          x,
          from,
          plan.pitch(),
          g.groupC(),
          panelMemory,
          factors,
          init,
          biasOf(group, panel),
          to,
          toOff,
          toStep,
          last,
          tiles,
          low,
          high,
          s.ahead);
      return;
    }
    int floats = tile.rows() * g.c();
    for (int first = 0; first < tiles; first += plan.batch()) {
      int count = Math.min(plan.batch(), tiles - first);
      long at = from + (long) first * floats * Float.BYTES;
      MemorySegment.copy(x, FLOAT, at, s.staged, 0, count * floats);
      OutputTile.strips(
          tile,
          s.staged,
          0,
          g.c(),
          terms,
          panelMemory,
          factors,
          init,
          biasOf(group, panel),
          to,
          toOff + (long) first * tile.rows() * toStep,
          toStep,
          last,
          count,
          low,
          high);
    }
  }

  /** All blocks of one stack, into the scratch. */
  private void sumBlocks(
      OutputTile tile, Panel factors, int aOff, long bias, long last, PointwiseScratch s) {
    long step = (long) tile.width() * Float.BYTES;
    float none = Float.POSITIVE_INFINITY;
    for (int block = 0; block < g.blocks(); block++) {
      int term = block * g.blockLength();
      OutputTile.stacked(
          tile,
          s.staged,
          aOff + term * tile.rows(),
          0,
          Math.min(g.blockLength(), g.groupC() - term),
          factors,
          term,
          init,
          block == 0 ? bias : 0,
          s.sums,
          block * tile.rows() * step,
          step,
          last,
          1,
          -none,
          none);
    }
  }

  private Panel factors(int group, int panel) {
    return factors[group * plan.panels().widths().length + panel];
  }

  /** Where a panel's biases lie, bytes. */
  private long biasOf(int group, int panel) {
    FilterPanels panels = plan.panels();
    long column = (long) group * panels.paddedK() + panels.columnsBefore(panel);
    return (plan.zeros() + column) * Float.BYTES;
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new PointwiseForward(g, destination, plan, cold, lo, hi, weights, bias, arena);
  }

  @Override
  public int roundings() {
    return g.blockLength() + g.blocks() - 1;
  }

  @Override
  public MemorySegment packed() {
    return init;
  }

  @Override
  public long packedBytes() {
    return (panelMemory == null ? filterBytes() : panelMemory.byteSize()) + init.byteSize();
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
