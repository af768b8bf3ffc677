package dev.tilewise.graph;

import dev.tilewise.Layout;
import dev.tilewise.Lrn;
import dev.tilewise.Shape;
import dev.tilewise.Softmax;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.lang.foreign.Arena;
import java.util.List;

/** Operations on the depth column of each pixel, which is axis 1: softmax and normalisation. */
final class ChannelOps extends Op {

  /** What works on tensors. */
  private interface Pass {
    void run(Tensor x, Tensor y, Workers workers);
  }

  /** Few enough for many calls, enough for the loops that a classifier's scores take. */
  private static final int PRIMED_CHANNELS = 256;

  /** No compiled softmax of so many channels takes so long, no other one takes less. */
  private static final long FAST_NANOS = 5_000;

  private static final long MOST_NANOS = 500_000_000;

  private final String kind;
  private final String description;
  private final String words;
  private final Pass pass;
  private final boolean inPlace;

  private ChannelOps(String kind, String description, String words, boolean inPlace, Pass pass) {
    this.kind = kind;
    this.description = description;
    this.words = words;
    this.pass = pass;
    this.inPlace = inPlace;
  }

  static ChannelOps softmax(boolean logarithm) {
    Softmax function = logarithm ? Softmax.LOG_PROBABILITIES : Softmax.PROBABILITIES;
    String kind = logarithm ? "log_softmax" : "softmax";
    return new ChannelOps(kind, "", kind, true, function::run);
  }

  /**
   * Has softmax compiled. A network has one, and runs it once for an image: while convolutions are
   * warmed up it would not be called often enough.
   */
  private void prime() {
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.allocate(arena, new Shape(1, PRIMED_CHANNELS, 1, 1), Layout.NHWC);
      long start = System.nanoTime();
      long before;
      long now = start;
      do {
        before = now;
        pass.run(x, x, Workers.serial());
        now = System.nanoTime();
      } while (now - before > FAST_NANOS && now - start < MOST_NANOS);
    }
  }

  static ChannelOps lrn(int size, float alpha, float beta, float bias) {
    Lrn lrn = Lrn.of(size, alpha, beta, bias);
    String words = "lrn " + size + " " + alpha + " " + beta + " " + bias;
    return new ChannelOps("lrn", "size " + size, words, false, lrn::run);
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
  String words() {
    return words;
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
    // LRN has channels of every pixel, and its turn of the warm-up suffices.
    if (inPlace) {
      prime();
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
