package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Gather;
import dev.tilewise.internal.kernel.GatheredTile;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Panel;
import dev.tilewise.internal.kernel.Tile;
import dev.tilewise.internal.kernel.WindowStacks;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A region's share of a direct convolution: its pixels in chunks, and how a chunk's windows get
 * onto the heap, where tiles read them. Either way a pixel's window becomes a few runs.
 *
 * <ul>
 *   <li>As a <i>strip</i>: the input rows that a chunk touches are copied as they are; windows
 *       overlap in the copy.
 *   <li><i>Gathered</i>: each window's pieces are copied side by side, which repeats what windows
 *       share but turns many short runs into one.
 *   <li><i>Stacked</i>: gathered, and interleaved for {@link GatheredTile}, as far as windows fill
 *       its tiles and are enough for a copy of the panels.
 * </ul>
 */
final class DirectPart {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Staged bytes of a chunk: with a panel beside them they stay in an L2 of 1 MB. */
  static final long STRIP_BYTES = 448 << 10;

  /** The same of strips that a panel serves one after the other: each is short beside the panel. */
  private static final long TOGETHER_BYTES = 512 << 10;

  /** Gathered windows have no overlap to exploit: they should stay near L1. */
  private static final long GATHER_BYTES = 48 << 10;

  /** Stacked windows repeat what they share, but a panel should serve many of them: in L2. */
  private static final long STACK_BYTES = 448 << 10;

  /** The same where each chunk copies the panels: it should be long, and is read from L3. */
  private static final long LARGE_STACK_BYTES = 5 << 20;

  /** Fewest pixels for which panels are copied. */
  private static final int FEWEST_COPYING_PIXELS = 12;

  /** Rows of the tiles that fill better where eight do not. */
  private static final int LOW_ROWS = Tile.T6X2.rows();

  /** Most pixels of a chunk, so that tables stay small. */
  private static final int MAX_PIXELS = 4096;

  /** Longest strip, floats. */
  private static final long MAX_STRIP = 1 << 26;

  private final Geometry g;
  private final Region region;
  private final boolean gathers;
  private final boolean stacks;
  private final int tileRows;
  private final int restRows;
  private final boolean hasLowTiles;
  private final GatheredTile[] gathered;
  private final int chunkLines;
  private final int chunkColumns;
  private final long columnChunks;
  private final int chunks;
  private final int rowStep;
  private final int stagedLength;
  private final long[] pieceOffsets;
  private final int[] pieceLengths;
  private final int[] runs;
  private final int[] blockRuns;
  private final int[] blockLengths;
  private final boolean compacts;
  private final boolean isStretch;

