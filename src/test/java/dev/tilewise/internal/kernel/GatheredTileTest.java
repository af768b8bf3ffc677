package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Each micro-kernel of stacked windows against its contract, {@link GatheredTile#run}. */
@Tag("widths")
class GatheredTileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  // As plans do: a kernel whose first calls are long may stay in C1's code for ever.
  static {
    Priming.all(List.of(GatheredTile.values()).stream().map(GatheredTile::priming).toList());
  }

  /** One call with random places for everything. */
  private static final class Call {
    private final GatheredTile tile;
    private final int length;
    private final int stacks;
    private final float[] input;
    private final MemorySegment x;
    private final long[] xRows;
    private final long[] offsets;
    private final int[] lengths;
    private final float[] a;
    private final int aStep;
    private final MemorySegment b;
    private final long bOff;
    private final int firstTerm;
    private final Panel panel;
    private final MemorySegment init;
    private final long initOff;
    private final MemorySegment d;
    private final long[] dRows;
    private final int dRow;
    private final long dOff;
    private final float lo;
    private final float hi;

    private Call(GatheredTile tile, int stacks, Arena arena, SplittableRandom random, int longest) {
      this.tile = tile;
      this.stacks = stacks;
      offsets = new long[1 + random.nextInt(3)];
      lengths = new int[offsets.length];
      int terms = 0;
      for (int piece = 0; piece < offsets.length; piece++) {
        offsets[piece] = 4L * random.nextInt(50);
        int vectors = 1 + random.nextInt(1 + longest / Lanes.COUNT / offsets.length);
        lengths[piece] = vectors * Lanes.COUNT;
        terms += lengths[piece];
      }
      length = random.nextInt(terms + 1);
      int windows = stacks * tile.rows();
      xRows = new long[windows];
      for (int i = 0; i < windows; i++) {
        xRows[i] = 4L * random.nextInt(100);
      }
      input = floats(random, 150 + terms);
      x = memory(arena, input);
      aStep = tile.rows() * (terms + random.nextInt(9));
      a = new float[stacks * aStep];
      long width = (long) tile.width() * Float.BYTES;
      bOff = random.nextInt(4) * 4L;
      firstTerm = random.nextInt(3);
      int factors = (firstTerm + terms) * tile.width();
      b = memory(arena, floats(random, (int) (bOff / 4 + factors)));
      panel = new Panel(new float[tile.readsArrays() ? factors : 0]);
      if (tile.readsArrays()) {
        panel.set(b, bOff);
        panel.copy(b, bOff, 0, factors);
      } else {
        panel.set(b, bOff);
      }
      initOff = random.nextInt(20) * 4L;
      init = memory(arena, floats(random, (int) (initOff / 4 + width / 4)));
      dRow = random.nextInt(3);
      dRows = new long[dRow + windows + 1];
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
      WindowStacks.copy(x, xRows, tile.rows(), stacks, offsets, lengths, a, 0, aStep);
      GatheredTile.run(
          tile, a, 0, aStep, length, panel, firstTerm, init, initOff, d, dRows, dRow, dOff, stacks,
          lo, hi);
    }

    private float expected(int row, int n) {
      float sum = init.get(FLOAT, initOff + 4L * n);
      int term = 0;
      for (int piece = 0; piece < offsets.length; piece++) {
        for (int i = 0; i < lengths[piece] && term < length; i++, term++) {
          long at = (long) (firstTerm + term) * tile.width() + n;
          float factor = b.get(FLOAT, bOff + at * Float.BYTES);
          sum = Math.fma(input[(int) ((xRows[row] + offsets[piece]) / 4) + i], factor, sum);
        }
      }
      return sum < lo ? lo : sum > hi ? hi : sum;
    }

    private void check() {
      for (long at = 0; at < d.byteSize(); at += 4) {
        d.set(ValueLayout.JAVA_INT, at, MARK);
      }
      run();
      for (int row = 0; row < xRows.length; row++) {
        for (int n = 0; n < tile.width(); n++) {
          long at = dRows[dRow + row] + dOff + 4L * n;
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
  void everyTileIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      SplittableRandom random = new SplittableRandom(seed);
      for (GatheredTile tile : GatheredTile.values()) {
        new Call(tile, random.nextInt(4), arena, random, 70).check();
      }
    }
  }

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    float[] a = new float[6 * Lanes.COUNT];
    long[] rows = new long[6];
    MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    for (GatheredTile tile : GatheredTile.values()) {
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
            () -> GatheredTile.run(tile, a, 0, 0, 1, b, 0, init, 0, d, rows, 0, 0, 1, 0, 1));
      }
    }
    for (int height : new int[] {6, 5}) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              WindowStacks.copy(
                  heap, rows, height, 1, new long[1], new int[] {Lanes.COUNT}, a, 0, 0));
    }
  }

  @Example
  void aWarmTileAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofShared()) {
      for (GatheredTile tile : GatheredTile.values()) {
        Call call = new Call(tile, 3, arena, new SplittableRandom(1), 300);
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
