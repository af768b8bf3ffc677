package dev.tilewise.internal.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The gradients of a convolution by their definition: each term of {@link NaiveConvolution}'s sum,
 * {@code x * w}, adds {@code dy * w} to the gradient of its x and {@code dy * x} to that of its w.
 *
 * <pre>{@code
 * dx[n, iy, ix, c]  = sum over oy, ox, k of dy[n, oy, ox, k] * w[k, c, fy, fx]
 *                     where oy*SH + fy*DH - PT = iy and ox*SW + fx*DW - PL = ix
 * dw[k, c, fy, fx]  = sum over n, oy, ox of dy[n, oy, ox, k] * x[n, oy*SH + fy*DH - PT, ox*SW + fx*DW - PL, c]
 * db[k]             = sum over n, oy, ox of dy[n, oy, ox, k]
 * }</pre>
 *
 * Terms whose x is in the padding are absent. The methods in float have the order of summation that
 * the kernels keep, bit for bit: from zero, block sums are added in order, and each block is a
 * chain of fused multiply-adds.
 *
 * @param g extents
 * @param x input, NHWC, any kind of memory; not used for dx
 * @param w filters {@code [K, C/G, FH, FW]}, any kind of memory; not used for dw
 * @param dy gradient of the output, NHWC, any kind of memory
 */
public record NaiveBackward(Geometry g, MemorySegment x, MemorySegment w, MemorySegment dy) {

  /** Most output pixels in one block of dw's sum. */
  static final int PIXEL_BLOCK = 256;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /**
   * Output pixels of all images: the terms of dw's sum, numbered {@code (n * OH + oy) * OW + ox}.
   */
  static long pixels(Geometry g) {
    return (long) g.n() * g.oh() * g.ow();
  }

  /** Number of blocks that dw's sum is cut into. */
  static long pixelBlocks(Geometry g) {
    return (pixels(g) + PIXEL_BLOCK - 1) / PIXEL_BLOCK;
  }

  /** Terms of every block of dw's sum but the last, which may be shorter. */
  static int pixelBlockLength(Geometry g) {
    return (int) ((pixels(g) + pixelBlocks(g) - 1) / pixelBlocks(g));
  }

  /** Number of blocks that the sum over the filters of a group is cut into. */
  static int filterBlocks(Geometry g) {
    return (g.groupK() + Geometry.MAX_BLOCK - 1) / Geometry.MAX_BLOCK;
  }

  /** Terms of every block over filters but the last, which may be shorter. */
  static int filterBlockLength(Geometry g) {
    return (g.groupK() + filterBlocks(g) - 1) / filterBlocks(g);
  }

  /**
   * One gradient of the input in float: for each output pixel in order, the sum over its filters.
   */
  public float dataAt(int n, int c, int iy, int ix) {
    float total = 0;
    // Taps backwards are output pixels forwards.
    for (int fy = g.fh() - 1; fy >= 0; fy--) {
      for (int fx = g.fw() - 1; fx >= 0; fx--) {
        if (reads(iy, fy, ix, fx)) {
          total += overFilters(n, c, outputY(iy, fy), outputX(ix, fx), fy * g.fw() + fx);
        }
      }
    }
    return total;
  }

  private float overFilters(int n, int c, int oy, int ox, int tap) {
    float total = 0;
    float sum = 0;
    for (int i = 0; i < g.groupK(); i++) {
      if (i > 0 && i % filterBlockLength(g) == 0) {
        total = i == filterBlockLength(g) ? sum : total + sum;
        sum = 0;
      }
      int k = c / g.groupC() * g.groupK() + i;
      sum = Math.fma(dy(n, k, oy, ox), w(k, c % g.groupC(), tap), sum);
    }
    return filterBlocks(g) == 1 ? sum : total + sum;
  }

  /** One gradient of the input in double. */
  public double exactDataAt(int n, int c, int iy, int ix) {
    return sumOfData(n, c, iy, ix, false);
  }

  /** The scale of its error: {@code sum |dy| |w|}. */
  public double scaleDataAt(int n, int c, int iy, int ix) {
    return sumOfData(n, c, iy, ix, true);
  }

  private double sumOfData(int n, int c, int iy, int ix, boolean magnitudes) {
    double total = 0;
    for (int fy = 0; fy < g.fh(); fy++) {
      for (int fx = 0; fx < g.fw(); fx++) {
        for (int i = 0; reads(iy, fy, ix, fx) && i < g.groupK(); i++) {
          int k = c / g.groupC() * g.groupK() + i;
          float slope = dy(n, k, outputY(iy, fy), outputX(ix, fx));
          double term = (double) slope * w(k, c % g.groupC(), fy * g.fw() + fx);
          total += magnitudes ? Math.abs(term) : term;
        }
      }
    }
    return total;
  }

