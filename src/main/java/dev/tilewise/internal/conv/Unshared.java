package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.PanelRows;
import dev.tilewise.internal.kernel.Pick;
import dev.tilewise.internal.kernel.RowAdd;
import dev.tilewise.internal.kernel.Transpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A locally connected layer, forward and backward: a convolution whose filters are another set at
 * each output pixel. At one pixel the images of a batch are the rows of a small matrix product with
 * that pixel's filters; taps in the padding are left out of it. The memory of the weights is {@code
 * [OH, OW, K, C, FH, FW]}, that of the biases {@code [K, OH, OW]}, all other memory NHWC,
 * everything kernel memory.
 *
 * <p>Every sum is one chain of fused multiply-adds from zero: y over the terms as {@link Geometry}
 * numbers them and last the bias; dw and db over the images. dx adds, for each output pixel in
 * order, the chain over its filters.
 */
public final class Unshared {

  /** Images whose dx is computed together. */
  private static final int MAX_IMAGES = 32;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Geometry g;
  private final int pixels;
  private final long filterFloats;
  private final int imagesPerUnit;

  /** Binds the extents, with one group. */
  public Unshared(Geometry g) {
    this.g = g;
    pixels = Math.multiplyExact(g.oh(), g.ow());
    filterFloats = g.sumLength();
    imagesPerUnit = Math.min(g.n(), MAX_IMAGES);
  }

  /** Largest number of roundings that one term passes through in y. */
  public int forwardRoundings() {
    return g.sumLength() + 1;
  }

  /** Largest number of roundings that one term passes through in dw and db. */
  public int filterRoundings() {
    return g.n();
  }

  /** Largest number of roundings that one term passes through in dx. */
  public int dataRoundings() {
    return g.k() + g.fh() * g.fw();
  }

  /** Number of independent units of {@link #forward} and {@link #filter}: one output pixel each. */
  public int pixelUnits() {
    return pixels;
  }

  /** Number of independent units of {@link #data}: a few images each. */
  public int imageUnits() {
    return (g.n() + imagesPerUnit - 1) / imagesPerUnit;
  }

  /** What one thread needs: the terms present at one pixel, and the factors of a product. */
  public final class Scratch {
    private final int rows = Math.max(g.n(), g.k());
    private final int panels = Product.panels(Math.max(g.sumLength() + 1, g.k()));
    private final Product product = new Product(rows);
    private final Window window = new Window(g);
    private final int[] starts = new int[g.fh() * g.fw()];
    private final int[] places = new int[g.sumLength()];
    private final int aStep = Math.max(rows, g.sumLength() + 1) + Lanes.COUNT;
    private final float[] a = new float[Math.multiplyExact(rows, aStep)];
    private final float[] line = new float[(panels + 1) * Product.WIDTH];
    private final MemorySegment b = allocate(Math.max(rows, g.sumLength() + 1));
    private final MemorySegment d = allocate(rows);
    private int terms;

    private MemorySegment allocate(int lines) {
      long floats = (long) lines * panels * Product.WIDTH;
      return Memory.allocate(Arena.ofAuto(), floats * Float.BYTES);
    }

    private long lineBytes() {
      return (long) panels * Product.WIDTH * Float.BYTES;
    }

    /** Finds the terms that are present at a pixel and their places in a filter. */
    private void moveTo(int pixel) {
      window.moveTo(pixel);
      terms = 0;
      for (int run = 0; run < window.runs(); run++) {
        starts[run] = terms;
        for (int i = 0; i < window.lengths()[run]; i++) {
          int column = window.columns()[run] + i;
          int tap = column / g.c();
          places[terms++] = column % g.c() * g.fh() * g.fw() + tap;
        }
      }
    }

    /**
     * Gathers one image's window side by side, and behind it the 1 that the bias is the weight of.
     */
    private void gather(MemorySegment x, long n, int pixel, float[] to, int toOff) {
      window.moveTo(n * pixels + pixel);
      PanelRows.gather(
          x,
          window.base(0),
          window.offsets(),
          starts,
          window.lengths(),
          window.runs(),
          true,
          0,
          terms,
          to,
          toOff);
      to[toOff + terms] = 1;
    }
  }

  /** The scratch of one thread. */
  public Scratch scratch() {
    return new Scratch();
  }

  private long filterOff(int pixel, int k) {
    return ((long) pixel * g.k() + k) * filterFloats * Float.BYTES;
  }

  private long depthOff(long n, int pixel) {
    return (n * pixels + pixel) * g.k() * Float.BYTES;
  }

  private static long panelBytes(int terms) {
    return (long) terms * Product.WIDTH * Float.BYTES;
  }

