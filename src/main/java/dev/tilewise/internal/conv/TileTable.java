package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Depthwise;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Tile;
import java.util.Arrays;
import java.util.List;

/** Which tile a machine runs best: measured, docs/decisions/0004-tile-table.md. */
final class TileTable {

  private static final int REGISTERS = Lanes.REGISTERS;

  /** x86 without AVX-512: fences are no instructions there. */
  private static final boolean FENCES =
      REGISTERS == 16
          && List.of("amd64", "x86_64", "x86", "i386").contains(System.getProperty("os.arch"));

  /** Bytes from pixel to pixel: eight of L1's 64 sets hold all pixels of a vector of channels. */
  private static final long FAR_PIXELS = 512;

  /** Time of a pixel in a stack of four beside one in a stack of five. */
  private static final double FOUR_TO_FIVE = 1.1;

  /** Vectors of the widest panel of stacked windows. */
  static final int MOST_GATHERED_VECTORS = 2;

  /** Vectors of the widest panel of stacked tiles. */
  static final int MOST_STACK_VECTORS = REGISTERS == 32 ? 3 : 2;

  private TileTable() {}

  /**
   * The shapes of the panels, all of as many rows.
   *
   * @param vectors vectors of filters in a group
   * @param plain whether every block of the sum is one run: then three vectors fit the registers
   * @param whole whether the last vector is full; if not, it is not in a first panel, because the
   *     last panel takes filters of the one before in addition
   */
  static Tile[] choose(int vectors, boolean plain, boolean whole) {
    Tile[] byVectors =
        REGISTERS == 32
            ? new Tile[] {Tile.T8X1, Tile.T8X2, Tile.T8X3}
            : new Tile[] {Tile.T4X1, Tile.T4X2};
    int[] panels = split(vectors, plain ? byVectors.length : 2);
    if (panels.length == 1 && vectors > 1 && !whole) {
      panels = new int[] {vectors - 1, 1};
    }
    return Arrays.stream(panels).mapToObj(count -> byVectors[count - 1]).toArray(Tile[]::new);
  }

  /**
   * Rows that a depthwise 3x3 convolution takes at once: with 16 registers more rows spill more,
   * docs/decisions/0013-narrow-vectors.md.
   */
  static int depthwiseRows(int stride) {
    return REGISTERS == 32 ? Depthwise.mostRows(stride) : stride == 1 ? 2 : 1;
  }

  /**
   * Whether depthwise 3x3 convolutions go across a row, vector of channels after vector. With 32
   * registers they do where pixels lie so far apart that those of one vector share few sets of L1,
   * and each is read once or twice (docs/decisions/0022-few-filters-and-far-pixels.md).
   */
  static boolean goesAcross(int stride, long pixelBytes) {
    return REGISTERS == 16 || stride == 2 && pixelBytes % FAR_PIXELS == 0;
  }

  /** Outputs of a block of a depthwise convolution with five taps across. */
  static int depthwiseBlock() {
    return REGISTERS == 32 ? Depthwise.LARGE_BLOCK : Depthwise.SMALL_BLOCK;
  }

  /**
   * Vectors of each panel of stacked tiles: any range of panels has its share of narrow ones.
   *
   * @param vectors of filters in a group
   * @param tiles of a block, or more
   * @param cold whether filters come from memory: kernels of two stacks bring panels of two
   *     vectors, but of three only in part (docs/decisions/0033-filters-read-ahead-by-stores.md)
   */
  static int[] stackVectors(int vectors, long tiles, boolean cold) {
    boolean narrow = cold && REGISTERS == 32 && tiles >= 8 && tiles <= 18;
    int most = narrow ? 2 : MOST_STACK_VECTORS;
    int[] parts = new int[(vectors + most - 1) / most];
    for (int part = 0; part < parts.length; part++) {
      long end = (long) vectors * (part + 1) / parts.length;
      parts[part] = (int) (end - (long) vectors * part / parts.length);
    }
    return parts;
  }

  /**
   * Vectors of each panel of tiles that compute outputs; none if there are not enough filters, or
   * the machine has no such tiles.
   *
   * @param filters of a group
   * @param most vectors of a panel
   */
  static int[] outputVectors(int filters, int most) {
    return filters >= Lanes.COUNT && (REGISTERS == 32 || FENCES)
        ? split(
            (filters + Lanes.COUNT - 1) / Lanes.COUNT,
            REGISTERS == 32 ? most : Math.min(most, MOST_STACK_VECTORS))
        : new int[0];
  }

  /** Heights of stacks of tiles that compute outputs: docs/decisions/0016 and 0018. */
  static StackHeights outputHeights() {
    return REGISTERS == 32 ? StackHeights.EIGHT_AND_NINE : StackHeights.FIVE_AND_FOUR;
  }

  /**
   * Heights of tiles that compute outputs from strips, that of most tiles first and not above the
   * other: where there are 32 registers as many rows as they hold
   * (docs/decisions/0022-few-filters-and-far-pixels.md).
   *
   * @param vectors of the widest panel
   * @param longest pixels of the longest line
   */
  static int[] stripHeights(int vectors, long longest) {
    if (REGISTERS == 16) {
      return new int[] {outputHeights().usual(), outputHeights().other()};
    }
    int[] tall = vectors == 1 ? new int[] {14, 16} : new int[] {11, 12};
    return vectors > 2 || longest < tall[0] ? new int[] {8, 8} : tall;
  }

  /** Whether tiles may read pixels where they are, at once or in strips: eight rows or more. */
  static boolean readsPixels() {
    return REGISTERS == 32;
  }

  /**
   * Whether windows that are whole vectors are stacked. With 32 registers it pays where a sum is
   * one block of several runs: docs/decisions/0013-narrow-vectors.md.
   *
   * @param blocks of a sum
   * @param taps of a filter
   */
  static boolean stacksWindows(int blocks, int taps) {
    return Lanes.COUNT < 16 && (REGISTERS == 16 || blocks == 1 && taps > 1);
  }

  /** Windows of a stack. */
  static int windowRows() {
    return FENCES ? 5 : 6;
  }

  /**
   * Windows of a stack where there are so many pixels at least. Four sums a vector leave the two
   * multiply-add units less to choose from: docs/decisions/0030-regions-at-once.md.
   */
  static int windowRows(long pixels) {
    long inFours = (pixels + 3) / 4 * 4;
    boolean low = FENCES && inFours * FOUR_TO_FIVE < (pixels + 4) / 5 * 5;
    return low ? 4 : windowRows();
  }

  /** Whether tiles of stacks read their factors from arrays: docs/decisions/0018-fences.md. */
  static boolean readsArrays() {
    return FENCES;
  }

  /** Heights of stacked tiles, the tallest first. */
  static int[] stackRows() {
    return REGISTERS == 32 ? new int[] {9, 8, 4, 1} : new int[] {5, 4, 1};
  }

  /** As even as possible, the larger ones first: two and two rather than three and one. */
  private static int[] split(int vectors, int most) {
    int[] parts = new int[(vectors + most - 1) / most];
    for (int part = 0; part < parts.length; part++) {
      parts[part] = (vectors + parts.length - 1 - part) / parts.length;
    }
    return parts;
  }
}
