package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Fill;
import dev.tilewise.internal.kernel.HalfFilters;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.MaxRow;
import dev.tilewise.internal.kernel.MaxWindow;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.ReadAhead;
import dev.tilewise.internal.kernel.ScaledSums;
import dev.tilewise.internal.kernel.StackedTile;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.winograd.Codelet;
import dev.tilewise.internal.winograd.FilterRows;
import dev.tilewise.internal.winograd.FilterTransform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Convolution by Winograd's F(m, r) in both dimensions:
 *
 * <pre>{@code
 * group, block of tiles
 *   line of tiles
 *     input rows are transformed down the columns, then along the rows              V
 *   range of panels
 *     product (alpha x alpha of them)
 *       panel
 *         stacks of tiles:  M = V U                                                 StackedTile
 *     line of tiles
 *       products are transformed back down the columns, then along the rows; bias, residual, clamp
 * }</pre>
 *
 * A unit is a whole block if there are enough of them to keep all threads busy. If not, the three
 * steps are stages, on V and M in common: of the first one a unit is a part of a line, or of its
 * channels, of the second one some products, of the third one a part of a line.
 *
 * <p>docs/winograd.md explains the algorithm and proves its bound.
 */
public final class WinogradForward implements Forward {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** Filters that later blocks find in L3. */
  private static final long L3_BYTES = 20 << 20;

  private final Geometry g;
  private final Destination destination;
  private final WinogradPlan plan;
  private final WinogradAxis down;
  private final WinogradAxis across;
  private final float lo;
  private final float hi;
  private final boolean pools;
  // With heads if filters are read ahead.
  private final MemorySegment u;
  private final long filterBytes;
  // Each group's biases, in whole panels.
  private final MemorySegment init;

  /**
   * Transforms the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param plan tiles and units
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the transformed weights
   */
  public WinogradForward(
      Geometry g,
      Destination destination,
      WinogradPlan plan,
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
    pools = false;
    down = plan.down();
    across = plan.across();
    int perFilter = plan.filtered() == null ? plan.products() : HalfFilters.TAPS;
    filterBytes = g.groups() * perFilter * plan.productU() * Float.BYTES;
    u =
        plan.readsAhead()
            ? ReadAhead.allocate(arena, filterBytes)
            : Memory.allocate(arena, filterBytes);
    FilterTransform transform =
        new FilterTransform(
            down.codelet().transform(),
            across.codelet().transform(),
            g.fh(),
            g.fw(),
            g.sh(),
            g.sw(),
            g.groups(),
            g.groupK(),
            g.groupC());
    if (plan.filtered() != null) {
      transform.taps(weights, plan.widths(), u);
    } else {
      transform.run(weights, plan.widths(), plan.sumsRows(), u);
    }
    if (plan.readsAhead()) {
      ReadAhead.writeHeads(u, filterBytes);
    }
    plan.primeKernels();
    long padded = plan.paddedK();
    init = Memory.allocate(arena, g.groups() * padded * Float.BYTES);
    for (int k = 0; bias != null && k < g.k(); k++) {
      long at = (long) k / g.groupK() * padded + k % g.groupK();
      init.setAtIndex(FLOAT, at, bias.getAtIndex(FROM, k));
    }
  }

  /** Of the same weights, for the maxima of 2x2 outputs. */
  private WinogradForward(WinogradForward of, Destination pooled) {
    g = of.g;
    destination = pooled;
    plan = of.plan;
    lo = of.lo;
    hi = of.hi;
    pools = true;
    down = of.down;
    across = of.across;
    u = of.u;
    filterBytes = of.filterBytes;
    init = of.init;
  }

  @Override
  public Optional<Forward> maxPooled(Destination pooled) {
    return holdsPairs() ? Optional.of(pooled(pooled)) : Optional.empty();
  }

  boolean holdsPairs() {
    return plan.holdsPairs();
  }

  WinogradForward pooled(Destination to) {
    return new WinogradForward(this, to);
  }

