package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("widths")
class LrnTest {

  /**
   * The bound of docs/numerics.md, relative.
   *
   * @param divisor what x is divided by, above 0
   */
  static double errorBound(int size, double beta, double divisor) {
    double log = Math.abs(Math.log(divisor));
    double roundings = beta * (size + 3) + 6 * log + 6;
    double nu = roundings * 0x1p-24;
    return nu / (1 - nu);
  }

  @Test
  void isTheFormulaForWindowsOfAnySize() {
    SplittableRandom random = new SplittableRandom(1);
    for (int size : new int[] {1, 2, 3, 4, 5, 9, 40, 1000}) {
      for (int channels : new int[] {1, 2, 5, 16, 19}) {
        Shape shape = Shape.nchw(2, channels, 3, 7);
        float[] x = Values.UNIT.array(random, shape.elements());
        float alpha = 0.5f;
        float beta = size % 2 == 0 ? 0.75f : 1.5f;
        float k = size % 3 == 0 ? 2 : 0.25f;
        Tensor y = Tensor.of(Arena.ofAuto(), shape, Layout.NHWC, x);
        Lrn.of(size, alpha, beta, k).run(y, y, Workers.serial());
        float[] got = y.toArray(Layout.NHWC);
        for (int i = 0; i < x.length; i++) {
          int c = i % channels;
          double sum = 0;
          int last = Math.min(channels - 1, c + (size - 1) / 2);
          for (int w = Math.max(0, c - size / 2); w <= last; w++) {
            double v = x[i - c + w];
            sum += v * v;
          }
          double divisor = Math.pow(k + (double) alpha / size * sum, beta);
          double exact = x[i] / divisor;
          double bound = errorBound(Math.min(size, channels), beta, divisor);
          assertEquals(
              exact,
              got[i],
              bound * Math.abs(exact),
              "size " + size + " channels " + channels + " at " + i);
        }
      }
    }
  }

  @Test
  void betaOfZeroIsTheIdentity() {
    Shape shape = Shape.image(3, 3, 6);
    float[] x = Values.UNIT.array(new SplittableRandom(2), shape.elements());
    Tensor y = Tensor.of(Arena.ofAuto(), shape, Layout.NCHW, x);
    Lrn.of(3, 1, 0, 1).run(y, y, Workers.serial());
    float[] got = y.toArray(Layout.NCHW);
    for (int i = 0; i < x.length; i++) {
      assertEquals(x[i], got[i]);
    }
  }

  @Test
  void largeInputsVanishAndNanStays() {
    Tensor x = Tensor.of(Arena.ofAuto(), Shape.image(1, 1, 3), Layout.NHWC, 3e38f, 1, Float.NaN);
    Lrn.of(1, 1, 0.75f, 1).run(x, x, Workers.serial());
    float[] got = x.toArray(Layout.NHWC);
    assertEquals(0, got[0]);
    assertTrue(got[1] < 1 && got[1] > 0.5f);
    assertTrue(Float.isNaN(got[2]));
  }

  @Test
  void largeFactorsAreChecked() {
    assertTrue(Lrn.of(5, 2e38f, 2e38f, 1).toString().contains("5"));
    assertThrows(IllegalArgumentException.class, () -> Lrn.of(5, Float.POSITIVE_INFINITY, 1, 1));
  }
}
