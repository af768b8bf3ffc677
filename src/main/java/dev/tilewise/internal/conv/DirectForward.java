package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.GatheredTile;
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
 * unit  = group x chunk of a region, or some regions x range of panels   any thread, any order
 *   windows are staged, unless this thread has them                A: stays in L2, or L3 if stacked
 *   panel                                                          B: stays in L2 over the chunk
 *     region
 *       tile of MR pixels, or some stacks
 *         block of the sum                                         D: partial sums in L1
 *           Tile or GatheredTile kernel
 *         TileEpilogue: blocks added, residual, clamp, store
 * }</pre>
 *
 * A sum of one block goes from the registers to the output. See docs/direct.md.
 */
public final class DirectForward implements SingleStage {

  private final Geometry g;
  private final Destination destination;
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
   * @param destination where outputs go
   * @param plan tiles and units
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public DirectForward(
      Geometry g,
      Destination destination,
      DirectPlan plan,
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
  }

  @Override
  public int units(int threads) {
    return plan.units(threads);
  }

  @Override
  public long scratchBytes() {
    return plan.sumsBytes() + plan.compactBytes();
  }

  @Override
  public long heapBytes() {
    return DirectScratch.heapBytes(g, destination, plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return DirectScratch.of(g, destination, plan, memory, arrays);
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
    DirectScratch.Together together = (DirectScratch.Together) scratch;
    DirectScratch[] scratches = together.parts;
    int ranges = plan.panelRanges(units);
    int range = unit % ranges;
    int chunk = unit / ranges % plan.chunks();
    int group = unit / ranges / plan.chunks();
    DirectPlan.Batch batch = plan.batch(chunk);
    boolean lacks = together.staging.lacks(unit / ranges);
    for (int i = 0; lacks && i < batch.parts(); i++) {
      DirectScratch s = scratches[i];
      s.stagedStart = plan.stagedStart(batch.firstPart() + i);
      DirectPart part = plan.part(batch.firstPart() + i);
      s.pixels = part.stage(chunk - batch.firstChunk(), group, s, x);
      s.repeatLast(Math.min(s.pixels + plan.mostTileRows(), s.rows.length));
    }
    int endPanel = plan.firstPanel(range + 1, ranges);
    for (int panel = plan.firstPanel(range, ranges); panel < endPanel; panel++) {
      boolean holdsWhole = false;
      for (int i = 0; i < batch.parts(); i++) {
        DirectScratch s = scratches[i];
        DirectPart part = plan.part(batch.firstPart() + i);
        holdsWhole = multiplyPanel(part, group, panel, s.pixels, holdsWhole, s, residual, y);
      }
    }
  }

  /**
   * One panel over a chunk of a part.
   *
   * @param holdsWhole whether the array of a copied panel holds all terms of this one
   * @return whether it does so now
   */
  private boolean multiplyPanel(
      DirectPart part,
      int group,
      int panel,
      int pixels,
      boolean holdsWhole,
      DirectScratch s,
      MemorySegment residual,
      MemorySegment y) {
    Tile tile = plan.tileOf(panel);
    s.panel = panelMemory;
    s.panelOff = plan.panelStart(group, panel) * Float.BYTES;
    s.compact = part.compacts() && plan.copiedFloats() == 0;
    if (s.compact) {
      part.compact(s.panel, s.panelOff, tile.width(), s.compacted);
      s.panel = s.compacted;
      s.panelOff = 0;
    }
    boolean holds = holdsWhole;
    s.whole = !part.compacts() || holdsWhole && part.isStretch();
    if (plan.copiedFloats() == 0) {
      s.factors.set(s.panel, s.panelOff);
    } else if (part.stacks(pixels) > 0 && !(holdsWhole && s.whole)) {
      part.copy(s.panel, s.panelOff, tile.width(), s.factors);
      holds = s.whole;
    }
    int columns = Math.min(tile.width(), g.groupK() - plan.firstFilter(panel));
    if (part.blocks() == 1 && columns == tile.width() && residual == null) {
      finishInRegisters(part, group, panel, pixels, s, y);
      return holds;
    }
    int tiles = part.tiles(pixels);
    for (int first = 0; first < tiles; first += plan.tilesPerSweep()) {
      int end = Math.min(first + plan.tilesPerSweep(), tiles);
      sumBlocks(part, group, panel, first, end, pixels, s);
      store(part, panel, columns, first, end, pixels, s, residual, y);
    }
    return holds;
  }

  /** Sums of one block need nothing but the clamp: tiles go to the output. */
  private void finishInRegisters(
      DirectPart part, int group, int panel, int pixels, DirectScratch s, MemorySegment y) {
    Tile tile = plan.tileOf(panel);
    long bias = biasOf(group, panel);
    long yOff = (long) plan.firstFilter(panel) * Float.BYTES;
    int stacks = part.stacks(pixels);
    if (stacks > 0) {
      multiplyStacks(part, panel, 0, 0, stacks, s, bias, y, s.outputs, 0, yOff, lo, hi);
    }
    int tiles = part.tiles(pixels);
    for (int t = stacks; t < tiles; t++) {
      int row = part.firstRow(t, pixels);
      Tile of = tile.forRows(part.firstRow(t + 1, pixels) - row);
      multiply(part, of, 0, row, s, bias, y, s.outputs, row, yOff, lo, hi);
    }
  }

  /** All blocks of one panel over some tiles, into the partial sums. */
  private void sumBlocks(
      DirectPart part,
      int group,
      int panel,
      int firstTile,
      int endTile,
      int pixels,
      DirectScratch s) {
    Tile tile = plan.tileOf(panel);
    long[] sumsRows = plan.sumsRows(panel);
    long blockStep = (long) plan.mostTileRows() * tile.width() * Float.BYTES;
    int stacks = part.stacks(pixels);
    float none = Float.POSITIVE_INFINITY;
    for (int block = 0; block < part.blocks(); block++) {
      long start = block == 0 ? biasOf(group, panel) : 0;
      long sum = block * blockStep;
      int swept = Math.max(0, Math.min(endTile, stacks) - firstTile);
      if (swept > 0) {
        multiplyStacks(
            part,
            panel,
            block,
            firstTile,
            swept,
            s,
            start,
            s.sums,
            plan.stackSums(part, panel),
            0,
            sum,
            -none,
            none);
        sum += swept * g.blocks() * blockStep;
      }
      for (int t = firstTile + swept; t < endTile; t++, sum += g.blocks() * blockStep) {
        int row = part.firstRow(t, pixels);
        multiply(
            part,
            tile.forRows(part.firstRow(t + 1, pixels) - row),
            block,
            row,
            s,
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

  /** One block of one tile, by the form of the kernel that fits. */
  private void multiply(
      DirectPart part,
      Tile tile,
      int block,
      int row,
      DirectScratch s,
      long start,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float low,
      float high) {
    int[] runs = part.runs();
    int first = part.firstRun(block);
    int length = part.blockLength(block);
    boolean once = length > 0 && (s.compact || !part.compacts());
    if (once) {
      int aOff = runs[3 * first];
      long term = s.compact ? aOff : runs[3 * first + 1];
      long bOff = s.panelOff + term * tile.width() * Float.BYTES;
      Tile.runOnce(
          tile, s.staged, s.rows, row, aOff, length, s.panel, bOff, init, start, d, dRows, dRow,
          dOff, low, high);
    } else {
      int end = part.firstRun(block + 1);
      Tile.run(
          tile,
          s.staged,
          s.rows,
          row,
          runs,
          first,
          end,
          s.panel,
          s.panelOff,
          init,
          start,
          d,
          dRows,
          dRow,
          dOff,
          low,
          high);
    }
  }

  /** One block of some whole stacks. */
  private void multiplyStacks(
      DirectPart part,
      int panel,
      int block,
      int stack,
      int stacks,
      DirectScratch s,
      long start,
      MemorySegment d,
      long[] dRows,
      int dRow,
      long dOff,
      float low,
      float high) {
    int length = part.blockLength(block);
    int run = 3 * part.firstRun(block);
    // A region without taps has no runs.
    int from = length > 0 ? part.runs()[run] : 0;
    int term = length > 0 && s.whole ? part.runs()[run + 1] : from;
    GatheredTile tile = part.gathered(plan.tileOf(panel));
    int stackStep = tile.rows() * part.gatheredStep();
    GatheredTile.run(
        tile,
        s.staged,
        s.stagedStart + stack * stackStep + tile.rows() * from,
        stackStep,
        length,
        s.factors,
        term,
        init,
        start,
        d,
        dRows,
        dRow,
        dOff,
        stacks,
        low,
        high);
  }

  private void store(
      DirectPart part,
      int panel,
      int columns,
      int firstTile,
      int endTile,
      int pixels,
      DirectScratch s,
      MemorySegment residual,
      MemorySegment y) {
    Tile tile = plan.tileOf(panel);
    long rowStep = (long) tile.width() * Float.BYTES;
    long blockStep = plan.mostTileRows() * rowStep;
    long yOff = (long) plan.firstFilter(panel) * Float.BYTES;
    long sum = 0;
    for (int t = firstTile; t < endTile; t++, sum += g.blocks() * blockStep) {
      int row = part.firstRow(t, pixels);
      int rows = part.firstRow(t + 1, pixels) - row;
      TileEpilogue.store(
          part.blocks(),
          s.sums,
          sum,
          blockStep,
          rowStep,
          rows,
          columns,
          residual,
          s.residuals,
          yOff,
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
    FilterPanels panels = plan.panels();
    long column = (long) group * panels.paddedK() + panels.columnsBefore(panel);
    return (plan.zeros() + column) * Float.BYTES;
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new DirectForward(g, destination, plan, lo, hi, weights, bias, arena);
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
