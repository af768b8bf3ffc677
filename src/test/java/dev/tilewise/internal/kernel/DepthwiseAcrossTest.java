package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Rows across the channels against the chain of each output. */
@Tag("widths")
class DepthwiseAcrossTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int MARK = 0x7FC0_BEEF;

  @Property(tries = 1000)
  void outputsAreChainsOfFusedMultiplyAdds(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int lanes = Lanes.COUNT;
    int stride = 1 + random.nextInt(2);
    boolean left = random.nextBoolean();
    boolean right = random.nextBoolean();
    int tapRows = 2 + random.nextInt(2);
    int firstRow = tapRows == 3 ? 0 : random.nextInt(2);
    int rows = tapRows == 3 ? 1 + random.nextInt(DepthwiseAcross.mostRows(stride)) : 1;
    int whole = DepthwiseAcross.LEAST_OUTPUTS + random.nextInt(12);
    int outputs = whole + (left ? 1 : 0) + (right ? 1 : 0);
    // Just the columns that the row needs: a load beside them is out of bounds.
    int inputs = (outputs - 1) * stride + 3 - (left ? 1 : 0) - (right ? 1 : 0);
    int inputRows = (rows - 1) * stride + tapRows;
    int vectors = 1 + random.nextInt(4);
    int channels = vectors * lanes + random.nextInt(5);
    int vectorFloats = DepthwiseAcross.WEIGHTS;
    int firstWeight = random.nextInt(3);
    float lo = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -0.5f;
    float hi = random.nextBoolean() ? Float.POSITIVE_INFINITY : 0.75f;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x =
          filled(arena, (inputRows * inputs - 1) * channels + vectors * lanes, random);
      float[] w = filled(arena, firstWeight + vectors * vectorFloats, random).toArray(FLOAT);
      long guard = 64;
      MemorySegment y =
          arena.allocate(
              guard + 4L * ((rows * outputs - 1) * channels + vectors * lanes) + guard, 64);
      for (long at = 0; at < y.byteSize(); at += 4) {
        y.set(ValueLayout.JAVA_INT, at, MARK);
      }
      long column = 4L * channels;
      DepthwiseAcross.rows(
          stride,
          rows,
          tapRows,
          x,
          0,
          inputs * column,
          column,
          w,
          firstWeight,
          firstWeight + (1 + 3 * firstRow) * lanes,
          y,
          guard,
          outputs * column,
          column,
          whole,
          left,
          right,
          vectors,
          lo,
          hi);
      for (int i = 0; i < rows * outputs; i++) {
        int o = i % outputs;
        int firstInput = i / outputs * stride;
        // The first column is that of the second tap where the first one is absent.
        int firstColumn = o * stride - (left ? 1 : 0);
        int firstTap = left && o == 0 ? 1 : 0;
        int endTap = right && o == outputs - 1 ? 2 : 3;
        for (int c = 0; c < vectors * lanes; c++) {
          int weights = firstWeight + c / lanes * vectorFloats + c % lanes;
          float sum = w[weights];
          for (int r = 0; r < tapRows; r++) {
            for (int t = firstTap; t < endTap; t++) {
              int at = ((firstInput + r) * inputs + firstColumn + t) * channels + c;
              float factor = w[weights + (1 + 3 * (firstRow + r) + t) * lanes];
              sum = Math.fma(x.getAtIndex(FLOAT, at), factor, sum);
            }
          }
          float expected = sum < lo ? lo : sum > hi ? hi : sum;
          long at = guard + i * column + 4L * c;
          assertEquals(
              Float.floatToIntBits(expected),
              Float.floatToIntBits(y.get(FLOAT, at)),
              seed + ": output " + i + ", channel " + c);
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
