package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("widths")
class SoftmaxTest {

  private static final float INFINITY = Float.POSITIVE_INFINITY;

  private static float[] run(Softmax softmax, float... x) {
    Tensor t = Tensor.of(Arena.ofAuto(), Shape.image(1, 1, x.length), Layout.NHWC, x);
    softmax.run(t, t, Workers.serial());
    return t.toArray(Layout.NHWC);
  }

  @Test
  void theErrorIsWithinTheBound() {
    SplittableRandom random = new SplittableRandom(1);
    for (int channels : new int[] {1, 2, 15, 16, 17, 63, 64, 65, 127, 1000}) {
      for (float scale : new float[] {0.1f, 1, 10, 40}) {
        float[] x = Values.UNIT.array(random, channels);
        double most = Double.NEGATIVE_INFINITY;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < channels; i++) {
          x[i] *= scale;
          most = Math.max(most, x[i]);
          least = Math.min(least, x[i]);
        }
        double sum = 0;
        for (float v : x) {
          sum += StrictMath.exp(v - most);
        }
        float[] got = run(Softmax.PROBABILITIES, x);
        float[] logs = run(Softmax.LOG_PROBABILITIES, x);
        double bound = Softmax.errorBound(channels, most - least);
        for (int i = 0; i < channels; i++) {
          String what = channels + " channels, scale " + scale + " at " + i;
          double exact = StrictMath.exp(x[i] - most) / sum;
          assertEquals(exact, got[i], bound * exact, what);
          double log = x[i] - most - StrictMath.log(sum);
          double logBound =
              bound + 0x1p-22 * StrictMath.log(channels) + 0x1p-24 * Math.abs(log) * (1 + 0x1p-20);
          assertEquals(log, logs[i], logBound, what);
        }
      }
    }
  }

  /** The order of docs/numerics.md, in plain Java. */
  @Test
  void theSumIsTakenInTheOrderItSays() {
    SplittableRandom random = new SplittableRandom(2);
    for (int channels = 1; channels < 140; channels++) {
      float[] x = Values.UNIT.array(random, channels);
      float most = x[0];
      for (float v : x) {
        most = Math.max(most, v);
      }
      float[] sums = new float[16];
      float[] e = new float[channels];
      for (int c = 0; c < channels; c++) {
        e[c] = Elementwise.EXP.apply(x[c] - most);
        sums[c % 16] += e[c];
      }
      for (int half = 8; half > 0; half /= 2) {
        for (int i = 0; i < half; i++) {
          sums[i] += sums[i + half];
        }
      }
      float[] log = new float[channels];
      for (int c = 0; c < channels; c++) {
        e[c] *= 1 / sums[0];
        log[c] = x[c] - most - Elementwise.LOG.apply(sums[0]);
      }
      assertArrayEquals(e, run(Softmax.PROBABILITIES, x));
      assertArrayEquals(log, run(Softmax.LOG_PROBABILITIES, x));
    }
  }

  @Test
  void largeInputsDoNotOverflow() {
    assertArrayEquals(new float[] {0.5f, 0.5f, 0}, run(Softmax.PROBABILITIES, 3e38f, 3e38f, 0));
    assertArrayEquals(
        new float[] {0, -1000, -INFINITY}, run(Softmax.LOG_PROBABILITIES, 1000, 0, -INFINITY));
  }

  @Test
  void whatHasNoProbabilityIsNan() {
    for (int channels : new int[] {3, 100}) {
      for (float special : new float[] {Float.NaN, INFINITY}) {
        for (int at = 0; at < channels; at++) {
          float[] x = new float[channels];
          x[at] = special;
          for (Softmax softmax : Softmax.values()) {
            float[] y = run(softmax, x);
            boolean all = true;
            for (float v : y) {
              all &= Float.isNaN(v);
            }
            assertTrue(all, softmax + " with " + special + ": " + Arrays.toString(y));
          }
        }
      }
      float[] none = new float[channels];
      Arrays.fill(none, -INFINITY);
      assertTrue(Float.isNaN(run(Softmax.PROBABILITIES, none)[0]));
    }
  }

  @Test
  void aConstantAddedChangesNothing() {
    float[] x = {1, 2, 3, 4};
    float[] shifted = {65, 66, 67, 68};
    assertArrayEquals(run(Softmax.PROBABILITIES, x), run(Softmax.PROBABILITIES, shifted));
  }

  @Test
  void theBoundIsNeverBelowZero() {
    assertEquals(Double.POSITIVE_INFINITY, Softmax.errorBound(Integer.MAX_VALUE, 1), 0.0);
    assertTrue(Softmax.errorBound(1000, 20) > 0);
  }
}
