package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Direct convolution by register tiles. The loops, outermost first:
 *
 * <pre>{@code
 * unit  = group x region x chunk of pixels x range of panels      any thread, any order
 *   the chunk's windows are staged                                A: stays in L2
 *   panel                                                         B: stays in L2 over the chunk
 *     tile of MR pixels
 *       block of the sum                                          D: partial sums in L1
 *         Tile kernel
 *       TileEpilogue: blocks added, residual, clamp, store
 * }</pre>
 *
 * A sum of one block goes from the registers to the output. See docs/direct.md.
 */
public final class DirectForward implements Forward {

  private final Geometry g;
  private final DirectPlan plan;
  private final float lo;
  private final float hi;
  private final MemorySegment panelMemory;
  // Zeros, the start of all blocks of a sum but the first, then the bias.
  private final MemorySegment init;

  /**
   * Packs the weights.
   *
   * @param g extents
   * @param plan tiles and units
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public DirectForward(
      Geometry g,
      DirectPlan plan,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.plan = plan;
    this.lo = lo;
    this.hi = hi;
    FilterPanels panels = plan.panels();
    panelMemory = Memory.allocate(arena, panels.elements() * Float.BYTES);
    panels.packWeights(weights, panelMemory);
    long biases = (long) g.groups() * panels.paddedK();
    init = Memory.allocate(arena, (plan.zeros() + biases) * Float.BYTES);
    if (bias != null) {
      panels.packBias(bias, init, plan.zeros());
    }
  }

  @Override
  public int units() {
    return plan.units();
  }

  @Override
  public long scratchBytes() {
    return plan.sumsBytes();
  }

  @Override
  public long heapBytes() {
    return DirectScratch.heapBytes(plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory) {
    return new DirectScratch(g, plan, memory);
  }

  @Override
  public void run(
      int unit, Scratch scratch, MemorySegment x, MemorySegment residual, MemorySegment y) {
    DirectScratch s = (DirectScratch) scratch;
    int panelRange = unit % plan.panelRanges();
    int chunk = unit / plan.panelRanges() % plan.chunks();
    int group = unit / plan.panelRanges() / plan.chunks();
    DirectPart part = plan.partOf(chunk);
    int rows = plan.tile().rows();
    int pixels = part.stage(chunk, group, s, x);
    int tiles = (pixels + rows - 1) / rows;
    s.repeatLast(pixels, tiles * rows);
    int endPanel = plan.firstPanel(panelRange + 1);
    for (int panel = plan.firstPanel(panelRange); panel < endPanel; panel++) {
      Tile tile = plan.tileOf(panel);
      int columns = Math.min(tile.width(), g.groupK() - plan.firstFilter(panel));
      if (part.blocks() == 1 && columns == tile.width() && residual == null) {
        finishInRegisters(part, tile, group, panel, tiles, s, y);
      } else {
        for (int first = 0; first < tiles; first += plan.tilesPerSweep()) {
          int end = Math.min(first + plan.tilesPerSweep(), tiles);
          sumBlocks(part, tile, group, panel, first, end, s);
          store(part, tile, panel, columns, first, end, pixels, s, residual, y);
        }
      }
    }
  }

  /** Sums of one block need nothing but the clamp: tiles go to the output. */
  private void finishInRegisters(
      DirectPart part,
      Tile tile,
      int group,
      int panel,
      int tiles,
      DirectScratch s,
      MemorySegment y) {
    int[] runs = part.runs();
    int endRun = part.firstRun(1);
    long b = plan.panelStart(group, panel) * Float.BYTES;
    long bias = biasOf(group, panel);
    long yOff = (long) plan.firstFilter(panel) * Float.BYTES;
    int end = tiles * tile.rows();
    for (int row = 0; row < end; row += tile.rows()) {
      Tile.run(
          tile,
          s.staged,
          s.rows,
          row,
          runs,
          0,
          endRun,
          panelMemory,
          b,
          init,
          bias,
          y,
          s.outputs,
          row,
          yOff,
          lo,
          hi);
    }
  }

  /** All blocks of one panel over some tiles, into the partial sums. */
  private void sumBlocks(
      DirectPart part,
      Tile tile,
      int group,
      int panel,
      int firstTile,
      int endTile,
      DirectScratch s) {
    int[] runs = part.runs();
    long b = plan.panelStart(group, panel) * Float.BYTES;
    long[] sumsRows = plan.sumsRows(tile);
    long blockStep = (long) tile.rows() * tile.width() * Float.BYTES;
    float none = Float.POSITIVE_INFINITY;
    for (int block = 0; block < part.blocks(); block++) {
      int firstRun = part.firstRun(block);
      int endRun = part.firstRun(block + 1);
      long start = block == 0 ? biasOf(group, panel) : 0;
      long sum = block * blockStep;
      for (int t = firstTile; t < endTile; t++, sum += part.blocks() * blockStep) {
        Tile.run(
            tile,
            s.staged,
            s.rows,
            t * tile.rows(),
            runs,
            firstRun,
            endRun,
            panelMemory,
            b,
            init,
            start,
            s.sums,
            sumsRows,
            0,
            sum,
            -none,
            none);
      }
    }
  }

  private void store(
      DirectPart part,
      Tile tile,
      int panel,
      int columns,
      int firstTile,
      int endTile,
      int pixels,
      DirectScratch s,
      MemorySegment residual,
      MemorySegment y) {
    long rowStep = (long) tile.width() * Float.BYTES;
    long blockStep = tile.rows() * rowStep;
    long yOff = (long) plan.firstFilter(panel) * Float.BYTES;
    long sum = 0;
    for (int t = firstTile; t < endTile; t++, sum += part.blocks() * blockStep) {
      int row = t * tile.rows();
      int rows = Math.min(tile.rows(), pixels - row);
      TileEpilogue.store(
          part.blocks(),
          s.sums,
          sum,
          blockStep,
          rowStep,
          rows,
          columns,
          residual,
          y,
          s.outputs,
          row,
          yOff,
          lo,
          hi);
    }
  }

  /** Where a panel's biases lie, bytes. */
  private long biasOf(int group, int panel) {
    long filter = (long) group * plan.panels().paddedK() + plan.firstFilter(panel);
    return (plan.zeros() + filter) * Float.BYTES;
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new DirectForward(g, plan, lo, hi, weights, bias, arena);
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
