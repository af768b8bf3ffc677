package dev.tilewise.graph;

import dev.tilewise.format.FormatException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * A network as a directed acyclic graph of operations, for inputs of given extents. Immutable. The
 * weights are memory of whoever made it; {@link #compile} packs them into memory of its own.
 */
public final class Graph {

  /** A key in the metadata of the safetensors files that {@link #save} writes. */
  public static final String METADATA = "tilewise.graph";

  private final List<Value> inputs;
  private final List<Value> outputs;
  private final List<Node> nodes;

  Graph(List<Value> inputs, List<Value> outputs, List<Node> nodes) {
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.nodes = List.copyOf(nodes);
  }

  /**
   * Reads a graph that {@link #save} wrote. The file is mapped, and weights are where it is: but
   * for integers nothing of them is read before the graph is compiled. Weights of half or double
   * precision are taken too, if somebody has changed them.
   *
   * @param file a safetensors file with the key {@link #METADATA} in its metadata
   * @param arena owns the mapping: it must be open whenever the graph is compiled or saved, or its
   *     values are read, or there is an {@link IllegalStateException}; graphs that are compiled do
   *     not need it
   * @return the graph
   * @throws FormatException if the file cannot be read, has no graph, or is damaged; the message is
   *     one line
   */
  public static Graph load(Path file, Arena arena) throws FormatException {
    Objects.requireNonNull(arena, "arena");
    return GraphFile.read(Objects.requireNonNull(file, "file"), arena);
  }

  /**
   * Writes operations and weights to a safetensors file, which is replaced only when everything is
   * written. Weights are tensors of their names, and keep their bits; of several with one name all
   * but the first get a number.
   *
   * @param file where to
   * @throws FormatException if it cannot be written
   * @throws IllegalArgumentException if there is a {@linkplain GraphBuilder#unary(Value, String,
   *     java.util.function.DoubleUnaryOperator) function given as code}, and the message names all;
   *     if a name has half a surrogate pair, or names and operations take more than 100 MB
   */
  public void save(Path file) throws FormatException {
    GraphFile.write(this, Objects.requireNonNull(file, "file"));
  }

  List<Node> nodes() {
    return nodes;
  }

  /**
   * The inputs.
   *
   * @return in order
   */
  public List<Value> inputs() {
    return inputs;
  }

  /**
   * The outputs.
   *
   * @return in order
   */
  public List<Value> outputs() {
    return outputs;
  }

  /**
   * Names of all values that are computed, in order.
   *
   * @return unique names
   */
  public List<String> computed() {
    return nodes.stream().map(node -> node.output().name()).toList();
  }

  /**
   * A value that is computed.
   *
   * @param name of it
   * @return the value
   * @throws IllegalArgumentException if none has the name
   */
  public Value computed(String name) {
    return nodes.stream()
        .map(Node::output)
        .filter(made -> made.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "graph: there is no computed value "
                        + name
                        + "; outputs are "
                        + outputs().stream().map(Value::name).toList()));
  }

  /**
   * Number of weights, biases and other constants of floats; each counted once.
   *
   * @return the total
   */
  public long parameterCount() {
    Set<Value> seen = new HashSet<>();
    long sum = 0;
    for (Node node : nodes) {
      for (Value input : node.inputs()) {
        if (input.isConstant() && !input.isInteger() && seen.add(input)) {
          sum += input.dims().elements();
        }
      }
    }
    return sum;
  }

  /**
   * Multiply-adds of one run.
   *
   * @return the total of convolutions, dense layers and matrix products
   */
  public long multiplyAdds() {
    return nodes.stream().mapToLong(Node::multiplyAdds).sum();
  }

  /**
   * Terms of one sum of each convolution, dense layer and matrix product, added up: what rounding
   * errors have to do with.
   *
   * @return the total over the nodes
   */
  public long sumLengths() {
    return nodes.stream()
        .filter(node -> node.output().dims().elements() > 0)
        .mapToLong(node -> node.multiplyAdds() / node.output().dims().elements())
        .sum();
  }

  /**
   * Numbers that all nodes make, a batch of them counted.
   *
   * @return the total
   */
  public long activations() {
    return nodes.stream().mapToLong(node -> node.output().dims().elements()).sum();
  }

  /**
   * Packs filters, chooses algorithms, plans memory.
   *
   * @param options how
   * @return the graph, ready to run
   * @throws IllegalArgumentException if a kept value is not computed, no algorithm is within the
   *     tolerance, or inputs and computed values have 2^63 bytes or more
   */
  public CompiledGraph compile(CompileOptions options) {
    List<Value> wanted = new ArrayList<>(outputs);
    for (String name : options.kept()) {
      wanted.add(computed(name));
    }
    return Compiler.compile(inputs, wanted, nodes, options);
  }

  /**
   * Compiles with the usual options.
   *
   * @return the graph, ready to run
   */
  public CompiledGraph compile() {
    return compile(CompileOptions.fastest());
  }

  /**
   * A table with a line for each node: name, what it is, output W2 x H2 x D2, parameters,
   * multiply-adds, bytes of the output; and the totals.
   *
   * @return several lines of text
   */
  public String summary() {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"layer", "", "output", "parameters", "multiply-adds", "bytes"});
    for (Node node : nodes) {
      Dims out = node.output().dims();
      rows.add(
          new String[] {
            node.name(),
            (node.op().kind() + " " + node.op().description()).strip(),
            volume(out),
            node.parameters() == 0 ? "" : number(node.parameters()),
            node.multiplyAdds() == 0 ? "" : number(node.multiplyAdds()),
            number(out.elements() * Float.BYTES)
          });
    }
    rows.add(
        new String[] {
          "total",
          nodes.size() + " nodes",
          "",
          number(parameterCount()),
          number(multiplyAdds()),
          number(activations() * Float.BYTES)
        });
    return Table.align(rows, 3);
  }

  /** W2 x H2 x D2 of one image; the extents of what is no image. */
  private static String volume(Dims dims) {
    return dims.rank() == 4 ? dims.get(3) + "x" + dims.get(2) + "x" + dims.get(1) : dims.toString();
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Inputs, outputs and totals, such as {@code graph data 1x3x224x224 -> prob 1x1000, ...}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "graph %s -> %s, %,d parameters", inputs, outputs, parameterCount());
  }
}