  @Override
  public int stages(int threads) {
    return plan.share(threads).staged() ? g.groups() * plan.blocks() * blockStages() : 1;
  }

  /** The inputs' transform, then for each range the products and the outputs' transform. */
  private int blockStages() {
    return 1 + 2 * plan.productRanges();
  }

  @Override
  public int units(int threads, int stage) {
    WinogradShare share = plan.share(threads);
    WinogradBlocks blocks = share.blocks();
    if (!share.staged()) {
      return g.groups() * blocks.count() * share.ranges();
    }
    int block = stage / blockStages() % blocks.count();
    int step = stage % blockStages();
    if (step % 2 == 1) {
      int range = step / 2;
      int panels = plan.firstOfProducts(range + 1) - plan.firstOfProducts(range);
      int pieces = plan.productPieces(threads);
      return pieces * WinogradPlan.parts(threads, pieces, panels);
    }
    int lines = blocks.lines(block);
    int most = step == 0 ? plan.inputParts() : blocks.columns(block);
    return lines * WinogradPlan.parts(threads, lines, most);
  }

  @Override
  public long scratchBytes() {
    return WinogradScratch.bytes(plan, pools);
  }

  @Override
  public long heapBytes() {
    return WinogradScratch.heapBytes(plan);
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new WinogradScratch(plan, pools, memory, arrays);
  }

  @Override
  public void run(
      int threads,
      int stage,
      int unit,
      int units,
      Scratch scratch,
      Scratch common,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    WinogradScratch s = (WinogradScratch) scratch;
    WinogradShare share = plan.share(threads);
    WinogradBlocks blocks = share.blocks();
    boolean alone = plan.readsAhead() && (threads == 1 || share.splitsFilters());
    if (share.staged()) {
      s.alone = alone;
      s.use((WinogradScratch) common);
      runPart(blocks, plan.productPieces(threads), stage, unit, units, s, x, residual, y);
      return;
    }
    s.use(s);
    int range = unit % share.ranges();
    int block = unit / share.ranges() % blocks.count();
    int group = unit / share.ranges() / blocks.count();
    // From L3 kernels read filters while they multiply: decisions/0033.
    s.alone = alone && (block == 0 || filterBytes > L3_BYTES);
    int first = share.firstPanel(range);
    runBlock(blocks, block, group, first, share.firstPanel(range + 1), s, x, residual, y);
  }

  /** Some panels of a block. */
  private void runBlock(
      WinogradBlocks blocks,
      int block,
      int group,
      int firstPanel,
      int endPanel,
      WinogradScratch s,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    Stacking stacking = blocks.stacking(block);
    long firstLine = blocks.firstLine(block);
    int lines = blocks.lines(block);
    int firstTile = blocks.firstColumn(block);
    int columns = blocks.columns(block);
    int parts = plan.inputParts();
    writeZeroRow(s);
    for (int i = 0; i < lines; i++) {
      int at = i * columns;
      transformInput(firstLine + i, firstTile, columns, group, 0, parts, stacking, at, s, x);
    }
    for (int first = firstPanel; first < endPanel; ) {
      int end = plan.endOfProducts(first, endPanel);
      multiply(group, 0, plan.products(), first, end, first, end, stacking, s);
      for (int i = 0; i < lines; i++) {
        int at = i * columns;
        transformOutput(firstLine + i, firstTile, columns, group, first, end, at, s, residual, y);
      }
      first = end;
    }
  }

