package dev.tilewise.zoo;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphBuilder;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Classic networks with random weights: the value {@link #SCORES} and, as the output {@link
 * #PROBABILITIES}, its softmax. Weights are uniform in {@code +-sqrt(6 / n)}, n the terms of an
 * output (He et al. 2015), in {@code +-sqrt(3 / n)} where no ReLU follows; biases are 0. The
 * numbers of batch normalisations are near those that do nothing, but not equal, so that whoever
 * folds them has something to do: factors 0.75 to 1.25, summands and means -0.1 to 0.1, variances
 * 0.5 to 1.5. The same seed gives the same weights on every machine.
 *
 * <p>Images of another size than the usual one give dense layers behind a flattened image ({@link
 * #LENET5}, {@link #ALEXNET}, {@link #VGG16}, {@link #VGG19}) another number of weights.
 */
public enum Zoo {

  /**
   * Two convolutions and two dense layers for digits of 28 x 28: LeCun et al. 1998 in the form that
   * Caffe made known, with max pooling and one ReLU.
   */
  LENET5(1, 28) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Chains.lenet5(s, x);
    }
  },

  /**
   * Krizhevsky et al. 2012 in one tower, as in Caffe: 227 x 227, two groups in the second, fourth
   * and fifth convolution, normalisation before pooling.
   */
  ALEXNET(3, 227) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Chains.alexnet(s, x);
    }
  },

  /** Simonyan and Zisserman 2014, configuration D. */
  VGG16(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Chains.vgg(s, x, 2, 2, 3, 3, 3);
    }
  },

  /** Simonyan and Zisserman 2014, configuration E. */
  VGG19(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Chains.vgg(s, x, 2, 2, 4, 4, 4);
    }
  },

  /**
   * Szegedy et al. 2014, as in Caffe: biases and local response normalisation, no batch
   * normalisation; without the two classifiers that only training uses.
   */
  GOOGLENET(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Inception.googlenet(s, x);
    }
  },

  /** He et al. 2015, basic blocks 2, 2, 2, 2. */
  RESNET18(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Residual.basic(s, x, 2, 2, 2, 2);
    }
  },

  /** He et al. 2015, basic blocks 3, 4, 6, 3. */
  RESNET34(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Residual.basic(s, x, 3, 4, 6, 3);
    }
  },

  /**
   * He et al. 2015, bottlenecks 3, 4, 6, 3, with the stride in the 3x3 convolution, which is called
   * v1.5 and is what torchvision has.
   */
  RESNET50(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Residual.bottleneck(s, x, 3, 4, 6, 3);
    }
  },

  /** Howard et al. 2017, width 1. */
  MOBILENET_V1(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Mobile.v1(s, x);
    }
  },

  /** Sandler et al. 2018, width 1; the first bottleneck does not expand. */
  MOBILENET_V2(3, 224) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Mobile.v2(s, x);
    }
  },

  /** Iandola et al. 2016, release 1.1, without padding in the last convolution. */
  SQUEEZENET(3, 227) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return Fire.squeezenet(s, x);
    }
  },

  /**
   * Ronneberger et al. 2015: 572 x 572 of one channel to 388 x 388 of two, without padding and
   * without batch normalisation.
   */
  UNET(1, 572) {
    @Override
    <V> V scores(Sketch<V> s, V x) {
      return UNet.describe(s, x);
    }
  };

  /** The name of the input. */
  public static final String INPUT = "image";

  /** The name of the value that the softmax is taken of. */
  public static final String SCORES = "scores";

  /** The name of the output. */
  public static final String PROBABILITIES = "probabilities";

  private final int depth;
  private final int side;

  Zoo(int depth, int side) {
    this.depth = depth;
    this.side = side;
  }

  abstract <V> V scores(Sketch<V> s, V x);

  /**
   * The network of a name.
   *
   * @param name such as {@code resnet50}, in any case
   * @return the network
   * @throws IllegalArgumentException if there is none; the message has all names
   */
  public static Zoo named(String name) {
    for (Zoo network : values()) {
      if (network.toString().equalsIgnoreCase(name)) {
        return network;
      }
    }
    throw new IllegalArgumentException(
        "there is no network \"" + name + "\"; there are " + names());
  }

  /** All names, with commas. */
  private static String names() {
    return Arrays.stream(values()).map(Zoo::toString).collect(Collectors.joining(", "));
  }

  /**
   * Extents of the usual input.
   *
   * @param batch images
   * @return N, C, H, W
   */
  public Dims input(int batch) {
    return Dims.of(batch, depth, side, side);
  }

  /**
   * The network for images of the usual size.
   *
   * @param batch images
   * @param seed of the weights
   * @return a graph with weights of its own
   */
  public Graph graph(int batch, long seed) {
    return graph(batch, side, side, seed);
  }

  /**
   * The network for images of any size that it takes.
   *
   * @param batch images
   * @param width of an image
   * @param height of an image
   * @param seed of the weights
   * @return a graph with weights of its own
   * @throws IllegalArgumentException if an image is too small
   */
  public Graph graph(int batch, int width, int height, long seed) {
    GraphBuilder builder = new GraphBuilder();
    describe(Layers.of(builder), Dims.of(batch, depth, height, width), seed);
    return builder.build();
  }

  /**
   * Describes the network operation by operation.
   *
   * @param to who is told
   * @param input N, C, H, W
   * @param seed of the weights
   * @param <V> what an operation makes
   * @throws IllegalArgumentException if an image is too small, or has not the channels it takes
   */
  public <V> void describe(Layers<V> to, Dims input, long seed) {
    if (input.rank() != 4 || input.get(0) < 1 || input.get(1) != depth) {
      throw new IllegalArgumentException(
          this + ": the input must be one image or more of depth " + depth + ", not " + input);
    }
    V scores;
    try {
      scores = scores(new Sketch<>(to, seed), to.input(INPUT, input));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          this
              + " does not take images of "
              + input.get(3)
              + "x"
              + input.get(2)
              + ": "
              + e.getMessage(),
          e);
    }
    to.output(to.softmax(PROBABILITIES, scores));
  }

  /** Its name in lower case, such as {@code resnet50}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
