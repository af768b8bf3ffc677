package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Direct convolution over few channels, such as those of an image:
 *
 * <pre>{@code
 * unit = band of output rows of an image       any thread, any order
 *   its input rows are copied as they are
 *   region of pixels that meet the same taps
 *     line of pixels at equal distances        a row, or a column where rows are short
 *       panel
 *         tiles                                OutputTile.strips
 * }</pre>
 *
 * A line's last tile ends where the line ends, and computes some of its pixels again. Pixels of
 * regions that are shorter than a tile both ways are computed in all of a tile's rows. Sums have
 * the terms, the order and so the bits of {@link DirectForward}.
 */
public final class StripForward implements SingleStage {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Tiles that all panels compute before the next ones: their outputs stay in L1. */
  private static final int TILES = 16;

  private final Geometry g;
  private final Destination destination;
  private final StripPlan plan;
  private final float lo;
  private final float hi;
  // For each panel the terms, for each term a factor for each column.
  private final MemorySegment panels;
  // The biases of all columns.
  private final MemorySegment init;

  /**
   * Packs the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param plan panels and units
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public StripForward(
      Geometry g,
      Destination destination,
      StripPlan plan,
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
    panels = Memory.allocate(arena, plan.panels().elements() * Float.BYTES);
    plan.panels().packWeights(weights, panels);
    init = Memory.allocate(arena, (long) plan.panels().paddedK() * Float.BYTES);
    if (bias != null) {
      plan.panels().packBias(bias, init, 0);
    }
    plan.primeKernels();
  }

  @Override
  public int units(int threads) {
    return g.n() * plan.bands();
  }

  @Override
  public long scratchBytes() {
    return 0;
  }

  @Override
  public long heapBytes() {
    return StripScratch.heapBytes(plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new StripScratch(plan, arrays);
  }

  @Override
  public void run(
      int unit,
      int units,
      Scratch scratch,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    float[] staged = ((StripScratch) scratch).staged;
    int n = unit / plan.bands();
    int first = unit % plan.bands() * plan.bandLines();
    int end = Math.min(first + plan.bandLines(), g.oh());
    int firstInput = Math.max(0, first * g.sh() - g.pt());
    long endInput = Math.min(g.h(), (end - 1L) * g.sh() - g.pt() + (g.fh() - 1L) * g.dh() + 1);
    int row = g.w() * g.c();
    long from = ((long) n * g.h() + firstInput) * row * Float.BYTES;
    MemorySegment.copy(x, FLOAT, from, staged, 0, (int) (endInput - firstInput) * row);
    for (StripPlan.Part part : plan.parts()) {
      Region region = part.region();
      int firstRow = Math.max(first, region.oy());
      int endRow = Math.min(end, region.oy() + region.rows());
      if (firstRow < endRow) {
        rectangle(part, n, firstRow, endRow - firstRow, firstInput, staged, residual, y);
      }
    }
  }

  /** Some rows of a region. */
  private void rectangle(
      StripPlan.Part part,
      int n,
      int firstRow,
      int rows,
      int firstInput,
      float[] staged,
      MemorySegment residual,
      MemorySegment y) {
    Region region = part.region();
    int columns = region.columns();
    int iy = firstRow * g.sh() - g.pt() + region.firstTapY() * g.dh() - firstInput;
    int ix = region.ox() * g.sw() - g.pl() + region.firstTapX();
    int a = (iy * g.w() + ix) * g.c();
    int aDown = g.sh() * g.w() * g.c();
    int aAcross = g.sw() * g.c();
    long pixel = ((long) n * g.oh() + firstRow) * g.ow() + region.ox();
    if (columns >= plan.shortestLine()) {
      for (int r = 0; r < rows; r++, pixel += g.ow()) {
        line(part, columns, a + r * aDown, aAcross, staged, residual, y, pixel, 1);
      }
    } else if (rows >= plan.shortestLine()) {
      for (int c = 0; c < columns; c++) {
        line(part, rows, a + c * aAcross, aDown, staged, residual, y, pixel + c, g.ow());
      }
    } else {
      for (int r = 0; r < rows; r++, pixel += g.ow()) {
        for (int c = 0; c < columns; c++) {
          line(part, 1, a + r * aDown + c * aAcross, 0, staged, residual, y, pixel + c, 0);
        }
      }
    }
  }

