package dev.tilewise.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which nodes the outputs depend on, each after those it reads. */
final class NodeOrder {

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
