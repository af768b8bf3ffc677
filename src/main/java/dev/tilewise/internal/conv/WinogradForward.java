package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.winograd.Codelet;
import dev.tilewise.internal.winograd.FilterTransform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Convolution by Winograd's F(m x m, r x r), for stride 1:
 *
 * <pre>{@code
 * unit = group x block of tiles x range of panels       any thread, any order
 *   line of tiles
 *     input rows are staged, transformed down the columns, then along the rows    V
 *   product (alpha^2 of them)
 *     panel
 *       MR tiles:  M = V U                                                        Tile kernel
 *   line of tiles
 *     products are transformed back down the columns, then along the rows; bias, residual, clamp
 * }</pre>
 *
 * docs/winograd.md explains the algorithm and proves its bound.
 */
public final class WinogradForward implements Forward {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Geometry g;
  private final WinogradPlan plan;
  private final Codelet codelet;
  private final float lo;
  private final float hi;
  private final MemorySegment u;
  // Zeros, where all sums start, then each group's biases.
  private final MemorySegment init;

  /**
   * Transforms the weights.
   *
   * @param g extents, of stride and dilation 1
   * @param plan tiles and units
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, r, r]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the transformed weights
   */
  public WinogradForward(
      Geometry g,
      WinogradPlan plan,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.plan = plan;
    this.lo = lo;
    this.hi = hi;
    codelet = plan.codelet();
    long products = (long) codelet.alpha() * codelet.alpha();
    u = Memory.allocate(arena, g.groups() * products * plan.planeU() * Float.BYTES);
    new FilterTransform(codelet.transform())
        .run(weights, g.fh(), g.sh(), g.groups(), g.groupK(), g.groupC(), plan.widths(), u);
    long padded = plan.paddedK();
    init = Memory.allocate(arena, (1L + g.groups()) * padded * Float.BYTES);
    for (int k = 0; bias != null && k < g.k(); k++) {
      long at = (1L + k / g.groupK()) * padded + k % g.groupK();
      init.setAtIndex(FLOAT, at, bias.getAtIndex(FROM, k));
    }
  }

  @Override
  public int units(int threads) {
    return plan.units(threads);
  }

  @Override
  public long scratchBytes() {
    return plan.productBytes();
  }