  /** A part of a stage of a block that threads share. */
  private void runPart(
      WinogradBlocks blocks,
      int productPieces,
      int stage,
      int unit,
      int units,
      WinogradScratch s,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    int block = stage / blockStages() % blocks.count();
    int group = stage / blockStages() / blocks.count();
    int step = stage % blockStages();
    int range = Math.max(0, step - 1) / 2;
    int first = plan.firstOfProducts(range);
    int end = plan.firstOfProducts(range + 1);
    boolean multiplies = step % 2 == 1;
    int parts = units / (multiplies ? productPieces : blocks.lines(block));
    int piece = unit / parts;
    int part = unit % parts;
    Stacking stacking = blocks.stacking(block);
    if (multiplies) {
      int from = first + cut(end - first, part, parts);
      int to = first + cut(end - first, part + 1, parts);
      int product = cut(plan.products(), piece, productPieces);
      int endProduct = cut(plan.products(), piece + 1, productPieces);
      multiply(group, product, endProduct, from, to, first, end, stacking, s);
      return;
    }
    long line = blocks.firstLine(block) + piece;
    int tile = blocks.firstColumn(block);
    int columns = blocks.columns(block);
    int at = piece * columns;
    if (step == 0) {
      writeZeroRow(s);
      int from = cut(plan.inputParts(), part, parts);
      int to = cut(plan.inputParts(), part + 1, parts);
      transformInput(line, tile, columns, group, from, to, stacking, at, s, x);
    } else {
      int from = cut(columns, part, parts);
      int count = cut(columns, part + 1, parts) - from;
      transformOutput(line, tile + from, count, group, first, end, at + from, s, residual, y);
    }
  }

  private static int cut(int of, int part, int parts) {
    return (int) ((long) of * part / parts);
  }

  /** Memory may be shared with others between runs, so the row of zeros is written each time. */
  private void writeZeroRow(WinogradScratch s) {
    long zeroRow = down.alpha() * plan.stripStep();
    Fill.zeros(s.strip, zeroRow, plan.stripBytes() - zeroRow);
  }

  private int image(long line) {
    return (int) (line / down.tiles() / across.lattices() / down.lattices());
  }

  private int latticeDown(long line) {
    return (int) (line / down.tiles() / across.lattices() % down.lattices());
  }

  private int latticeAcross(long line) {
    return (int) (line / down.tiles() % across.lattices());
  }

  private int tileDown(long line) {
    return (int) (line % down.tiles());
  }

  /** Some channels of one line of tiles into the stacks of V, from tile {@code at} on. */
  private void transformInput(
      long line,
      int firstTile,
      int columns,
      int group,
      int firstPart,
      int endPart,
      Stacking stacking,
      int at,
      WinogradScratch s,
      MemorySegment x) {
    for (int first = 0; first < columns; first += plan.inputTilesAtOnce()) {
      int tiles = Math.min(plan.inputTilesAtOnce(), columns - first);
      for (int phase = 0; phase < down.phases(); phase++) {
        if (plan.splitsChannels()) {
          int tile = firstTile + first;
          int to = at + first;
          transformVectors(line, tile, tiles, phase, group, firstPart, endPart, stacking, to, s, x);
        } else {
          transformColumns(line, firstTile + first, tiles, phase, group, s, x);
        }
      }
      if (!plan.splitsChannels()) {
        transformRows(tiles, stacking, at + first, 0, plan.depthVectors(), s);
      }
    }
  }