  /**
   * Computes one output pixel of all images.
   *
   * @param pixel unit, from 0
   * @param s scratch of the calling thread
   * @param x input
   * @param w weights
   * @param bias biases
   * @param y output
   */
  public void forward(
      int pixel, Scratch s, MemorySegment x, MemorySegment w, MemorySegment bias, MemorySegment y) {
    s.moveTo(pixel);
    int terms = s.terms + 1;
    for (int k = 0; k < g.k(); k++) {
      long to = k / Product.WIDTH * panelBytes(terms) + (long) k % Product.WIDTH * Float.BYTES;
      Pick.gather(w, filterOff(pixel, k), s.places, 0, s.terms, s.b, to, panelBytes(1));
      float last = bias.getAtIndex(FLOAT, (long) k * pixels + pixel);
      s.b.set(FLOAT, to + panelBytes(s.terms), last);
    }
    for (int n = 0; n < g.n(); n++) {
      s.gather(x, n, pixel, s.a, n * s.aStep);
      s.product.row(n, n * s.aStep, n * s.lineBytes());
    }
    int panels = Product.panels(g.k());
    s.product.run(g.n(), s.a, 0, terms, s.b, 0, panelBytes(terms), panels, s.d, 0);
    for (int n = 0; n < g.n(); n++) {
      long bytes = (long) g.k() * Float.BYTES;
      MemorySegment.copy(s.d, n * s.lineBytes(), y, depthOff(n, pixel), bytes);
    }
  }

  /**
   * Computes the gradients of one output pixel's filters.
   *
   * @param pixel unit, from 0
   * @param s scratch of the calling thread
   * @param x input
   * @param dy gradient of the output
   * @param dw gradient of the weights
   * @param db gradient of the biases
   */
  public void filter(
      int pixel, Scratch s, MemorySegment x, MemorySegment dy, MemorySegment dw, MemorySegment db) {
    s.moveTo(pixel);
    int panels = Product.panels(s.terms + 1);
    Transpose.run(
        dy,
        depthOff(0, pixel),
        depthOff(1, pixel) - depthOff(0, pixel),
        g.n(),
        g.k(),
        s.a,
        s.aStep);
    for (int n = 0; n < g.n(); n++) {
      s.gather(x, n, pixel, s.line, 0);
      PanelRows.spread(s.line, 0, 1, panels, Product.WIDTH, s.b, panelBytes(n), panelBytes(g.n()));
    }
    for (int k = 0; k < g.k(); k++) {
      s.product.row(k, k * s.aStep, k * s.lineBytes());
    }
    s.product.run(g.k(), s.a, 0, g.n(), s.b, 0, panelBytes(g.n()), panels, s.d, 0);
    dw.asSlice(filterOff(pixel, 0), filterOff(1, 0)).fill((byte) 0);
    for (int k = 0; k < g.k(); k++) {
      long row = k * s.lineBytes();
      Pick.scatter(s.d, row, s.terms, dw, filterOff(pixel, k), s.places);
      float last = s.d.get(FLOAT, row + (long) s.terms * Float.BYTES);
      db.setAtIndex(FLOAT, (long) k * pixels + pixel, last);
    }
  }

  /**
   * Computes the gradient of the input of a few images.
   *
   * @param unit from 0
   * @param s scratch of the calling thread
   * @param w weights
   * @param dy gradient of the output
   * @param dx gradient of the input, overwritten
   */
  public void data(int unit, Scratch s, MemorySegment w, MemorySegment dy, MemorySegment dx) {
    long first = (long) unit * imagesPerUnit;
    int images = (int) Math.min(imagesPerUnit, g.n() - first);
    long imageBytes = (long) g.h() * g.w() * g.c() * Float.BYTES;
    dx.asSlice(first * imageBytes, images * imageBytes).fill((byte) 0);
    for (int pixel = 0; pixel < pixels; pixel++) {
      s.moveTo(pixel);
      int panels = Product.panels(s.terms);
      packFilters(pixel, s, w, panels);
      for (int n = 0; n < images; n++) {
        long from = depthOff(first + n, pixel);
        MemorySegment.copy(dy, FLOAT, from, s.a, n * s.aStep, g.k());
        s.product.row(n, n * s.aStep, n * s.lineBytes());
      }
      s.product.run(images, s.a, 0, g.k(), s.b, 0, panelBytes(g.k()), panels, s.d, 0);
      for (int n = 0; n < images; n++) {
        s.window.moveTo((first + n) * pixels + pixel);
        addToWindow(s, n * s.lineBytes(), dx);
      }
    }
  }

  private void packFilters(int pixel, Scratch s, MemorySegment w, int panels) {
    for (int k = 0; k < g.k(); k++) {
      for (int panel = 0; panel < panels; panel++) {
        int from = panel * Product.WIDTH;
        int count = Math.min(Product.WIDTH, s.terms - from);
        long to = panel * panelBytes(g.k()) + panelBytes(k);
        Pick.gather(w, filterOff(pixel, k), s.places, from, count, s.b, to, Float.BYTES);
      }
    }
  }

  private static void addToWindow(Scratch s, long rowOff, MemorySegment dx) {
    for (int run = 0; run < s.window.runs(); run++) {
      RowAdd.run(
          dx,
          s.window.base(0) + s.window.offsets()[run],
          s.d,
          rowOff + (long) s.starts[run] * Float.BYTES,
          s.window.lengths()[run]);
    }
  }
}
