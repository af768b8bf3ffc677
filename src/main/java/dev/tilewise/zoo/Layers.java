package dev.tilewise.zoo;

import dev.tilewise.Activation;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The operations that the networks of this package are made of. Who implements them gets the
 * networks in a form of its own: a {@link dev.tilewise.graph.Graph}, or a file of another format.
 *
 * <p>Images are N x C x H x W. Weights are floats in native byte order, the last axis being the
 * fastest; they may be kept, and do not change. Names are unique in a network.
 *
 * @param <V> what an operation takes and makes
 */
public interface Layers<V> {

  /**
   * The operations as nodes of a graph.
   *
   * @param to takes the nodes
   * @return the operations
   */
  static Layers<Value> of(GraphBuilder to) {
    return new GraphLayers(to);
  }

  /**
   * The input.
   *
   * @param name its name
   * @param dims N, C, H, W
   * @return the value
   */
  V input(String name, Dims dims);

  /**
   * Extents of a value.
   *
   * @param value made by this
   * @return slowest first
   */
  Dims dims(V value);

  /**
   * A convolution.
   *
   * @param name its name
   * @param x image
   * @param filters K, C/groups, FH, FW
   * @param weights the filters
   * @param bias K floats, or null for none
   * @param settings stride, padding, groups
   * @return the image
   */
  V conv(
      String name,
      V x,
      Dims filters,
      MemorySegment weights,
      MemorySegment bias,
      ConvSettings settings);

  /**
   * A transposed convolution without padding.
   *
   * @param name its name
   * @param x image
   * @param filters C, K, FH, FW
   * @param weights the filters
   * @param bias K floats
   * @param stride pixels of the output for one of the input, both ways
   * @return the image
   */
  V convTranspose(
      String name, V x, Dims filters, MemorySegment weights, MemorySegment bias, int stride);

  /**
   * A dense layer.
   *
   * @param name its name
   * @param x rows of C numbers
   * @param filters K, C
   * @param weights the filters
   * @param bias K floats
   * @return rows of K numbers
   */
  V dense(String name, V x, Dims filters, MemorySegment weights, MemorySegment bias);

  /**
   * Numbers of a batch normalisation, one of each for a channel.
   *
   * @param gamma factors
   * @param beta summands
   * @param mean of training
   * @param variance of training
   * @param epsilon added to the variances
   */
  record Normalization(
      MemorySegment gamma,
      MemorySegment beta,
      MemorySegment mean,
      MemorySegment variance,
      float epsilon) {}

  /**
   * Batch normalisation at inference.
   *
   * @param name its name
   * @param x image
   * @param numbers what training left
   * @return as x
   */
  V batchNorm(String name, V x, Normalization numbers);

  /**
   * An activation.
   *
   * @param name its name
   * @param x any value
   * @param function ReLU or ReLU6
   * @return as x
   */
  V activation(String name, V x, Activation function);

  /**
   * Max pooling.
   *
   * @param name its name
   * @param x image
   * @param f height and width of a window
   * @param s stride
   * @param p padding
   * @param ceil whether windows that reach beyond the padded image count as well: {@code ceil((W -
   *     F + 2P) / S) + 1}, Caffe's rule, instead of {@code floor}
   * @return the image
   */
  V maxPool(String name, V x, int f, int s, int p, boolean ceil);

  /**
   * The mean of each channel.
   *
   * @param name its name
   * @param x image
   * @return N x C x 1 x 1
   */
  V globalAverage(String name, V x);

  /**
   * Local response normalisation.
   *
   * @param name its name
   * @param x image
   * @param size channels of the window
   * @param alpha factor of the mean of squares
   * @param beta exponent
   * @param bias summand
   * @return as x
   */
  V lrn(String name, V x, int size, float alpha, float beta, float bias);

  /**
   * A sum.
   *
   * @param name its name
   * @param a one image
   * @param b another one of the same extents
   * @return as a
   */
  V add(String name, V a, V b);

  /**
   * Images one behind the other in depth.
   *
   * @param name its name
   * @param images of the same height and width
   * @return the deeper image
   */
  V concat(String name, List<V> images);

  /**
   * The middle of an image.
   *
   * @param name its name
   * @param x image
   * @param height rows that stay
   * @param width columns that stay
   * @return the smaller image
   */
  V crop(String name, V x, int height, int width);

  /**
   * Rows: C, H and W become one axis.
   *
   * @param name its name
   * @param x image
   * @return N x CHW
   */
  V flatten(String name, V x);

  /**
   * Softmax over the channels.
   *
   * @param name its name
   * @param x rows or an image
   * @return as x
   */
  V softmax(String name, V x);

  /**
   * Makes a value an output of the network.
   *
   * @param value made by this
   */
  void output(V value);
}