  /** Both dimensions of a phase down, a few vectors of channels at a time: the half stays in L1. */
  private void transformVectors(
      long line,
      int tile,
      int tiles,
      int phase,
      int group,
      int firstPart,
      int endPart,
      Stacking stacking,
      int at,
      WinogradScratch s,
      MemorySegment x) {
    long firstRow = down.firstInput(latticeDown(line), tileDown(line), phase);
    long lastRow = firstRow + (down.alpha() - 1L) * down.step();
    boolean inside = firstRow >= 0 && lastRow < g.h();
    int positions = across.positions(tiles);
    long pixel = (long) g.c() * Float.BYTES;
    if (!inside) {
      long firstColumn = across.firstInput(latticeAcross(line), tile, 0);
      stage(image(line), firstRow, firstColumn, positions, s, x);
      shift(s.offsets, (long) group * g.groupC() * Float.BYTES);
    }
    for (int q = 0; q < across.phases(); q++) {
      int before = 0;
      int end = positions;
      if (inside) {
        long firstColumn = across.firstInput(latticeAcross(line), tile, q);
        before = across.positionAt(0, firstColumn, positions);
        end = Math.max(before, across.positionAt(g.w(), firstColumn, positions));
        locate(image(line), firstRow, firstColumn + (long) before * across.step(), group, s);
        zeros(s, 0, plan.positionBytes(), 0, before);
        zeros(s, 0, plan.positionBytes(), end, positions);
      }
      int firstVector = (int) (channel(phase, q) / Lanes.COUNT);
      int vector = firstVector + firstPart;
      int endVector = firstVector + endPart;
      shift(s.offsets, (long) firstPart * Lanes.COUNT * Float.BYTES);
      while (vector < endVector) {
        int vectors = Math.min(plan.inputVectorsAtOnce(), endVector - vector);
        int count = vectors * Lanes.COUNT;
        long to = before * plan.positionBytes();
        if (before < end) {
          columns(inside ? x : s.strip, s, across.step() * pixel, to, end - before, count);
        }
        transformRows(tiles, stacking, at, vector, vectors, s);
        shift(s.offsets, (long) count * Float.BYTES);
        vector += vectors;
      }
      // In the strip the next phase is the next pixel.
      shift(s.offsets, pixel - (long) endPart * Lanes.COUNT * Float.BYTES);
    }
  }

  private static void shift(long[] offsets, long bytes) {
    for (int a = 0; a < offsets.length; a++) {
      offsets[a] += bytes;
    }
  }

  /** The first dimension: down the columns under some tiles, of all channels of a phase down. */
  private void transformColumns(
      long line, int tile, int tiles, int phase, int group, WinogradScratch s, MemorySegment x) {
    long firstRow = down.firstInput(latticeDown(line), tileDown(line), phase);
    int positions = across.positions(tiles);
    long firstColumn = across.firstInput(latticeAcross(line), tile, 0);
    stage(image(line), firstRow, firstColumn, positions, s, x);
    shift(s.offsets, (long) group * g.groupC() * Float.BYTES);
    long pixel = (long) g.c() * Float.BYTES;
    int chunk = plan.chunk();
    for (int q = 0; q < across.phases(); q += plan.mergesPhases() ? across.phases() : 1) {
      long from = across.step() * pixel;
      long to = channel(phase, q) * Float.BYTES;
      if (plan.contiguous()) {
        columns(s.strip, s, from, to, 1, positions * chunk);
      } else {
        columns(s.strip, s, from, to, positions, chunk);
      }
      shift(s.offsets, pixel);
    }
  }

  /** The first channel of a phase. */
  private long channel(int phaseDown, int phaseAcross) {
    return ((long) phaseDown * across.phases() + phaseAcross) * g.groupC();
  }

  private void columns(
      MemorySegment from, WinogradScratch s, long fromBlock, long to, int blocks, int count) {
    long step = plan.halfStep();
    down.codelet()
        .input()
        .columns(from, s.offsets, fromBlock, s.half, to, step, plan.positionBytes(), blocks, count);
  }

  /** Where the inputs of some rows start. */
  private void locate(int n, long firstRow, long column, int group, WinogradScratch s) {
    for (int a = 0; a < down.alpha(); a++) {
      long row = firstRow + (long) a * down.step();
      long pixel = ((long) n * g.h() + row) * g.w() + column;
      s.offsets[a] = (pixel * g.c() + (long) group * g.groupC()) * Float.BYTES;
    }
  }

  private void zeros(WinogradScratch s, long to, long bytes, int first, int end) {
    for (int position = first; position < end; position++) {
      for (int a = 0; a < down.alpha(); a++) {
        Fill.zeros(s.half, a * plan.halfStep() + position * plan.positionBytes() + to, bytes);
      }
    }
  }

