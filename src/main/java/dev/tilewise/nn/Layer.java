package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.List;

/**
 * One layer of a network: what it is, its shapes, its parameters. Shapes have a batch of one. How
 * it computes is a matter of the network.
 */
public abstract sealed class Layer permits Convolution, Dense, LocallyConnected, Pooling, Relu {

  private final LayerSpec spec;
  private final String name;
  private final Shape input;
  private final Shape output;
  private final List<Parameter> parameters;

  Layer(LayerSpec spec, String name, Shape input, Shape output, Parameter... parameters) {
    this.spec = spec;
    this.name = name;
    this.input = input;
    this.output = output;
    this.parameters = List.of(parameters);
  }

  /**
   * The name, unique in the network: the kind of layer and its number among those of its kind.
   *
   * @return such as {@code conv1}
   */
  public final String name() {
    return name;
  }

  /**
   * The volume that goes in.
   *
   * @return W x H x D of one image
   */
  public final Shape inputShape() {
    return input;
  }

  /**
   * The volume that comes out.
   *
   * @return W2 x H2 x D2 of one image
   */
  public final Shape outputShape() {
    return output;
  }

  /**
   * The weights, then the biases; nothing for layers that have none.
   *
   * @return an unmodifiable list
   */
  public final List<Parameter> parameters() {
    return parameters;
  }

  /**
   * Number of weights and biases.
   *
   * @return the sum of the sizes of the parameters
   */
  public final long parameterCount() {
    return parameters.stream().mapToLong(Parameter::size).sum();
  }

  /**
   * Multiply-adds for one image.
   *
   * @return 0 for layers without weights
   */
  public abstract long multiplyAdds();

  /**
   * What the layer is, in a few words.
   *
   * @return such as {@code 20 filters 5x5}
   */
  public abstract String description();

  /** How many inputs one output sees; the initial weights depend on it. */
  abstract long fanIn();

  /** Whether a rectified linear unit behind the layer can be computed with it. */
  abstract boolean fusesRelu();

  /**
   * Binds the layer to a batch size.
   *
   * @param batch images
   * @param rectified whether to rectify the outputs, too
   */
  abstract Step step(int batch, boolean rectified);

  /**
   * Adds the layer, with its present weights, to a graph.
   *
   * @param to the graph
   * @param x what goes in
   * @return what comes out
   */
  abstract Value append(GraphBuilder to, Value x);

  /** A copy of a parameter. */
  static Value constant(GraphBuilder to, Parameter parameter) {
    return to.constant(parameter.name(), Dims.of(parameter.extents()), parameter.values());
  }

  /** How the filters of a layer move. */
  static ConvSettings settings(ConvCase c) {
    return ConvSettings.UNIT
        .stride(c.sh(), c.sw())
        .padding(c.pt(), c.pl(), c.pb(), c.pr())
        .dilation(c.dh(), c.dw())
        .groups(c.groups());
  }

  final LayerSpec spec() {
    return spec;
  }

  /** Name and description. */
  @Override
  public final String toString() {
    return name + " (" + description() + ")";
  }
}
