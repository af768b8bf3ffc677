package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Two vectors of channels at once against the chain of each output, {@link Depthwise#pair}. */
@Tag("widths")
class DepthwisePairTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  @Property(tries = 1000)
  void bothVectorsAreChainsOfFusedMultiplyAdds(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int lanes = Lanes.COUNT;
    int stride = 1 + random.nextInt(2);
    boolean left = random.nextBoolean();
    boolean right = random.nextBoolean();
    int columns = random.nextInt(6);
    int outputs = columns + (left ? 1 : 0) + (right ? 1 : 0);
    int inputs = Math.max(3, outputs * stride + 3);
    int channels = 2 * lanes + random.nextInt(5);
    int vectorFloats = 10 * lanes + random.nextInt(3);
    float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
    float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x = filled(arena, 3 * inputs * channels, random);
      MemorySegment w = filled(arena, 2 * vectorFloats, random);
      long guard = 64;
      MemorySegment y = arena.allocate(guard + 4L * (outputs * channels + 2 * lanes) + guard, 64);
      for (long at = 0; at < y.byteSize(); at += 4) {
        y.set(ValueLayout.JAVA_INT, at, MARK);
      }
      long column = 4L * channels;
      Depthwise.pair(
          stride,
          x,
          0,
          inputs * column,
          column,
          w,
          0,
          Lanes.BYTES,
          4L * vectorFloats,
          y,
          guard,
          column,
          columns,
          left,
          right,
          lo,
          hi);
      for (int o = 0; o < outputs; o++) {
        // The first column is that of the second tap where the first one is absent.
        int firstColumn = o * stride - (left ? 1 : 0);
        int firstTap = left && o == 0 ? 1 : 0;
        int endTap = right && o == outputs - 1 ? 2 : 3;
        for (int c = 0; c < 2 * lanes; c++) {
          int weights = c / lanes * vectorFloats + c % lanes;
          float sum = w.getAtIndex(FLOAT, weights);
          for (int r = 0; r < 3; r++) {
            for (int t = firstTap; t < endTap; t++) {
              int at = (r * inputs + firstColumn + t) * channels + c;
              float factor = w.getAtIndex(FLOAT, weights + (1 + 3 * r + t) * lanes);
              sum = Math.fma(x.getAtIndex(FLOAT, at), factor, sum);
            }
          }
          float expected = sum < lo ? lo : sum > hi ? hi : sum;
          long at = guard + o * column + 4L * c;
          assertEquals(
              Float.floatToIntBits(expected),
              Float.floatToIntBits(y.get(FLOAT, at)),
              seed + ": output " + o + ", channel " + c);
          y.set(ValueLayout.JAVA_INT, at, MARK);
        }
      }
      for (long at = 0; at < y.byteSize(); at += 4) {
        assertEquals(MARK, y.get(ValueLayout.JAVA_INT, at), seed + ": wrote beside the outputs");
      }
    }
  }

  private static MemorySegment filled(Arena arena, int floats, SplittableRandom random) {
    MemorySegment memory = arena.allocate(4L * floats, 64);
    for (int i = 0; i < floats; i++) {
      memory.setAtIndex(FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return memory;
  }
}