  DirectPart(Geometry g, Region region, DirectPlan.Staging staging, Tile tile, int wantedChunks) {
    this.g = g;
    this.region = region;
    gathers = staging != DirectPlan.Staging.STRIPS && region.hasTaps();
    stacks = staging == DirectPlan.Staging.STACKS;
    long lines = (long) g.n() * region.rows();
    long pixels = lines * region.columns();
    restRows = tile.rows();
    tileRows = stacks ? TileTable.windowRows(pixels) : restRows;
    gathered = new GatheredTile[stacks ? TileTable.MOST_GATHERED_VECTORS + 1 : 0];
    for (int vectors = 1; vectors < gathered.length; vectors++) {
      gathered[vectors] = GatheredTile.of(tileRows, vectors);
    }
    hasLowTiles = !stacks && tile == Tile.T8X2;
    List<Region.Run> pieces = region.runs(g, (long) g.w() * g.c());
    long most =
        Math.min(MAX_PIXELS, Math.max(8L * tileRows, (pixels + wantedChunks - 1) / wantedChunks));
    int columns = Math.min(region.columns(), (int) most);
    while (columns > tileRows && stagedFloats(1, columns) * Float.BYTES > budget()) {
      columns = Math.max(tileRows, columns / 2 / tileRows * tileRows);
    }
    int many = 1;
    if (columns == region.columns()) {
      while (many < lines
          && (many + 1L) * columns <= most
          && stagedFloats(many + 1, columns) * Float.BYTES <= budget()) {
        many++;
      }
    }
    chunkColumns = columns;
    chunkLines = copies() ? even(many, lines) : leastWaste(many, lines, columns, tileRows);
    columnChunks = (region.columns() + columns - 1) / columns;
    chunks = Math.toIntExact((lines + chunkLines - 1) / chunkLines * columnChunks);
    boolean reads = !gathers && region.hasTaps();
    rowStep = reads ? Math.toIntExact(region.inputColumns(g, columns) * g.c()) : 0;
    long floats =
        gathers
            ? (long) filled(chunkLines * chunkColumns) * gatheredStep()
            : stagedFloats(chunkLines, columns);
    stagedLength = Math.toIntExact(floats + Lanes.COUNT);
    pieceOffsets = pieces.stream().mapToLong(run -> run.from() * Float.BYTES).toArray();
    pieceLengths = pieces.stream().mapToInt(Region.Run::length).toArray();
    List<List<Region.Run>> blocks =
        Region.blocks(gathers ? Region.gathered(pieces) : region.runs(g, rowStep), g.blockLength());
    runs =
        blocks.stream()
            .flatMap(List::stream)
            .flatMapToInt(run -> IntStream.of((int) run.from(), run.term(), run.length()))
            .toArray();
    blockRuns = new int[blocks.size() + 1];
    blockLengths = new int[blocks.size()];
    for (int block = 0; block < blocks.size(); block++) {
      List<Region.Run> of = blocks.get(block);
      blockRuns[block + 1] = blockRuns[block] + of.size();
      if (gathers || of.size() == 1) {
        blockLengths[block] = of.stream().mapToInt(Region.Run::length).sum();
      }
    }
    compacts =
        gathers && blocks.stream().flatMap(List::stream).anyMatch(run -> run.from() != run.term());
    isStretch =
        gathers
            && blocks.stream()
                    .flatMap(List::stream)
                    .mapToLong(run -> run.term() - run.from())
                    .distinct()
                    .count()
                <= 1;
  }

  /**
   * Compares what the two ways cost per pixel, in cycles measured on the machine of
   * docs/benchmarks.md: a run costs a tile of eight rows 40 cycles for each panel; a strip copies a
   * vector in 2, a gathered piece in 4.
   */
  static boolean wantsGathering(Geometry g, Region region, int panels) {
    if (!region.hasTaps()) {
      return false;
    }
    List<Region.Run> pieces = region.runs(g, (long) g.w() * g.c());
    double vectors = 0;
    for (Region.Run piece : pieces) {
      vectors += Math.ceil((double) piece.length() / Lanes.COUNT);
    }
    double gather = 4 * vectors + 40.0 / 8 * panels;
    double touched = (double) g.sh() * g.sw() * g.c() / Lanes.COUNT;
    double strip = 2 * touched + 40.0 / 8 * panels * pieces.size();
    return gather < strip;
  }

  /** Whether even the pixels of one tile are too far apart for a strip. */
  static boolean mustGather(Geometry g, Region region, int tileRows) {
    int columns = Math.min(tileRows, region.columns());
    return (double) region.inputRows(g, 1) * region.inputColumns(g, columns) * g.c() > MAX_STRIP;
  }

  /** Whether windows can be stacked: in whole vectors, and blocks of sums begin with one. */
  static boolean canStack(Geometry g) {
    return g.groupC() % Lanes.COUNT == 0 && (g.blocks() == 1 || g.blockLength() % Lanes.COUNT == 0);
  }

  /** Whether tiles read copies of the panels. */
  boolean copies() {
    return stacks && TileTable.readsArrays();
  }

  /** The most pixels that are left to other tiles although they would fill a stack. */
  static int mostWithoutStacks() {
    return TileTable.readsArrays() ? FEWEST_COPYING_PIXELS - 1 : 0;
  }

  /** The kernel of a panel's whole stacks. */
  GatheredTile gathered(Tile tile) {
    return gathered[tile.vectors()];
  }

  /** Pixels of a tile. */
  int tileRows() {
    return tileRows;
  }

