package dev.tilewise.onnx;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A model, whatever file it came from.
 *
 * @param name for messages
 * @param inputs what a run is given, and perhaps initializers among it
 * @param outputs names of values
 * @param nodes in any order
 * @param initializers constants by their names
 * @param opsets version of the operators of each domain; that of ONNX itself is empty
 * @param producer the program that wrote the file; empty if it does not say
 */
record OnnxGraph(
    String name,
    List<Input> inputs,
    List<String> outputs,
    List<OnnxNode> nodes,
    Map<String, OnnxTensor> initializers,
    Map<String, Long> opsets,
    String producer) {

  /** A model of an unknown producer. */
  OnnxGraph(
      String name,
      List<Input> inputs,
      List<String> outputs,
      List<OnnxNode> nodes,
      Map<String, OnnxTensor> initializers,
      Map<String, Long> opsets) {
    this(name, inputs, outputs, nodes, initializers, opsets, "");
  }

  /** An extent that the model leaves open. */
  static final int OPEN = -1;

  /**
   * An input.
   *
   * @param name of the value
   * @param extents {@link #OPEN} where the model leaves it open; null if it says nothing
   * @param names of open extents, empty where there is none; null if it says nothing
   */
  record Input(String name, int[] extents, List<String> names) {

    /** An input without open extents. */
    static Input of(String name, int... extents) {
      return new Input(name, extents, Collections.nCopies(extents.length, ""));
    }
  }

  OnnxGraph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
    initializers = Map.copyOf(initializers);
    opsets = Map.copyOf(opsets);
  }

  /** Bytes of all initializers. */
  long bytes() {
    return initializers.values().stream().mapToLong(OnnxTensor::bytes).sum();
  }
}
