package dev.tilewise.zoo;

import dev.tilewise.Activation;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.internal.random.SplitMix64;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What the networks are written with: layers whose weights are drawn at random, each from numbers
 * of its own, so that a layer's weights depend on the seed and its place alone.
 *
 * @param <V> what an operation makes
 */
final class Sketch<V> {

  /**
   * The sum of squares that keeps the second moment of what a ReLU halves (He et al. 2015), and of
   * what none follows.
   */
  private static final double RECTIFIED = 2;

  private static final double LINEAR = 1;

  private static final float EPSILON = 1e-5f;

  private final Layers<V> to;
  private final long seed;
  private final Arena arena = Arena.ofAuto();
  private int drawn;

  Sketch(Layers<V> to, long seed) {
    this.to = to;
    this.seed = seed;
  }

  Layers<V> layers() {
    return to;
  }

  int depth(V x) {
    return to.dims(x).get(1);
  }

  int height(V x) {
    return to.dims(x).get(2);
  }

  int width(V x) {
    return to.dims(x).get(3);
  }

  private MemorySegment zeros(long count) {
    return arena.allocate(Math.multiplyExact(count, Float.BYTES), Float.BYTES);
  }

  /** Uniform in [middle - half, middle + half). */
  private MemorySegment uniform(long count, float middle, float half) {
    MemorySegment values = zeros(count);
    SplitMix64 random = SplitMix64.of(seed, drawn++);
    for (long i = 0; i < count; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, middle + half * random.nextSymmetric());
    }
    return values;
  }

  /** Uniform in {@code +-sqrt(3 gain / terms)}: the sum has {@code gain} times their moment. */
  private MemorySegment weights(Dims filters, double gain, int terms) {
    return uniform(filters.elements(), 0, (float) Math.sqrt(3 * gain / terms));
  }

  /** A convolution with its bias and a ReLU. */
  V convRelu(String name, V x, int k, int f, ConvSettings settings) {
    return relu(name + "/relu", conv(name, x, k, f, settings, RECTIFIED, true));
  }

  /** A convolution with its bias that no ReLU follows. */
  V conv(String name, V x, int k, int f) {
    return conv(name, x, k, f, ConvSettings.UNIT, LINEAR, true);
  }

  private V conv(
      String name, V x, int k, int f, ConvSettings settings, double gain, boolean biased) {
    Dims filters = Dims.of(k, depth(x) / settings.groups(), f, f);
    MemorySegment weights = weights(filters, gain, filters.get(1) * f * f);
    return to.conv(name, x, filters, weights, biased ? zeros(k) : null, settings);
  }

  /** A convolution without bias, normalised; no ReLU follows at once. */
  V convNorm(String name, V x, int k, int f, ConvSettings settings) {
    return norm(name + "/bn", conv(name, x, k, f, settings, LINEAR, false));
  }

  /** A convolution without bias, normalised, then an activation. */
  V convNorm(String name, V x, int k, int f, ConvSettings settings, Activation function) {
    V sum = norm(name + "/bn", conv(name, x, k, f, settings, RECTIFIED, false));
    return to.activation(name + "/relu", sum, function);
  }

  /** Deviates from what does nothing: factors by a quarter, the rest by a tenth or a half. */
  private V norm(String name, V x) {
    int count = depth(x);
    MemorySegment gamma = uniform(count, 1, 0.25f);
    MemorySegment beta = uniform(count, 0, 0.1f);
    MemorySegment mean = uniform(count, 0, 0.1f);
    MemorySegment variance = uniform(count, 1, 0.5f);
    return to.batchNorm(name, x, new Layers.Normalization(gamma, beta, mean, variance, EPSILON));
  }

  /** Twice the height and width, by filters of 2 x 2. */
  V twice(String name, V x, int k) {
    Dims filters = Dims.of(depth(x), k, 2, 2);
    MemorySegment weights = weights(filters, LINEAR, depth(x));
    return to.convTranspose(name, x, filters, weights, zeros(k), 2);
  }

  V relu(String name, V x) {
    return to.activation(name, x, Activation.RELU);
  }

  V denseRelu(String name, V x, int units) {
    return relu(name + "/relu", dense(name, x, units, RECTIFIED));
  }

  private V dense(String name, V x, int units, double gain) {
    Dims filters = Dims.of(units, to.dims(x).get(1));
    return to.dense(name, x, filters, weights(filters, gain, filters.get(1)), zeros(units));
  }

  V flatten(V x) {
    return to.flatten("flatten", x);
  }

  V concat(String name, List<V> images) {
    return to.concat(name, images);
  }

  /** A dense layer to the classes, and their probabilities. */
  V classes(V rows, int count) {
    return dense(Zoo.SCORES, rows, count, LINEAR);
  }

  /** The mean of each channel, as rows. */
  V means(V x) {
    return flatten(to.globalAverage("mean", x));
  }

  static ConvSettings unit() {
    return ConvSettings.UNIT;
  }

  /** With that padding. */
  static ConvSettings padded(int p) {
    return ConvSettings.UNIT.padding(p);
  }

  /** With that stride and padding. */
  static ConvSettings strided(int s, int p) {
    return ConvSettings.UNIT.stride(s, s).padding(p);
  }
}
