package dev.tilewise.graph;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.Tensor;
import dev.tilewise.internal.kernel.Strided;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;

/** A function of every element. */
final class UnaryOp extends Op {

  private final String kind;
  private final Activation clamp;
  private final Elementwise function;
  private final Strided.Mapping mapping;
  private final String words;

  private UnaryOp(
      String kind, Activation clamp, Elementwise function, Strided.Mapping mapping, String words) {
    this.kind = kind;
    this.clamp = clamp;
    this.function = function;
    this.mapping = mapping;
    this.words = words;
  }

  static UnaryOp of(Activation clamp) {
    String kind = clamp.equals(Activation.RELU) ? "relu" : "clip";
    String words = "clamp " + clamp.lo() + " " + clamp.hi();
    return new UnaryOp(kind, clamp, Elementwise.of(clamp), null, words);
  }

  static UnaryOp of(Elementwise function) {
    String name = function.toString();
    int end = name.indexOf('(');
    String kind = end < 0 ? name : name.substring(0, end);
    return new UnaryOp(kind, null, function, null, "function " + name);
  }

  static UnaryOp of(PlainFunction function) {
    String kind = function.name().toLowerCase(Locale.ROOT);
    return new UnaryOp(kind, null, null, function::at, "plain " + function);
  }

  static UnaryOp of(String kind, Strided.Mapping mapping) {
    return new UnaryOp(kind, null, null, mapping, null);
  }

  /** The clamp that this is; null if it is another function. */
  Activation clamp() {
    return clamp;
  }

  @Override
  String kind() {
    return kind;
  }

  @Override
  String description() {
    return function == null || function.toString().equals(kind) ? "" : function.toString();
  }

  @Override
  String words() {
    return words;
  }

  @Override
  Dims infer(List<Dims> inputs) {
    return inputs.get(0);
  }

  @Override
  void lower(Node node, Lowering to) {
    if (node.output().dims().elements() == 0) {
      to.make(node);
      return;
    }
    View x = to.dense(node.input(0));
    View y = to.over(node, node.input(0));
    if (function != null) {
      to.add(
          function.toString(),
          List.of(x, y),
          memories -> {
            Tensor in = memories.tensor(x);
            Tensor out = memories.tensor(y);
            return workers -> function.run(in, out, workers);
          });
      return;
    }
    Strided loop = new Strided(x.dims().toArray(), x.strides(), y.strides());
    long xOff = Memories.offset(x);
    long yOff = Memories.offset(y);
    to.add(
        kind,
        List.of(x, y),
        memories -> {
          MemorySegment in = memories.segment(x);
          MemorySegment out = memories.segment(y);
          return Step.units(
              loop.units(), (unit, slot) -> loop.map(mapping, unit, in, xOff, out, yOff));
        });
  }
}
