package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.function.Executable;

/** Each micro-kernel that computes outputs against its contract in {@link OutputTile}. */
@Tag("widths")
class OutputTileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;
  private static final StripRuns LONG_RUNS = new StripRuns(4, 25, 60, 25);

  // As plans do: a kernel whose first calls are long may stay in C1's code for ever.
  static {
    for (OutputTile.Rows kind : OutputTile.Rows.values()) {
      Priming.all(of(kind).flatMap(tile -> tile.primings(kind).stream()).toList());
    }
    OutputTile.primeStrips(
        of(OutputTile.Rows.STRIP).filter(OutputTileTest::fitsRegisters).toList(),
        List.of(LONG_RUNS));
  }

  /** One call with random places for everything. */
  private static final class Call {
    private final OutputTile tile;
    private final int vectors;
    private final int length;
    private final int stacks;
    private final float[] rows;
    private final MemorySegment x;
    private final long[] xRows;
    private final int firstRow;
    private final float[] a;
    private final int aOff;
    private final MemorySegment b;
    private final long bOff;
    private final int firstTerm;
    private final Panel panel;
    private final MemorySegment init;
    private final long initOff;
    private final MemorySegment d;
    private final long dOff;
    private final long dStep;
    private final float lo;
    private final float hi;

    private Call(OutputTile tile, Arena arena, SplittableRandom random, int longest) {
      this.tile = tile;
      length = 1 + random.nextInt(longest);
      vectors = (length + Lanes.COUNT - 1) / Lanes.COUNT;
      stacks = random.nextInt(4);
      firstRow = random.nextInt(3);
      int step = vectors * Lanes.COUNT + random.nextInt(5);
      xRows = new long[firstRow + stacks * tile.rows() + 1];
      rows = floats(random, step * xRows.length);
      x = memory(arena, rows).asSlice(0, 4L * (step * (xRows.length - 1) + length));
      for (int i = 0; i < xRows.length; i++) {
        xRows[i] = 4L * step * random.nextInt(xRows.length);
      }
      aOff = random.nextInt(20);
      a = new float[aOff + stacks * tile.rows() * vectors * Lanes.COUNT];
      long width = (long) tile.width() * Float.BYTES;
      bOff = random.nextInt(4) * 4L;
      firstTerm = random.nextInt(3);
      int factors = (firstTerm + length) * tile.width();
      b = memory(arena, floats(random, (int) (bOff / 4 + factors)));
      panel = panel(tile.readsArrays(), b, bOff, factors);
      initOff = random.nextInt(20) * 4L;
      init = memory(arena, floats(random, (int) (initOff / 4 + width / 4)));
      dOff = random.nextInt(16) * 4L;
      dStep = width + random.nextInt(4) * 4L;
      d = arena.allocate(dOff + stacks * tile.rows() * dStep + 64, 64);
      lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
    }

    private static float[] floats(SplittableRandom random, int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = random.nextInt(200) == 0 ? Float.NaN : (float) random.nextDouble(-1, 1);
      }
      return values;
    }

    private static MemorySegment memory(Arena arena, float[] values) {
      MemorySegment memory = arena.allocate(Math.max(4, 4L * values.length), 64);
      MemorySegment.copy(values, 0, memory, FLOAT, 0, values.length);
      return memory;
    }

    /** Tiles find factors either off-heap or in the array, and nothing in the other place. */
    private static Panel panel(boolean array, MemorySegment b, long bOff, int factors) {
      Panel panel = new Panel(new float[array ? factors : 0]);
      if (array) {
        panel.set(b, bOff);
        panel.copy(b, bOff, 0, factors);
      } else {
        panel.set(b, bOff);
      }
      return panel;
    }

    private void run() {
      PixelStacks.copy(x, xRows, firstRow, tile.rows(), stacks, length, a, aOff);
      int aStep = tile.rows() * vectors * Lanes.COUNT;
      long last = (long) (tile.width() - Lanes.COUNT) * Float.BYTES;
      OutputTile.stacked(
          tile, a, aOff, aStep, length, panel, firstTerm, init, initOff, d, dOff, dStep, last,
          stacks, lo, hi);
    }

    private float expected(int row, int n) {
      float sum = init.get(FLOAT, initOff + 4L * n);
      for (int i = 0; i < length; i++) {
        long at = (long) (firstTerm + i) * tile.width() + n;
        float factor = b.get(FLOAT, bOff + at * Float.BYTES);
        sum = Math.fma(rows[(int) (xRows[firstRow + row] / 4) + i], factor, sum);
      }
      return sum < lo ? lo : sum > hi ? hi : sum;
    }

    private void check() {
      for (long at = 0; at < d.byteSize(); at += 4) {
        d.set(ValueLayout.JAVA_INT, at, MARK);
      }
      run();
      for (int row = 0; row < stacks * tile.rows(); row++) {
        for (int n = 0; n < tile.width(); n++) {
          long at = dOff + row * dStep + 4L * n;
          int bits = Float.floatToIntBits(d.get(FLOAT, at));
          assertEquals(Float.floatToIntBits(expected(row, n)), bits, tile + " " + row + ", " + n);
          d.set(ValueLayout.JAVA_INT, at, MARK);
        }
      }
      for (long at = 0; at < d.byteSize(); at += 4) {
        assertEquals(MARK, d.get(ValueLayout.JAVA_INT, at), tile + " wrote beside the tile");
      }
    }
  }

  @Property(tries = 1000)
  void everyTileOfAStripIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (OutputTile tile : OutputTile.values()) {
      if (!tile.reads(OutputTile.Rows.STRIP)) {
        continue;
      }
      int tiles = random.nextInt(4);
      int pixels = tiles * tile.rows();
      int count = 1 + random.nextInt(5);
      int length = 1 + random.nextInt(20);
      int bStep = length + random.nextInt(3);
      StripRuns runs = new StripRuns(count, length, random.nextInt(40), bStep);
      int pitch = random.nextInt(8);
      int aOff = random.nextInt(20);
      int read = aOff + pixels * pitch + count * (runs.aStep() + length);
      float[] a = Arrays.copyOf(Call.floats(random, read), read + Lanes.COUNT);
      Arrays.fill(a, read, a.length, Float.NaN);
      int lanes = Lanes.COUNT;
      int columns = tile.vectors() == 1 ? lanes : tile.width() - random.nextInt(lanes);
      float[] b = Call.floats(random, count * bStep * tile.width());
      float[] init = Call.floats(random, tile.width());
      float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
      float[] d = new float[pixels * columns];
      try (Arena arena = Arena.ofShared()) {
        MemorySegment to = arena.allocate(4L * d.length + 4, 64);
        MemorySegment panel = Call.memory(arena, b);
        MemorySegment start = Call.memory(arena, init);
        long last = 4L * (columns - lanes);
        long step = 4L * columns;
        OutputTile.strips(
            tile, a, aOff, pitch, runs, panel, 0, start, 0, to, 0, step, last, tiles, lo, hi);
        MemorySegment.copy(to, FLOAT, 0, d, 0, d.length);
        // Long runs have a kernel of their own, but C2 may get it wrong.
        to.fill((byte) -1);
        tile.anyRuns(a, aOff, pitch, runs, panel, 0, start, 0, to, 0, step, last, tiles, lo, hi);
        assertArrayEquals(d, to.asSlice(0, 4L * d.length).toArray(FLOAT), tile + " any runs");
      }
      for (int i = 0; i < d.length; i++) {
        int column = i % columns;
        // The last vector lies over the one before.
        int n = column < columns - lanes ? column : column + tile.width() - columns;
        float sum = init[n];
        for (int r = 0; r < count; r++) {
          for (int t = 0; t < length; t++) {
            int at = aOff + i / columns * pitch + r * runs.aStep() + t;
            sum = Math.fma(a[at], b[(r * bStep + t) * tile.width() + n], sum);
          }
        }
        float expected = sum < lo ? lo : sum > hi ? hi : sum;
        assertEquals(
            Float.floatToIntBits(expected),
            Float.floatToIntBits(d[i]),
            seed + ": " + tile + " " + i);
      }
    }
  }

  /** Floats before the first pixel, so that a vector of them and its terms can be read. */
  private static int before(int length) {
    return Math.max(0, Lanes.COUNT - length);
  }

  @Property(tries = 1000)
  void everyTileOfPixelsInPlaceIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (OutputTile tile : of(OutputTile.Rows.PIXELS).filter(t -> t.vectors() < 3).toList()) {
      int tiles = random.nextInt(4);
      int pixels = tiles * tile.rows();
      int length = 1 + random.nextInt(100);
      int pitch = random.nextInt(120);
      int first = before(length) + random.nextInt(20);
      float[] a = Call.floats(random, first + pixels * pitch + length);
      float[] b = Call.floats(random, length * tile.width());
      float[] init = Call.floats(random, tile.width());
      int columns = tile.width() - random.nextInt(tile.vectors() == 1 ? 1 : Lanes.COUNT);
      float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
      float[] d = new float[pixels * columns];
      try (Arena arena = Arena.ofShared()) {
        MemorySegment x = Call.memory(arena, a);
        MemorySegment to = arena.allocate(4L * d.length + 4, 64);
        MemorySegment panel = Call.memory(arena, b);
        MemorySegment start = Call.memory(arena, init);
        long row = 4L * columns;
        long last = row - Lanes.BYTES;
        OutputTile.pixels(
            tile,
            x,
            4L * first,
            4L * pitch,
            length,
            panel,
            0,
            start,
            0,
            to,
            0,
            row,
            last,
            tiles,
            lo,
            hi,
            new ReadAhead());
        MemorySegment.copy(to, FLOAT, 0, d, 0, d.length);
      }
      for (int i = 0; i < d.length; i++) {
        int column = i % columns;
        // The last vector lies over the one before.
        int n = column < columns - Lanes.COUNT ? column : column + tile.width() - columns;
        float sum = init[n];
        for (int t = 0; t < length; t++) {
          sum = Math.fma(a[first + i / columns * pitch + t], b[t * tile.width() + n], sum);
        }
        float expected = sum < lo ? lo : sum > hi ? hi : sum;
        assertEquals(
            Float.floatToIntBits(expected),
            Float.floatToIntBits(d[i]),
            seed + ": " + tile + " " + i);
      }
    }
  }

  @Property(tries = 1000)
  void everyTileOfPixelsIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (OutputTile tile : of(OutputTile.Rows.PIXELS).toList()) {
      int tiles = random.nextInt(4);
      int pixels = tiles * tile.rows();
      int length = 1 + random.nextInt(40);
      int pitch = random.nextInt(length + 8);
      int aOff = before(length) + random.nextInt(20);
      int bOff = random.nextInt(4);
      int initOff = random.nextInt(20);
      // To the end of the memory, so that a term too many is found.
      float[] a = Call.floats(random, aOff + Math.max(0, pixels - 1) * pitch + length);
      float[] b = Call.floats(random, bOff + length * tile.width());
      float[] init = Call.floats(random, initOff + tile.width());
      int lanes = Lanes.COUNT;
      int columns = tile.vectors() == 1 ? lanes : tile.width() - random.nextInt(lanes);
      int step = columns + random.nextInt(4);
      float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
      int[] expected = new int[random.nextInt(9) + pixels * step + 8];
      Arrays.fill(expected, MARK);
      int dOff = random.nextInt(8);
      for (int i = 0; i < pixels * columns; i++) {
        int n = i % columns;
        n = n < columns - lanes ? n : n + tile.width() - columns;
        float sum = init[initOff + n];
        for (int t = 0; t < length; t++) {
          float factor = b[bOff + t * tile.width() + n];
          sum = Math.fma(a[aOff + i / columns * pitch + t], factor, sum);
        }
        float clamped = sum < lo ? lo : sum > hi ? hi : sum;
        expected[dOff + i / columns * step + i % columns] = Float.floatToIntBits(clamped);
      }
      int[] actual = new int[expected.length];
      try (Arena arena = Arena.ofShared()) {
        MemorySegment to = arena.allocate(4L * expected.length, 64);
        for (int i = 0; i < expected.length; i++) {
          to.setAtIndex(ValueLayout.JAVA_INT, i, MARK);
        }
        FollowedFilters filters = new FollowedFilters(arena, random, b, 0);
        OutputTile.pixels(
            tile,
            Call.memory(arena, a),
            4L * aOff,
            4L * pitch,
            length,
            filters.memory,
            4L * bOff,
            Call.memory(arena, init),
            4L * initOff,
            to,
            4L * dOff,
            4L * step,
            4L * (columns - lanes),
            tiles,
            lo,
            hi,
            filters.ahead);
        filters.assertBrought(tile.readsAhead(), length, tiles, seed + ": " + tile);
        for (int i = 0; i < actual.length; i++) {
          int bits = to.getAtIndex(ValueLayout.JAVA_INT, i);
          actual[i] = bits == MARK ? MARK : Float.floatToIntBits(Float.intBitsToFloat(bits));
        }
      }
      assertArrayEquals(expected, actual, seed + ": " + tile);
    }
  }

  @Example
  void pixelsInPlaceAreOffHeapAndFitTheRegisters() {
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
    for (OutputTile tile : OutputTile.values()) {
      boolean exists = tile.reads(OutputTile.Rows.PIXELS);
      for (int wrong = exists ? 0 : 4; wrong < 5; wrong++) {
        MemorySegment a = wrong == 0 ? heap : fine;
        MemorySegment b = wrong == 1 ? heap : fine;
        MemorySegment init = wrong == 2 ? heap : fine;
        MemorySegment d = wrong == 3 ? heap : fine;
        Executable run =
            () ->
                OutputTile.pixels(
                    tile,
                    a,
                    Lanes.BYTES,
                    0,
                    1,
                    b,
                    0,
                    init,
                    0,
                    d,
                    0,
                    0,
                    0,
                    1,
                    0,
                    1,
                    new ReadAhead());
        if (exists && wrong == 4) {
          assertDoesNotThrow(run);
        } else {
          assertThrows(IllegalArgumentException.class, run);
        }
      }
    }
  }

  /** What a plan asks before it reads rows; one kernel may have had bad luck, but not all. */
  @Example
  void callsThatPrimeAKernelAllocateNothingThemselves() {
    for (OutputTile.Rows kind : OutputTile.Rows.values()) {
      assertTrue(of(kind).anyMatch(tile -> !tile.priming(kind).boxes()), kind::toString);
    }
    if (OutputTile.SPREADS && fitsRegisters(OutputTile.O16X1)) {
      assertTrue(Stream.of(OutputTile.values()).anyMatch(tile -> tile.spreads(LONG_RUNS)));
    }
  }

  @Example
  void stripsAreForTilesThatReadThem() {
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    StripRuns runs = new StripRuns(1, 1, 0, 1);
    for (OutputTile tile : OutputTile.values()) {
      Executable run =
          () ->
              OutputTile.strips(
                  tile, new float[32], 0, 1, runs, fine, 0, fine, 0, fine, 0, 0, 0, 1, 0, 1);
      if (tile.reads(OutputTile.Rows.STRIP)) {
        assertDoesNotThrow(run);
      } else {
        assertThrows(IllegalArgumentException.class, run);
      }
    }
  }

  @Property(tries = 1000)
  void everyTileIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      SplittableRandom random = new SplittableRandom(seed);
      for (OutputTile tile : of(OutputTile.Rows.STACKS).toList()) {
        new Call(tile, arena, random, 70).check();
      }
    }
  }

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    float[] a = new float[9 * Lanes.COUNT];
    for (OutputTile tile : of(OutputTile.Rows.STACKS).toList()) {
      MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
      MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
      for (int wrong = 0; wrong < 3; wrong++) {
        if (wrong == 0 && tile.readsArrays()) {
          continue;
        }
        Panel b = new Panel(new float[tile.width()]);
        b.set(wrong == 0 ? heap : fine, 0);
        MemorySegment init = wrong == 1 ? heap : fine;
        MemorySegment d = wrong == 2 ? heap : fine;
        assertThrows(
            IllegalArgumentException.class,
            () -> OutputTile.stacked(tile, a, 0, 0, 1, b, 0, init, 0, d, 0, 0, 0, 1, 0, 1));
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> PixelStacks.copy(heap, new long[9], 0, tile.rows(), 1, Lanes.COUNT, a, 0));
    }
  }

  @Example
  void aPrimedTileOfStacksAllocatesNothing() {
    try (Arena arena = Arena.ofShared()) {
      for (OutputTile tile : of(OutputTile.Rows.STACKS).toList()) {
        if (!fitsRegisters(tile)) {
          continue;
        }
        SplittableRandom random = new SplittableRandom(1);
        Call call = new Call(tile, arena, random, 300);
        while (call.stacks == 0) {
          call = new Call(tile, arena, random, 300);
        }
        assertAllocatesNothing(tile + " of stacks", call::run);
      }
    }
  }

  @Example
  void aPrimedTileOfPixelsOrOfAStripAllocatesNothing() {
    int terms = 100;
    StripRuns[] longAndShort = {LONG_RUNS, new StripRuns(20, terms / 20, 12, terms / 20)};
    float[] strip = new float[16 * 3 + 4 * 60 + terms + Lanes.COUNT];
    try (Arena arena = Arena.ofShared()) {
      for (OutputTile tile : OutputTile.values()) {
        long width = 4L * tile.width();
        long last = width - Lanes.BYTES;
        MemorySegment x = arena.allocate(4L * tile.rows() * terms, 64);
        MemorySegment b = ReadAhead.allocate(arena, terms * width);
        MemorySegment d = arena.allocate(tile.rows() * width, 64);
        ReadAhead ahead = new ReadAhead();
        if (tile.reads(OutputTile.Rows.STRIP) && fitsRegisters(tile)) {
          for (StripRuns runs : longAndShort) {
            OutputTile.primeStrips(List.of(tile), List.of(runs));
            assertAllocatesNothing(
                tile + " of a strip with " + runs,
                () ->
                    OutputTile.strips(
                        tile, strip, 0, 3, runs, b, 0, b, 0, d, 0, width, last, 1, 0, 6));
          }
        }
        // Where C2 got the kernel wrong, priming has found it out, and no plan uses it.
        if (tile.reads(OutputTile.Rows.PIXELS)
            && fitsRegisters(tile)
            && !tile.priming(OutputTile.Rows.PIXELS).boxes()) {
          assertAllocatesNothing(
              tile + " of pixels",
              () -> {
                ahead.during(b, terms * width, 0, 64L * terms);
                OutputTile.pixels(
                    tile, x, 0, 4L * terms, terms, b, 0, b, 0, d, 0, width, last, 1, 0, 6, ahead);
              });
        }
      }
    }
  }

  /**
   * Whether sums, factors and a scalar have registers. Plans take no other tiles: in one process of
   * many C2 left the sums of 9x3 in objects where there were 16.
   */
  private static boolean fitsRegisters(OutputTile tile) {
    return (tile.rows() + 1) * tile.vectors() + 1 <= Lanes.REGISTERS;
  }

  private static Stream<OutputTile> of(OutputTile.Rows kind) {
    return Stream.of(OutputTile.values()).filter(tile -> tile.reads(kind));
  }

  private static void assertAllocatesNothing(String what, Runnable run) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + 20_000_000_000L;
    long allocated = Long.MAX_VALUE;
    while (allocated > 0) {
      assertTrue(System.nanoTime() < end, what + " allocates " + allocated + " bytes");
      allocated = -threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 200; i++) {
        run.run();
      }
      allocated += threads.getCurrentThreadAllocatedBytes();
    }
  }
}
