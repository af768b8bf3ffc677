package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Micro-kernels that compute outputs: sums start from the bias and are clamped before they are
 * stored, as in {@link Tile}. The rows of A are pixels, either where they are, off-heap:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + m * pitch + i]
 * }</pre>
 *
 * or stacked, as in {@link StackedTile}:
 *
 * <pre>{@code
 * A[m, i] = a[aOff + (i / L * rows + m) * L + i % L],   L = lanes
 * D[m, n] = clamp(init[n] + sum over i < length of A[m, i] * B[i, n])
 * }</pre>
 *
 * or at equal distances in a strip of input rows, with windows of a few runs:
 *
 * <pre>{@code
 * A[m, (r, i)] = a[aOff + m * pitch + r * aStep + i]
 * D[m, n] = clamp(init[n] + sum over r < count, i < length of A[m, (r, i)] * B[r * bStep + i, n])
 * }</pre>
 *
 * The last vector of columns may lie over the one before: its columns are then in B twice.
 *
 * <p>Each D is one chain of fused multiply-adds from init on, in the order of i, or of r and i
 * (docs/decisions/0011-pointwise.md and 0012-few-channels.md).
 */
public enum OutputTile {
  O16X1(16, 1, Rows.STRIP),
  O14X1(14, 1, Rows.STRIP, Rows.PIXELS),
  O12X1(12, 1, Rows.PIXELS),
  O12X2(12, 2, Rows.STRIP),
  O11X2(11, 2, Rows.STRIP),
  O9X3(9, 3, Rows.STACKS),
  O9X2(9, 2, Rows.STACKS),
  O9X1(9, 1, Rows.STACKS),
  O8X3(8, 3, Rows.STACKS, Rows.STRIP),
  O8X2(8, 2, Rows.STACKS, Rows.STRIP, Rows.PIXELS),
  O8X1(8, 1, Rows.STACKS, Rows.STRIP),
  O7X3(7, 3, Rows.PIXELS),
  O7X2(7, 2, Rows.PIXELS),
  O5X4(5, 4, Rows.STRIP, Rows.PIXELS),
  O5X2(5, 2, Rows.STACKS),
  O5X1(5, 1, Rows.STACKS),
  O4X2(4, 2, Rows.STACKS),
  O4X1(4, 1, Rows.STACKS);

  /** Where rows of A are. */
  public enum Rows {
    /** Pixels where they are, off-heap. */
    PIXELS,
    /** Stacks on the heap. */
    STACKS,
    /** A strip of input rows on the heap. */
    STRIP
  }

  /** Vectors of the widest tiles of stacks. */
  public static final int MOST_VECTORS = 3;

  /** Vectors of the widest tiles that read pixels where they are, at once or in a strip. */
  public static final int MOST_PIXEL_VECTORS = 4;

  /** Whether a vector holds enough terms to spread them from it: decisions/0027. */
  public static final boolean SPREADS = Lanes.COUNT >= 8;

  /** Of more terms, one vector of filters is faster with checks before the loop. */
  private static final int MOST_SPREAD_TERMS = 128;

  /** Of fewer terms a run is as fast or faster if each is loaded by itself: decisions/0029. */
  private static final int LEAST_SPREAD_RUN = 8;

  private final Set<Rows> sources;
  private final int rows;
  private final int vectors;
  private final Priming pixelPriming;
  private final Priming bringingPriming;
  private final Priming stackedPriming;
  private final Priming stripPriming;
  private final Priming runsPriming;
  private final ReadAhead nothing = new ReadAhead();

  // Made before, as the calls must not allocate. After short runs C2 finds the loops of tiles
  // that spread terms not worth the registers; other tiles are 1 to 4 % slower after long ones.
  private final StripRuns[] primedRuns = new StripRuns[Priming.MOST_TERMS + 1];
  private final StripRuns[] primedLongRuns = new StripRuns[Priming.MOST_TERMS + 1];

  OutputTile(int rows, int vectors, Rows... sources) {
    this.sources = Set.of(sources);
    this.rows = rows;
    this.vectors = vectors;
    // Tall tiles and those that spread terms, a loop in a loop, get short calls as if they were
    // wide: docs/decisions/0027 and 0029.
    boolean tall = rows >= 12 || rows == 7;
    int pixelVectors = tall ? Math.max(vectors, Priming.WIDE_VECTORS) : vectors;
    pixelPriming = new Priming(rows, pixelVectors, false, this::primePixels);
    bringingPriming = new Priming(rows, pixelVectors, false, this::primeBringing);
    stackedPriming = new Priming(rows, vectors, false, this::primeStacked);
    stripPriming = new Priming(rows, vectors, false, this::primeStrips);
    runsPriming = new Priming(rows, Priming.WIDE_VECTORS, false, this::primeRuns);
    for (int terms = 1; terms < primedRuns.length; terms++) {
      primedRuns[terms] = runs(terms, terms > 2 && terms % 2 == 1 ? 3 : 1);
      primedLongRuns[terms] = runs(terms, terms > Priming.MANY_TERMS ? 3 : 1);
    }
  }

