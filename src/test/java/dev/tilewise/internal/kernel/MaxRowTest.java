package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of pooling windows, bit for bit as plain loops have them, or refused because of NaN. */
class MaxRowTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final float[] VALUES = {
    0f, -0f, 1, -1, Float.MIN_VALUE, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY
  };
  private static final int RUNS = 300;

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void maximaAreThoseOfPlainLoopsAndNaNIsFound(int taps) {
    SplittableRandom random = new SplittableRandom(taps);
    int refused = 0;
    for (int run = 0; run < RUNS; run++) {
      int channels = random.nextInt(1, 4) * Lanes.COUNT;
      int windows = random.nextInt(1, 6);
      int stride = random.nextInt(1, 4);
      int dilation = random.nextInt(1, 3);
      int width = (windows - 1) * stride + (taps - 1) * dilation + 1;
      int height = (taps - 1) * dilation + 1;
      int lead = random.nextInt(3) * Lanes.COUNT;
      int depth = channels + random.nextInt(3);
      float[] in = new float[lead + width * height * channels];
      for (int i = 0; i < in.length; i++) {
        in[i] = VALUES[random.nextInt(VALUES.length)];
      }
      boolean nan = random.nextBoolean();
      if (nan) {
        // In a tap of a window.
        int tap = random.nextInt(taps) * dilation * width + random.nextInt(taps) * dilation;
        int pixel = tap + random.nextInt(windows) * stride;
        in[lead + pixel * channels + random.nextInt(channels)] = Float.NaN;
        refused++;
      }
      try (Arena arena = Arena.ofShared()) {
        MemorySegment x = Memory.allocate(arena, (long) in.length * Float.BYTES);
        MemorySegment.copy(in, 0, x, FLOAT, 0, in.length);
        MemorySegment y = Memory.allocate(arena, (long) windows * depth * Float.BYTES);
        boolean right =
            MaxRow.values(
                taps,
                x,
                (long) lead * Float.BYTES,
                (long) dilation * width * channels * Float.BYTES,
                (long) dilation * channels * Float.BYTES,
                (long) stride * channels * Float.BYTES,
                windows,
                channels,
                y,
                0,
                (long) depth * Float.BYTES);
        assertEquals(!nan, right, "run " + run);
        for (int window = 0; right && window < windows; window++) {
          for (int c = 0; c < channels; c++) {
            int first = lead + window * stride * channels + c;
            float expected = in[first];
            for (int tap = 0; tap < taps * taps; tap++) {
              int pixel = tap / taps * dilation * width + tap % taps * dilation;
              float value = in[first + pixel * channels];
              expected = value > expected ? value : expected;
            }
            float actual = y.getAtIndex(FLOAT, (long) window * depth + c);
            assertEquals(
                Float.floatToRawIntBits(expected), Float.floatToRawIntBits(actual), "run " + run);
          }
        }
      }
    }
    assertTrue(refused > RUNS / 4 && refused < RUNS, "both kinds must occur");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void windowsAreSquare(int taps) {
    assertTrue(MaxRow.has(taps, taps));
    assertFalse(MaxRow.has(taps, taps + 1));
    assertFalse(MaxRow.has(1, 1));
  }
}