  /** Copies input rows with zeros around them; rows in the padding are one row of zeros. */
  private void stage(
      int n, long firstRow, long firstColumn, int positions, WinogradScratch s, MemorySegment x) {
    long step = plan.stripStep();
    long pixel = (long) g.c() * Float.BYTES;
    int pixels = (positions - 1) * across.step() + across.phases();
    long before = Math.max(0, Math.min(pixels, -firstColumn));
    long end = Math.max(before, Math.min(pixels, g.w() - firstColumn));
    for (int a = 0; a < down.alpha(); a++) {
      long row = firstRow + (long) a * down.step();
      if (row < 0 || row >= g.h() || before == end) {
        s.offsets[a] = down.alpha() * step;
        continue;
      }
      long to = a * step;
      s.offsets[a] = to;
      long from = (((long) n * g.h() + row) * g.w() + firstColumn + before) * pixel;
      Fill.zeros(s.strip, to, before * pixel);
      MemorySegment.copy(x, from, s.strip, to + before * pixel, (end - before) * pixel);
      Fill.zeros(s.strip, to + end * pixel, (pixels - end) * pixel);
    }
  }

  /** The second dimension: along the rows, into the stacks of V from tile {@code at} on. */
  private void transformRows(
      int tiles, Stacking stacking, int at, int firstVector, int vectors, WinogradScratch s) {
    Codelet codelet = across.codelet();
    TilePlaces places = plan.places(stacking);
    long position = plan.positionBytes();
    codelet
        .input()
        .rows(
            s.half,
            0,
            position,
            codelet.m() * position,
            plan.halfStep(),
            s.v,
            WinogradScratch.LEAD,
            plan.productStep(),
            plan.rowStep(),
            places.starts(),
            places.steps(),
            at,
            tiles,
            down.alpha(),
            firstVector,
            vectors);
  }

  /** M = V U, some of the products, for some panels of a range. */
  private void multiply(
      int group,
      int firstProduct,
      int endProduct,
      int firstPanel,
      int endPanel,
      int firstOfRange,
      int endOfRange,
      Stacking stacking,
      WinogradScratch s) {
    int firstFilter = plan.firstFilter(firstOfRange);
    int width = plan.firstFilter(endOfRange) - firstFilter;
    long rowM = (long) width * Float.BYTES;
    if (plan.filtered() != null) {
      long bytes = (long) plan.depth() * HalfFilters.TAPS * Lanes.BYTES;
      for (int panel = firstPanel; panel < endPanel; panel++) {
        long vector = ((long) group * plan.paddedK() + plan.firstFilter(panel)) / Lanes.COUNT;
        long to = (long) (plan.firstFilter(panel) - firstFilter) * Float.BYTES;
        s.ahead.now(u, vector * bytes, bytes);
        plan.filtered().multiply(s, u, vector * bytes, to, plan.planeM(width), rowM);
      }
      return;
    }
    boolean reads = plan.cold() && !stacking.readsArrays();
    boolean came = false;
    // All products of a panel, one behind the other in U, or of each as many as are read at once.
    int together = s.alone ? endProduct - firstProduct : plan.productsAhead();
    for (int product = firstProduct; product < endProduct; product += together) {
      int end = Math.min(endProduct, product + together);
      for (int panel = firstPanel; panel < endPanel; panel++) {
        boolean meanwhile = s.alone && stacking.stacksReadingAhead(plan.vectors(panel)) > 0;
        int atOnce = meanwhile ? 1 : plan.productsAhead();
        for (int i = product; i < end; i++) {
          if (reads && !came && (i - product) % atOnce == 0) {
            s.ahead.now(u, startU(group, panel, i), Math.min(atOnce, end - i) * stepU(panel));
          }
          int nextPanel = i + 1 < end ? panel : panel + 1;
          came = meanwhile && nextPanel < endPanel;
          if (came) {
            readAhead(group, nextPanel, i + 1 < end ? i + 1 : product, s);
          }
          multiplyPanel(group, i, panel, firstFilter, width, stacking, s);
          s.ahead.rest();
        }
      }
      if (plan.sumsRows()) {
        int filters = plan.firstFilter(endPanel) - plan.firstFilter(firstPanel);
        long first = (long) (plan.firstFilter(firstPanel) - firstFilter) * Float.BYTES;
        for (int i = product; i < end; i++) {
          long d = i * plan.planeM(width) + first;
          float factor = FilterRows.factor(i);
          ScaledSums.run(s.products, d, rowM, stacking.rows(), filters / Lanes.COUNT, factor);
        }
      }
    }
  }

