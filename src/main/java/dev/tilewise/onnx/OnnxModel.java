package dev.tilewise.onnx;

import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model that was read from an ONNX file. Immutable. Weights of half or double width become
 * float32; everything is computed in float32. Operators of opsets {@value #OLDEST_OPSET} to {@value
 * #NEWEST_OPSET} are known.
 *
 * <pre>{@code
 * Graph graph = OnnxModel.load(Path.of("model.onnx")).graph();
 * float[] scores = graph.compile().run(image);
 * }</pre>
 */
public final class OnnxModel {

  /** The oldest version of ONNX's operators that is known. */
  public static final int OLDEST_OPSET = 6;

  /** The newest version of ONNX's operators that is known. */
  public static final int NEWEST_OPSET = 28;

  private final OnnxGraph description;
  private final Map<String, OnnxTensor> bound;

  private OnnxModel(OnnxGraph description, Map<String, OnnxTensor> bound) {
    this.description = description;
    this.bound = Map.copyOf(bound);
  }

  static OnnxModel of(OnnxGraph description) {
    return new OnnxModel(description, Map.of());
  }

  /**
   * Reads a model. Weights in the file or in files beside it are mapped, so they must not change
   * until the graph is compiled.
   *
   * @param file the model; what it refers to must be in its folder
   * @return the model
   * @throws OnnxException if it is damaged, or has something that is never supported
   * @throws IOException if the file cannot be read
   * @throws IllegalStateException if the library with the messages of the format is missing
   */
  public static OnnxModel load(Path file) throws IOException {
    try {
      return of(ModelFile.read(file));
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(
          "onnx: reading needs org.tribuo:tribuo-util-onnx on the class path, or on the module path"
              + " with --add-modules org.tribuo.util.onnx; "
              + e.getMessage()
              + " is missing",
          e);
    }
  }

  /**
   * The program that wrote the file.
   *
   * @return such as {@code pytorch} or {@code onnx-caffe2}; empty if the file does not say
   */
  public String producer() {
    return description.producer();
  }

  /**
   * Names of what a run is given.
   *
   * @return in the model's order, without those that are bound or have a value in the model
   */
  public List<String> inputs() {
    return description.inputs().stream()
        .map(OnnxGraph.Input::name)
        .filter(name -> !description.initializers().containsKey(name) && !bound.containsKey(name))
        .toList();
  }

  /**
   * Names of what a run makes.
   *
   * @return in the model's order
   */
  public List<String> outputs() {
    return description.outputs();
  }

  /**
   * Versions of the operators, by their domains.
   *
   * @return ONNX's own domain has the empty name
   */
  public Map<String, Long> opsets() {
    return description.opsets();
  }

  /**
   * Makes an input, or a constant of the model, a constant of floats.
   *
   * @param input its name
   * @param dims its extents
   * @param values the last axis being the fastest
   * @return a changed model
   * @throws IllegalArgumentException if there is no such input, or there are more or fewer values
   */
  public OnnxModel bind(String input, Dims dims, float... values) {
    return bind(input, OnnxTensor.floats(dims, values.clone()), values.length);
  }

  /**
   * Makes an input, or a constant of the model, a constant of integers: the extents of a reshape,
   * for one.
   *
   * @param input its name
   * @param dims its extents
   * @param values the last axis being the fastest
   * @return a changed model
   * @throws IllegalArgumentException if there is no such input, or there are more or fewer values
   */
  public OnnxModel bindIntegers(String input, Dims dims, long... values) {
    return bind(input, OnnxTensor.integers(dims, values.clone()), values.length);
  }

  private OnnxModel bind(String input, OnnxTensor tensor, int count) {
    if (tensor.dims().elements() != count) {
      throw new IllegalArgumentException(
          "onnx: "
              + input
              + " of "
              + tensor.dims()
              + " takes "
              + tensor.dims().elements()
              + " values, not "
              + count);
    }
    requireInput(input, description.initializers().containsKey(input));
    Map<String, OnnxTensor> more = new HashMap<>(bound);
    more.put(input, tensor);
    return new OnnxModel(description, more);
  }

  private void requireInput(String name, boolean constant) {
    Objects.requireNonNull(name, "input");
    if (!constant && description.inputs().stream().noneMatch(i -> i.name().equals(name))) {
      throw new IllegalArgumentException(
          "onnx: there is no input " + name + "; the inputs are " + inputs());
    }
  }

  /**
   * The graph for the extents that the model gives its inputs; a first extent that it leaves open
   * is 1.
   *
   * @return the graph; its values have the names of the model
   * @throws OnnxException if an extent must be given, an operator is not supported, or something
   *     does not fit
   */
  public Graph graph() throws OnnxException {
    return graph(Map.of());
  }

  /**
   * The model, which has one input, for inputs of any extents: planned for each when first asked,
   * and kept.
   *
   * @param options how it is compiled
   * @return compiled graphs by the extents of the input
   * @throws IllegalArgumentException if there is not one input
   */
  public GraphFamily<OnnxException> family(CompileOptions options) {
    if (inputs().size() != 1) {
      throw new IllegalArgumentException(
          "onnx: a family takes a model of one input; the inputs are " + inputs());
    }
    String name = inputs().getFirst();
    return new GraphFamily<>(extents -> graph(Map.of(name, extents)), options);
  }

  /**
   * The graph for inputs of some extents.
   *
   * @param extents of inputs, by their names; an input without has what the model gives it
   * @return the graph; its values have the names of the model
   * @throws OnnxException if an extent must be given, an operator is not supported, or something
   *     does not fit
   * @throws IllegalArgumentException if there is no such input
   */
  public Graph graph(Map<String, Dims> extents) throws OnnxException {
    extents.keySet().forEach(name -> requireInput(name, false));
    Map<String, OnnxTensor> constants = new HashMap<>(description.initializers());
    constants.putAll(bound);
    Map<String, Dims> taken = new HashMap<>();
    for (String input : inputs()) {
      Dims given = extents.get(input);
      taken.put(input, given == null ? own(input) : given);
    }
    return new Tracer(description, constants, taken).graph();
  }

  private Dims own(String name) throws OnnxException {
    OnnxGraph.Input input =
        description.inputs().stream().filter(i -> i.name().equals(name)).findFirst().orElseThrow();
    if (input.extents() == null) {
      throw new OnnxException(
          description.name(),
          "the model does not say the extents of input " + name + ": give them to graph(...)");
    }
    int[] extents = input.extents().clone();
    List<String> open = new ArrayList<>();
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == OnnxGraph.OPEN && axis > 0) {
        String word = input.names().get(axis);
        open.add(axis + (word.isEmpty() ? "" : " (" + word + ")"));
      }
      extents[axis] = extents[axis] == OnnxGraph.OPEN ? 1 : extents[axis];
    }
    if (!open.isEmpty()) {
      throw new OnnxException(
          description.name(),
          "the model leaves open the extents "
              + String.join(", ", open)
              + " of input "
              + name
              + ": give them to graph(...)");
    }
    try {
      return Dims.of(extents);
    } catch (IllegalArgumentException e) {
      throw new OnnxException(description.name(), "input " + name + ": " + e.getMessage(), e);
    }
  }

  /** Name, inputs, outputs and opsets. */
  @Override
  public String toString() {
    return description.name() + " " + inputs() + " -> " + outputs() + ", opsets " + opsets();
  }
}