  /**
   * Whole stacks of so many pixels: to copy a term's factors takes as long as the products of three
   * pixels, so that a few of them are left to other tiles.
   */
  int stacks(int pixels) {
    boolean none = !stacks || copies() && pixels < FEWEST_COPYING_PIXELS;
    return none ? 0 : pixels / tileRows;
  }

  /**
   * Tiles of so many pixels: where windows are stacked, the last ones have other kernels; where
   * tiles of six rows fill better, they are the last ones.
   */
  int tiles(int pixels) {
    if (!stacks) {
      int low = lowTiles(pixels);
      return low + (pixels - low * LOW_ROWS + tileRows - 1) / tileRows;
    }
    int whole = stacks(pixels);
    return whole + (pixels - whole * tileRows + restRows - 1) / restRows;
  }

  /** Tiles of six rows among those of so many pixels, so that at most one row is left over. */
  private int lowTiles(int pixels) {
    if (!hasLowTiles) {
      return 0;
    }
    return switch (pixels % tileRows) {
      case 1, 2 -> pixels > 2 * tileRows ? 3 : 0;
      case 3, 4 -> pixels > tileRows ? 2 : 0;
      case 5, 6 -> 1;
      default -> 0;
    };
  }

  /** The first pixel of a tile, or how many pixels there are. */
  int firstRow(int tile, int pixels) {
    if (!stacks) {
      int low = Math.max(0, tile - (tiles(pixels) - lowTiles(pixels)));
      return Math.min((tile - low) * tileRows + low * LOW_ROWS, pixels);
    }
    int beyond = Math.max(0, tile - stacks(pixels));
    return Math.min((tile - beyond) * tileRows + beyond * restRows, pixels);
  }

  /** Rows of the tallest tile. */
  int mostTileRows() {
    return Math.max(tileRows, restRows);
  }

  /** Most rows of all tiles of a chunk, used or not. */
  int maxRows() {
    int rows = chunkPixels();
    int stackRows = (rows + tileRows - 1) / tileRows * tileRows + mostTileRows() - tileRows;
    // A chunk of few pixels has no stacks.
    int few = stacks ? Math.min(rows, mostWithoutStacks()) : 0;
    return Math.max(stackRows, (few + restRows - 1) / restRows * restRows);
  }

  /** Bytes that parts which are staged together may take. */
  long budgetTogether() {
    return gathers ? budget() : TOGETHER_BYTES;
  }

  /** Bytes that a chunk may take. */
  private long budget() {
    if (copies()) {
      return LARGE_STACK_BYTES;
    }
    return stacks ? STACK_BYTES : gathers ? GATHER_BYTES : STRIP_BYTES;
  }

  /**
   * Floats from one gathered window to the next: the last piece's last vector may write too much.
   */
  int gatheredStep() {
    return g.sumLength() + Lanes.COUNT;
  }

  /**
   * Floats that a chunk takes. Images begin anew, so a chunk of many lines may span several of
   * them.
   */
  private long stagedFloats(int lines, int columns) {
    if (gathers) {
      return (long) lines * columns * gatheredStep();
    }
    if (!region.hasTaps()) {
      return 0;
    }
    // At worst an image ends after each region.rows() lines.
    long images = (lines + region.rows() - 1L) / region.rows() + 1;
    long whole = Math.min(lines, images) * (region.inputRows(g, 1) - g.sh());
    long inputRows = (long) lines * g.sh() + Math.max(whole, region.inputRows(g, 1) - g.sh());
    return Math.max(inputRows, lines) * region.inputColumns(g, columns) * g.c();
  }

  /**
   * Lines of a chunk, at least half of those allowed, that leave the fewest rows of tiles unused in
   * all chunks together.
   */
  private static int leastWaste(int most, long lines, int columns, int tileRows) {
    int best = most;
    long least = Long.MAX_VALUE;
    for (int each = most; each >= Math.max(1, most / 2); each--) {
      long tiles = lines / each * tiles((long) each * columns, tileRows);
      tiles += tiles(lines % each * columns, tileRows);
      if (tiles < least) {
        least = tiles;
        best = each;
      }
    }
    return best;
  }

