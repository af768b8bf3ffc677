package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.function.Executable;

/**
 * Each micro-kernel that computes outputs from strips against its contract in {@link StripTile}.
 */
@Tag("widths")
class StripTileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  // As plans do: a kernel whose first calls are long may stay in C1's code for ever.
  static {
    Priming.all(Arrays.stream(StripTile.values()).map(StripTile::priming).toList());
  }

  @Property(tries = 1000)
  void everyTileIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (StripTile tile : StripTile.values()) {
      int tiles = random.nextInt(4);
      int pixels = tiles * tile.rows();
      int count = 1 + random.nextInt(5);
      int length = 1 + random.nextInt(20);
      int bStep = length + random.nextInt(3);
      StripRuns runs = new StripRuns(count, length, random.nextInt(40), bStep);
      int pitch = random.nextInt(8);
      int aOff = random.nextInt(20);
      float[] a = floats(random, aOff + pixels * pitch + count * (runs.aStep() + length));
      int lanes = Lanes.COUNT;
      int columns = tile.vectors() == 1 ? lanes : tile.width() - random.nextInt(lanes);
      float[] b = floats(random, count * bStep * tile.width());
      float[] init = floats(random, tile.width());
      float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
      float[] d = new float[pixels * columns];
      try (Arena arena = Arena.ofShared()) {
        MemorySegment to = arena.allocate(4L * d.length + 4, 64);
        MemorySegment panel = memory(arena, b);
        MemorySegment start = memory(arena, init);
        long last = 4L * (columns - lanes);
        StripTile.run(
            tile,
            a,
            aOff,
            pitch,
            runs,
            panel,
            0,
            start,
            0,
            to,
            0,
            4L * columns,
            last,
            tiles,
            lo,
            hi);
        MemorySegment.copy(to, FLOAT, 0, d, 0, d.length);
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

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    float[] a = new float[9 * Lanes.COUNT];
    StripRuns runs = new StripRuns(1, 1, 0, 0);
    MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    for (StripTile tile : StripTile.values()) {
      for (int wrong = 0; wrong < 4; wrong++) {
        MemorySegment b = wrong == 0 ? heap : fine;
        MemorySegment init = wrong == 1 ? heap : fine;
        MemorySegment d = wrong == 2 ? heap : fine;
        Executable run =
            () -> StripTile.run(tile, a, 0, 0, runs, b, 0, init, 0, d, 0, 0, 0, 1, 0, 1);
        if (wrong == 3) {
          assertDoesNotThrow(run);
        } else {
          assertThrows(IllegalArgumentException.class, run);
        }
      }
    }
  }

  @Example
  void aPrimedTileAllocatesNothing() {
    int terms = 100;
    StripRuns runs = new StripRuns(4, terms / 4, 60, terms / 4);
    float[] strip = new float[9 * 3 + 4 * 60 + terms];
    try (Arena arena = Arena.ofShared()) {
      for (StripTile tile : StripTile.values()) {
        long width = 4L * tile.width();
        long last = width - Lanes.BYTES;
        MemorySegment b = arena.allocate(terms * width, 64);
        MemorySegment d = arena.allocate(tile.rows() * width, 64);
        Allocations.assertNone(
            tile + " of a strip",
            () -> StripTile.run(tile, strip, 0, 3, runs, b, 0, b, 0, d, 0, width, last, 1, 0, 6));
      }
    }
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
}
