package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.ConvCases.Trial;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;

/**
 * The gradients are the adjoints of the convolution: {@code <conv(x, w), y> = <x, data(y, w)> = <w,
 * filter(x, y)>}, and {@code <b, bias(y)> = <1 b, y>}. On whole numbers all three are the same
 * number.
 */
@Domain(ConvCases.class)
class AdjointLawTest {

  @Property(tries = 1000)
  void theGradientsAreTheAdjointsOfTheConvolution(@ForAll Trial trial) {
    ConvData data = trial.bare(Values.INTEGERS);
    ConvCase e = trial.extents();
    Layout layout = trial.setting().layout();
    Workers workers = trial.setting().workers();
    SplittableRandom random = new SplittableRandom(~trial.seed());
    float[] y = Values.INTEGERS.array(random, e.output().elements());
    float[] dw = ConvRun.filled(data.weights().length, Float.NaN);
    float[] db = ConvRun.filled(e.k(), Float.NaN);
    MemoryKind.reset();
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined()) {
      Setting s = trial.setting();
      FencedTensor x = FencedTensor.allocate(s.input(), shared, confined, e.input(), s);
      FencedTensor dy = FencedTensor.allocate(s.residual(), shared, confined, e.output(), s);
      FencedTensor dx = FencedTensor.allocate(s.output(), shared, confined, e.input(), s);
      x.write(data.x());
      dy.write(y);
      ConvBackward backward = ConvBackward.of(e, layout);
      backward.data(dy.tensor(), data.filter(), dx.tensor(), workers);
      backward.filter(x.tensor(), dy.tensor(), dw, db, workers);
      double forward = dot(data.naive(), y);
      assertEquals(forward, dot(data.x(), dx.read()), "data gradient");
      assertEquals(forward, dot(data.weights(), dw), "filter gradient");
      float[] ones = ConvRun.filled(y.length, 1);
      assertEquals(dot(ones, y), dot(ConvRun.filled(e.k(), 1), db), "bias gradient");
      assertEquals("none", dx.damage());
      ConvRun.sameBits("x after the gradients", data.x(), x.read());
      ConvRun.sameBits("dy after the gradients", y, dy.read());
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
