package dev.tilewise;

import static dev.tilewise.ConvRun.quickAlgorithms;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCases.Trial;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;

/**
 * Convolution is linear in the input and in the weights, and what follows the sum is two separate
 * steps.
 */
@Domain(ConvCases.class)
class LinearityLawTest {

  @Property(tries = 1000)
  void linearInTheInput(@ForAll Trial trial) {
    ConvCase e = trial.extents();
    ConvData first = trial.bare(Values.INTEGERS);
    float[] other = others(Values.INTEGERS, first.x().length, trial);
    ConvData second = first.withInput(e, other);
    ConvData both = first.withInput(e, combined(first.x(), other));
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] sum = combined(run(algorithm, first, trial), run(algorithm, second, trial));
      ConvRun.sameNumbers(algorithm + " " + trial, sum, run(algorithm, both, trial));
    }
  }

  @Property(tries = 1000)
  void linearInTheWeights(@ForAll Trial trial) {
    ConvCase e = trial.extents();
    ConvData first = trial.bare(Values.INTEGERS);
    float[] other = others(Values.INTEGERS, first.weights().length, trial);
    ConvData second = first.withWeights(e, other);
    ConvData both = first.withWeights(e, combined(first.weights(), other));
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] sum = combined(run(algorithm, first, trial), run(algorithm, second, trial));
      ConvRun.sameNumbers(algorithm + " " + trial, sum, run(algorithm, both, trial));
    }
  }

  /** {@code 2 a - 3 b}. */
  private static float[] combined(float[] a, float[] b) {
    float[] sum = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = 2 * a[i] - 3 * b[i];
    }
    return sum;
  }

  @Property(tries = 1000)
  void linearUpToTheErrorBounds(@ForAll Trial trial) {
    ConvCase e = trial.extents();
    // Multiples of 2^-22 below 1 in magnitude: their sums are floats.
    float[] x1 = rounded(trial.bare(Values.UNIT).x());
    float[] x2 = rounded(others(Values.UNIT, x1.length, trial));
    float[] total = new float[x1.length];
    for (int i = 0; i < total.length; i++) {
      total[i] = x1[i] + x2[i];
    }
    ConvData first = trial.bare(Values.UNIT).withInput(e, x1);
    ConvData second = first.withInput(e, x2);
    ConvData both = first.withInput(e, total);
    double[] scale1 = first.scale();
    double[] scale2 = second.scale();
    double[] scale = both.scale();
    for (Algorithm algorithm : quickAlgorithms(e)) {
      ErrorBound bound = ErrorBound.of(ConvRun.plan(algorithm, first, Layout.NHWC));
      float[] y1 = run(algorithm, first, trial);
      float[] y2 = run(algorithm, second, trial);
      float[] y = run(algorithm, both, trial);
      for (int i = 0; i < y.length; i++) {
        double error = Math.abs(((double) y1[i] + y2[i]) - y[i]);
        double limit = bound.at(scale1[i]) + bound.at(scale2[i]) + bound.at(scale[i]);
        assertTrue(error <= limit, algorithm + ": " + error + " above " + limit);
      }
    }
  }

  private static float[] rounded(float[] values) {
    float[] multiples = new float[values.length];
    for (int i = 0; i < multiples.length; i++) {
      multiples[i] = (float) (Math.rint(values[i] * 0x1p22) * 0x1p-22);
    }
    return multiples;
  }

  @Property(tries = 1000)
  void aResidualIsASeparateAddition(@ForAll Trial trial) {
    ConvCase e = trial.extents();
    ConvData without = trial.data().withResidual(null).with(Activation.IDENTITY);
    float[] residual = others(trial.values(), e.output().elements(), trial);
    ConvData with = without.withResidual(residual);
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] sum = run(algorithm, without, trial);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += residual[i];
      }
      ConvRun.sameBits(algorithm + " " + trial, sum, run(algorithm, with, trial));
    }
  }

  @Property(tries = 1000)
  void anActivationIsASeparateClamp(@ForAll Trial trial) {
    ConvData data = trial.data();
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      float[] clamped = run(algorithm, data.with(Activation.IDENTITY), trial);
      for (int i = 0; i < clamped.length; i++) {
        clamped[i] = data.activation().apply(clamped[i]);
      }
      ConvRun.sameBits(algorithm + " " + trial, clamped, run(algorithm, data, trial));
    }
  }

  private static float[] others(Values values, long count, Trial trial) {
    return values.array(new SplittableRandom(~trial.seed()), count);
  }

  private static float[] run(Algorithm algorithm, ConvData data, Trial trial) {
    return ConvRun.run(algorithm, data, trial.setting());
  }
}
