package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Depthwise;
import dev.tilewise.internal.kernel.Depthwise.Border;
import dev.tilewise.internal.kernel.DepthwiseAcross;
import dev.tilewise.internal.kernel.Lanes;
import java.util.ArrayList;
import java.util.List;

/**
 * How a depthwise convolution (one input channel in a group) is cut up: vectors of channels, runs
 * of columns with the same taps, units. No bit of a result depends on it.
 */
final class DepthwisePlan {

  /** Staged rows stay in L2 beside the outputs. */
  private static final long BAND_BYTES = 256 << 10;

  /** Half a page, bytes. */
  private static final long PERIOD = 2048;

  /** Gathered images stay in L2 at the least. */
  private static final long PLANE_BYTES = 64 << 10;

  /** More channels have no weights on the heap. */
  private static final int MOST_ACROSS = 1 << 20;

  /** Longer rows are left to the register tiles. */
  private static final long MOST_BAND_BYTES = 1 << 28;

  /** Units for each thread, so that a late one costs little. */
  private static final int UNITS_A_THREAD = 3;

  /** A unit of fewer rows would read too many rows that its neighbours read too. */
  private static final int LEAST_ROWS = 6;

  /**
   * Columns of an output row that are computed alike.
   *
   * @param border for {@link Depthwise#fives}; or null for {@link Depthwise#taps}
   * @param ox first output
   * @param count blocks, or outputs
   */
  record Piece(Border border, int ox, int count) {}

  private final Geometry g;
  private final TapRanges taps;
  private final int vectors;
  private final Piece[] pieces;
  private final int block;
  private final boolean fast;
  private final boolean across;
  private final int band;