  /** Pixels at equal distances; a single one is computed in all rows of a tile. */
  private void line(
      StripPlan.Part part,
      int pixels,
      int a,
      int pitch,
      float[] staged,
      MemorySegment residual,
      MemorySegment y,
      long pixel,
      int pixelStep) {
    float none = Float.POSITIVE_INFINITY;
    float low = residual == null ? lo : -none;
    float high = residual == null ? hi : none;
    long out = destination.at(pixel, 0);
    long outStep = pixelStep * destination.pixelBytes();
    int eights = plan.shortTiles(pixels);
    int panels = plan.panels().widths().length;
    int rows = plan.tile(0).rows();
    for (int first = 0; first < eights; first += TILES) {
      int count = Math.min(TILES, eights - first);
      for (int p = 0; p < panels; p++) {
        OutputTile tile = plan.tile(p);
        int row = first * rows;
        tiles(part, p, tile, row, count, pixels, a, pitch, staged, y, out, outStep, low, high);
      }
    }
    for (int p = 0; p < panels; p++) {
      OutputTile tile = plan.tall(p);
      int row = eights * rows;
      int nines = plan.tallTiles(pixels);
      tiles(part, p, tile, row, nines, pixels, a, pitch, staged, y, out, outStep, low, high);
    }
    for (int i = 0; residual != null && i < pixels; i++) {
      long added = (pixel + (long) i * pixelStep) * g.k() * Float.BYTES;
      TileEpilogue.addResidual(y, out + i * outStep, g.k(), residual, added, lo, hi);
    }
  }

  /** Tiles of one height, of which the last one does not go beyond the line. */
  private void tiles(
      StripPlan.Part part,
      int panel,
      OutputTile tile,
      int row,
      int count,
      int pixels,
      int a,
      int pitch,
      float[] staged,
      MemorySegment y,
      long out,
      long outStep,
      float low,
      float high) {
    int inside = Math.min(count, (pixels - row) / tile.rows());
    if (inside > 0) {
      tiles(
          part,
          panel,
          tile,
          a + row * pitch,
          pitch,
          staged,
          y,
          out + row * outStep,
          outStep,
          inside,
          low,
          high);
    }
    if (inside < count) {
      int last = Math.max(0, pixels - tile.rows());
      tiles(
          part,
          panel,
          tile,
          a + last * pitch,
          pitch,
          staged,
          y,
          out + last * outStep,
          outStep,
          1,
          low,
          high);
    }
  }

  private void tiles(
      StripPlan.Part part,
      int panel,
      OutputTile tile,
      int a,
      int pitch,
      float[] staged,
      MemorySegment y,
      long out,
      long outStep,
      int count,
      float low,
      float high) {
    FilterPanels filters = plan.panels();
    long firstTerm = (long) part.firstTerm() * tile.width();
    OutputTile.strips(
        tile,
        staged,
        a,
        pitch,
        part.runs(),
        panels,
        (filters.start(0, panel) + firstTerm) * Float.BYTES,
        init,
        (long) filters.columnsBefore(panel) * Float.BYTES,
        y,
        out + (long) filters.firstFilter(panel) * Float.BYTES,
        outStep,
        (long) filters.lastVector(panel, Lanes.COUNT) * Float.BYTES,
        count,
        low,
        high);
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new StripForward(g, destination, plan, lo, hi, weights, bias, arena);
  }

  @Override
  public int roundings() {
    return g.sumLength();
  }

  @Override
  public MemorySegment packed() {
    return panels;
  }

  @Override
  public long packedBytes() {
    return panels.byteSize() + init.byteSize();
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
