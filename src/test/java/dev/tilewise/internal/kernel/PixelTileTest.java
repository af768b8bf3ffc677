package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
 * Each micro-kernel that computes outputs from pixels against its contract in {@link PixelTile}.
 */
@Tag("widths")
class PixelTileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  // As plans do: a kernel whose first calls are long may stay in C1's code for ever.
  static {
    Priming.all(Arrays.stream(PixelTile.values()).map(PixelTile::priming).toList());
  }

  @Property(tries = 1000)
  void everyTileIsOneChainOfFusedMultiplyAddsPerOutput(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (PixelTile tile : PixelTile.values()) {
      int tiles = 1 + random.nextInt(4);
      int pixels = tiles * tile.rows();
      int length = 1 + random.nextInt(100);
      int pitch = random.nextInt(120);
      int first = random.nextInt(20);
      float[] a = floats(random, first + pixels * pitch + length);
      float[] b = floats(random, length * tile.width());
      float[] init = floats(random, tile.width());
      int columns = tile.width() - random.nextInt(tile.vectors() == 1 ? 1 : Lanes.COUNT);
      float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
      float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
      float[] d = new float[pixels * columns];
      try (Arena arena = Arena.ofShared()) {
        MemorySegment x = memory(arena, a);
        MemorySegment to = arena.allocate(4L * d.length + 4, 64);
        to.set(ValueLayout.JAVA_INT, 4L * d.length, MARK);
        MemorySegment panel = memory(arena, b);
        MemorySegment start = memory(arena, init);
        long row = 4L * columns;
        long last = row - Lanes.BYTES;
        PixelTile.run(
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
            hi);
        MemorySegment.copy(to, FLOAT, 0, d, 0, d.length);
        assertEquals(MARK, to.get(ValueLayout.JAVA_INT, 4L * d.length), tile + " wrote beside");
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

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    for (PixelTile tile : PixelTile.values()) {
      for (int wrong = 0; wrong < 5; wrong++) {
        MemorySegment a = wrong == 0 ? heap : fine;
        MemorySegment b = wrong == 1 ? heap : fine;
        MemorySegment init = wrong == 2 ? heap : fine;
        MemorySegment d = wrong == 3 ? heap : fine;
        Executable run = () -> PixelTile.run(tile, a, 0, 0, 1, b, 0, init, 0, d, 0, 0, 0, 1, 0, 1);
        if (wrong == 4) {
          assertDoesNotThrow(run);
        } else {
          assertThrows(IllegalArgumentException.class, run);
        }
      }
    }
  }

  @Example
  void numbersFrom56OnAreTilesOfTwoHeights() {
    for (int vectors = 1; vectors <= PixelTile.MOST_VECTORS; vectors++) {
      PixelTile tile = PixelTile.of(vectors);
      PixelTile rest = tile.rest();
      assertEquals(vectors, rest.vectors());
      for (int pixels = 1; pixels <= 300; pixels++) {
        boolean possible = false;
        for (int rests = 0; rests * rest.rows() <= pixels; rests++) {
          possible |= (pixels - rests * rest.rows()) % tile.rows() == 0;
        }
        assertEquals(possible, tile.holds(pixels), tile + ": " + pixels);
        assertTrue(possible || pixels < 56, tile + ": " + pixels);
        if (possible) {
          int left = pixels - tile.restTiles(pixels) * rest.rows();
          assertTrue(left >= 0 && left % tile.rows() == 0, tile + ": " + pixels);
        }
      }
    }
  }

  @Example
  void aPrimedTileAllocatesNothing() {
    int terms = 100;
    try (Arena arena = Arena.ofShared()) {
      for (PixelTile tile : PixelTile.values()) {
        long width = 4L * tile.width();
        long last = width - Lanes.BYTES;
        MemorySegment x = arena.allocate(8L * tile.rows() * terms, 64);
        MemorySegment b = arena.allocate(terms * width, 64);
        MemorySegment d = arena.allocate(2 * tile.rows() * width, 64);
        Allocations.assertNone(
            tile + " of pixels",
            () ->
                PixelTile.run(
                    tile, x, 0, 4L * terms, terms, b, 0, b, 0, d, 0, width, last, 2, 0, 6));
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
