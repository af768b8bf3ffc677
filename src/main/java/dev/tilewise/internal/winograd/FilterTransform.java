package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Filters into panels of U = Gd g GaT, d down and a across, one plane of panels for each of the
 * products: {@code U[group][product][panel][channel][filter of the panel]}. Computed in double,
 * rounded once.
 *
 * <p>With strides of sh x sw a channel becomes several, one for each phase (p, q) that has taps: it
 * takes the taps (sh y + p, sw x + q), and zeros where the filter ends. Phases are numbered p
 * first, then q, then the channel.
 */
public final class FilterTransform {

  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat TO = ValueLayout.JAVA_FLOAT;

  private final double[][] down;
  private final double[][] across;
  private final int rowTaps;
  private final int columnTaps;

  /**
   * For a transform in each dimension.
   *
   * @param down of the filter's columns
   * @param across of its rows
   */
  public FilterTransform(Transform down, Transform across) {
    this.down = down.g().doubles();
    this.across = across.g().doubles();
    rowTaps = down.r();
    columnTaps = across.r();
  }

  /**
   * Transforms all filters.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param fh filter height
   * @param fw filter width
   * @param sh stride down
   * @param sw stride across
   * @param groups groups
   * @param groupK filters of a group
   * @param groupC channels of a group
   * @param widths filters of each panel of a group
   * @param panels receives the panels; zeros before
   */
  public void run(
      MemorySegment weights,
      int fh,
      int fw,
      int sh,
      int sw,
      int groups,
      int groupK,
      int groupC,
      int[] widths,
      MemorySegment panels) {
    int padded = 0;
    for (int width : widths) {
      padded += width;
    }
    int phasesAcross = Math.min(sw, fw);
    int depth = Math.min(sh, fh) * phasesAcross * groupC;
    long plane = (long) depth * padded;
    double[] half = new double[down.length * columnTaps];
    double[] taps = new double[rowTaps * columnTaps];
    for (int group = 0; group < groups; group++) {
      long first = group * plane * down.length * across.length;
      int k = 0;
      for (int width : widths) {
        long panel = first + (long) k * depth;
        int columns = Math.min(width, groupK - k);
        for (int d = 0; d < depth; d++) {
          int p = d / groupC / phasesAcross;
          int q = d / groupC % phasesAcross;
          for (int column = 0; column < columns; column++) {
            long filter = ((long) group * groupK + k + column) * groupC + d % groupC;
            for (int tap = 0; tap < taps.length; tap++) {
              long y = (long) tap / columnTaps * sh + p;
              long x = (long) tap % columnTaps * sw + q;
              boolean present = y < fh && x < fw;
              taps[tap] = present ? weights.getAtIndex(FROM, (filter * fh + y) * fw + x) : 0;
            }
            put(taps, half, panels, panel + (long) d * width + column, plane);
          }
        }
        k += width;
      }
    }
  }

  private void put(double[] taps, double[] half, MemorySegment to, long at, long plane) {
    for (int a = 0; a < down.length; a++) {
      for (int x = 0; x < columnTaps; x++) {
        double sum = 0;
        for (int y = 0; y < rowTaps; y++) {
          sum += down[a][y] * taps[y * columnTaps + x];
        }
        half[a * columnTaps + x] = sum;
      }
    }
    for (int a = 0; a < down.length; a++) {
      for (int b = 0; b < across.length; b++) {
        double sum = 0;
        for (int x = 0; x < columnTaps; x++) {
          sum += half[a * columnTaps + x] * across[b][x];
        }
        to.setAtIndex(TO, at + (a * across.length + b) * plane, (float) sum);
      }
    }
  }
}
