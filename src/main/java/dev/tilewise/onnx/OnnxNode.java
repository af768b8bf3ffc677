package dev.tilewise.onnx;

import java.util.List;
import java.util.Map;

/**
 * An operation of a model.
 *
 * @param op its operator
 * @param domain of the operator; empty for those of ONNX itself
 * @param name may be empty
 * @param inputs names of values; an empty one is left out
 * @param outputs names of values; an empty one is not wanted
 * @param attributes Long, Float, String, OnnxTensor, or a list of Long, Float or String; {@link
 *     Unread} for what is none of these
 */
record OnnxNode(
    String op,
    String domain,
    String name,
    List<String> inputs,
    List<String> outputs,
    Map<String, Object> attributes) {

  /** An attribute of a kind that no operator here takes, such as a graph. */
  enum Unread {
    /** The only one. */
    ATTRIBUTE
  }

  OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Map.copyOf(attributes);
  }

  /** The same node with other outputs. */
  OnnxNode withOutputs(List<String> wanted) {
    return new OnnxNode(op, domain, name, inputs, wanted, attributes);
  }

  boolean has(String attribute) {
    return attributes.containsKey(attribute);
  }

  boolean wants(int output) {
    return output < outputs.size() && !outputs.get(output).isEmpty();
  }

  long integer(String attribute, long otherwise) {
    return has(attribute) ? get(attribute, Long.class) : otherwise;
  }

  /** An integer that must fit an int. */
  int number(String attribute, long otherwise) {
    return Math.toIntExact(integer(attribute, otherwise));
  }

  boolean flag(String attribute, boolean otherwise) {
    return integer(attribute, otherwise ? 1 : 0) != 0;
  }

  float real(String attribute, double otherwise) {
    return has(attribute) ? get(attribute, Float.class) : (float) otherwise;
  }

  String word(String attribute, String otherwise) {
    return has(attribute) ? get(attribute, String.class) : otherwise;
  }

  OnnxTensor tensor(String attribute) {
    return get(attribute, OnnxTensor.class);
  }

  /** A list of integers; null if there is none. */
  long[] integers(String attribute) {
    if (!has(attribute)) {
      return null;
    }
    List<?> list = get(attribute, List.class);
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = cast(attribute, list.get(i), Long.class);
    }
    return values;
  }

  /** A list of floats; null if there is none. */
  float[] reals(String attribute) {
    if (!has(attribute)) {
      return null;
    }
    List<?> list = get(attribute, List.class);
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = cast(attribute, list.get(i), Float.class);
    }
    return values;
  }

  private <T> T get(String attribute, Class<T> type) {
    Object value = attributes.get(attribute);
    if (value == null) {
      throw new IllegalArgumentException("the attribute " + attribute + " is missing");
    }
    return cast(attribute, value, type);
  }

  private static <T> T cast(String attribute, Object value, Class<T> type) {
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          "the attribute " + attribute + " is no " + type.getSimpleName());
    }
    return type.cast(value);
  }

  /** Such as {@code Conv "conv1"}. */
  String label() {
    String first = outputs.stream().filter(output -> !output.isEmpty()).findFirst().orElse("");
    return op + " \"" + (name.isEmpty() ? first : name) + '"';
  }
}