  /** Where the filters of a panel for a product start, bytes. */
  private long startU(int group, int panel, int product) {
    long before = group * plan.productU() + (long) plan.firstFilter(panel) * plan.depth();
    return plan.products() * before * Float.BYTES + product * stepU(panel);
  }

  /** Bytes from the filters of a panel for a product to those for the next one. */
  private long stepU(int panel) {
    return (long) plan.depth() * plan.vectors(panel) * Lanes.BYTES;
  }

  /** Has the filters of the next product come while a product is multiplied. */
  private void readAhead(int group, int nextPanel, int next, WinogradScratch s) {
    long bytes = (long) depth(next) * plan.vectors(nextPanel) * Lanes.BYTES;
    s.ahead.during(u, filterBytes, startU(group, nextPanel, next), bytes);
  }

  /** A panel of a product. */
  private void multiplyPanel(
      int group,
      int product,
      int panel,
      int firstFilter,
      int width,
      Stacking stacking,
      WinogradScratch s) {
    int vectors = plan.vectors(panel);
    long factors = startU(group, panel, product);
    long rowM = (long) width * Float.BYTES;
    int depth = depth(product);
    // Not all tiles of a stacking that copies read the copy.
    s.panel.set(u, factors);
    if (stacking.readsArrays()) {
      s.panel.copy(u, factors, 0, depth * vectors * Lanes.COUNT);
    }
    int v = WinogradScratch.LEAD + product * plan.planeV();
    long inRow = (long) (plan.firstFilter(panel) - firstFilter) * Float.BYTES;
    long d = product * plan.planeM(width) + inRow;
    for (int run = 0; run < stacking.runs(); run++) {
      StackedTile.run(
          stacking.tile(run, vectors),
          s.v,
          v + stacking.start(run),
          stacking.stackStep(run),
          depth,
          s.panel,
          s.products,
          d + stacking.firstTile(run) * rowM,
          rowM,
          stacking.stacks(run),
          s.ahead);
    }
  }

  /**
   * Channels that a product sums: those of the last row take the last tap of a phase, which phases
   * beyond the end of the filter do not have.
   */
  private int depth(int product) {
    return product < (down.alpha() - 1) * across.alpha()
        ? plan.depth()
        : down.fullPhases() * across.phases() * g.groupC();
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
    int outputRows = down.outputsOf(latticeDown(line), tileDown(line));
    int latticeAcross = latticeAcross(line);
    int oy = down.firstOutput(latticeDown(line), tileDown(line));
    int firstFilter = plan.firstFilter(firstPanel);
    int width = plan.firstFilter(endPanel) - firstFilter;
    int filters = Math.min(width, g.groupK() - firstFilter);
    long planeM = plan.planeM(width);
    long bias = ((long) group * plan.paddedK() + firstFilter) * Float.BYTES;
    int alpha = across.alpha();
    // The transforms read a residual at the offsets of y. One that lies elsewhere is added to the
    // stored sums, which takes 5 % of a run of n1c128h28w28 k128f3p1, 12 % of n1c64h56w56 k64f3p1.
    boolean raw = residual != null && !destination.isDense(g.k());
    float none = Float.POSITIVE_INFINITY;
    for (int first = 0; first < columns; first += plan.tilesAtOnce()) {
      int count = Math.min(plan.tilesAtOnce(), columns - first);
      // A lattice may have a tile less than the first one.
      count -= across.outputsOf(latticeAcross, firstTile + first + count - 1) == 0 ? 1 : 0;
      if (count == 0) {
        continue;
      }
      int lastOutputs = across.outputsOf(latticeAcross, firstTile + first + count - 1);
      int ox = across.firstOutput(latticeAcross, firstTile + first);
      int floats = count * width;
      long half = (long) floats * Float.BYTES;
      down.codelet()
          .output()
          .columns(
              s.products,
              (long) (at + first) * width * Float.BYTES,
              alpha * planeM,
              planeM,
              alpha,
              floats / Lanes.COUNT,
              s.halfOutputs,
              0,
              alpha * half);
      int channel = group * g.groupK() + firstFilter;
      int outputs = (count - 1) * across.m() + lastOutputs;
      long pixel = ((long) image(line) * g.oh() + oy) * g.ow() + ox;
      long step = across.dilation() * destination.pixelBytes();
      long row = (long) down.dilation() * g.ow() * destination.pixelBytes();
      if (pools) {
        step = (long) filters * Float.BYTES;
        row = outputs * step;
      }
      across
          .codelet()
          .output()
          .rows(
              s.halfOutputs,
              0,
              half,
              alpha * half,
              outputRows,
              count,
              filters,
              init,
              bias,
              raw ? null : residual,
              pools ? s.outputs : y,
              pools ? 0 : destination.at(pixel, channel),
              step,
              row,
              lastOutputs,
              raw ? -none : lo,
              raw ? none : hi,
              s.rest);
      if (pools) {
        pool(image(line), oy, outputRows, ox, outputs, channel, filters, s, y);
      }
      for (int r = 0; raw && r < outputRows; r++) {
        long rowPixel = pixel + (long) r * down.dilation() * g.ow();
        addResidual(rowPixel, outputs, channel, filters, residual, y);
      }
    }
  }

