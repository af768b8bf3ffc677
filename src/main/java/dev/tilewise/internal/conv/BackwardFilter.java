package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.PanelRows;
import dev.tilewise.internal.kernel.RowAdd;
import dev.tilewise.internal.kernel.Transpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The gradients of a convolution's weights and biases, for every stride, dilation, padding and
 * number of groups: a matrix product over output pixels, whose second factor are the windows of the
 * input, side by side:
 *
 * <pre>{@code
 * dw[k, (fy, fx, c)] = sum over pixels p of dy[p, k] * window(p)[fy, fx, c]
 * }</pre>
 *
 * Behind its last term a window has a 1, whose weight is the bias. The pixels are cut into blocks;
 * blocks are summed by whoever is free, and their sums added in order, which is that of {@link
 * NaiveBackward#filterAt}. One run at a time: waves of {@link #multiply}, {@link #reduce}, then
 * {@link #finish}.
 *
 * <p>Where a tap lies in the padding the window holds 0. That equals leaving the term out, except
 * that infinity times 0 is NaN; so what comes out as NaN is computed again by the definition.
 */
public final class BackwardFilter {

  /** Block sums kept at once stay below this many floats, 4 MB, if one block's do. */
  private static final long MAX_WAVE_FLOATS = 1 << 20;

  /** Units that a wave should have at least, so that threads share the work. */
  private static final int MIN_UNITS = 8;

  /** Panels gathered together: 256 windows of so many panels stay in a cache. */
  private static final int MAX_PANELS = 16;

  /**
   * Floats gathered before they are spread: half of a first-level cache. Reading a window back at
   * once would wait for its many short writes.
   */
  private static final int GATHERED = 4096;

  /**
   * Floats between the rows of transposed dy: no power of two, or the rows would share few cache
   * sets.
   */
  private static final int DY_STEP = NaiveBackward.PIXEL_BLOCK + 16;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Geometry g;
  private final int columns;
  private final int panels;
  private final int blockLength;
  private final long blocks;
  private final int waveBlocks;
  private final int chunks;
  private final long blockBytes;
  private final MemorySegment sums;
  private final MemorySegment totals;
  private final MemorySegment result;

  /** Prepares for the extents. */
  public BackwardFilter(Geometry g) {
    this.g = g;
    columns = g.sumLength() + 1;
    panels = Product.panels(columns);
    blockLength = NaiveBackward.pixelBlockLength(g);
    blocks = NaiveBackward.pixelBlocks(g);
    long blockFloats = (long) g.k() * panels * Product.WIDTH;
    waveBlocks = (int) Math.max(1, Math.min(blocks, MAX_WAVE_FLOATS / blockFloats));
    long units = (long) waveBlocks * g.groups();
    chunks = (int) Math.min(panels, (MIN_UNITS + units - 1) / units);
    blockBytes = blockFloats * Float.BYTES;
    sums = Memory.allocate(Arena.ofAuto(), waveBlocks * blockBytes);
    totals = Memory.allocate(Arena.ofAuto(), blockBytes);
    result = Memory.allocate(Arena.ofAuto(), (long) g.k() * columns * Float.BYTES);
  }

  /** Largest number of roundings that one term of a sum passes through. */
  public static long roundings(Geometry g) {
    return NaiveBackward.pixelBlockLength(g) + NaiveBackward.pixelBlocks(g);
  }

  /** Number of waves of a run. */
  public int waves() {
    return Math.toIntExact((blocks + waveBlocks - 1) / waveBlocks);
  }

  /** Number of independent units of {@link #multiply} in one wave. */
  public int multiplyUnits(int wave) {
    return blocksOf(wave) * g.groups() * chunks;
  }

  private int blocksOf(int wave) {
    return (int) Math.min(waveBlocks, blocks - (long) wave * waveBlocks);
  }

  /** Number of independent units of {@link #reduce} and {@link #finish}. */
  public int filterUnits() {
    return g.k();
  }

  /** What one thread needs. */
  public final class Scratch {
    private final Product product = new Product(g.groupK());
    private final Window window = new Window(g);
    private final float[] gathered =
        new float[Math.max(GATHERED, MAX_PANELS * Product.WIDTH) + Lanes.COUNT];
    private final float[] dyRows = new float[Math.multiplyExact(g.groupK(), DY_STEP)];
    private final MemorySegment windowPanels =
        Memory.allocate(Arena.ofAuto(), Math.min(panels, MAX_PANELS) * panelBytes(blockLength));
  }

  /** The scratch of one thread. */
  public Scratch scratch() {
    return new Scratch();
  }

  private static long panelBytes(int rows) {
    return (long) rows * Product.WIDTH * Float.BYTES;
  }

  private long rowBytes() {
    return (long) panels * Product.WIDTH * Float.BYTES;
  }

  /**
   * Sums one block of pixels for one group and some of the columns.
   *
   * @param wave from 0
   * @param unit from 0
   * @param scratch of the calling thread
   * @param x input, NHWC kernel memory
   * @param dy gradient of the output, NHWC kernel memory
   */
  public void multiply(int wave, int unit, Scratch scratch, MemorySegment x, MemorySegment dy) {
    int chunk = unit % chunks;
    int group = unit / chunks % g.groups();
    int block = unit / chunks / g.groups();
    long p = ((long) wave * waveBlocks + block) * blockLength;
    int count = (int) Math.min(blockLength, NaiveBackward.pixels(g) - p);
    Transpose.run(
        dy,
        (p * g.k() + (long) group * g.groupK()) * Float.BYTES,
        (long) g.k() * Float.BYTES,
        count,
        g.groupK(),
        scratch.dyRows,
        DY_STEP);
    int endPanel = (int) ((chunk + 1L) * panels / chunks);
    long firstRow = block * blockBytes + (long) group * g.groupK() * rowBytes();
    for (int k = 0; k < g.groupK(); k++) {
      scratch.product.row(k, k * DY_STEP, firstRow + k * rowBytes());
    }
    for (int panel = (int) ((long) chunk * panels / chunks); panel < endPanel; ) {
      int some = Math.min(MAX_PANELS, endPanel - panel);
      gather(x, p, count, group, panel, some, scratch);
      scratch.product.run(
          g.groupK(),
          scratch.dyRows,
          0,
          count,
          scratch.windowPanels,
          0,
          panelBytes(count),
          some,
          sums,
          panelBytes(panel));
      panel += some;
    }
  }

  /** Brings the windows' columns of some panels into panels, a few windows at a time. */
  private void gather(
      MemorySegment x, long p, int count, int group, int panel, int some, Scratch scratch) {
    int width = some * Product.WIDTH;
    int together = Math.max(1, GATHERED / width);
    Window window = scratch.window;
    window.moveTo(p);
    for (int i = 0; i < count; i += together) {
      int rows = Math.min(together, count - i);
      for (int row = 0; row < rows; row++) {
        gatherRow(x, window, group, panel * Product.WIDTH, width, scratch.gathered, row * width);
        window.moveOn();
      }
      PanelRows.spread(
          scratch.gathered,
          width,
          rows,
          some,
          Product.WIDTH,
          scratch.windowPanels,
          panelBytes(i),
          panelBytes(count));
    }
  }

  private void gatherRow(
      MemorySegment x, Window window, int group, int first, int width, float[] to, int toOff) {
    if (!window.isFull()) {
      Arrays.fill(to, toOff, toOff + width, 0);
    }
    int bias = columns - 1;
    PanelRows.gather(
        x,
        window.base(group),
        window.offsets(),
        window.columns(),
        window.lengths(),
        window.runs(),
        window.isFull(),
        first,
        Math.min(first + width, bias),
        to,
        toOff);
    if (bias >= first && bias < first + width) {
      to[toOff + bias - first] = 1;
    }
  }

  /**
   * Adds the block sums of a wave, in order, to the totals of one filter.
   *
   * @param wave from 0, ascending
   * @param k the filter
   */
  public void reduce(int wave, int k) {
    long row = k * rowBytes();
    if (wave == 0) {
      totals.asSlice(row, rowBytes()).fill((byte) 0);
    }
    for (int block = 0; block < blocksOf(wave); block++) {
      RowAdd.run(totals, row, sums, block * blockBytes + row, panels * Product.WIDTH);
    }
  }

  /**
   * Puts the gradients of one filter into the order of weights.
   *
   * @param k the filter
   * @param x input
   * @param dy gradient of the output
   */
  public void finish(int k, MemorySegment x, MemorySegment dy) {
    int taps = g.fh() * g.fw();
    long row = k * rowBytes();
    long to = (long) k * (columns - 1);
    if (taps == 1 && !hasAbsentTaps()) {
      MemorySegment.copy(totals, row, result, to * Float.BYTES, (long) g.groupC() * Float.BYTES);
    } else {
      finishTaps(k, row, to, new NaiveBackward(g, x, null, dy));
    }
    float bias = totals.get(FLOAT, row + (long) (columns - 1) * Float.BYTES);
    result.setAtIndex(FLOAT, (long) g.k() * (columns - 1) + k, bias);
  }

  private void finishTaps(int k, long row, long to, NaiveBackward naive) {
    int taps = g.fh() * g.fw();
    boolean absent = hasAbsentTaps();
    for (int tap = 0; tap < taps; tap++) {
      for (int c = 0; c < g.groupC(); c++) {
        float value = totals.get(FLOAT, row + ((long) tap * g.groupC() + c) * Float.BYTES);
        if (value != value && absent) {
          value = naive.filterAt(k, c, tap / g.fw(), tap % g.fw());
        }
        result.setAtIndex(FLOAT, to + (long) c * taps + tap, value);
      }
    }
  }

  private boolean hasAbsentTaps() {
    long bottom = (g.oh() - 1L) * g.sh() + (g.fh() - 1L) * g.dh() - g.pt();
    long right = (g.ow() - 1L) * g.sw() + (g.fw() - 1L) * g.dw() - g.pl();
    return g.pt() > 0 || g.pl() > 0 || bottom >= g.h() || right >= g.w();
  }

  /**
   * The gradients of the weights, {@code [K, C/groups, FH, FW]}, and behind them of the K biases.
   */
  public MemorySegment result() {
    return result;
  }
}
