package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.NaiveConvolution;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

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
   * What the bound of an algorithm is relative to, of every output, NHWC: {@link #scale}, or, for
   * those that compute with differences, {@code |bias| + |residual| + FH FW sum over c of max|x[c]|
   * max|w[k, c]|}, the maxima over the inputs of the output's tile and over the filter.
   */
  double[] scale(Algorithm algorithm) {
    return ConvRun.WINOGRAD.contains(algorithm) ? tileScale(tileSize(algorithm)) : scale();
  }

  /** The m of F(m, r). */
  static int tileSize(Algorithm winograd) {
    return Integer.parseInt(winograd.name().substring("WINOGRAD_F".length()));
  }

  /** What underflow may add to the error of every output (docs/numerics.md, docs/winograd.md). */
  double underflow(Algorithm algorithm) {
    ConvCase e = extents;
    if (!ConvRun.WINOGRAD.contains(algorithm)) {
      return (double) e.groupC() * e.fh() * e.fw() * Float.MIN_VALUE;
    }
    return 0x1p-122 * e.sh() * e.sw() * e.groupC() * (1 + largest(x) + largest(weights));
  }

  private static double largest(float... values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private double[] tileScale(int m) {
    Geometry g = extents.geometry();
    TileInputs down = new TileInputs(m, g.fh(), g.sh(), g.dh(), g.pt(), g.h(), g.oh());
    TileInputs across = new TileInputs(m, g.fw(), g.sw(), g.dw(), g.pl(), g.w(), g.ow());
    double[] filters = largestTaps(g);
    double[] scale = new double[Math.toIntExact(extents.output().elements())];
    Map<List<Integer>, double[]> inputs = new HashMap<>();
    outputs(
        (i, n, k, oy, ox) -> {
          List<Integer> tile = List.of(n, down.tile(oy), across.tile(ox));
          double[] largest =
              inputs.computeIfAbsent(tile, t -> largestInputs(g, n, down.of(oy), across.of(ox)));
          double sum = 0;
          for (int c = 0; c < g.groupC(); c++) {
            sum += filters[k * g.groupC() + c] * largest[k / g.groupK() * g.groupC() + c];
          }
          scale[i] = sum * g.fh() * g.fw() + (bias == null ? 0 : Math.abs(bias[k]));
          scale[i] += residual == null ? 0 : Math.abs(residual[i]);
          return 0;
        });
    return scale;
  }

  /** Of each filter and channel. */
  private double[] largestTaps(Geometry g) {
    int taps = g.fh() * g.fw();
    double[] largest = new double[g.k() * g.groupC()];
    for (int i = 0; i < weights.length; i++) {
      largest[i / taps] = Math.max(largest[i / taps], Math.abs(weights[i]));
    }
    return largest;
  }

  /** Of each channel over these rows and columns. */
  private double[] largestInputs(Geometry g, int n, int[] rows, int[] columns) {
    double[] largest = new double[g.c()];
    for (int row : rows) {
      for (int column : columns) {
        int pixel = (n * g.h() + row) * g.w() + column;
        for (int c = 0; c < g.c(); c++) {
          largest[c] = Math.max(largest[c], Math.abs(x[pixel * g.c() + c]));
        }
      }
    }
    return largest;
  }

  /**
   * Which inputs a Winograd tile reads in one dimension, told apart from the code under test. Where
   * whole tiles do not fit, the last outputs may have smaller ones: they are taken to read what any
   * tile of up to m outputs could.
   */
  private record TileInputs(
      int m, int f, int stride, int dilation, int before, int size, int count) {

    private int taps() {
      return (f + stride - 1) / stride;
    }

    private int outputs() {
      return taps() == 1 ? 1 : m;
    }

    private int step() {
      return f == 1 ? 1 : dilation;
    }

    /** Whether the output may belong to a tile of any size. */
    private boolean isLast(int o) {
      int rest = count % outputs();
      return step() == 1 && rest > 0 && o >= count - rest - outputs();
    }

    /** What outputs of one tile have in common, and no others. */
    int tile(int o) {
      return isLast(o) ? count + o : first(o);
    }

    private int first(int o) {
      if (isLast(o)) {
        return o - outputs() + 1;
      }
      int lattice = o % step();
      return lattice + o / step() / outputs() * outputs() * step();
    }

    /** Every position of every phase that has taps. */
    int[] of(int o) {
      int first = first(o) * stride - before;
      int reach = isLast(o) ? 2 * outputs() - 1 : outputs();
      return IntStream.range(0, (reach + taps() - 1) * stride)
          .filter(i -> i % stride < f)
          .map(i -> first + i * step())
          .filter(i -> i >= 0 && i < size)
          .toArray();
    }
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
