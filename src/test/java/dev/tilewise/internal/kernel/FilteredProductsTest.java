package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class FilteredProductsTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** A row of the transform's sums, as the kernels' contracts say. */
  private static float row(int row, float a, float b, float c) {
    return switch (row) {
      case 0 -> a;
      case 1 -> a + c + b;
      case 2 -> a + c - b;
      case 3 -> Math.fma(4f, a, c) + 2 * b;
      case 4 -> Math.fma(4f, c, a) - 2 * b;
      default -> c;
    };
  }

  @Property(tries = 200)
  void bothDimensionsAndTheSumsAreChainsOfSingleRoundings(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int lanes = Lanes.COUNT;
    int channels = random.nextInt(1, 3 * lanes);
    long hStep = (channels * 3L + random.nextInt(3)) * Lanes.BYTES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment taps = arena.allocate(channels * 9L * Lanes.BYTES, 64);
      for (long at = 0; at < taps.byteSize(); at += Float.BYTES) {
        taps.set(FLOAT, at, (float) random.nextDouble(-1, 1));
      }
      MemorySegment h = arena.allocate(HalfFilters.ROWS * hStep, 64);
      HalfFilters.run(taps, 0, h, 0, hStep, channels);
      int vectors = (channels + lanes - 1) / lanes;
      float[] v = floats(random, 5 + vectors * FilteredProducts.SUMS * lanes);
      for (int i = 0; i < 6; i++) {
        float[] sums = floats(random, 3 + FilteredProducts.SUMS * lanes);
        float[] before = sums.clone();
        long step = Lanes.BYTES;
        if (i == 0 || i == 5) {
          long tap = i == 0 ? 0 : 2 * step;
          FilteredProducts.run(v, 5, taps, tap, 3 * step, 9 * step, channels, sums, 3);
        } else {
          FilteredProducts.run(v, 5, h, (i - 1) * hStep, step, 3 * step, channels, sums, 3);
        }
        for (int n = 0; n < sums.length - 3; n++) {
          int lane = n % lanes;
          int product = n / lanes;
          float sum = before[3 + n];
          for (int c = 0; c < channels; c++) {
            float[] half = new float[3];
            for (int x = 0; x < 3; x++) {
              half[x] =
                  row(
                      i,
                      tap(taps, c, x, 0, lane),
                      tap(taps, c, x, 1, lane),
                      tap(taps, c, x, 2, lane));
            }
            float u = row(product / FilteredProducts.TILES, half[0], half[1], half[2]);
            int at = 5 + (c / lanes * FilteredProducts.SUMS + product) * lanes + c % lanes;
            sum = Math.fma(v[at], u, sum);
          }
          assertEquals(sum, sums[3 + n]);
        }
      }
    }
  }

  private static float tap(MemorySegment taps, int c, int x, int y, int lane) {
    return taps.getAtIndex(FLOAT, ((c * 3L + x) * 3 + y) * Lanes.COUNT + lane);
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) random.nextDouble(-1, 1);
    }
    return floats;
  }

  @Test
  void memoryOnTheHeapIsRefused() {
    MemorySegment heap = MemorySegment.ofArray(new float[18 * Lanes.COUNT]);
    float[] v = new float[FilteredProducts.SUMS * Lanes.COUNT];
    assertThrows(
        IllegalArgumentException.class,
        () -> FilteredProducts.run(v, 0, heap, 0, 64, 192, 1, v.clone(), 0));
    assertThrows(
        IllegalArgumentException.class, () -> HalfFilters.run(heap, 0, heap, 0, Lanes.BYTES, 1));
    assertThrows(
        IllegalArgumentException.class, () -> ScaledSums.run(v, 0, 2, heap, 0, Lanes.BYTES, 1));
    assertThrows(
        IllegalArgumentException.class, () -> ScaledSums.run(heap, 0, Lanes.BYTES, 1, 1, 2));
  }
}
