package dev.tilewise.graph;

import java.util.List;

/** Values one behind the other along an axis. */
final class ConcatOp extends Op {

  private final int axis;

  ConcatOp(int axis) {
    this.axis = axis;
  }

  @Override
  String kind() {
    return "concat";
  }

  @Override
  String description() {
    return "axis " + axis;
  }

  @Override
  String words() {
    return Words.of(kind(), axis);
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims first = inputs.get(0);
    first.axis(axis);
    long sum = 0;
    for (Dims dims : inputs) {
      if (dims.rank() != first.rank() || !dims.with(axis, first.get(axis)).equals(first)) {
        throw new IllegalArgumentException(
            "concat: " + first + " and " + dims + " differ in more than axis " + axis);
      }
      sum += dims.get(axis);
    }
    if (sum > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "concat: axis "
              + axis
              + " of "
              + inputs.size()
              + " values such as "
              + first
              + " would have "
              + sum
              + " elements");
    }
    return first.with(axis, (int) sum);
  }

  /** Whether whoever makes an input can write it where it goes. */
  boolean takesParts(Node node) {
    return axis == 1 && node.output().dims().rank() == 4;
  }

  /** The place of an input in the whole. */
  View part(Node node, Value input, View whole) {
    int start = 0;
    for (Value value : node.inputs()) {
      if (value == input) {
        break;
      }
      start += value.dims().get(axis);
    }
    return whole.cut(axis, start, 1, input.dims().get(axis));
  }

  @Override
  void lower(Node node, Lowering to) {
    View whole = to.concatenation(node);
    int start = 0;
    boolean copied = false;
    for (Value input : node.inputs()) {
      View from = to.view(input);
      View part = whole.cut(axis, start, 1, input.dims().get(axis));
      start += input.dims().get(axis);
      if (from.buffer() != part.buffer()) {
        to.copy(from, part);
        copied = true;
      }
    }
    if (!copied) {
      to.note(node, "its inputs are written in place");
    }
  }
}