  /** One gradient of the weights in float. */
  public float filterAt(int k, int c, int fy, int fx) {
    float total = 0;
    float sum = 0;
    long block = 0;
    for (long p = 0; p < pixels(g); p++) {
      if (p / pixelBlockLength(g) != block) {
        total += sum;
        sum = 0;
        block = p / pixelBlockLength(g);
      }
      if (isPresent(p, fy, fx)) {
        sum = Math.fma(dyAt(p, k), xAt(p, k, c, fy, fx), sum);
      }
    }
    return total + sum;
  }

  /** One gradient of the weights in double. */
  public double exactFilterAt(int k, int c, int fy, int fx) {
    double total = 0;
    for (long p = 0; p < pixels(g); p++) {
      if (isPresent(p, fy, fx)) {
        total += (double) dyAt(p, k) * xAt(p, k, c, fy, fx);
      }
    }
    return total;
  }

  /** The scale of its error: {@code sum |dy| |x|}. */
  public double scaleFilterAt(int k, int c, int fy, int fx) {
    double total = 0;
    for (long p = 0; p < pixels(g); p++) {
      if (isPresent(p, fy, fx)) {
        total += Math.abs((double) dyAt(p, k) * xAt(p, k, c, fy, fx));
      }
    }
    return total;
  }

  /** One gradient of the bias in float: the weight of an input that is 1 everywhere. */
  public float biasAt(int k) {
    float total = 0;
    float sum = 0;
    for (long p = 0; p < pixels(g); p++) {
      if (p > 0 && p % pixelBlockLength(g) == 0) {
        total += sum;
        sum = 0;
      }
      sum += dyAt(p, k);
    }
    return total + sum;
  }

  /** One gradient of the bias in double. */
  public double exactBiasAt(int k) {
    double total = 0;
    for (long p = 0; p < pixels(g); p++) {
      total += dyAt(p, k);
    }
    return total;
  }

  /** The scale of its error: {@code sum |dy|}. */
  public double scaleBiasAt(int k) {
    double total = 0;
    for (long p = 0; p < pixels(g); p++) {
      total += Math.abs(dyAt(p, k));
    }
    return total;
  }

  /** Whether some output reads an input pixel with this tap. */
  private boolean reads(int iy, int fy, int ix, int fx) {
    long y = (long) iy + g.pt() - (long) fy * g.dh();
    long x = (long) ix + g.pl() - (long) fx * g.dw();
    return y >= 0
        && x >= 0
        && y % g.sh() == 0
        && x % g.sw() == 0
        && y / g.sh() < g.oh()
        && x / g.sw() < g.ow();
  }

  private int outputY(int iy, int fy) {
    return (int) (((long) iy + g.pt() - (long) fy * g.dh()) / g.sh());
  }

  private int outputX(int ix, int fx) {
    return (int) (((long) ix + g.pl() - (long) fx * g.dw()) / g.sw());
  }

  private boolean isPresent(long p, int fy, int fx) {
    int oy = (int) (p / g.ow() % g.oh());
    int ox = (int) (p % g.ow());
    return fy >= g.firstTapY(oy)
        && fy < g.endTapY(oy)
        && fx >= g.firstTapX(ox)
        && fx < g.endTapX(ox);
  }

  private float xAt(long p, int k, int c, int fy, int fx) {
    long iy = p / g.ow() % g.oh() * g.sh() + (long) fy * g.dh() - g.pt();
    long ix = p % g.ow() * g.sw() + (long) fx * g.dw() - g.pl();
    long n = p / g.ow() / g.oh();
    long channel = (long) (k / g.groupK()) * g.groupC() + c;
    return x.getAtIndex(FLOAT, ((n * g.h() + iy) * g.w() + ix) * g.c() + channel);
  }

  private float dyAt(long p, int k) {
    return dy.getAtIndex(FLOAT, p * g.k() + k);
  }

  private float dy(int n, int k, int oy, int ox) {
    return dyAt(((long) n * g.oh() + oy) * g.ow() + ox, k);
  }

  private float w(int k, int c, int tap) {
    return w.getAtIndex(FLOAT, ((long) k * g.groupC() + c) * g.fh() * g.fw() + tap);
  }
}