  private static StripRuns runs(int terms, int count) {
    return new StripRuns(count, terms / count, Lanes.COUNT, terms / count);
  }

  /** Pixels of a stack. */
  public int rows() {
    return rows;
  }

  /** Vectors of filters. */
  public int vectors() {
    return vectors;
  }

  /** Filters. */
  public int width() {
    return vectors * Lanes.COUNT;
  }

  /** Whether there is a kernel for rows of such a kind. */
  public boolean reads(Rows kind) {
    return sources.contains(kind);
  }

  /** Whether there is a kernel for pixels that brings a line for each term. */
  private boolean hasBringing() {
    return (this == O7X3 || this == O5X4) && ReadAhead.LINES_ARE_VECTORS;
  }

  /** Whether each of the terms of pixels may bring a line of other filters: C2 got it right. */
  public boolean readsAhead() {
    return hasBringing() && !bringingPriming.boxes();
  }

  /** Whether the factors of stacks must be in the panel's array. */
  public boolean readsArrays() {
    return reads(Rows.STACKS) && rows < 8;
  }

  /** The shape of so many rows and vectors. */
  public static OutputTile of(int rows, int vectors) {
    for (OutputTile tile : values()) {
      if (tile.rows == rows && tile.vectors == vectors) {
        return tile;
      }
    }
    throw new IllegalArgumentException("there is no tile of " + rows + "x" + vectors);
  }

  /** The shape of so many vectors that reads pixels of so many terms where they are. */
  public static OutputTile ofPixels(int vectors, int terms) {
    return switch (vectors) {
      case 1 -> SPREADS && terms <= MOST_SPREAD_TERMS ? O12X1 : O14X1;
      case 2 -> SPREADS ? O7X2 : O8X2;
      case 3 -> O7X3;
      case 4 -> O5X4;
      default -> throw new IllegalArgumentException("no tile of " + vectors + " reads pixels");
    };
  }

  /**
   * Another shape of as many vectors that reads any pixels where they are, if C2 got this one wrong
   * in this process: a few percent slower than it, where stacks take half as long again.
   */
  public OutputTile instead() {
    return this == O14X1 && SPREADS ? O12X1 : this == O12X1 ? O14X1 : this;
  }

  /** The shape of so many vectors, one or two, that reads pixels that were copied as they are. */
  public static OutputTile ofCopies(int vectors) {
    return switch (vectors) {
      case 1 -> O16X1;
      case 2 -> O12X2;
      default -> throw new IllegalArgumentException("no tile of " + vectors + " reads copies");
    };
  }

  /** Of the kernels that read rows of such a kind. */
  public List<Priming> primings(Rows kind) {
    Priming priming = priming(kind);
    boolean brings = kind == Rows.PIXELS && hasBringing();
    return brings ? List.of(priming, bringingPriming) : List.of(priming);
  }

  /** Of the kernel that reads rows of such a kind. */
  public Priming priming(Rows kind) {
    return switch (kind) {
      case PIXELS -> pixelPriming;
      case STACKS -> stackedPriming;
      case STRIP -> stripPriming;
    };
  }

  /** Whether there is a kernel that loads so long runs as vectors, if C2 gets it right. */
  private boolean hasRuns(StripRuns runs) {
    boolean tall = this == O16X1 || this == O14X1;
    return SPREADS && tall && runs.length() >= LEAST_SPREAD_RUN;
  }

  /** Has kernels compiled that read strips with such runs, and others where C2 got those wrong. */
  public static void primeStrips(Collection<OutputTile> tiles, List<StripRuns> runs) {
    Set<Priming> kernels = new LinkedHashSet<>();
    for (OutputTile tile : tiles) {
      for (StripRuns some : runs) {
        kernels.add(tile.hasRuns(some) ? tile.runsPriming : tile.stripPriming);
      }
    }
    Priming.all(kernels);
    Priming.all(
        tiles.stream()
            .filter(tile -> tile.runsPriming.boxes())
            .map(tile -> tile.stripPriming)
            .toList());
  }

