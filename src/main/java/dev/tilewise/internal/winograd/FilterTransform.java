package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Filters into panels of U = G g GT, one plane of panels for each of the alpha^2 products: {@code
 * U[group][product][panel][channel][filter of the panel]}. Computed in double, rounded once.
 *
 * <p>With a stride of s a channel becomes s^2, one for each phase (a, b): it has the taps (s y + a,
 * s x + b), and zeros where the filter ends. Phases are numbered a first, then b, then the channel.
 */
public final class FilterTransform {

  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat TO = ValueLayout.JAVA_FLOAT;

  private final double[][] g;
  private final int alpha;
  private final int r;

  /** For one transform. */
  public FilterTransform(Transform transform) {
    g = transform.g().doubles();
    alpha = transform.alpha();
    r = transform.r();
  }

  /**
   * Transforms all filters.
   *
   * @param weights {@code [K, C/groups, f, f]}, any kind of memory
   * @param f extent of the filters
   * @param s stride
   * @param groups groups
   * @param groupK filters of a group
   * @param groupC channels of a group
   * @param widths filters of each panel of a group
   * @param panels receives the panels; zeros before
   */
  public void run(
      MemorySegment weights,
      int f,
      int s,
      int groups,
      int groupK,
      int groupC,
      int[] widths,
      MemorySegment panels) {
    int padded = 0;
    for (int width : widths) {
      padded += width;
    }
    int depth = s * s * groupC;
    long plane = (long) depth * padded;
    double[] half = new double[alpha * r];
    double[] taps = new double[r * r];
    for (int group = 0; group < groups; group++) {
      long first = group * plane * alpha * alpha;
      int k = 0;
      for (int width : widths) {
        long panel = first + (long) k * depth;
        int columns = Math.min(width, groupK - k);
        for (int d = 0; d < depth; d++) {
          for (int column = 0; column < columns; column++) {
            long filter = ((long) group * groupK + k + column) * groupC + d % groupC;
            int phase = d / groupC;
            for (int tap = 0; tap < r * r; tap++) {
              int y = tap / r * s + phase / s;
              int x = tap % r * s + phase % s;
              boolean present = y < f && x < f;
              taps[tap] = present ? weights.getAtIndex(FROM, (filter * f + y) * f + x) : 0;
            }
            put(taps, half, panels, panel + (long) d * width + column, plane);
          }
        }
        k += width;
      }
    }
  }

  private void put(double[] taps, double[] half, MemorySegment to, long at, long plane) {
    for (int a = 0; a < alpha; a++) {
      for (int x = 0; x < r; x++) {
        double sum = 0;
        for (int y = 0; y < r; y++) {
          sum += g[a][y] * taps[y * r + x];
        }
        half[a * r + x] = sum;
      }
    }
    for (int a = 0; a < alpha; a++) {
      for (int b = 0; b < alpha; b++) {
        double sum = 0;
        for (int x = 0; x < r; x++) {
          sum += half[a * r + x] * g[b][x];
        }
        to.setAtIndex(TO, at + (a * alpha + b) * plane, (float) sum);
      }
    }
  }
}
