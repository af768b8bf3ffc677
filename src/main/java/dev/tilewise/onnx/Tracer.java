package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
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

  /** Which nodes the outputs depend on, each after those it reads. */
  private static final class NodeOrder {

    private final OnnxGraph model;
    private final Set<String> given = new HashSet<>();
    private final Map<String, Integer> makers = new HashMap<>();

    NodeOrder(OnnxGraph model, Set<String> constants, Set<String> inputs) throws OnnxException {
      this.model = model;
      given.addAll(constants);
      given.addAll(inputs);
      Set<String> seen = new HashSet<>();
      for (OnnxGraph.Input input : model.inputs()) {
        require(seen.add(input.name()), "there are two inputs named " + input.name());
      }
      for (int i = 0; i < model.nodes().size(); i++) {
        OnnxNode node = model.nodes().get(i);
        for (String output : node.outputs()) {
          boolean fresh = output.isEmpty() || !given.contains(output);
          require(
              fresh && (output.isEmpty() || makers.put(output, i) == null),
              node.label() + " makes " + output + ", which is there already");
        }
      }
    }

    private void require(boolean condition, String problem) throws OnnxException {
      if (!condition) {
        throw new OnnxException(model.name(), problem);
      }
    }

    List<OnnxNode> needed() throws OnnxException {
      Set<String> read = new HashSet<>(model.outputs());
      boolean[] needed = new boolean[model.nodes().size()];
      Deque<String> open = new ArrayDeque<>(model.outputs());
      for (String output : model.outputs()) {
        require(
            given.contains(output) || makers.containsKey(output),
            "nothing makes the output " + output);
      }
      while (!open.isEmpty()) {
        Integer maker = makers.get(open.pop());
        if (maker == null || needed[maker]) {
          continue;
        }
        needed[maker] = true;
        OnnxNode node = model.nodes().get(maker);
        for (String input : node.inputs()) {
          require(
              input.isEmpty() || given.contains(input) || makers.containsKey(input),
              node.label() + " reads " + input + ", which nothing makes");
          if (!input.isEmpty() && read.add(input)) {
            open.push(input);
          }
        }
      }
      List<OnnxNode> ordered = new ArrayList<>();
      for (int i : ordered(needed)) {
        OnnxNode node = model.nodes().get(i);
        ordered.add(
            node.withOutputs(
                node.outputs().stream().map(name -> read.contains(name) ? name : "").toList()));
      }
      return ordered;
    }

    /** In the model's order wherever that is possible. */
    private List<Integer> ordered(boolean... needed) throws OnnxException {
      int[] missing = new int[needed.length];
      Map<Integer, List<Integer>> readers = new HashMap<>();
      TreeSet<Integer> ready = new TreeSet<>();
      int count = 0;
      for (int i = 0; i < needed.length; i++) {
        if (!needed[i]) {
          continue;
        }
        count++;
        for (String input : model.nodes().get(i).inputs()) {
          Integer maker = makers.get(input);
          if (maker != null) {
            missing[i]++;
            readers.computeIfAbsent(maker, none -> new ArrayList<>()).add(i);
          }
        }
        if (missing[i] == 0) {
          ready.add(i);
        }
      }
      List<Integer> order = new ArrayList<>();
      while (!ready.isEmpty()) {
        int next = ready.pollFirst();
        order.add(next);
        for (int reader : readers.getOrDefault(next, List.of())) {
          if (--missing[reader] == 0) {
            ready.add(reader);
          }
        }
      }
      if (order.size() < count) {
        for (int i = 0; i < needed.length; i++) {
          require(
              !needed[i] || missing[i] == 0,
              model.nodes().get(i).label() + " depends on its own output");
        }
      }
      return order;
    }
  }
}
