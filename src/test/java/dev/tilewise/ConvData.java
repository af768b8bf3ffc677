package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.NaiveConvolution;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * A convolution with its numbers, and what the definition makes of them.
 *
 * @param extents the case
 * @param x input, NHWC
 * @param weights {@code [K, C/groups, FH, FW]}
 * @param bias K values, or null
 * @param residual of the output's shape, NHWC, or null
 * @param activation applied last
 */
record ConvData(
    ConvCase extents,
    float[] x,
    float[] weights,
    float[] bias,
    float[] residual,
    Activation activation) {

  static ConvData random(ConvCase extents, Values values, long seed, ConvCases.Surround surround) {
    SplittableRandom random = new SplittableRandom(seed);
    return new ConvData(
        extents,
        values.array(random, extents.input().elements()),
        values.array(random, weightCount(extents)),
        surround.bias() ? values.array(random, extents.k()) : null,
        surround.residual() ? values.array(random, extents.output().elements()) : null,
        surround.activation());
  }

  static long weightCount(ConvCase e) {
    return (long) e.k() * e.groupC() * e.fh() * e.fw();
  }

  ConvData withInput(ConvCase other, float[] otherX) {
    return new ConvData(other, otherX, weights, bias, residual, activation);
  }

  ConvData withWeights(ConvCase other, float[] otherWeights) {
    return new ConvData(other, x, otherWeights, bias, residual, activation);
  }

  ConvData withBias(float[] otherBias) {
    return new ConvData(extents, x, weights, otherBias, residual, activation);
  }

  ConvData withResidual(float[] otherResidual) {
    return new ConvData(extents, x, weights, bias, otherResidual, activation);
  }

  ConvData with(Activation other) {
    return new ConvData(extents, x, weights, bias, residual, other);
  }

  Filter filter() {
    Filter filter = Filter.of(weights, extents.k(), extents.groupC(), extents.fh(), extents.fw());
    return bias == null ? filter : filter.withBias(bias);
  }

  Conv2d conv(Algorithm algorithm) {
    return Conv2d.of(extents, filter()).activation(activation).algorithm(algorithm);
  }

  /** The outputs in float, NHWC, in the order of summation that every algorithm keeps. */
  float[] naive() {
    NaiveConvolution naive = definition();
    return outputs(
        (i, n, k, oy, ox) -> {
          float sum = naive.at(n, k, oy, ox);
          return activation.apply(residual == null ? sum : sum + residual[i]);
        });
  }

  /** The outputs in double, NHWC, clamped too. */
  double[] exact() {
    NaiveConvolution naive = definition();
    double[] exact = new double[Math.toIntExact(extents.output().elements())];
    outputs(
        (i, n, k, oy, ox) -> {
          double sum = naive.exactAt(n, k, oy, ox) + (residual == null ? 0 : residual[i]);
          exact[i] = Math.max(activation.lo(), Math.min(activation.hi(), sum));
          return 0;
        });
    return exact;
  }

  /** {@code |bias| + sum |x| |w| + |residual|} of every output, NHWC. */
  double[] scale() {
    NaiveConvolution naive = definition();
    double[] scale = new double[Math.toIntExact(extents.output().elements())];
    outputs(
        (i, n, k, oy, ox) -> {
          scale[i] = naive.scaleAt(n, k, oy, ox) + (residual == null ? 0 : Math.abs(residual[i]));
          return 0;
        });
    return scale;
  }

  /**
   * What the bound of a Winograd plan is relative to: {@code |bias| + |residual| + FH FW sum over c
   * of max|x[c]| max|w[k, c]|}, the maxima over the whole image and the whole filter.
   */
  double[] tileScale() {
    Geometry g = extents.geometry();
    double[][] inputs = new double[g.n()][g.c()];
    for (int i = 0; i < x.length; i++) {
      int image = i / (g.h() * g.w() * g.c());
      inputs[image][i % g.c()] = Math.max(inputs[image][i % g.c()], Math.abs(x[i]));
    }
    int taps = g.fh() * g.fw();
    double[] scale = new double[Math.toIntExact(extents.output().elements())];
    double[][] sums = new double[g.n()][g.k()];
    for (int n = 0; n < g.n(); n++) {
      for (int k = 0; k < g.k(); k++) {
        for (int c = 0; c < g.groupC(); c++) {
          double most = 0;
          for (int tap = 0; tap < taps; tap++) {
            most = Math.max(most, Math.abs(weights[(k * g.groupC() + c) * taps + tap]));
          }
          sums[n][k] += taps * most * inputs[n][k / g.groupK() * g.groupC() + c];
        }
      }
    }
    outputs(
        (i, n, k, oy, ox) -> {
          scale[i] = sums[n][k] + (bias == null ? 0 : Math.abs(bias[k]));
          scale[i] += residual == null ? 0 : Math.abs(residual[i]);
          return 0;
        });
    return scale;
  }

  private NaiveConvolution definition() {
    return new NaiveConvolution(
        extents.geometry(),
        MemorySegment.ofArray(x),
        MemorySegment.ofArray(weights),
        bias == null ? null : MemorySegment.ofArray(bias));
  }

  /** What one output is. */
  private interface Output {
    float at(int i, int n, int k, int oy, int ox);
  }

  private float[] outputs(Output output) {
    Shape s = extents.output();
    float[] values = new float[Math.toIntExact(s.elements())];
    for (int i = 0; i < values.length; i++) {
      int pixel = i / s.c();
      int row = pixel / s.w();
      values[i] = output.at(i, row / s.h(), i % s.c(), row % s.h(), pixel % s.w());
    }
    return values;
  }
}
