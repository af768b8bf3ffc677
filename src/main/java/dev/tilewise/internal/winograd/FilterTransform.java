package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Filters into panels of U = Gd g GaT, d down and a across, in the order in which they are read:
 * {@code U[group][panel][product][channel][filter of the panel]}. Computed in double, rounded once,
 * or as the sums of {@link FilterRows}.
 *
 * <p>With strides of sh x sw a channel becomes several, one for each phase (p, q) that has taps: it
 * takes the taps (sh y + p, sw x + q), and zeros where the filter ends. Phases are numbered p
 * first, then q, then the channel.
 */
public final class FilterTransform {

  private static final ValueLayout.OfFloat FROM = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat TO = ValueLayout.JAVA_FLOAT;

  /** Filters times channels that are transformed at a time, about: what a core has in L1 and L2. */
  private static final int LANES = 256;

  private final double[][] down;
  private final double[][] across;
  private final int rowTaps;
  private final int columnTaps;
  private final int fh;
  private final int fw;
  private final int sh;
  private final int sw;
  private final int groups;
  private final int groupK;
  private final int groupC;
  private final int phasesAcross;
  private final int depth;

  /**
   * For a transform in each dimension.
   *
   * @param down of the filter's columns
   * @param across of its rows
   * @param fh filter height
   * @param fw filter width
   * @param sh stride down
   * @param sw stride across
   * @param groups groups
   * @param groupK filters of a group
   * @param groupC channels of a group
   */
  public FilterTransform(
      Transform down,
      Transform across,
      int fh,
      int fw,
      int sh,
      int sw,
      int groups,
      int groupK,
      int groupC) {
    this.down = down.g().doubles();
    this.across = across.g().doubles();
    rowTaps = down.r();
    columnTaps = across.r();
    this.fh = fh;
    this.fw = fw;
    this.sh = sh;
    this.sw = sw;
    this.groups = groups;
    this.groupK = groupK;
    this.groupC = groupC;
    phasesAcross = Math.min(sw, fw);
    depth = Math.min(sh, fh) * phasesAcross * groupC;
  }

  /** The taps of a filter and channel, row by row; zeros where the filter ends. */
  private void read(MemorySegment weights, int group, int k, int d, float[] taps) {
    int p = d / groupC / phasesAcross;
    int q = d / groupC % phasesAcross;
    long filter = ((long) group * groupK + k) * groupC + d % groupC;
    for (int y = 0; y < rowTaps; y++) {
      long row = (long) y * sh + p;
      for (int x = 0; x < columnTaps; x++) {
        long column = (long) x * sw + q;
        boolean present = row < fh && column < fw;
        taps[y * columnTaps + x] =
            present ? weights.getAtIndex(FROM, (filter * fh + row) * fw + column) : 0;
      }
    }
  }

  /**
   * Transforms all filters.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param widths filters of each panel of a group
   * @param sums whether U is to be the sums of {@link FilterRows}
   * @param panels receives the panels
   */
  public void run(MemorySegment weights, int[] widths, boolean sums, MemorySegment panels) {
    float[] taps = new float[rowTaps * columnTaps];
    long panel = 0;
    for (int group = 0; group < groups; group++) {
      int k = 0;
      for (int width : widths) {
        long product = (long) depth * width;
        int columns = Math.min(width, groupK - k);
        Block block = new Block(Math.max(1, LANES / width) * width);
        int most = block.lanes / width;
        for (int d = 0; d < depth; d += most) {
          int channels = Math.min(most, depth - d);
          for (int i = 0; i < channels; i++) {
            for (int column = 0; column < columns; column++) {
              read(weights, group, k + column, d + i, taps);
              for (int tap = 0; tap < taps.length; tap++) {
                block.taps[tap][i * width + column] = taps[tap];
              }
            }
          }
          long at = panel + (long) d * width;
          if (sums) {
            putSums(block, channels * width, panels, at, product);
          } else {
            put(block, channels * width, panels, at, product);
          }
        }
        panel += product * down.length * across.length;
        k += width;
      }
    }
  }

  /**
   * The taps alone, for each panel and channel those of a column side by side.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param widths filters of each panel of a group
   * @param taps zeros, receives them
   */
  public void taps(MemorySegment weights, int[] widths, MemorySegment taps) {
    float[] of = new float[rowTaps * columnTaps];
    long vector = 0;
    for (int group = 0; group < groups; group++) {
      int k = 0;
      for (int width : widths) {
        int columns = Math.min(width, groupK - k);
        for (int d = 0; d < depth; d++) {
          for (int column = 0; column < columns; column++) {
            read(weights, group, k + column, d, of);
            for (int i = 0; i < of.length; i++) {
              int place = i % columnTaps * rowTaps + i / columnTaps;
              taps.setAtIndex(TO, vector + (long) place * width + column, of[i]);
            }
          }
          vector += (long) of.length * width;
        }
        k += width;
      }
    }
  }

  /** The filters at work: those of a panel for some channels, as they lie side by side in U. */
  private final class Block {

    private final int lanes;
    private final double[][] taps;
    private final double[][] half;
    private final double[] sum;
    private final float[] rounded;

    private Block(int lanes) {
      this.lanes = lanes;
      taps = new double[rowTaps * columnTaps][lanes];
      half = new double[columnTaps][lanes];
      sum = new double[lanes];
      rounded = new float[lanes];
    }
  }

  private void put(Block block, int lanes, MemorySegment to, long at, long step) {
    for (int a = 0; a < down.length; a++) {
      for (int x = 0; x < columnTaps; x++) {
        double[] half = block.half[x];
        Arrays.fill(half, 0, lanes, 0);
        for (int y = 0; y < rowTaps; y++) {
          addProducts(half, down[a][y], block.taps[y * columnTaps + x], lanes);
        }
      }
      for (int b = 0; b < across.length; b++) {
        double[] sum = block.sum;
        Arrays.fill(sum, 0, lanes, 0);
        for (int x = 0; x < columnTaps; x++) {
          addProducts(sum, across[b][x], block.half[x], lanes);
        }
        for (int i = 0; i < lanes; i++) {
          block.rounded[i] = (float) sum[i];
        }
        long plain = (at + (a * across.length + b) * step) * Float.BYTES;
        MemorySegment.copy(block.rounded, 0, to, TO, plain, lanes);
      }
    }
  }

  private void putSums(Block block, int lanes, MemorySegment to, long at, long step) {
    float[] half = new float[columnTaps];
    for (int a = 0; a < down.length; a++) {
      for (int b = 0; b < across.length; b++) {
        for (int i = 0; i < lanes; i++) {
          for (int x = 0; x < columnTaps; x++) {
            float g0 = (float) block.taps[x][i];
            float g1 = (float) block.taps[columnTaps + x][i];
            half[x] = FilterRows.sum(a, g0, g1, (float) block.taps[2 * columnTaps + x][i]);
          }
          block.rounded[i] = FilterRows.sum(b, half[0], half[1], half[2]);
        }
        long plain = (at + (a * across.length + b) * step) * Float.BYTES;
        MemorySegment.copy(block.rounded, 0, to, TO, plain, lanes);
      }
    }
  }

  /** A loop that C2 turns into one of vectors, of products and sums each rounded as by scalars. */
  private static void addProducts(double[] sums, double factor, double[] values, int count) {
    for (int i = 0; i < count; i++) {
      sums[i] += factor * values[i];
    }
  }
}
