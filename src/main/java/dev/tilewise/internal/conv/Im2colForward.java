package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.RowProduct;
import dev.tilewise.internal.kernel.TileEpilogue;
import dev.tilewise.internal.pack.FilterPanels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Convolution the textbook's way, to compare with: the windows of an image are copied into a matrix
 * of (pixels) x (terms of the sum), and the matrix is multiplied by the filters. Its order of
 * summation is that of {@link NaiveConvolution}; terms in the padding have a place in the matrix,
 * but are left out of the product.
 */
public final class Im2colForward implements SingleStage {

  /** The only row starts where its offset says. */
  private static final long[] HERE = {0};

  private final Geometry g;
  private final Destination destination;
  private final float lo;
  private final float hi;
  private final int width;
  private final MemorySegment filters;
  // Each group's biases, where the sums of first blocks start, then zeros, where the others do.
  private final MemorySegment init;

  /**
   * Packs the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights
   */
  public Im2colForward(
      Geometry g,
      Destination destination,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.destination = destination;
    this.lo = lo;
    this.hi = hi;
    width = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
    // One panel as wide as the matrix.
    FilterPanels panels =
        new FilterPanels(g.groups(), g.groupK(), g.groupC(), g.fh() * g.fw(), new int[] {width});
    filters = Memory.allocate(arena, panels.elements() * Float.BYTES);
    panels.packWeights(weights, filters);
    init = Memory.allocate(arena, (g.groups() + 1L) * width * Float.BYTES);
    if (bias != null) {
      panels.packBias(bias, init, 0);
    }
  }

  /**
   * The bytes of one image's matrix.
   *
   * @param g extents
   */
  public static double matrixBytes(Geometry g) {
    return (double) g.oh() * g.ow() * g.sumLength() * Float.BYTES;
  }

  /** The matrix, then the sums of one pixel's blocks. */
  private record Patches(MemorySegment memory, long sumsOff) implements Scratch {}

  private long matrixSize() {
    long pixels = (long) g.oh() * g.ow();
    return (pixels * g.sumLength() * Float.BYTES + Lanes.BYTES - 1) / Lanes.BYTES * Lanes.BYTES;
  }

  @Override
  public int units(int threads) {
    return Math.multiplyExact(g.n(), g.groups());
  }

  @Override
  public long scratchBytes() {
    return matrixSize() + (long) g.blocks() * width * Float.BYTES;
  }

  @Override
  public long heapBytes() {
    return 0;
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new Patches(memory, matrixSize());
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
    Patches patches = (Patches) scratch;
    int n = unit / g.groups();
    int group = unit % g.groups();
    for (int oy = 0; oy < g.oh(); oy++) {
      for (int ox = 0; ox < g.ow(); ox++) {
        copyWindow(n, group, oy, ox, x, patches.memory);
      }
    }
    for (int oy = 0; oy < g.oh(); oy++) {
      for (int ox = 0; ox < g.ow(); ox++) {
        multiply(n, group, oy, ox, patches, residual, y);
      }
    }
  }

  private long patchOff(int oy, int ox) {
    return ((long) oy * g.ow() + ox) * g.sumLength() * Float.BYTES;
  }

  private void copyWindow(int n, int group, int oy, int ox, MemorySegment x, MemorySegment matrix) {
    long taps = (long) g.groupC() * Float.BYTES;
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        long iy = (long) oy * g.sh() + (long) fy * g.dh() - g.pt();
        long ix = (long) ox * g.sw() + (long) fx * g.dw() - g.pl();
        long pixel = ((long) n * g.h() + iy) * g.w() + ix;
        long from = (pixel * g.c() + (long) group * g.groupC()) * Float.BYTES;
        long to = patchOff(oy, ox) + (fy * g.fw() + fx) * taps;
        MemorySegment.copy(x, from, matrix, to, taps);
      }
    }
  }

  private void multiply(
      int n, int group, int oy, int ox, Patches patches, MemorySegment residual, MemorySegment y) {
    MemorySegment memory = patches.memory;
    long rowBytes = (long) width * Float.BYTES;
    MemorySegment.copy(init, group * rowBytes, memory, patches.sumsOff, rowBytes);
    int blocks = 1;
    int current = 0;
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      int term = (fy * g.fw() + g.firstTapX(ox)) * g.groupC();
      int end = (fy * g.fw() + g.endTapX(ox)) * g.groupC();
      while (term < end) {
        int block = term / g.blockLength();
        int count = Math.min(end, (block + 1) * g.blockLength()) - term;
        if (block != current) {
          current = block;
          // To fill memory takes a slice of it, an object.
          long sums = patches.sumsOff + blocks * rowBytes;
          MemorySegment.copy(init, g.groups() * rowBytes, memory, sums, rowBytes);
          blocks++;
        }
        RowProduct.add(
            memory,
            patchOff(oy, ox) + (long) term * Float.BYTES,
            count,
            filters,
            ((long) group * g.sumLength() + term) * rowBytes,
            width,
            memory,
            patches.sumsOff + (blocks - 1) * rowBytes);
        term += count;
      }
    }
    long pixel = ((long) n * g.oh() + oy) * g.ow() + ox;
    int channel = group * g.groupK();
    TileEpilogue.store(
        blocks,
        memory,
        patches.sumsOff,
        rowBytes,
        rowBytes,
        1,
        g.groupK(),
        residual,
        HERE,
        (pixel * g.k() + channel) * Float.BYTES,
        y,
        HERE,
        0,
        destination.at(pixel, channel),
        lo,
        hi);
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment newBias, Arena arena) {
    return new Im2colForward(g, destination, lo, hi, weights, newBias, arena);
  }

  @Override
  public int roundings() {
    return g.blockLength() + g.blocks() - 1;
  }

  @Override
  public MemorySegment packed() {
    return filters;
  }

  @Override
  public long packedBytes() {
    return filters.byteSize() + init.byteSize();
  }

  @Override
  public String describe() {
    return "matrix of " + (long) g.oh() * g.ow() + " x " + g.sumLength() + " for each image";
  }
}
