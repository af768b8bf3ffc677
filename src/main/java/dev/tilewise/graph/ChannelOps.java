package dev.tilewise.graph;

import dev.tilewise.Lrn;
import dev.tilewise.Softmax;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.util.List;

/** Operations on the depth column of each pixel, which is axis 1: softmax and normalisation. */
final class ChannelOps extends Op {

  /** What works on tensors. */
  private interface Pass {
    void run(Tensor x, Tensor y, Workers workers);
  }

  private final String kind;
  private final String description;
  private final Pass pass;
  private final boolean inPlace;

  private ChannelOps(String kind, String description, boolean inPlace, Pass pass) {
    this.kind = kind;
    this.description = description;
    this.pass = pass;
    this.inPlace = inPlace;
  }

  static ChannelOps softmax(boolean logarithm) {
    Softmax function = logarithm ? Softmax.LOG_PROBABILITIES : Softmax.PROBABILITIES;
    return new ChannelOps(logarithm ? "log_softmax" : "softmax", "", true, function::run);
  }

  static ChannelOps lrn(int size, float alpha, float beta, float bias) {
    Lrn lrn = Lrn.of(size, alpha, beta, bias);
    return new ChannelOps("lrn", "size " + size, false, lrn::run);
  }

  @Override
  String kind() {
    return kind;
  }

  @Override
  String description() {
    return description;
  }

  @Override
  Dims infer(List<Dims> inputs) {
    if (inputs.get(0).rank() < 2) {
      throw new IllegalArgumentException(kind + ": input " + inputs.get(0) + " has no channels");
    }
    return inputs.get(0);
  }

  @Override
  void lower(Node node, Lowering to) {
    if (node.output().dims().elements() == 0) {
      to.make(node);
      return;
    }
    View x = to.dense(node.input(0));
    View y = inPlace ? to.over(node, node.input(0)) : to.make(node);
    to.add(
        kind + " " + x.dims(),
        List.of(x, y),
        memories -> {
          Tensor in = memories.tensor(x);
          Tensor out = memories.tensor(y);
          return workers -> pass.run(in, out, workers);
        });
  }
}
