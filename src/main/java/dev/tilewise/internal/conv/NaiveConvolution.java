package dev.tilewise.internal.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The definition: plain loops over one output's taps and channels.
 *
 * <pre>{@code
 * y[n, k, oy, ox] = bias[k] + sum over fy, fx, c of
 *     x[n, g*C/G + c, oy*SH + fy*DH - PT, ox*SW + fx*DW - PL] * w[k, c, fy, fx]
 * }</pre>
 *
 * Taps in the padding are absent. {@link #at} has the order of summation that every kernel keeps,
 * bit for bit.
 *
 * @param g extents
 * @param x input, NHWC, any kind of memory
 * @param w filters {@code [K, C/G, FH, FW]}, any kind of memory
 * @param bias K floats, or null
 */
public record NaiveConvolution(Geometry g, MemorySegment x, MemorySegment w, MemorySegment bias) {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** One output in float: blocks of the sum in order, each a chain of fused multiply-adds. */
  public float at(int n, int k, int oy, int ox) {
    int length = g.blockLength();
    int taps = g.fh() * g.fw();
    float total = 0;
    float sum = bias(k);
    int block = 0;
    int end = length;
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        long pixel = pixel(n, k, oy, ox, fy, fx);
        long tap = tap(k, fy, fx);
        int first = (fy * g.fw() + fx) * g.groupC();
        for (int c = 0; c < g.groupC(); c++) {
          if (first + c >= end) {
            total = block == 0 ? sum : total + sum;
            block = (first + c) / length;
            end = (block + 1) * length;
            sum = 0;
          }
          sum = Math.fma(x(pixel + c), w(tap + (long) c * taps), sum);
        }
      }
    }
    return block == 0 ? sum : total + sum;
  }

  /** One output in double. */
  public double exactAt(int n, int k, int oy, int ox) {
    int taps = g.fh() * g.fw();
    double total = bias(k);
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        long pixel = pixel(n, k, oy, ox, fy, fx);
        long tap = tap(k, fy, fx);
        for (int c = 0; c < g.groupC(); c++) {
          total += (double) x(pixel + c) * w(tap + (long) c * taps);
        }
      }
    }
    return total;
  }

  /** The scale of one output's error: {@code |bias| + sum |x| |w|}. */
  public double scaleAt(int n, int k, int oy, int ox) {
    int taps = g.fh() * g.fw();
    double total = Math.abs(bias(k));
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        long pixel = pixel(n, k, oy, ox, fy, fx);
        long tap = tap(k, fy, fx);
        for (int c = 0; c < g.groupC(); c++) {
          total += Math.abs((double) x(pixel + c) * w(tap + (long) c * taps));
        }
      }
    }
    return total;
  }

  /** Index of the first channel of k's group in the pixel that a tap meets. */
  private long pixel(int n, int k, int oy, int ox, int fy, int fx) {
    long iy = (long) oy * g.sh() + (long) fy * g.dh() - g.pt();
    long ix = (long) ox * g.sw() + (long) fx * g.dw() - g.pl();
    long channel = (long) (k / g.groupK()) * g.groupC();
    return ((n * (long) g.h() + iy) * g.w() + ix) * g.c() + channel;
  }

  /** Index of a tap of filter k in its first channel. */
  private long tap(int k, int fy, int fx) {
    return ((long) k * g.groupC() * g.fh() + fy) * g.fw() + fx;
  }

  private float x(long index) {
    return x.getAtIndex(FLOAT, index);
  }

  private float w(long index) {
    return w.getAtIndex(FLOAT, index);
  }

  private float bias(int k) {
    return bias == null ? 0 : bias.getAtIndex(FLOAT, k);
  }
}
