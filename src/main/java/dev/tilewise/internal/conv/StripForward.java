package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.ArrayArena;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.OutputTile;
import dev.tilewise.internal.kernel.Panel;
import dev.tilewise.internal.kernel.StripRuns;
import dev.tilewise.internal.kernel.StripStacks;
import dev.tilewise.internal.kernel.Strips;
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
 * With few registers a line's windows are stacked before, and tiles are those of stacks.
 *
 * <p>A line's last tile ends where the line ends, and computes some of its pixels again. Lines that
 * are shorter than a tile are computed aside. With fewer filters than a vector has lanes a pixel's
 * vector lies over the pixels of the row after it, which are stored later; where there are none, it
 * is computed aside. Sums have the terms, the order and so the bits of {@link DirectForward}.
 */
public final class StripForward implements SingleStage {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Geometry g;
  private final Destination destination;
  private final StripPlan plan;
  // Pixels under a pixel's vector of outputs that may be written before they are stored.
  private final int under;
  private final float lo;
  private final float hi;
  // For each panel the terms, for each term a factor for each column.
  private final MemorySegment panels;
  // The biases of all columns.
  private final MemorySegment init;
  // For each part and panel the factors of the terms that it has, for tiles that read arrays.
  private final Panel[][] copies;

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
    under =
        g.k() >= Lanes.COUNT || destination.isDense(g.k()) ? plan.pixelsUnder() : Integer.MAX_VALUE;
    this.lo = lo;
    this.hi = hi;
    panels = Memory.allocate(arena, plan.panels().elements() * Float.BYTES);
    plan.panels().packWeights(weights, panels);
    init = Memory.allocate(arena, (long) plan.panels().paddedK() * Float.BYTES);
    if (bias != null) {
      plan.panels().packBias(bias, init, 0);
    }
    copies = plan.stacks() ? copies(arena) : new Panel[0][];
    plan.primeKernels();
  }

  private Panel[][] copies(Arena arena) {
    Panel[][] all = new Panel[plan.parts().length][plan.panels().widths().length];
    for (int i = 0; i < all.length; i++) {
      StripPlan.Part part = plan.parts()[i];
      StripRuns runs = part.runs();
      for (int p = 0; p < all[i].length; p++) {
        int width = plan.tiles()[p].width();
        int floats = runs.length() * width;
        float[] factors = ArrayArena.floats(arena, runs.count() * floats);
        for (int run = 0; run < runs.count(); run++) {
          long term = part.firstTerm() + (long) run * runs.bStep();
          long from = (plan.panels().start(0, p) + term * width) * Float.BYTES;
          MemorySegment.copy(panels, FLOAT, from, factors, run * floats, floats);
        }
        all[i][p] = new Panel(factors);
      }
    }
    return all;
  }

  @Override
  public int units(int threads) {
    return g.n() * plan.bands();
  }

  @Override
  public long scratchBytes() {
    return plan.asideBytes();
  }

  @Override
  public long heapBytes() {
    return StripScratch.heapBytes(plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new StripScratch(plan, memory, arrays);
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
    StripScratch s = (StripScratch) scratch;
    int n = unit / plan.bands();
    int first = unit % plan.bands() * plan.bandLines();
    int end = Math.min(first + plan.bandLines(), g.oh());
    int firstInput = Math.max(0, first * g.sh() - g.pt());
    long endInput = Math.min(g.h(), (end - 1L) * g.sh() - g.pt() + (g.fh() - 1L) * g.dh() + 1);
    int row = g.w() * g.c();
    long from = ((long) n * g.h() + firstInput) * row * Float.BYTES;
    MemorySegment.copy(x, FLOAT, from, s.staged, 0, (int) (endInput - firstInput) * row);
    for (int part = 0; part < plan.parts().length; part++) {
      Region region = plan.parts()[part].region();
      int firstRow = Math.max(first, region.oy());
      int endRow = Math.min(end, region.oy() + region.rows());
      if (firstRow < endRow) {
        rectangle(part, n, firstRow, endRow - firstRow, firstInput, s, residual, y);
      }
    }
  }

  /** Some rows of a region. */
  private void rectangle(
      int part,
      int n,
      int firstRow,
      int rows,
      int firstInput,
      StripScratch s,
      MemorySegment residual,
      MemorySegment y) {
    Region region = plan.parts()[part].region();
    int columns = region.columns();
    int iy = firstRow * g.sh() - g.pt() + region.firstTapY() * g.dh() - firstInput;
    int ix = region.ox() * g.sw() - g.pl() + region.firstTapX();
    int a = (iy * g.w() + ix) * g.c();
    int aDown = g.sh() * g.w() * g.c();
    int aAcross = g.sw() * g.c();
    long pixel = ((long) n * g.oh() + firstRow) * g.ow() + region.ox();
    int later = g.ow() - region.ox() - columns;
    if (columns >= Math.min(rows, plan.shortestLine())) {
      for (int r = 0; r < rows; r++, pixel += g.ow()) {
        line(part, columns, a + r * aDown, aAcross, s, residual, y, pixel, 1, later);
      }
    } else {
      for (int c = 0; c < columns; c++) {
        int right = later + columns - 1 - c;
        line(part, rows, a + c * aAcross, aDown, s, residual, y, pixel + c, g.ow(), right);
      }
    }
  }

  /** Pixels at equal distances, and how many of the row are stored after the last one. */
  private void line(
      int part,
      int pixels,
      int a,
      int pitch,
      StripScratch s,
      MemorySegment residual,
      MemorySegment y,
      long pixel,
      int pixelStep,
      int later) {
    float none = Float.POSITIVE_INFINITY;
    float low = residual == null ? lo : -none;
    float high = residual == null ? hi : none;
    long out = destination.at(pixel, 0);
    long outStep = pixelStep * destination.pixelBytes();
    if (later < under || pixels < plan.shortestLine()) {
      int whole = pixelStep == 1 ? Math.min(pixels, pixels + later - under) : 0;
      partlyAside(part, pixels, Math.max(0, whole), a, pitch, s, y, out, outStep, low, high);
      addResidual(pixels, pixel, pixelStep, residual, y, out, outStep);
      return;
    }
    int usual = plan.usualTiles(pixels);
    int tiles = usual + plan.otherTiles(pixels);
    for (int first = 0; first < tiles; ) {
      boolean other = first >= usual;
      int count = Math.min(StripPlan.TILES, (other ? tiles : usual) - first);
      OutputTile[] of = other ? plan.others() : plan.tiles();
      int height = of[0].rows();
      int before = other ? usual * plan.tiles()[0].rows() : 0;
      int row = before + (other ? first - usual : first) * height;
      // The last tile does not go beyond the line.
      int inside = Math.min(count, (pixels - row) / height);
      if (inside > 0) {
        int from = a + row * pitch;
        tiles(part, of, inside, from, pitch, s, y, out + row * outStep, outStep, low, high);
      }
      if (inside < count) {
        int last = Math.max(0, pixels - height);
        int from = a + last * pitch;
        tiles(part, of, 1, from, pitch, s, y, out + last * outStep, outStep, low, high);
      }
      first += count;
    }
    addResidual(pixels, pixel, pixelStep, residual, y, out, outStep);
  }

  private void addResidual(
      int pixels,
      long pixel,
      int pixelStep,
      MemorySegment residual,
      MemorySegment y,
      long out,
      long outStep) {
    for (int i = 0; residual != null && i < pixels; i++) {
      long added = (pixel + (long) i * pixelStep) * g.k() * Float.BYTES;
      TileEpilogue.addResidual(y, out + i * outStep, g.k(), residual, added, lo, hi);
    }
  }

  /**
   * A line that is shorter than a tile, or one of few filters after which not enough pixels of the
   * row are stored later: those that do not make tiles of the first ones are computed aside. Of
   * what a tile computes beyond the line, from whatever was staged last, nothing is kept.
   *
   * @param first pixels whose vectors lie over nothing that is stored already
   */
  private void partlyAside(
      int part,
      int pixels,
      int first,
      int a,
      int pitch,
      StripScratch s,
      MemorySegment y,
      long out,
      long outStep,
      float low,
      float high) {
    int usual = plan.tiles()[0].rows();
    int whole = first / usual;
    if (whole > 0) {
      tiles(part, plan.tiles(), whole, a, pitch, s, y, out, outStep, low, high);
    }
    long rowBytes = plan.asideRowBytes();
    int rows;
    for (int row = whole * usual; row < pixels; row += rows) {
      boolean isShort = pixels - row <= plan.shorts()[0].rows();
      OutputTile[] of = isShort ? plan.shorts() : plan.tiles();
      rows = of[0].rows();
      int start = Math.max(0, Math.min(row, pixels - rows));
      int from = a + start * pitch;
      tiles(part, of, 1, from, pitch, s, s.aside, 0, rowBytes, low, high);
      // Those before are stored already.
      long skipped = (row - start) * rowBytes;
      int count = Math.min(rows, pixels - row);
      Strips.copyRows(s.aside, skipped, rowBytes, y, out + row * outStep, outStep, count, g.k());
    }
  }

  /** All panels of some tiles of one height. */
  private void tiles(
      int part,
      OutputTile[] kernels,
      int count,
      int a,
      int pitch,
      StripScratch s,
      MemorySegment y,
      long out,
      long outStep,
      float low,
      float high) {
    FilterPanels filters = plan.panels();
    StripPlan.Part of = plan.parts()[part];
    StripStacks stacks = of.stacks();
    int height = kernels[0].rows();
    if (plan.stacks()) {
      stacks.copy(s.staged, a, pitch, height, count, s.stacks);
    }
    for (int panel = 0; panel < filters.widths().length; panel++) {
      OutputTile tile = kernels[panel];
      long bias = (long) filters.columnsBefore(panel) * Float.BYTES;
      long to = out + (long) filters.firstFilter(panel) * Float.BYTES;
      long last = (long) filters.lastVector(panel, Lanes.COUNT) * Float.BYTES;
      if (plan.stacks()) {
        OutputTile.stacked(
            tile,
            s.stacks,
            0,
            height * stacks.depth(),
            stacks.terms(),
            copies[part][panel],
            0,
            init,
            bias,
            y,
            to,
            outStep,
            last,
            count,
            low,
            high);
        continue;
      }
      long firstTerm = (long) of.firstTerm() * tile.width();
      OutputTile.strips(
          tile,
          s.staged,
          a,
          pitch,
          of.runs(),
          panels,
          (filters.start(0, panel) + firstTerm) * Float.BYTES,
          init,
          bias,
          y,
          to,
          outStep,
          last,
          count,
          low,
          high);
    }
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
    long bytes = panels.byteSize() + init.byteSize();
    for (Panel[] part : copies) {
      for (Panel panel : part) {
        bytes += panel.copiedBytes();
      }
    }
    return bytes;
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
