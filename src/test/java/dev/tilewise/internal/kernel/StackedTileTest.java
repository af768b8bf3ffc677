package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Each micro-kernel of Winograd's products against its contract in {@link StackedTile}. */
@Tag("widths")
class StackedTileTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  // As plans do: a kernel whose first calls are long may stay in C1's code for ever.
  static {
    Priming.all(
        List.of(StackedTile.values()).stream()
            .map(StackedTile::primings)
            .flatMap(List::stream)
            .toList());
  }

  @Property(tries = 1000)
  void everyTileIsOneChainOfFusedMultiplyAddsFromZeroOn(@ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      SplittableRandom random = new SplittableRandom(seed);
      for (StackedTile tile : StackedTile.values()) {
        check(tile, arena, random, seed);
      }
    }
  }

  private static void check(StackedTile tile, Arena arena, SplittableRandom random, long seed) {
    int lanes = Lanes.COUNT;
    int rows = tile.rows();
    int columns = tile.vectors() * lanes;
    int length = 1 + random.nextInt(70);
    int stacks = random.nextInt(4);
    int aOff = random.nextInt(20);
    int aStep = (length + lanes - 1) / lanes * lanes * rows + random.nextInt(5);
    float[] a = floats(random, aOff + stacks * aStep);
    float[] factors = floats(random, length * columns);
    long bOff = 4L * random.nextInt(4);
    FollowedFilters filters = new FollowedFilters(arena, random, factors, bOff);
    MemorySegment b = filters.memory;
    long dOff = 4L * random.nextInt(16);
    long dStep = 4L * (columns + random.nextInt(4));
    MemorySegment d = arena.allocate(dOff + stacks * rows * dStep + 64, 64);
    for (long at = 0; at < d.byteSize(); at += 4) {
      d.set(ValueLayout.JAVA_INT, at, MARK);
    }
    Panel panel = new Panel(new float[tile.readsArrays() ? factors.length : 0]);
    if (tile.readsArrays()) {
      panel.set(b, bOff);
      panel.copy(b, bOff, 0, factors.length);
    } else {
      panel.set(b, bOff);
    }
    StackedTile.run(tile, a, aOff, aStep, length, panel, d, dOff, dStep, stacks, filters.ahead);
    filters.assertBrought(tile.readsAhead(), length, stacks, seed + ": " + tile);
    for (int row = 0; row < stacks * rows; row++) {
      for (int n = 0; n < columns; n++) {
        float sum = 0;
        for (int i = 0; i < length; i++) {
          int at = row / rows * aStep + (i / lanes * rows + row % rows) * lanes + i % lanes;
          sum = Math.fma(a[aOff + at], factors[i * columns + n], sum);
        }
        long at = dOff + row * dStep + 4L * n;
        int bits = Float.floatToIntBits(d.get(FLOAT, at));
        assertEquals(Float.floatToIntBits(sum), bits, seed + ": " + tile + " " + row + ", " + n);
        d.set(ValueLayout.JAVA_INT, at, MARK);
      }
    }
    for (long at = 0; at < d.byteSize(); at += 4) {
      assertEquals(MARK, d.get(ValueLayout.JAVA_INT, at), tile + " wrote beside the tile");
    }
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(200) == 0 ? Float.NaN : (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  @Example
  void aTileTakesOffHeapMemoryOnly() {
    float[] a = new float[9 * Lanes.COUNT];
    MemorySegment heap = MemorySegment.ofArray(new float[9 * 64]);
    MemorySegment fine = Arena.ofAuto().allocate(9 * 64 * 4, 64);
    for (StackedTile tile : StackedTile.values()) {
      for (int length = 1; length <= 2; length++) {
        int terms = length;
        Panel b = new Panel(new float[terms * tile.vectors() * Lanes.COUNT]);
        if (!tile.readsArrays()) {
          b.set(heap, 0);
          assertThrows(
              IllegalArgumentException.class,
              () -> StackedTile.run(tile, a, 0, 0, terms, b, fine, 0, 0, 1, new ReadAhead()));
        }
        b.set(fine, 0);
        assertThrows(
            IllegalArgumentException.class,
            () -> StackedTile.run(tile, a, 0, 0, terms, b, heap, 0, 0, 1, new ReadAhead()));
      }
    }
  }
}
