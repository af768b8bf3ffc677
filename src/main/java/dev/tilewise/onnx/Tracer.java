package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Walks over the nodes of a model and describes each to a {@link GraphBuilder}. All extents are
 * known then, so whatever computes with them is a constant, and the builder computes it at once.
 */
final class Tracer {

  /**
   * Bytes of constants that may be computed from constants, beside four times the model's own: a
   * few numbers can claim any size.
   */
  private static final long FOLDED_BYTES = 256L << 20;

  private final OnnxGraph model;
  private final Map<String, OnnxTensor> constants;
  private final Map<String, Dims> inputs;
  private final GraphBuilder builder = new GraphBuilder();
  private final Map<String, Value> values = new HashMap<>();
  // Values that have a name of the model already.
  private final Set<Value> named = Collections.newSetFromMap(new IdentityHashMap<>());

  Tracer(OnnxGraph model, Map<String, OnnxTensor> constants, Map<String, Dims> inputs) {
    this.model = model;
    this.constants = constants;
    this.inputs = inputs;
  }

  Graph graph() throws OnnxException {
    List<OnnxNode> nodes = new NodeOrder(model, constants.keySet(), inputs.keySet()).needed();
    requireSupported(nodes);
    try {
      long bytes = constants.values().stream().mapToLong(OnnxTensor::bytes).sum();
      builder.limitFolding(FOLDED_BYTES + 4 * bytes);
      builder.reserve(inputs.keySet());
      nodes.forEach(node -> builder.reserve(node.outputs()));
      constants.forEach((name, tensor) -> values.put(name, tensor.value(builder, name)));
      for (OnnxGraph.Input input : model.inputs()) {
        if (inputs.containsKey(input.name())) {
          Value value = builder.input(input.name(), inputs.get(input.name()));
          values.put(input.name(), value);
          named.add(value);
        }
      }
      for (OnnxNode node : nodes) {
        trace(node);
      }
      for (String output : model.outputs()) {
        builder.output(output(output));
      }
      return builder.build();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OnnxException(model.name(), e.getMessage(), e);
    }
  }

  /** A constant that is an output gets the output's name. */
  private Value output(String name) {
    Value value = values.get(name);
    return value.isConstant() ? builder.constant(name, value.dims(), value.floats()) : value;
  }

  /** Everything that is not supported, at once. */
  private void requireSupported(List<OnnxNode> nodes) throws OnnxException {
    Set<String> problems = new TreeSet<>();
    for (OnnxNode node : nodes) {
      String refusal;
      try {
        refusal = refusal(node);
      } catch (IllegalArgumentException | ArithmeticException e) {
        refusal = e.getMessage();
      }
      if (refusal != null) {
        String domain = node.domain().isEmpty() ? "ai.onnx" : node.domain();
        problems.add(
            node.label()
                + " ("
                + domain
                + " opset "
                + model.opsets().getOrDefault(node.domain(), 0L)
                + "): "
                + refusal);
      }
    }
    if (!problems.isEmpty()) {
      throw new OnnxException(model.name(), "not supported: " + String.join("; ", problems));
    }
  }

  private String refusal(OnnxNode node) {
    Operator operator = node.domain().isEmpty() ? Operators.find(node.op()) : null;
    if (operator == null) {
      return "the operator is unknown";
    }
    long opset = model.opsets().getOrDefault("", 0L);
    if (opset < OnnxModel.OLDEST_OPSET || opset > OnnxModel.NEWEST_OPSET) {
      return "the opset is not between "
          + OnnxModel.OLDEST_OPSET
          + " and "
          + OnnxModel.NEWEST_OPSET;
    }
    return operator.check().refusal(node, (int) opset);
  }

  private void trace(OnnxNode node) throws OnnxException {
    List<Value> taken = new ArrayList<>();
    for (String input : node.inputs()) {
      taken.add(input.isEmpty() ? null : values.get(input));
    }
    int opset = model.opsets().get("").intValue();
    try {
      List<Value> made =
          Operators.find(node.op())
              .tracing()
              .trace(new Call(node, opset, Collections.unmodifiableList(taken), builder));
      for (int i = 0; i < node.outputs().size(); i++) {
        if (node.wants(i)) {
          if (i >= made.size()) {
            throw new IllegalArgumentException("it has no output " + i);
          }
          values.put(node.outputs().get(i), name(made.get(i), node.outputs().get(i)));
        }
      }
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OnnxException(model.name(), node.label() + ": " + e.getMessage(), e);
    }
  }

  private Value name(Value value, String name) {
    if (value.isConstant()) {
      return value;
    }
    // What changed nothing is a value that has a name already.
    Value own = named.add(value) ? value : builder.identity(value, "identity");
    named.add(own);
    return builder.name(own, name);
  }
}
