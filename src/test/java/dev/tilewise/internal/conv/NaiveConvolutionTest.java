package dev.tilewise.internal.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import net.jqwik.api.Example;

/**
 * The definition against numbers worked out by hand; everything else is compared with the
 * definition.
 */
class NaiveConvolutionTest {

  private static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  @Example
  void anExampleByHand() {
    // 3x3 image 1 .. 9, filter [[1, 10], [100, 1000]], bias 0.5, padding of 1 on top and left.
    Geometry g = new Geometry(1, 1, 3, 3, 1, 1, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1);
    NaiveConvolution naive =
        new NaiveConvolution(
            g, floats(1, 2, 3, 4, 5, 6, 7, 8, 9), floats(1, 10, 100, 1000), floats(0.5f));
    float[] expected = {
      1000.5f, 2100.5f, 3200.5f, 4010.5f, 5421.5f, 6532.5f, 7040.5f, 8754.5f, 9865.5f
    };
    for (int i = 0; i < 9; i++) {
      assertEquals(expected[i], naive.at(0, 0, i / 3, i % 3));
      assertEquals(expected[i], naive.exactAt(0, 0, i / 3, i % 3));
      assertEquals(expected[i], naive.scaleAt(0, 0, i / 3, i % 3));
    }
  }

  @Example
  void groupsSeeTheirOwnChannels() {
    // Two pixels of four channels in two groups, four filters.
    Geometry g = new Geometry(1, 4, 1, 2, 4, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    NaiveConvolution naive =
        new NaiveConvolution(
            g, floats(1, 2, 3, 4, 5, 6, 7, 8), floats(1, 0, 0, 1, 1, 0, 0, 1), null);
    for (int x = 0; x < 2; x++) {
      for (int k = 0; k < 4; k++) {
        assertEquals(4 * x + k + 1, naive.at(0, k, 0, x));
      }
    }
  }

  @Example
  void strideAndDilationChooseTheTaps() {
    // Columns 0 .. 8 hold their index; taps at 2 ox and 2 ox + 3.
    Geometry g = new Geometry(1, 1, 1, 9, 1, 1, 1, 2, 1, 2, 0, 0, 0, 0, 1, 3);
    NaiveConvolution naive =
        new NaiveConvolution(g, floats(0, 1, 2, 3, 4, 5, 6, 7, 8), floats(1, 100), null);
    assertEquals(3, g.ow());
    for (int ox = 0; ox < 3; ox++) {
      assertEquals(2 * ox + 100 * (2 * ox + 3), naive.at(0, 0, 0, ox));
    }
  }

  @Example
  void theSumOfEachBlockStartsFromZeroAndTheFirstFromTheBias() {
    // 1025 terms in blocks of 528 and 497: a bias of 2^25 swallows the ones of the first block, not
    // those of the second.
    Geometry g = new Geometry(1, 1025, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    float[] ones = new float[1025];
    Arrays.fill(ones, 1);
    NaiveConvolution naive = new NaiveConvolution(g, floats(ones), floats(ones), floats(0x1p25f));
    assertEquals(528, g.blockLength());
    assertEquals(0x1p25f + 497, naive.at(0, 0, 0, 0));
    assertEquals(0x1p25 + 1025, naive.exactAt(0, 0, 0, 0));
  }

  @Example
  void multiplicationAndAdditionRoundOnce() {
    Geometry g = new Geometry(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    float x = 1 + 0x1p-12f;
    // x * x = 1 + 2^-11 + 2^-24: the last bit survives only without a rounding in between.
    NaiveConvolution naive = new NaiveConvolution(g, floats(x), floats(x), floats(-1 - 0x1p-11f));
    assertEquals(0x1p-24f, naive.at(0, 0, 0, 0));
  }

  @Example
  void tapsInThePaddingAreAbsent() {
    Geometry g = new Geometry(1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1);
    float infinity = Float.POSITIVE_INFINITY;
    float[] weights = {infinity, infinity, infinity, Float.NaN, 2, infinity, 1, 1, infinity};
    assertEquals(6, new NaiveConvolution(g, floats(3), floats(weights), null).at(0, 0, 0, 0));
  }

  @Example
  void theScaleAddsMagnitudes() {
    Geometry g = new Geometry(1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    NaiveConvolution naive = new NaiveConvolution(g, floats(1, -2), floats(-3, -4), floats(-5));
    assertEquals(16, naive.scaleAt(0, 0, 0, 0));
    assertEquals(0, naive.exactAt(0, 0, 0, 0));
  }
}
