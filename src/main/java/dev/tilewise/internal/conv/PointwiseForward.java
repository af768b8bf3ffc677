package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.PixelTile;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Direct convolution with 1x1 filters and no padding, which is a product of matrices: pixels times
 * filters.
 *
 * <pre>{@code
 * unit = group x chunk of pixels x range of panels      any thread, any order
 *   panel
 *     tiles of pixels, where they are                   PixelTile
 * }</pre>
 *
 * Strides leave pixels at unequal distances; a unit then copies its own one behind the other.
 *
 * <p>Sums have the terms, the order and so the bits of {@link DirectForward}.
 */
public final class PointwiseForward implements SingleStage {

  private final Geometry g;
  private final Destination destination;
  private final PointwisePlan plan;
  private final float lo;
  private final float hi;
  private final MemorySegment panelMemory;
  // Zeros, the start of all blocks of a sum but the first, then the bias.
  private final MemorySegment init;
  // Where the pixels of a tile lie in the output and in the residual, bytes from the first.
  private final long[] outputRows;
  private final long[] residualRows;

  /**
   * Packs the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param plan panels and units
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
    FilterPanels panels = plan.panels();
    panelMemory = Memory.allocate(arena, panels.elements() * Float.BYTES);
    panels.packWeights(weights, panelMemory);
    plan.primeKernels();
    long biases = (long) g.groups() * panels.paddedK();
    init = Memory.allocate(arena, (plan.zeros() + biases) * Float.BYTES);
    if (bias != null) {
      panels.packBias(bias, init, plan.zeros());
    }
    outputRows = steps(destination.pixelBytes());
    residualRows = steps((long) g.k() * Float.BYTES);
  }

  private long[] steps(long step) {
    long[] rows = new long[PointwisePlan.MOST_ROWS];
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
    return plan.sumsBytes() + plan.gatheredBytes();
  }

  @Override
  public long heapBytes() {
    return 0;
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new PointwiseScratch(plan, memory);
  }

  @Override
  public void run(
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
    locate(firstPixel, pixels, group, s, x);
    // A residual is added to the sums where outputs lie, but not where panels have filters in
    // common: vectors that lie over those before may be another unit's.
    boolean addsInPlace = g.blocks() == 1 && (g.groupK() % Lanes.COUNT == 0 || ranges == 1);
    MemorySegment added = addsInPlace ? null : residual;
    boolean complete = residual == null;
    int firstPanel = plan.firstPanel(range, ranges);
    int endPanel = plan.firstPanel(range + 1, ranges);
    for (int panel = firstPanel; panel < endPanel; panel++) {
      PixelTile tile = plan.tile(panel);
      int rests = tile.restTiles(pixels);
      int row = pixels - rests * tile.rest().rows();
      int tiles = row / tile.rows();
      multiply(tile, group, panel, firstPixel, 0, tiles, s, added, complete, y);
      multiply(tile.rest(), group, panel, firstPixel, row, rests, s, added, complete, y);
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

  /** Where a unit's pixels are: in the input, or copied from there. */
  private void locate(long firstPixel, int pixels, int group, PointwiseScratch s, MemorySegment x) {
    long firstChannel = (long) group * g.groupC();
    if (!plan.gathers()) {
      s.pixels = x;
      s.first = (firstPixel * g.c() + firstChannel) * Float.BYTES;
      s.pitch = (long) g.c() * Float.BYTES;
      return;
    }
    s.pixels = s.gathered;
    s.first = 0;
    s.pitch = (long) g.groupC() * Float.BYTES;
    long step = (long) g.sw() * g.c() * Float.BYTES;
    int ow = g.ow();
    int ox = (int) (firstPixel % ow);
    long line = firstPixel / ow;
    long to = 0;
    for (int i = 0; i < pixels; line++) {
      long iy = line / g.oh() * g.h() + line % g.oh() * g.sh();
      long from = ((iy * g.w() + (long) ox * g.sw()) * g.c() + firstChannel) * Float.BYTES;
      for (int end = Math.min(pixels, i + ow - ox); i < end; i++) {
        MemorySegment.copy(x, from, s.gathered, to, s.pitch);
        from += step;
        to += s.pitch;
      }
      ox = 0;
    }
  }

  /** One panel over some tiles; not complete are sums that a residual is added to afterwards. */
  private void multiply(
      PixelTile tile,
      int group,
      int panel,
      long firstPixel,
      int row,
      int tiles,
      PointwiseScratch s,
      MemorySegment residual,
      boolean complete,
      MemorySegment y) {
    if (tiles == 0) {
      return;
    }
    int lastVector = plan.panels().lastVector(panel, Lanes.COUNT);
    long last = (long) lastVector * Float.BYTES;
    int channel = group * g.groupK() + plan.panels().firstFilter(panel);
    long rowStep = destination.pixelBytes();
    long out = destination.at(firstPixel + row, channel);
    long bOff = plan.panels().start(group, panel) * Float.BYTES;
    long bias = biasOf(group, panel);
    long aOff = s.first + row * s.pitch;
    if (residual == null && g.blocks() == 1) {
      PixelTile.run(
          tile,
          s.pixels,
          aOff,
          s.pitch,
          g.groupC(),
          panelMemory,
          bOff,
          init,
          bias,
          y,
          out,
          rowStep,
          last,
          tiles,
          complete ? lo : Float.NEGATIVE_INFINITY,
          complete ? hi : Float.POSITIVE_INFINITY);
      return;
    }
    for (int i = 0; i < tiles; i++) {
      sumBlocks(tile, aOff + i * tile.rows() * s.pitch, bOff, bias, last, s);
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
          ((firstPixel + row + (long) i * tile.rows()) * g.k() + channel) * Float.BYTES,
          y,
          outputRows,
          0,
          out + i * tile.rows() * rowStep,
          lo,
          hi);
    }
  }

  /** All blocks of one tile, into the scratch. */
  private void sumBlocks(
      PixelTile tile, long aOff, long bOff, long bias, long last, PointwiseScratch s) {
    long step = (long) tile.width() * Float.BYTES;
    float none = Float.POSITIVE_INFINITY;
    for (int block = 0; block < g.blocks(); block++) {
      int term = block * g.blockLength();
      PixelTile.run(
          tile,
          s.pixels,
          aOff + (long) term * Float.BYTES,
          s.pitch,
          Math.min(g.blockLength(), g.groupC() - term),
          panelMemory,
          bOff + term * step,
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

  /** Where a panel's biases lie, bytes. */
  private long biasOf(int group, int panel) {
    FilterPanels panels = plan.panels();
    long column = (long) group * panels.paddedK() + panels.columnsBefore(panel);
    return (plan.zeros() + column) * Float.BYTES;
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new PointwiseForward(g, destination, plan, lo, hi, weights, bias, arena);
  }

  @Override
  public int roundings() {
    return g.blockLength() + g.blocks() - 1;
  }

  @Override
  public MemorySegment packed() {
    return panelMemory;
  }

  @Override
  public long packedBytes() {
    return panelMemory.byteSize() + init.byteSize();
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