  /**
   * Lines of a chunk so that all are as long as can be: few and large ones are shared by threads.
   */
  private static int even(int most, long lines) {
    long chunks = (lines + most - 1) / most;
    return (int) ((lines + chunks - 1) / chunks);
  }

  private static long tiles(long pixels, int rows) {
    return (pixels + rows - 1) / rows;
  }

  int chunks() {
    return chunks;
  }

  boolean gathers() {
    return gathers;
  }

  /** Most pixels of a chunk. */
  int chunkPixels() {
    return filled(chunkLines * chunkColumns);
  }

  /**
   * Pixels with the last one repeated until they fill a stack, if more than one is left over: with
   * 16 registers a stack takes less time than a tile of four rows.
   */
  private int filled(int pixels) {
    int rest = pixels % tileRows;
    boolean fills = gathers && copies() && stacks(pixels) > 0 && rest > 1;
    return fills ? pixels + tileRows - rest : pixels;
  }

  /** Floats of a staged chunk. */
  int stagedLength() {
    return stagedLength;
  }

  /** Blocks of the sum that are present. */
  int blocks() {
    return blockRuns.length - 1;
  }

  /** Triples of offset, term and length, as tiles take them. */
  int[] runs() {
    return runs;
  }

  /** First run of a block. */
  int firstRun(int block) {
    return blockRuns[block];
  }

  /** Terms of a block that is one stretch of the staged windows; 0 if it is several, or none. */
  int blockLength(int block) {
    return blockLengths[block];
  }

  /** Whether the panels must be compacted too, because taps are absent. */
  boolean compacts() {
    return compacts;
  }

  /** Whether windows are gathered and their terms follow one another in a whole panel, too. */
  boolean isStretch() {
    return isStretch;
  }

  /**
   * Copies the terms of a panel that are present side by side, as the windows are.
   *
   * @param panel all terms
   * @param panelOff where they start, bytes
   * @param width filters
   * @param to receives the terms
   */
  void compact(MemorySegment panel, long panelOff, int width, MemorySegment to) {
    long step = (long) width * Float.BYTES;
    for (int run = 0; run < runs.length; run += 3) {
      MemorySegment.copy(
          panel, panelOff + runs[run + 1] * step, to, runs[run] * step, runs[run + 2] * step);
    }
  }

  /**
   * Copies the terms of a panel that are present side by side onto the heap.
   *
   * @param panel all terms
   * @param panelOff where they start, bytes
   * @param width filters
   * @param to receives the terms
   */
  void copy(MemorySegment panel, long panelOff, int width, Panel to) {
    if (!compacts) {
      to.copy(panel, panelOff, 0, g.sumLength() * width);
      return;
    }
    long step = (long) width * Float.BYTES;
    for (int run = 0; run < runs.length; run += 3) {
      to.copy(panel, panelOff + runs[run + 1] * step, runs[run] * width, runs[run + 2] * width);
    }
  }

  /**
   * Stages one chunk: fills the scratch with its windows and with where they and their outputs lie.
   *
   * @param chunk of this part
   * @return the chunk's pixels, the last one more than once if that fills a stack
   */
  int stage(int chunk, int group, DirectScratch s, MemorySegment x) {
    long firstLine = chunk / columnChunks * chunkLines;
    int firstColumn = (int) (chunk % columnChunks) * chunkColumns;
    long endLine = Math.min(firstLine + chunkLines, (long) g.n() * region.rows());
    int columns = Math.min(chunkColumns, region.columns() - firstColumn);
    int pixels = 0;
    int at = 0;
    for (long line = firstLine; line < endLine; ) {
      int row = (int) (line % region.rows());
      long n = line / region.rows();
      int rows = (int) Math.min(region.rows() - row, endLine - line);
      locate(n, row, rows, firstColumn, columns, group, pixels, at, s);
      if (!gathers && region.hasTaps()) {
        at += copyStrip(n, row, rows, firstColumn, columns, at, s, x);
      }
      pixels += rows * columns;
      line += rows;
    }
    int filled = filled(pixels);
    for (int i = pixels; i < filled; i++) {
      s.inputs[i] = s.inputs[pixels - 1];
      s.outputs[i] = s.outputs[pixels - 1];
      s.residuals[i] = s.residuals[pixels - 1];
    }
    pixels = filled;
    if (gathers) {
      int step = gatheredStep();
      int whole = stacks(pixels);
      int stackStep = tileRows * step;
      WindowStacks.copy(
          x,
          s.inputs,
          tileRows,
          whole,
          pieceOffsets,
          pieceLengths,
          s.staged,
          s.stagedStart,
          stackStep);
      int first = whole * tileRows;
      Gather.rows(
          x, s.inputs, first, pixels, pieceOffsets, pieceLengths, s.staged, s.stagedStart, step);
    }
    return pixels;
  }