  /** Whether strips with such runs go to that kernel. */
  boolean spreads(StripRuns runs) {
    return hasRuns(runs) && !runsPriming.boxes();
  }

  /**
   * Whether C2 got the kernel wrong that reads pixels where they are, or copied as they are if
   * there is no such one.
   */
  public boolean boxesRows() {
    return priming(reads(Rows.PIXELS) ? Rows.PIXELS : Rows.STRIP).boxes();
  }

  private void primePixels(
      float[] a,
      int aStep,
      int terms,
      Panel panel,
      MemorySegment b,
      MemorySegment d,
      int stacks,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    long at = Lanes.BYTES;
    pixels(
        this, b, at, Float.BYTES, terms, b, 0, b, 0, d, 0, rowBytes, last, stacks, lo, hi, nothing);
  }

  private void primeBringing(
      float[] a,
      int aStep,
      int terms,
      Panel panel,
      MemorySegment b,
      MemorySegment d,
      int stacks,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    long at = Lanes.BYTES;
    bring(this, b, at, Float.BYTES, terms, b, 0, b, 0, d, 0, rowBytes, last, stacks, lo, hi, 0, 0);
  }

  private void primeStacked(
      float[] a,
      int aStep,
      int terms,
      Panel panel,
      MemorySegment b,
      MemorySegment d,
      int stacks,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    stacked(this, a, 0, aStep, terms, panel, 0, b, 0, d, 0, rowBytes, last, stacks, lo, hi);
  }

  private void primeStrips(
      float[] a,
      int aStep,
      int terms,
      Panel panel,
      MemorySegment b,
      MemorySegment d,
      int stacks,
      float lo,
      float hi) {
    long rowBytes = (long) width() * Float.BYTES;
    long last = rowBytes - Lanes.BYTES;
    StripRuns windows = primedRuns[terms];
    anyRuns(a, 0, 4, windows, b, 0, b, 0, d, 0, rowBytes, last, stacks, lo, hi);
  }

  private void primeRuns(
      float[] a,
      int aStep,
      int terms,
      Panel panel,
      MemorySegment b,
      MemorySegment d,
      int stacks,
      float lo,
      float hi) {
    StripRuns windows = primedLongRuns[terms];
    longRuns(a, 0, 4, windows, b, 0, b, 0, d, 0, Lanes.BYTES, 0, stacks, lo, hi);
  }

