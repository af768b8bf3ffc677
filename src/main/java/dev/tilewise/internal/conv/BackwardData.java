package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.RowAdd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The gradient of a convolution's input, for every stride, dilation, padding and number of groups.
 * Each output pixel's dy times the filters is one row of a matrix product; the row is then added to
 * the pixel's window of dx:
 *
 * <pre>{@code
 * row(p)[fy, fx, c] = sum over k of dy[p, k] * w[k, fy, fx, c]
 * dx[window(p)] += row(p)      p ascending; what lies in the padding is dropped
 * }</pre>
 *
 * A unit of work is a few whole images, so that an image's bits depend on nothing but the image.
 * The order of summation is that of {@link NaiveBackward#dataAt}. One run at a time.
 */
public final class BackwardData {

  /** Pixels whose rows are computed before they are added: keeps the rows in a cache. */
  private static final int MAX_PIXELS = 64;

  /** The rows of one product stay below this many floats, 2 MB. */
  private static final int MAX_ROW_FLOATS = 1 << 19;

  /** Images are computed together until they have this many output pixels: a product needs rows. */
  private static final int UNIT_PIXELS = 32;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Geometry g;
  private final int panels;
  private final int maxPixels;
  private final long imagePixels;
  private final int imagesPerUnit;
  private final long panelBytes;
  private final MemorySegment packed;

  /** Prepares for the extents. */
  public BackwardData(Geometry g) {
    this.g = g;
    panels = Product.panels(g.sumLength());
    int fitting = MAX_ROW_FLOATS / (panels * Product.WIDTH);
    maxPixels = Math.max(8, Math.min(MAX_PIXELS, fitting));
    imagePixels = (long) g.oh() * g.ow();
    imagesPerUnit = (int) Math.max(1, Math.min(g.n(), UNIT_PIXELS / imagePixels));
    panelBytes = (long) g.groupK() * Product.WIDTH * Float.BYTES;
    packed = Memory.allocate(Arena.ofAuto(), panelBytes * panels * g.groups());
  }

  /** Largest number of roundings that one term of a sum passes through. */
  public static int roundings(Geometry g) {
    int taps = g.fh() * g.fw();
    return NaiveBackward.filterBlockLength(g) + NaiveBackward.filterBlocks(g) - 1 + taps;
  }

  /** Number of independent units of packing. */
  public int packUnits() {
    return g.groups() * panels;
  }

  /** Packs the panel of one unit; weights {@code [K, C/groups, FH, FW]} of any memory kind. */
  public void pack(int unit, MemorySegment weights) {
    int taps = g.fh() * g.fw();
    int first = unit % panels * Product.WIDTH;
    int columns = Math.min(Product.WIDTH, g.sumLength() - first);
    long filterFloats = (long) g.groupC() * taps;
    long firstFilter = (long) (unit / panels) * g.groupK();
    long[] from = new long[columns];
    for (int i = 0; i < columns; i++) {
      int tap = (first + i) / g.groupC();
      int c = (first + i) % g.groupC();
      from[i] = (long) c * taps + tap;
    }
    for (int k = 0; k < g.groupK(); k++) {
      long to = unit * panelBytes + (long) k * Product.WIDTH * Float.BYTES;
      long filter = (firstFilter + k) * filterFloats;
      if (taps == 1) {
        MemorySegment.copy(
            weights, (filter + first) * Float.BYTES, packed, to, (long) columns * Float.BYTES);
      } else {
        for (int i = 0; i < columns; i++) {
          float value = weights.getAtIndex(FLOAT, filter + from[i]);
          packed.set(FLOAT, to + (long) i * Float.BYTES, value);
        }
      }
    }
  }

  /** Number of independent units of a run. */
  public int units() {
    return (g.n() + imagesPerUnit - 1) / imagesPerUnit;
  }

  /** What one thread needs. */
  public final class Scratch {
    private final Product product = new Product(maxPixels);
    private final float[] dyRows = new float[Math.multiplyExact(maxPixels, g.groupK())];
    private final Window window = new Window(g);
    private final MemorySegment rows = allocateRows();
    private final MemorySegment more = NaiveBackward.filterBlocks(g) == 1 ? null : allocateRows();

    private MemorySegment allocateRows() {
      return Memory.allocate(Arena.ofAuto(), maxPixels * rowBytes());
    }
  }

  /** The scratch of one thread. */
  public Scratch scratch() {
    return new Scratch();
  }

  private long rowBytes() {
    return (long) panels * Product.WIDTH * Float.BYTES;
  }

  /**
   * Computes one unit with the weights packed before.
   *
   * @param unit from 0
   * @param scratch of the calling thread
   * @param dy gradient of the output, NHWC kernel memory
   * @param dx gradient of the input, NHWC kernel memory, overwritten
   */
  public void run(int unit, Scratch scratch, MemorySegment dy, MemorySegment dx) {
    long firstImage = (long) unit * imagesPerUnit;
    long endImage = Math.min(g.n(), firstImage + imagesPerUnit);
    long imageBytes = (long) g.h() * g.w() * g.c() * Float.BYTES;
    dx.asSlice(firstImage * imageBytes, (endImage - firstImage) * imageBytes).fill((byte) 0);
    for (int group = 0; group < g.groups(); group++) {
      long end = endImage * imagePixels;
      for (long p = firstImage * imagePixels; p < end; p += maxPixels) {
        int count = (int) Math.min(maxPixels, end - p);
        multiply(group, p, count, scratch, dy);
        Window window = scratch.window;
        window.moveTo(p);
        for (int i = 0; i < count; i++) {
          addRow(window, group, scratch.rows, i * rowBytes(), dx);
          window.moveOn();
        }
      }
    }
  }

  private void multiply(int group, long p, int count, Scratch scratch, MemorySegment dy) {
    for (int i = 0; i < count; i++) {
      long from = ((p + i) * g.k() + (long) group * g.groupK()) * Float.BYTES;
      int to = i * g.groupK();
      MemorySegment.copy(dy, FLOAT, from, scratch.dyRows, to, g.groupK());
      scratch.product.row(i, to, i * rowBytes());
    }
    long b = (long) group * panels * panelBytes;
    int length = NaiveBackward.filterBlockLength(g);
    for (int first = 0; first < g.groupK(); first += length) {
      int terms = Math.min(length, g.groupK() - first);
      MemorySegment d = first == 0 ? scratch.rows : scratch.more;
      scratch.product.run(count, scratch.dyRows, first, terms, packed, b, panelBytes, panels, d, 0);
      if (first > 0) {
        RowAdd.run(scratch.rows, 0, scratch.more, 0, count * panels * Product.WIDTH);
      }
    }
  }

  /** Adds one row to its pixel's window. */
  private static void addRow(
      Window window, int group, MemorySegment rows, long rowOff, MemorySegment dx) {
    for (int run = 0; run < window.runs(); run++) {
      RowAdd.run(
          dx,
          window.base(group) + window.offsets()[run],
          rows,
          rowOff + (long) window.columns()[run] * Float.BYTES,
          window.lengths()[run]);
    }
  }
}
