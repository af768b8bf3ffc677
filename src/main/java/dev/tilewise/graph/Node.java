package dev.tilewise.graph;

import java.util.List;

/**
 * An operation and what it works on.
 *
 * @param name unique in its graph
 * @param op what it does
 * @param inputs what it reads, constants among them
 * @param output what it makes
 */
record Node(String name, Op op, List<Value> inputs, Value output) {

  Node {
    inputs = List.copyOf(inputs);
  }

  Value input(int i) {
    return inputs.get(i);
  }

  List<Dims> dims() {
    return inputs.stream().map(Value::dims).toList();
  }

  /** The weights it brings: constants of floats. */
  long parameters() {
    return inputs.stream()
        .filter(value -> value.isConstant() && !value.isInteger())
        .mapToLong(value -> value.dims().elements())
        .sum();
  }

  long multiplyAdds() {
    return op.multiplyAdds(dims(), output.dims());
  }
}