  @Override
  public long heapBytes() {
    return WinogradScratch.heapBytes(g, plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory) {
    return new WinogradScratch(g, plan, memory);
  }

  @Override
  public void run(
      int unit,
      int units,
      Scratch scratch,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    WinogradScratch s = (WinogradScratch) scratch;
    int ranges = units / plan.blocks() / g.groups();
    int range = unit % ranges;
    int block = unit / ranges % plan.blocks();
    int group = unit / ranges / plan.blocks();
    int firstPanel = plan.firstPanel(range, ranges);
    int endPanel = plan.firstPanel(range + 1, ranges);
    long firstLine = (long) (block / plan.columnBlocks()) * plan.blockLines();
    long endLine = Math.min(firstLine + plan.blockLines(), (long) g.n() * plan.tilesY());
    int firstTile = block % plan.columnBlocks() * plan.blockColumns();
    int columns = Math.min(plan.blockColumns(), plan.tilesX() - firstTile);
    int at = 0;
    for (long line = firstLine; line < endLine; line++, at += columns) {
      transformInput(line, firstTile, columns, group, at, s, x);
    }
    for (int first = firstPanel; first < endPanel; ) {
      int end = plan.endOfProducts(first, endPanel);
      multiply(group, first, end, at, s);
      int tile = 0;
      for (long line = firstLine; line < endLine; line++, tile += columns) {
        transformOutput(line, firstTile, columns, group, first, end, tile, s, residual, y);
      }
      first = end;
    }
  }

  /** One line of tiles into the planes of V, from tile {@code at} on. */
  private void transformInput(
      long line,
      int firstTile,
      int columns,
      int group,
      int at,
      WinogradScratch s,
      MemorySegment x) {
    int stride = plan.stride();
    for (int first = 0; first < columns; first += plan.inputTilesAtOnce()) {
      int tiles = Math.min(plan.inputTilesAtOnce(), columns - first);
      int pixels = (tiles * codelet.m() + codelet.transform().r() - 1) * stride;
      int column = (firstTile + first) * codelet.m() * stride - g.pl();
      for (int phase = 0; phase < stride; phase++) {
        transformColumns(line, phase, column, pixels, group, s, x);
        transformRows(tiles, at + first, phase, s);
      }
    }
  }

  /** The first dimension: down the columns under some tiles, into the half-transformed rows. */
  private void transformColumns(
      long line,
      int phase,
      int firstColumn,
      int pixels,
      int group,
      WinogradScratch s,
      MemorySegment x) {
    int alpha = codelet.alpha();
    int stride = plan.stride();
    int step = plan.halfStep();
    long n = line / plan.tilesY();
    long firstRow = line % plan.tilesY() * codelet.m() * stride - g.pt() + phase;
    int before = Math.max(0, Math.min(pixels, -firstColumn));
    int end = (int) Math.max(before, Math.min(pixels, (long) g.w() - firstColumn));
    long from = ((n * g.h() + firstRow) * g.w() + firstColumn + before) * g.c() * Float.BYTES;
    boolean inside = firstRow >= 0 && firstRow + (alpha - 1L) * stride < g.h();
    if (inside && before < end && plan.readsInPlace()) {
      long rowStep = (long) stride * g.w() * g.c() * Float.BYTES;
      codelet.inputRows(x, from, rowStep, (end - before) * g.c(), s.half, before * g.c(), step);
      for (int a = 0; a < alpha; a++) {
        Arrays.fill(s.half, a * step, a * step + before * g.c(), 0);
        Arrays.fill(s.half, a * step + end * g.c(), a * step + pixels * g.c(), 0);
      }
      return;
    }
    stage(n, firstRow, firstColumn, before, end, pixels, s, x);
    for (int a = 0; a < alpha; a++) {
      s.offsets[a] += group * g.groupC();
    }
    boolean whole = g.groups() == 1;
    codelet.inputLines(
        s.strip,
        s.offsets,
        g.c(),
        0,
        s.half,
        0,
        step,
        g.groupC(),
        0,
        1,
        whole ? 1 : pixels,
        whole ? pixels * g.c() : g.groupC());
  }

  /** Copies input rows with zeros around them; rows in the padding are one row of zeros. */
  private void stage(
      long n,
      long firstRow,
      int firstColumn,
      int before,
      int end,
      int pixels,
      WinogradScratch s,
      MemorySegment x) {
    int alpha = codelet.alpha();
    int step = plan.stripColumns() * g.c();
    for (int a = 0; a < alpha; a++) {
      long row = firstRow + (long) a * plan.stride();
      if (row < 0 || row >= g.h() || before == end) {
        s.offsets[a] = alpha * step;
        continue;
      }
      int to = a * step;
      s.offsets[a] = to;
      long from = ((n * g.h() + row) * g.w() + firstColumn + before) * g.c() * Float.BYTES;
      Arrays.fill(s.strip, to, to + before * g.c(), 0);
      MemorySegment.copy(x, FLOAT, from, s.strip, to + before * g.c(), (end - before) * g.c());
      Arrays.fill(s.strip, to + end * g.c(), to + pixels * g.c(), 0);
    }
  }

  /**
   * The second dimension: along the rows, into the planes of V from tile {@code at} on. The phases
   * across lie side by side in a row already.
   */
  private void transformRows(int tiles, int at, int phase, WinogradScratch s) {
    int alpha = codelet.alpha();
    int plane = plan.planeV();
    int count = plan.stride() * g.groupC();
    for (int b = 0; b < alpha; b++) {
      s.offsets[b] = b * count;
    }
    codelet.inputLines(
        s.half,
        s.offsets,
        codelet.m() * count,
        plan.halfStep(),
        s.v,
        at * plan.channelStep() + phase * count,
        plane,
        plan.channelStep(),
        alpha * plane,
        alpha,
        tiles,
        count);
  }

  /** M = V U, product by product, for a range of panels. */
  private void multiply(int group, int firstPanel, int endPanel, int tiles, WinogradScratch s) {
    int alpha = codelet.alpha();
    int width = plan.firstFilter(endPanel) - plan.firstFilter(firstPanel);
    int rows = plan.tileRows();
    for (int t = 0; t < plan.maxTiles(); t++) {
      int tile = Math.min(t, tiles - 1);
      s.vRows[t] = tile * plan.channelStep();
      s.mRows[t] = (long) tile * width * Float.BYTES;
    }
    long planeM = (long) plan.maxTiles() * width * Float.BYTES;
    float none = Float.POSITIVE_INFINITY;
    for (int product = 0; product < alpha * alpha; product++) {
      int depth = depth(product / alpha);
      long planeU = ((long) group * alpha * alpha + product) * plan.planeU();
      for (int panel = firstPanel; panel < endPanel; panel++) {
        Tile tile = plan.tileOf(panel);
        long b = (planeU + (long) plan.firstFilter(panel) * plan.depth()) * Float.BYTES;
        long d =
            product * planeM
                + (long) (plan.firstFilter(panel) - plan.firstFilter(firstPanel)) * Float.BYTES;
        for (int row = 0; row < tiles; row += rows) {
          Tile.runOnce(
              tile.forRows(tiles - row),
              s.v,
              s.vRows,
              row,
              product * plan.planeV(),
              depth,
              u,
              b,
              init,
              0,
              s.products,
              s.mRows,
              row,
              d,
              -none,
              none);
        }
      }
    }
  }

  /**
   * Channels that a row of products sums: the last one takes the last tap of a phase, which phases
   * beyond the end of the filter do not have.
   */
  private int depth(int row) {
    int stride = plan.stride();
    int full = g.fh() - stride * (codelet.transform().r() - 1);
    return row < codelet.alpha() - 1 ? plan.depth() : full * stride * g.groupC();
  }

  /** One line of tiles from the planes of M, from tile {@code at} on, to the output. */
  private void transformOutput(
      long line,
      int firstTile,
      int columns,
      int group,
      int firstPanel,
      int endPanel,
      int at,
      WinogradScratch s,
      MemorySegment residual,
      MemorySegment y) {
    int m = codelet.m();
    int alpha = codelet.alpha();
    int firstFilter = plan.firstFilter(firstPanel);
    int width = plan.firstFilter(endPanel) - firstFilter;
    int filters = Math.min(width, g.groupK() - firstFilter);
    long planeM = (long) plan.maxTiles() * width * Float.BYTES;
    long n = line / plan.tilesY();
    int oy = (int) (line % plan.tilesY()) * m;
    int outputRows = Math.min(m, g.oh() - oy);
    long bias = ((1L + group) * plan.paddedK() + firstFilter) * Float.BYTES;
    long yStep = (long) g.k() * Float.BYTES;
    for (int first = 0; first < columns; first += plan.tilesAtOnce()) {
      int count = Math.min(plan.tilesAtOnce(), columns - first);
      int floats = count * width;
      for (int b = 0; b < alpha; b++) {
        long from = b * planeM + (long) (at + first) * width * Float.BYTES;
        codelet.columns(
            s.products, from, alpha * planeM, floats, s.halfOutputs, b * floats, alpha * floats);
      }
      int ox = (firstTile + first) * m;
      int lastOutputs = Math.min(m, g.ow() - ox - (count - 1) * m);
      for (int i = 0; i < outputRows; i++) {
        long pixel = (n * g.oh() + oy + i) * g.ow() + ox;
        long out = (pixel * g.k() + (long) group * g.groupK() + firstFilter) * Float.BYTES;
        codelet.row(
            s.halfOutputs,
            i * alpha * floats,
            floats,
            count,
            filters,
            init,
            bias,
            residual,
            y,
            out,
            yStep,
            lastOutputs,
            lo,
            hi,
            s.rest);
      }
    }
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new WinogradForward(g, plan, lo, hi, weights, bias, arena);
  }

  @Override
  public int roundings() {
    // The bias and the sum over channels come on top of the transforms.
    return codelet.roundings() + plan.depth() + 1;
  }

  @Override
  public double amplification() {
    return codelet.amplification();
  }

  @Override
  public MemorySegment packed() {
    return u;
  }

  @Override
  public long packedBytes() {
    return u.byteSize() + init.byteSize();
  }

  @Override
  public String describe() {
    return plan.describe();
  }
}
