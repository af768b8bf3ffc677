package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import dev.tilewise.internal.random.SplitMix64;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Describes a network layer by layer. Every method appends a layer and returns this; it throws
 * {@link IllegalArgumentException} if the layer does not fit the volume that the one before makes,
 * or if all layers together have 2^61 parameters or take 2^63 multiply-adds or more. No memory is
 * taken before {@link #build}.
 */
public final class NetworkBuilder {

  /** Floats whose bytes fit a {@code long}. */
  private static final long MOST_PARAMETERS = Long.MAX_VALUE / Float.BYTES;

  private final Shape input;
  private final List<Layer> layers = new ArrayList<>();
  private final Map<String, Integer> named = new HashMap<>();
  private long parameters;
  private long multiplyAdds;
  private List<String> classNames = List.of();

  NetworkBuilder(Shape input) {
    this.input = input.withBatch(1);
  }

  /**
   * A convolution with stride 1 and no padding.
   *
   * @param k number of filters
   * @param f height and width of a filter
   * @return this
   */
  public NetworkBuilder conv(int k, int f) {
    return conv(k, f, 1, 0);
  }

  /**
   * A convolution.
   *
   * @param k number of filters
   * @param f height and width of a filter
   * @param stride pixels between outputs
   * @param padding pixels on each side
   * @return this
   */
  public NetworkBuilder conv(int k, int f, int stride, int padding) {
    return add(LayerSpec.of(LayerSpec.Kind.CONVOLUTION, square(k, f, stride, padding)));
  }

  /**
   * A convolution with any extents.
   *
   * @param extents whose input, but for the batch, is what the layer before makes
   * @return this
   */
  public NetworkBuilder conv(ConvCase extents) {
    return add(LayerSpec.of(LayerSpec.Kind.CONVOLUTION, fitting("conv", extents)));
  }

  /**
   * A locally connected layer: filters as in a convolution, but other ones at each position.
   *
   * @param k number of filters at each position
   * @param f height and width of a filter
   * @param stride pixels between outputs
   * @param padding pixels on each side
   * @return this
   */
  public NetworkBuilder locallyConnected(int k, int f, int stride, int padding) {
    return add(LayerSpec.of(LayerSpec.Kind.LOCALLY_CONNECTED, square(k, f, stride, padding)));
  }

  /**
   * A locally connected layer with any extents, but one group.
   *
   * @param extents of the convolution with the same connections
   * @return this
   */
  public NetworkBuilder locallyConnected(ConvCase extents) {
    return add(
        LayerSpec.of(LayerSpec.Kind.LOCALLY_CONNECTED, fitting("locally connected", extents)));
  }

  private ConvCase square(int k, int f, int stride, int padding) {
    Shape in = outputShape();
    return new ConvCase(
        1, in.c(), in.h(), in.w(), k, 1, f, f, stride, stride, padding, padding, padding, padding,
        1, 1);
  }

  private ConvCase fitting(String what, ConvCase extents) {
    Objects.requireNonNull(extents, "extents");
    if (!extents.withBatch(1).input().equals(outputShape())) {
      throw new IllegalArgumentException(
          what + ": " + extents + " does not take " + volume(outputShape()));
    }
    return extents;
  }

  /**
   * A rectified linear unit.
   *
   * @return this
   */
  public NetworkBuilder relu() {
    return add(LayerSpec.of(LayerSpec.Kind.RELU));
  }

  /**
   * Max pooling with windows side by side.
   *
   * @param f height and width of a window, and stride
   * @return this
   */
  public NetworkBuilder maxPool(int f) {
    return maxPool(f, f, 0);
  }

  /**
   * Max pooling.
   *
   * @param f height and width of a window
   * @param stride pixels between windows
   * @param padding pixels on each side
   * @return this
   */
  public NetworkBuilder maxPool(int f, int stride, int padding) {
    return add(LayerSpec.of(LayerSpec.Kind.MAX_POOL, f, stride, padding));
  }

  /**
   * Average pooling with windows side by side.
   *
   * @param f height and width of a window, and stride
   * @return this
   */
  public NetworkBuilder avgPool(int f) {
    return avgPool(f, f, 0);
  }

  /**
   * Average pooling; taps in the padding count in the divisor.
   *
   * @param f height and width of a window
   * @param stride pixels between windows
   * @param padding pixels on each side
   * @return this
   */
  public NetworkBuilder avgPool(int f, int stride, int padding) {
    return add(LayerSpec.of(LayerSpec.Kind.AVERAGE_POOL, f, stride, padding));
  }

  /**
   * The mean of each activation map.
   *
   * @return this
   */
  public NetworkBuilder globalAvgPool() {
    return add(LayerSpec.of(LayerSpec.Kind.GLOBAL_AVERAGE_POOL));
  }

  /**
   * A fully connected layer.
   *
   * @param units number of outputs
   * @return this
   */
  public NetworkBuilder dense(int units) {
    return add(LayerSpec.of(LayerSpec.Kind.DENSE, units));
  }

  /**
   * Names the classes that the network tells apart.
   *
   * @param names one for each output, in order; none if classes are numbers
   * @return this
   */
  public NetworkBuilder classNames(List<String> names) {
    classNames = List.copyOf(Objects.requireNonNull(names, "names"));
    return this;
  }

  NetworkBuilder add(LayerSpec spec) {
    String prefix = spec.kind().prefix();
    int number = named.getOrDefault(prefix, 0) + 1;
    Layer layer = spec.layer(prefix + number, outputShape());
    if (layer.parameterCount() > MOST_PARAMETERS - parameters) {
      throw new IllegalArgumentException(
          "network: with " + layer + " it has 2^61 parameters or more");
    }
    // A layer's own count stops at the largest long.
    if (layer.multiplyAdds() >= Long.MAX_VALUE - multiplyAdds) {
      throw new IllegalArgumentException(
          "network: with " + layer + " it takes 2^63 multiply-adds or more");
    }
    parameters += layer.parameterCount();
    multiplyAdds += layer.multiplyAdds();
    layers.add(layer);
    named.put(prefix, number);
    return this;
  }

  /**
   * What the layers so far make of one image.
   *
   * @return W2 x H2 x D2, with a batch of one
   */
  public Shape outputShape() {
    return layers.isEmpty() ? input : layers.getLast().outputShape();
  }

  /**
   * Number of weights and biases of the layers so far.
   *
   * @return the total
   */
  public long parameterCount() {
    return parameters;
  }

  /**
   * A table of the layers so far.
   *
   * @return as {@link Network#summary}
   */
  public String summary() {
    return Summary.of(layers);
  }

  /**
   * Makes the network: allocates the parameters and draws the weights uniformly from {@code
   * +-sqrt(6 / inputs of one output)} (He et al. 2015), the same for a seed on every machine.
   * Biases are 0.
   *
   * @param seed of the random numbers
   * @return a new network each time
   * @throws IllegalArgumentException if there is no layer, or there are not as many class names as
   *     outputs
   */
  public Network build(long seed) {
    Network network = allocate();
    SplitMix64 random = new SplitMix64(seed);
    for (Layer layer : network.layers()) {
      if (!layer.parameters().isEmpty()) {
        Parameter weight = layer.parameters().getFirst();
        float limit = (float) Math.sqrt(6.0 / layer.fanIn());
        weight.fill(() -> random.nextSymmetric() * limit);
      }
    }
    return network;
  }

  /** A network of zeros. */
  Network allocate() {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("network: there is no layer");
    }
    long outputs = outputShape().elements();
    if (!classNames.isEmpty() && classNames.size() != outputs) {
      throw new IllegalArgumentException(
          "network: " + classNames.size() + " class names for " + outputs + " outputs");
    }
    List<Layer> fresh = new ArrayList<>();
    for (Layer layer : layers) {
      fresh.add(layer.spec().layer(layer.name(), layer.inputShape()));
    }
    for (Layer layer : fresh) {
      layer.parameters().forEach(Parameter::allocate);
    }
    return new Network(List.copyOf(fresh), classNames);
  }

  private static String volume(Shape shape) {
    return shape.w() + "x" + shape.h() + "x" + shape.c();
  }
}
