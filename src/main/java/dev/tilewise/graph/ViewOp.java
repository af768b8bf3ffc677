package dev.tilewise.graph;

import java.util.List;

/** The same elements seen otherwise: extents, order of axes, parts, repetitions. */
abstract class ViewOp extends Op {

  /** The output as a view of the input; null if it takes a copy. */
  abstract View of(View input, Dims output);

  @Override
  final void lower(Node node, Lowering to) {
    View input = to.view(node.input(0));
    View view = node.output().dims().elements() == 0 ? null : of(input, node.output().dims());
    if (view == null && node.output().dims().elements() > 0) {
      copy(node, input, to);
    } else if (view == null) {
      to.make(node);
    } else {
      to.alias(node, view);
    }
  }

  /**
   * Only a reshape gets here. Where it joins axes and cuts none, the output seen with the input's
   * axes takes one copy, in whatever order its memory has; otherwise, or where that memory is a
   * part that cannot be seen so, the order of a copy is the files', the last axis being the
   * fastest.
   */
  private void copy(Node node, View input, Lowering to) {
    Dims output = node.output().dims();
    if (View.dense(null, output).reshaped(input.dims()) == null) {
      to.alias(node, of(to.ordered(input), output));
      return;
    }
    View wide = to.makeWide(node);
    View joined = wide.reshaped(input.dims());
    if (joined == null) {
      to.copy(of(to.ordered(input), output), wide);
    } else {
      to.copy(input, joined);
    }
  }

  /** Other extents. */
  static final class Reshape extends ViewOp {
    private final Dims to;

    Reshape(Dims to) {
      this.to = to;
    }

    @Override
    String kind() {
      return "reshape";
    }

    @Override
    String description() {
      return "to " + to;
    }

    @Override
    String words() {
      return "reshape " + to;
    }

    @Override
    Dims infer(List<Dims> inputs) {
      if (inputs.get(0).elements() != to.elements()) {
        throw new IllegalArgumentException(
            "reshape: "
                + inputs.get(0)
                + " has "
                + inputs.get(0).elements()
                + " elements, "
                + to
                + " has "
                + to.elements());
      }
      return to;
    }

    @Override
    View of(View input, Dims output) {
      return input.reshaped(output);
    }
  }

  /** Another order of axes. */
  static final class Transpose extends ViewOp {
    private final int[] axes;

    Transpose(int... axes) {
      this.axes = axes.clone();
    }

    @Override
    String kind() {
      return "transpose";
    }

    @Override
    String words() {
      return Words.of(kind(), axes);
    }

    @Override
    Dims infer(List<Dims> inputs) {
      Dims in = inputs.get(0);
      int[] extents = new int[axes.length];
      long seen = 0;
      for (int i = 0; i < axes.length; i++) {
        extents[i] = in.get(in.axis(axes[i]));
        seen |= 1L << axes[i];
      }
      if (axes.length != in.rank() || Long.bitCount(seen) != axes.length) {
        throw new IllegalArgumentException(
            "transpose: the axes " + java.util.Arrays.toString(axes) + " are no order of " + in);
      }
      return Dims.of(extents);
    }

    @Override
    View of(View input, Dims output) {
      return input.transposed(axes);
    }
  }

  /** Every step-th element of an axis; a step below 0 goes back. */
  static final class Cut extends ViewOp {
    private final int axis;
    private final int start;
    private final int step;
    private final int count;

    Cut(int axis, int start, int step, int count) {
      this.axis = axis;
      this.start = start;
      this.step = step;
      this.count = count;
    }

    @Override
    String kind() {
      return "slice";
    }

    @Override
    String description() {
      return "axis "
          + axis
          + " from "
          + start
          + (step == 1 ? "" : " step " + step)
          + ", "
          + count
          + " elements";
    }

    @Override
    String words() {
      return Words.of(kind(), axis, start, step, count);
    }

    @Override
    Dims infer(List<Dims> inputs) {
      Dims in = inputs.get(0);
      long last = start + (count - 1L) * step;
      int extent = in.get(in.axis(axis));
      if (count < 0
          || (step == 0 && count > 1)
          || (count > 0 && (start < 0 || start >= extent || last < 0 || last >= extent))) {
        throw new IllegalArgumentException("slice: " + description() + ", is not inside of " + in);
      }
      return in.with(axis, count);
    }

    @Override
    View of(View input, Dims output) {
      return input.cut(axis, start, step, count);
    }
  }

  /** Axes of one element, and new leading ones, repeated. */
  static final class Repeat extends ViewOp {
    private final Dims to;

    Repeat(Dims to) {
      this.to = to;
    }

    @Override
    String kind() {
      return "expand";
    }

    @Override
    String description() {
      return "to " + to;
    }

    @Override
    String words() {
      return "expand " + to;
    }

    @Override
    Dims infer(List<Dims> inputs) {
      if (!inputs.get(0).broadcast(to).equals(to)) {
        throw new IllegalArgumentException(
            "expand: " + inputs.get(0) + " cannot be repeated to " + to);
      }
      return to;
    }

    @Override
    View of(View input, Dims output) {
      return input.repeated(output);
    }
  }

  /** Nothing changes: dropout at inference, identity. */
  static final class Same extends ViewOp {
    private final String kind;

    Same(String kind) {
      this.kind = kind;
    }

    @Override
    String kind() {
      return kind;
    }

    @Override
    String words() {
      return "identity " + kind;
    }

    @Override
    Dims infer(List<Dims> inputs) {
      return inputs.get(0);
    }

    @Override
    View of(View input, Dims output) {
      return input;
    }
  }
}
