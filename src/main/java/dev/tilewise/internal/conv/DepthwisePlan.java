package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Depthwise;
import dev.tilewise.internal.kernel.Lanes;
import java.util.Arrays;

/**
 * How a depthwise convolution (one input channel in a group) is cut up: vectors of channels, runs
 * of columns with the same taps, units. No bit of a result depends on it.
 */
final class DepthwisePlan {

  /** Staged rows stay in L2 beside the outputs. */
  private static final long BAND_BYTES = 256 << 10;

  /** Longer rows are left to the register tiles. */
  private static final long MOST_BAND_BYTES = 1 << 28;

  /** Units for each thread, so that a late one costs little. */
  private static final int UNITS_A_THREAD = 3;

  /** A unit of fewer rows would read too many rows that its neighbours read too. */
  private static final int LEAST_ROWS = 6;

  private final Geometry g;
  private final TapRanges taps;
  private final int vectors;
  private final int[] columnStarts;
  private final boolean fast;
  private final int band;

  DepthwisePlan(Geometry g) {
    this.g = g;
    taps = new TapRanges(g);
    vectors = (g.k() + Lanes.COUNT - 1) / Lanes.COUNT;
    columnStarts = columnStarts(taps);
    fast = fits3x3();
    band = band(g);
  }

  /**
   * Whether this is the way to compute: there is one channel in a group, the channels fill a
   * vector, and the sum is one block, as tiles would compute it.
   */
  static boolean applies(Geometry g) {
    return g.groupC() == 1
        && g.groups() > 1
        && g.k() >= Lanes.COUNT
        && g.blocks() == 1
        && (g.groupK() == 1 || bandBytes(g, 1) <= MOST_BAND_BYTES);
  }

  /** Where the range of taps changes along a row, from 0 to the number of outputs. */
  private static int[] columnStarts(TapRanges taps) {
    int[] starts = new int[taps.ow() + 1];
    int count = 1;
    for (int ox = 1; ox < taps.ow(); ox++) {
      if (taps.firstX(ox) != taps.firstX(ox - 1) || taps.endX(ox) != taps.endX(ox - 1)) {
        starts[count++] = ox;
      }
    }
    starts[count] = taps.ow();
    return Arrays.copyOf(starts, count + 1);
  }

  /** Whether columns and rows are as {@link Depthwise#rows} takes them. */
  private boolean fits3x3() {
    boolean plain =
        g.fh() == 3
            && g.fw() == 3
            && g.sh() == g.sw()
            && g.sh() <= 2
            && g.dh() == 1
            && g.dw() == 1
            && g.w() > 1;
    for (int ox = 0; plain && ox < taps.ow(); ox++) {
      int first = taps.firstX(ox);
      int end = taps.endX(ox);
      plain =
          first == 0 && end == 3
              || ox == 0 && first == 1 && end == 3
              || ox == taps.ow() - 1 && first == 0 && end == 2;
    }
    return plain;
  }

  /** Output rows whose input is staged at a time; all if nothing is staged. */
  private static int band(Geometry g) {
    int rows = 1;
    if (g.groupK() == 1) {
      return g.oh();
    }
    while (rows < g.oh() && bandBytes(g, rows + 1) <= BAND_BYTES) {
      rows++;
    }
    return rows;
  }

  /** Bytes of the input rows of some output rows, each channel repeated for its filters. */
  private static long bandBytes(Geometry g, int rows) {
    long inputRows = Math.min(g.h(), (rows - 1L) * g.sh() + (g.fh() - 1L) * g.dh() + 1);
    double bytes = (double) inputRows * g.w() * g.k() * Float.BYTES;
    return (long) Math.min(bytes, Long.MAX_VALUE);
  }

  TapRanges taps() {
    return taps;
  }

  /** Vectors of channels; the last one overlaps the one before if there are too few channels. */
  int vectors() {
    return vectors;
  }

  /** First channel of a vector. */
  int firstChannel(int vector) {
    return Math.min(vector * Lanes.COUNT, g.k() - Lanes.COUNT);
  }

  /** Number of runs of columns that have the same taps. */
  int columnRuns() {
    return columnStarts.length - 1;
  }

  /** First column of a run; of the one after the last, the number of columns. */
  int firstColumn(int run) {
    return columnStarts[run];
  }

  /** Whether output rows with so many tap rows go to {@link Depthwise#rows}. */
  boolean fast(int tapRows) {
    return fast && tapRows >= 2;
  }

  /** Whether the first output of a row lacks a column. */
  boolean left() {
    return taps.firstX(0) > 0;
  }

  /** Whether the last output of a row lacks a column. */
  boolean right() {
    return taps.endX(taps.ow() - 1) < g.fw();
  }

  /**
   * How many of some output rows with the same taps to take at once: three and two rather than four
   * and one.
   */
  int rowsAtOnce(int alike) {
    int most = Depthwise.mostRows(g.sh());
    return alike == most + 1 && most > 2 ? 2 : Math.min(alike, most);
  }

  /** Whether the input is staged, because each channel has several filters. */
  boolean stages() {
    return g.groupK() > 1;
  }

  /** Output rows of a band. */
  int band() {
    return band;
  }

  /** Bytes of the staged rows. */
  long bandBytes() {
    return stages() ? bandBytes(g, band) : 0;
  }

  /** Most units of one image down. */
  int mostRowCuts() {
    return Math.max(1, g.oh() / LEAST_ROWS);
  }

  /** Units of one image, a multiple of those down: first the rows are cut, then the channels. */
  int cuts(int threads) {
    int wanted = threads == 1 ? 1 : (threads * UNITS_A_THREAD + g.n() - 1) / g.n();
    int rowCuts = Math.min(wanted, mostRowCuts());
    // The last two vectors may overlap: they stay together.
    int most = stages() ? 1 : Math.max(1, vectors / 2);
    int channelCuts = Math.min((wanted + rowCuts - 1) / rowCuts, most);
    return rowCuts * channelCuts;
  }

  /** First vector of a cut. */
  int firstVector(int cut, int cuts) {
    return cut == cuts ? vectors : (int) ((long) vectors * cut / cuts);
  }

  String describe() {
    String how =
        fast
            ? "depthwise 3x3, up to " + Depthwise.mostRows(g.sh()) + " rows at once"
            : "depthwise, tap by tap";
    return how
        + ", "
        + vectors
        + " vector(s) of channels"
        + (stages() ? ", each channel repeated for its filters" : "")
        + ", "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
