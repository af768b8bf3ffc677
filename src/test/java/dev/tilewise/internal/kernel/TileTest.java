package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Each micro-kernel against its contracts, {@link Tile#run} and {@link Tile#runOnce}. */
@Tag("widths")
class TileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  /** One call with random places for everything. */
  private static final class Call {
    private final Tile tile;
    private final boolean once;
    private final float[] a;
    private final int[] aRows;
    private final int aRow;
    private final int[] runs;
    private final int firstRun;
    private final int endRun;
    private final MemorySegment b;
    private final long bOff;
    private final MemorySegment init;
    private final long initOff;
    private final MemorySegment d;
    private final long[] dRows;
    private final int dRow;
    private final long dOff;
    private final float lo;
    private final float hi;

    private Call(Tile tile, boolean once, Arena arena, SplittableRandom random, int longest) {
      this.tile = tile;
      this.once = once;
      a = floats(random, 40 + longest);
      firstRun = random.nextInt(3);
      endRun = firstRun + (once ? 1 : random.nextInt(4));
      runs = new int[3 * (endRun + random.nextInt(2))];
      int terms = 0;
      for (int r = 0; r < runs.length / 3; r++) {
        terms += random.nextInt(3);
        // An offset of 50 with rows that start at -50: a row may start outside of the array.
        runs[3 * r] = 50 + random.nextInt(10);
        runs[3 * r + 1] = terms;
        runs[3 * r + 2] = random.nextInt(longest + 1);
        terms += runs[3 * r + 2];
      }
      aRow = random.nextInt(3);
      aRows = new int[aRow + tile.rows() + 1];
      for (int m = 0; m < aRows.length; m++) {
        aRows[m] = m > 0 && random.nextInt(4) == 0 ? aRows[m - 1] : -50 + random.nextInt(30);
      }
      long width = (long) tile.width() * Float.BYTES;
      bOff = random.nextInt(4) * 4L;
      b = memory(arena, floats(random, (int) (bOff / 4 + terms * width / 4)));
      initOff = random.nextInt(20) * 4L;
      init = memory(arena, floats(random, (int) (initOff / 4 + width / 4)));
      dRow = random.nextInt(3);
      dRows = new long[dRow + tile.rows() + 1];
      dOff = 64 + random.nextInt(16) * 4L;
      for (int m = 1; m < dRows.length; m++) {
        dRows[m] = dRows[m - 1] + width + random.nextInt(4) * 4L;
      }
      d = arena.allocate(dRows[dRows.length - 1] + dOff + width + 256, 64);
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

    private void run() {
      if (once) {
        long term = bOff + (long) runs[3 * firstRun + 1] * tile.width() * Float.BYTES;
        Tile.runOnce(
            tile,
            a,
            aRows,
            aRow,
            runs[3 * firstRun],
            runs[3 * firstRun + 2],
            b,
            term,
            init,
            initOff,
            d,
            dRows,
            dRow,
            dOff,
            lo,
            hi);
        return;
      }
      Tile.run(
          tile, a, aRows, aRow, runs, firstRun, endRun, b, bOff, init, initOff, d, dRows, dRow,
          dOff, lo, hi);
    }

    private float expected(int m, int n) {
      float sum = init.get(FLOAT, initOff + 4L * n);
      for (int r = firstRun; r < endRun; r++) {
        for (int i = 0; i < runs[3 * r + 2]; i++) {
          long term = runs[3 * r + 1] + i;
          float factor = b.get(FLOAT, bOff + (term * tile.width() + n) * Float.BYTES);
          sum = Math.fma(a[aRows[aRow + m] + runs[3 * r] + i], factor, sum);
        }
      }
      return sum < lo ? lo : sum > hi ? hi : sum;
    }

    private void check() {
      for (long at = 0; at < d.byteSize(); at += 4) {
        d.set(ValueLayout.JAVA_INT, at, MARK);
      }
      run();
      for (int m = 0; m < tile.rows(); m++) {
        for (int n = 0; n < tile.width(); n++) {
          long at = dRows[dRow + m] + dOff + 4L * n;
          int bits = Float.floatToIntBits(d.get(FLOAT, at));
          assertEquals(Float.floatToIntBits(expected(m, n)), bits, tile + " " + m + ", " + n);
          d.set(ValueLayout.JAVA_INT, at, MARK);
        }
      }
      for (long at = 0; at < d.byteSize(); at += 4) {
        assertEquals(MARK, d.get(ValueLayout.JAVA_INT, at), tile + " wrote beside the tile");
      }
    }
  }

  @Property(tries = 1000)
  void everyTileIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      SplittableRandom random = new SplittableRandom(seed);
      for (Tile tile : Tile.values()) {
        new Call(tile, false, arena, random, random.nextInt(40)).check();
        new Call(tile, true, arena, random, random.nextInt(40)).check();
      }
    }
  }

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    for (Tile tile : Tile.values()) {
      MemorySegment heap = MemorySegment.ofArray(new float[16 * 64]);
      MemorySegment fine = Arena.ofAuto().allocate(16 * 64 * 4, 64);
      for (int wrong = 0; wrong < 3; wrong++) {
        MemorySegment b = wrong == 0 ? heap : fine;
        MemorySegment init = wrong == 1 ? heap : fine;
        MemorySegment d = wrong == 2 ? heap : fine;
        assertThrows(IllegalArgumentException.class, () -> run(tile, false, b, init, d));
        assertThrows(IllegalArgumentException.class, () -> run(tile, true, b, init, d));
      }
    }
  }

  private static void run(
      Tile tile, boolean once, MemorySegment b, MemorySegment init, MemorySegment d) {
    float[] a = new float[8];
    int[] aRows = new int[8];
    long[] dRows = new long[8];
    if (once) {
      Tile.runOnce(tile, a, aRows, 0, 0, 1, b, 0, init, 0, d, dRows, 0, 0, 0, 1);
    } else {
      Tile.run(tile, a, aRows, 0, new int[] {0, 0, 1}, 0, 1, b, 0, init, 0, d, dRows, 0, 0, 0, 1);
    }
  }

  @Example
  void aWarmTileAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofShared()) {
      for (int form = 0; form < 2 * Tile.values().length; form++) {
        Tile tile = Tile.values()[form / 2];
        Call call = new Call(tile, form % 2 == 1, arena, new SplittableRandom(1), 300);
        long end = System.nanoTime() + 20_000_000_000L;
        long allocated = Long.MAX_VALUE;
        while (allocated > 0) {
          assertTrue(System.nanoTime() < end, tile + " allocates " + allocated + " bytes");
          allocated = -threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < 200; i++) {
            call.run();
          }
          allocated += threads.getCurrentThreadAllocatedBytes();
        }
      }
    }
  }
}