  /** Such as {@code 3 of 8x3 and 2 of 8x2}. */
  public static String names(OutputTile... tiles) {
    return Arrays.stream(tiles)
        .collect(Collectors.groupingBy(t -> t, LinkedHashMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(entry -> entry.getValue() + " of " + entry.getKey())
        .collect(Collectors.joining(" and "));
  }

  /** The shape as people write it. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
  }

  /**
   * The kernel for pixels where they are, for some tiles one behind the other. Offsets are bytes.
   *
   * @param tile shape that {@link #reads} pixels
   * @param a the pixels
   * @param aOff the first pixel's first term; terms that do not fill a vector are read with those
   *     before them, so if {@code length} is less, a vector of both lies in {@code a}
   * @param pitch from pixel to pixel
   * @param length terms
   * @param b panel: for each term {@link #width} factors
   * @param bOff its first term
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first row
   * @param dStep from row to row
   * @param last from a row's first output to those of the last vector
   * @param tiles how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   * @param ahead filters to bring meanwhile, by tiles that {@link #readsAhead}
   */
  public static void pixels(
      OutputTile tile,
      MemorySegment a,
      long aOff,
      long pitch,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi,
      ReadAhead ahead) {
    int bringing = tile.readsAhead() ? ahead.tiles(b, length, tiles) : 0;
    if (bringing > 0) {
      long line = ahead.take((long) bringing * length);
      bring(
          tile,
          a,
          aOff,
          pitch,
          length,
          b,
          bOff,
          init,
          initOff,
          d,
          dOff,
          dStep,
          last,
          bringing,
          lo,
          hi,
          line,
          ahead.heads());
      int done = bringing * tile.rows;
      if (bringing < tiles) {
        pixels(
            tile,
            a,
            aOff + done * pitch,
            pitch,
            length,
            b,
            bOff,
            init,
            initOff,
            d,
            dOff + done * dStep,
            dStep,
            last,
            tiles - bringing,
            lo,
            hi,
            ahead);
      }
      return;
    }
    switch (tile) {
      case O8X2 ->
          Pixels8x2.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O7X2 ->
          Pixels7x2.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O14X1 ->
          Pixels14x1.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O12X1 ->
          Pixels12x1.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O7X3 ->
          Pixels7x3.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O5X4 ->
          Pixels5x4.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      default ->
          throw new IllegalArgumentException("no tile of " + tile + " reads pixels in place");
    }
  }

  /** The kernel that brings a line for each term. */
  private static void bring(
      OutputTile tile,
      MemorySegment a,
      long aOff,
      long pitch,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi,
      long line,
      long heads) {
    switch (tile) {
      case O7X3 ->
          Pixels7x3Ahead.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, line,
              heads);
      case O5X4 ->
          Pixels5x4Ahead.run(
              a, aOff, pitch, length, b, bOff, init, initOff, d, dOff, dStep, last, tiles, line,
              heads);
      default -> throw new IllegalArgumentException("no tile of " + tile + " reads ahead");
    }
    // Not in the kernel, which C1 could not compile with it: it would need too many registers.
    if (lo > Float.NEGATIVE_INFINITY || hi < Float.POSITIVE_INFINITY) {
      Clamp.rows(d, dOff, dStep, tiles * tile.rows, last, lo, hi);
    }
  }

  /**
   * The kernel for stacked pixels, for some stacks. Offsets in arrays are floats, in segments
   * bytes.
   *
   * @param tile shape that {@link #reads} stacks
   * @param a stacks
   * @param aOff the first one
   * @param aStep from stack to stack
   * @param length terms
   * @param b for each term {@link #width} factors; in the panel's array for tiles that read arrays
   * @param term its first one
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first row
   * @param dStep from row to row
   * @param last from a row's first output to those of the last vector
   * @param stacks how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void stacked(
      OutputTile tile,
      float[] a,
      int aOff,
      int aStep,
      int length,
      Panel b,
      int term,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int stacks,
      float lo,
      float hi) {
    MemorySegment memory = b.memory();
    long at = b.at(term, tile.width());
    float[] copy = b.copied();
    int from = term * tile.width();
    switch (tile) {
      case O9X3 ->
          Pointwise9x3.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O9X2 ->
          Pointwise9x2.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O9X1 ->
          Pointwise9x1.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O8X3 ->
          Pointwise8x3.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O8X2 ->
          Pointwise8x2.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O8X1 ->
          Pointwise8x1.run(
              a, aOff, aStep, length, memory, at, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O5X2 ->
          Pointwise5x2.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O5X1 ->
          Pointwise5x1.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O4X2 ->
          Pointwise4x2.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      case O4X1 ->
          Pointwise4x1.run(
              a, aOff, aStep, length, copy, from, init, initOff, d, dOff, dStep, last, stacks, lo,
              hi);
      default -> throw new IllegalArgumentException("no tile of " + tile + " reads stacks");
    }
  }

  /**
   * The kernel for pixels in a strip, for some tiles one behind the other. Offsets in arrays are
   * floats, in segments bytes.
   *
   * @param tile shape that {@link #reads} strips
   * @param a staged rows, with room for a vector behind the last term
   * @param aOff the first pixel's first term
   * @param pitch from pixel to pixel
   * @param runs where its terms are
   * @param b panel: for each term {@link #width} factors
   * @param bOff its first term
   * @param init what the sums start from
   * @param initOff its first vector
   * @param d receives the outputs
   * @param dOff the first pixel's
   * @param dStep from pixel to pixel
   * @param last from a pixel's first output to those of the last vector
   * @param tiles how many
   * @param lo lower limit; sums below become lo
   * @param hi upper limit; sums above become hi
   */
  public static void strips(
      OutputTile tile,
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    if (tile.spreads(runs)) {
      tile.longRuns(
          a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
    } else {
      tile.anyRuns(
          a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
    }
  }

  /** The kernel that loads terms as vectors. */
  private void longRuns(
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    switch (this) {
      case O16X1 ->
          Spread16x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O14X1 ->
          Spread14x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      default -> throw new IllegalArgumentException("no tile of " + this + " spreads long runs");
    }
  }

  /** The kernel that loads each term by itself. */
  void anyRuns(
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    switch (this) {
      case O16X1 ->
          Strip16x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O14X1 ->
          Strip14x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O12X2 ->
          Strip12x2.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O11X2 ->
          Strip11x2.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O8X3 ->
          Strip8x3.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O8X2 ->
          Strip8x2.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O8X1 ->
          Strip8x1.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      case O5X4 ->
          Strip5x4.run(
              a, aOff, pitch, runs, b, bOff, init, initOff, d, dOff, dStep, last, tiles, lo, hi);
      default -> throw new IllegalArgumentException("no tile of " + this + " reads strips");
    }
  }
}