  /** The largest of each 2x2 outputs of some tiles. */
  private void pool(
      int image,
      int oy,
      int rows,
      int ox,
      int outputs,
      int channel,
      int filters,
      WinogradScratch s,
      MemorySegment y) {
    long pixel = (long) filters * Float.BYTES;
    long row = outputs * pixel;
    int windows = outputs / 2;
    long step = destination.pixelBytes();
    for (int first = 0; first + 1 < rows; first += 2) {
      long pooled = ((long) image * (g.oh() / 2) + (oy + first) / 2) * (g.ow() / 2) + ox / 2;
      long from = first * row;
      long to = destination.at(pooled, channel);
      boolean done =
          filters % Lanes.COUNT == 0
              && MaxRow.values(
                  2, s.outputs, from, row, pixel, 2 * pixel, windows, filters, y, to, step);
      for (int i = 0; !done && i < windows; i++) {
        long at = from + 2 * i * pixel;
        MaxWindow.values(s.outputs, at, 2, row, 2, pixel, filters, y, to + i * step);
      }
    }
  }

  /** The sums of some pixels of a row lie in y: adds the residual and clamps, in place. */
  private void addResidual(
      long firstPixel,
      int outputs,
      int channel,
      int filters,
      MemorySegment residual,
      MemorySegment y) {
    for (int i = 0; i < outputs; i++) {
      long pixel = firstPixel + (long) i * across.dilation();
      long added = (pixel * g.k() + channel) * Float.BYTES;
      TileEpilogue.addResidual(y, destination.at(pixel, channel), filters, residual, added, lo, hi);
    }
  }

  @Override
  public WinogradForward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    WinogradForward other = new WinogradForward(g, destination, plan, lo, hi, weights, bias, arena);
    return pools ? other.pooled(destination) : other;
  }

  @Override
  public int roundings() {
    // Two for U, which is computed in double and rounded once, or two for each dimension's sums and
    // two for the factor and its product; the chain of the sum, the bias.
    int filters = plan.sumsRows() ? 6 : 2;
    return down.codelet().roundings() + across.codelet().roundings() + filters + plan.depth() + 1;
  }

  @Override
  public double amplification() {
    return amplification(down) * amplification(across);
  }

  /** Relative to the taps of the filter; phases may have more, zeros where the filter ends. */
  private static double amplification(WinogradAxis axis) {
    double taps = (double) axis.phases() * axis.codelet().r();
    return axis.codelet().amplification() * taps / axis.taps();
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
