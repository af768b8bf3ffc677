package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A node that is being traced: its attributes, the values it reads, and where its outputs are
 * described.
 *
 * @param node what is traced
 * @param opset version of its operator's domain
 * @param inputs null where one is left out
 * @param builder describes the graph
 */
record Call(OnnxNode node, int opset, List<Value> inputs, GraphBuilder builder) {

  /** Elements of an axis that are numbered one by one, as padding and resizing do. */
  private static final int MOST_NUMBERS = 1 << 24;

  boolean has(int input) {
    return input < inputs.size() && inputs.get(input) != null;
  }

  Value input(int input) {
    if (!has(input)) {
      throw new IllegalArgumentException("its input " + input + " is missing");
    }
    return inputs.get(input);
  }

  Value x() {
    return input(0);
  }

  Dims dims() {
    return x().dims();
  }

  /** An input, or null. */
  Value optional(int input) {
    return has(input) ? inputs.get(input) : null;
  }

  /** All inputs, of which there must be one. */
  List<Value> all() {
    input(0);
    return IntStream.range(0, inputs.size()).mapToObj(this::input).toList();
  }

  /** An axis of the input that may be counted from the end. */
  int axis(long otherwise) {
    return dims().axis(node.integer("axis", otherwise));
  }

  /** Integers that are an attribute or, in newer opsets, an input; null if there are none. */
  long[] integers(String attribute, int input) {
    return has(input) ? input(input).integers() : node.integers(attribute);
  }

  /** A number that is an attribute or, in newer opsets, an input. */
  float real(String attribute, int input, float otherwise) {
    return has(input) ? only(input(input)) : node.real(attribute, otherwise);
  }

  /** The one element of a constant. */
  static float only(Value value) {
    if (value.dims().elements() != 1) {
      throw new IllegalArgumentException(value + " must have one element");
    }
    return value.floats()[0];
  }

  Value scalar(float value) {
    return builder.constant(node.op(), Dims.of(), value);
  }

  /** A constant along one axis, which repeats along all others. */
  Value along(int axis, int rank, float... values) {
    int[] extents = new int[rank];
    Arrays.fill(extents, 1);
    extents[axis] = values.length;
    return builder.constant(node.op(), Dims.of(extents), values);
  }

  /** A number of elements that are numbered. */
  static int count(long count) {
    if (count < 0 || count > MOST_NUMBERS) {
      throw new IllegalArgumentException(
          count + " elements of an axis are more than " + MOST_NUMBERS);
    }
    return (int) count;
  }

  static int[] ints(long... values) {
    int[] ints = new int[values.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(values[i]);
    }
    return ints;
  }
}
