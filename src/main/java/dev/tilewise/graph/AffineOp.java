package dev.tilewise.graph;

import dev.tilewise.PerChannel;
import dev.tilewise.Tensor;
import java.util.List;
import java.util.function.Supplier;

/** A factor and a summand for each channel, which is axis 1. Inputs: x, factors, summands. */
final class AffineOp extends Op {

  @Override
  String kind() {
    return "affine";
  }

  @Override
  String words() {
    return kind();
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    if (x.rank() < 2
        || inputs.get(1).elements() != x.get(1)
        || inputs.get(2).elements() != x.get(1)) {
      throw new IllegalArgumentException(
          "affine: " + x + " does not have the channels of " + inputs.get(1) + " factors");
    }
    return x;
  }

  @Override
  void lower(Node node, Lowering to) {
    lower(
        node,
        to,
        "affine",
        () -> PerChannel.affine(node.input(1).floats(), node.input(2).floats()));
  }

  /** A function of each channel, in place if it may be. */
  static void lower(Node node, Lowering to, String what, Supplier<PerChannel> of) {
    if (node.output().dims().elements() == 0) {
      to.make(node);
      return;
    }
    PerChannel function = of.get();
    View x = to.dense(node.input(0));
    View y = to.over(node, node.input(0));
    to.add(
        what + " " + x.dims(),
        List.of(x, y),
        memories -> {
          Tensor in = memories.tensor(x);
          Tensor out = memories.tensor(y);
          return workers -> function.run(in, out, workers);
        });
  }

  /** Leaky below 0 with a slope for each channel. Inputs: x, slopes. */
  static final class Leaky extends Op {
    @Override
    String kind() {
      return "prelu";
    }

    @Override
    String words() {
      return kind();
    }

    @Override
    Dims infer(List<Dims> inputs) {
      Dims x = inputs.get(0);
      if (x.rank() < 2 || inputs.get(1).elements() != x.get(1)) {
        throw new IllegalArgumentException(
            "prelu: " + x + " does not have the channels of " + inputs.get(1) + " slopes");
      }
      return x;
    }

    @Override
    void lower(Node node, Lowering to) {
      AffineOp.lower(node, to, kind(), () -> PerChannel.prelu(node.input(1).floats()));
    }
  }
}