  DepthwisePlan(Geometry g) {
    this.g = g;
    taps = new TapRanges(g);
    vectors = (g.k() + Lanes.COUNT - 1) / Lanes.COUNT;
    block = TileTable.depthwiseBlock();
    pieces = pieces(g, taps, block).toArray(Piece[]::new);
    fast = fits3x3();
    across =
        fast
            && TileTable.goesAcross(g.sh(), (long) g.c() * g.groupK() * Float.BYTES)
            && wholeColumns() >= DepthwiseAcross.LEAST_OUTPUTS
            && g.k() <= MOST_ACROSS;
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

  /** Cuts a row into pieces. */
  private static List<Piece> pieces(Geometry g, TapRanges taps, int block) {
    List<Piece> pieces = new ArrayList<>();
    int ow = taps.ow();
    int first = 0;
    while (first < ow && !whole(g, taps, first)) {
      first++;
    }
    int end = ow;
    while (end > first && !whole(g, taps, end - 1)) {
      end--;
    }
    boolean fives = g.fw() == 5 && g.dw() == 1 && g.sw() <= 2;
    boolean left = g.sw() == 1 && first == 2 && taps.firstX(0) == 2;
    boolean right = g.sw() == 1 && ow - end == 2 && taps.endX(ow - 1) == 3;
    if (fives && left && right && ow == block) {
      return List.of(new Piece(Border.BOTH, 0, 1));
    }
    // The first and the last block of a row lack columns on one side only, and may overlap.
    int least = left && right ? block - 2 : block;
    if (!fives || end - first < least) {
      addTaps(pieces, taps, 0, ow);
      return pieces;
    }
    int from = first;
    if (left) {
      pieces.add(new Piece(Border.LEFT, 0, 1));
      from = block;
    } else {
      addTaps(pieces, taps, 0, first);
    }
    int to = right ? ow - block : end;
    int blocks = Math.max(0, to - from) / block;
    if (blocks > 0) {
      pieces.add(new Piece(Border.NONE, from, blocks));
    }
    int rest = from + blocks * block;
    if (rest < to && end - first >= block) {
      // A last block that is not full computes some outputs again.
      pieces.add(new Piece(Border.NONE, Math.max(first, to - block), 1));
    } else {
      addTaps(pieces, taps, rest, to);
    }
    if (right) {
      pieces.add(new Piece(Border.RIGHT, ow - block, 1));
    } else {
      addTaps(pieces, taps, end, ow);
    }
    return pieces;
  }

  private static boolean whole(Geometry g, TapRanges taps, int ox) {
    return taps.firstX(ox) == 0 && taps.endX(ox) == g.fw();
  }

  /** Runs of columns that have the same taps. */
  private static void addTaps(List<Piece> pieces, TapRanges taps, int from, int end) {
    for (int ox = from; ox < end; ) {
      int next = ox + 1;
      while (next < end
          && taps.firstX(next) == taps.firstX(ox)
          && taps.endX(next) == taps.endX(ox)) {
        next++;
      }
      pieces.add(new Piece(null, ox, next - ox));
      ox = next;
    }
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

  /** Outputs of a block of five columns. */
  int block() {
    return block;
  }

  /** The pieces of an output row. */
  Piece[] pieces() {
    return pieces;
  }

  /** Whether output rows with so many tap rows go to {@link Depthwise#rows}. */
  boolean fast(int tapRows) {
    return fast && tapRows >= 2;
  }

  /** Whether whole output rows go to {@link DepthwiseAcross}, if they are {@link #fast}. */
  boolean across() {
    return across;
  }

  /** Vectors from one on whose channels follow each other without an overlap. */
  int vectorsInLine(int vector, int endVector) {
    boolean overlaps = firstChannel(endVector - 1) % Lanes.COUNT > 0;
    return vector == endVector - 1 || !overlaps ? endVector - vector : endVector - 1 - vector;
  }

  /** Whether the first output of a row lacks a column. */
  boolean left() {
    return taps.firstX(0) > 0;
  }

  /** Whether the last output of a row lacks a column. */
  boolean right() {
    return taps.endX(taps.ow() - 1) < g.fw();
  }

  /** Outputs of a row that lack no column. */
  int wholeColumns() {
    return g.ow() - (left() ? 1 : 0) - (right() ? 1 : 0);
  }

  /**
   * How many of some output rows that have all tap rows to take at once: two and two rather than
   * three and one.
   */
  int rowsAtOnce(int alike) {
    int most = across ? DepthwiseAcross.mostRows(g.sh()) : TileTable.depthwiseRows(g.sh());
    return most == 3 && alike == 4 ? 2 : Math.min(alike, most);
  }

  /** Whether the input is staged, because each channel has several filters. */
  boolean stages() {
    return g.groupK() > 1;
  }

  /** Output rows of a band. */
  int band() {
    return band;
  }

  /**
   * Whether a few vectors of channels after the others are gathered from the whole image before
   * they are computed. Where pixels lie a multiple of half a page apart and an output is at its
   * input's place of another page, each load waits for a store that only looks like its own: half
   * the speed (docs/decisions/0009-depthwise.md).
   *
   * @param x address of the input
   * @param y address of the first channel of the output
   * @param yStep bytes from output pixel to output pixel
   */
  boolean gathers(long x, long y, long yStep) {
    long distance = (y - x) & (PERIOD - 1);
    return mayGather()
        && yStep % PERIOD == 0
        && Math.min(distance, PERIOD - distance) < Lanes.BYTES;
  }

  private boolean mayGather() {
    return !stages()
        && !across
        && (long) g.c() * Float.BYTES % PERIOD == 0
        && planeBytes() <= PLANE_BYTES;
  }

  private long planeBytes() {
    return (long) g.h() * g.w() * Depthwise.GATHERED * Lanes.BYTES;
  }

  /** Bytes of the staged rows, or of the gathered image. */
  long stagedBytes() {
    return stages() ? bandBytes(g, band) : mayGather() ? planeBytes() : 0;
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
    int most = stages() ? 1 : Math.max(1, vectors / (mayGather() ? Depthwise.GATHERED : 2));
    int channelCuts = Math.min((wanted + rowCuts - 1) / rowCuts, most);
    return rowCuts * channelCuts;
  }

  /** First vector of a cut. */
  int firstVector(int cut, int cuts) {
    int together = mayGather() ? Depthwise.GATHERED : 1;
    return (int) ((long) (vectors / together) * cut / cuts) * together
        + (cut == cuts ? vectors % together : 0);
  }

  private String how() {
    if (across) {
      return "depthwise 3x3, across the channels, two outputs of up to "
          + DepthwiseAcross.mostRows(g.sh())
          + " row(s) at once";
    }
    if (fast) {
      return "depthwise 3x3, up to " + TileTable.depthwiseRows(g.sh()) + " row(s) at once";
    }
    return pieces[pieces.length / 2].border() != null
        ? "depthwise, five columns, blocks of " + block + " outputs"
        : "depthwise, tap by tap";
  }

  String describe() {
    return how()
        + ", "
        + vectors
        + " vector(s) of channels"
        + (mayGather() ? ", gathered by fours if input and output lie alike in their pages" : "")
        + (stages() ? ", each channel repeated for its filters" : "")
        + ", "
        + Lanes.COUNT * Float.SIZE
        + "-bit vectors";
  }
}