  /** Where the pixels of some lines of one image lie. */
  private void locate(
      long n,
      int row,
      int rows,
      int firstColumn,
      int columns,
      int group,
      int firstPixel,
      int at,
      DirectScratch s) {
    long outputStep = s.destination.pixelBytes();
    long inputStep = (long) g.sw() * g.c() * Float.BYTES;
    int stagedStep = gathers ? gatheredStep() : g.sw() * g.c();
    long ox = (long) region.ox() + firstColumn;
    long ix = ox * g.sw() - g.pl();
    int i = firstPixel;
    for (int r = 0; r < rows; r++) {
      long oy = (long) region.oy() + row + r;
      long iy = oy * g.sh() - g.pt();
      long pixel = (n * s.oh + oy) * s.ow + ox;
      long output = s.destination.at(pixel, group * g.groupK());
      long input =
          (((n * g.h() + iy) * g.w() + ix) * g.c() + (long) group * g.groupC()) * Float.BYTES;
      // Runs count from the place of tap (0, 0), present or not.
      int staged =
          gathers
              ? s.stagedStart + i * stagedStep
              : s.stagedStart
                  + at
                  + (r * g.sh() - region.firstTapY() * g.dh()) * rowStep
                  - region.firstTapX() * g.dw() * g.c()
                  + group * g.groupC();
      if (s.residuals != s.outputs) {
        locateResiduals(pixel, columns, group, i, s);
      }
      for (int end = i + columns; i < end; i++) {
        s.outputs[i] = output;
        s.inputs[i] = input;
        s.rows[i] = staged;
        output += outputStep;
        input += inputStep;
        staged += stagedStep;
      }
    }
  }

  /** Where a line's residuals lie: there are no other channels between them. */
  private void locateResiduals(long pixel, int columns, int group, int first, DirectScratch s) {
    long residual = (pixel * g.k() + (long) group * g.groupK()) * Float.BYTES;
    for (int i = first; i < first + columns; i++) {
      s.residuals[i] = residual;
      residual += (long) g.k() * Float.BYTES;
    }
  }

  /** Copies the input rows that some lines of one image touch; returns the floats they take. */
  private int copyStrip(
      long n,
      int row,
      int rows,
      int firstColumn,
      int columns,
      int at,
      DirectScratch s,
      MemorySegment x) {
    long iy = (long) (region.oy() + row) * g.sh() - g.pt() + (long) region.firstTapY() * g.dh();
    long ix =
        (long) (region.ox() + firstColumn) * g.sw() - g.pl() + (long) region.firstTapX() * g.dw();
    int inputRows = (int) region.inputRows(g, rows);
    int width = (int) region.inputColumns(g, columns) * g.c();
    long from = ((n * g.h() + iy) * g.w() + ix) * g.c() * Float.BYTES;
    long step = (long) g.w() * g.c() * Float.BYTES;
    int to = s.stagedStart + at;
    if (width == rowStep && (long) width * Float.BYTES == step) {
      MemorySegment.copy(x, FLOAT, from, s.staged, to, inputRows * rowStep);
    } else {
      for (int y = 0; y < inputRows; y++) {
        MemorySegment.copy(x, FLOAT, from + y * step, s.staged, to + y * rowStep, width);
      }
    }
    return inputRows * rowStep;
  }
}
