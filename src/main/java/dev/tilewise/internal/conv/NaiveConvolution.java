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
    float total = 0;
    float sum = bias(k);
    int block = 0;
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        for (int c = 0; c < g.groupC(); c++) {
          int i = (fy * g.fw() + fx) * g.groupC() + c;
          if (i / g.blockLength() != block) {
            total = block == 0 ? sum : total + sum;
            block = i / g.blockLength();
            sum = 0;
          }
          sum = Math.fma(x(n, k, c, oy, ox, fy, fx), w(k, c, fy, fx), sum);
        }
      }
    }
    return block == 0 ? sum : total + sum;
  }

  /** One output in double. */
  public double exactAt(int n, int k, int oy, int ox) {
    double total = bias(k);
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        for (int c = 0; c < g.groupC(); c++) {
          total += (double) x(n, k, c, oy, ox, fy, fx) * w(k, c, fy, fx);
        }
      }
    }
    return total;
  }

  /** The scale of one output's error: {@code |bias| + sum |x| |w|}. */
  public double scaleAt(int n, int k, int oy, int ox) {
    double total = Math.abs(bias(k));
    for (int fy = g.firstTapY(oy); fy < g.endTapY(oy); fy++) {
      for (int fx = g.firstTapX(ox); fx < g.endTapX(ox); fx++) {
        for (int c = 0; c < g.groupC(); c++) {
          total += Math.abs((double) x(n, k, c, oy, ox, fy, fx) * w(k, c, fy, fx));
        }
      }
    }
    return total;
  }

  private float x(int n, int k, int c, int oy, int ox, int fy, int fx) {
    long iy = (long) oy * g.sh() + (long) fy * g.dh() - g.pt();
    long ix = (long) ox * g.sw() + (long) fx * g.dw() - g.pl();
    long channel = (long) (k / g.groupK()) * g.groupC() + c;
    return x.getAtIndex(FLOAT, ((n * (long) g.h() + iy) * g.w() + ix) * g.c() + channel);
  }

  private float w(int k, int c, int fy, int fx) {
    return w.getAtIndex(FLOAT, (((long) k * g.groupC() + c) * g.fh() + fy) * g.fw() + fx);
  }

  private float bias(int k) {
    return bias == null ? 0 : bias.getAtIndex(FLOAT, k);
  }
}
