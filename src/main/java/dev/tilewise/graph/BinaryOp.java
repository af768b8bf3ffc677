package dev.tilewise.graph;

import dev.tilewise.internal.kernel.Strided;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A function of each two elements that meet; extents of one are repeated. */
final class BinaryOp extends Op {

  /** The functions. */
  enum Kind {
    ADD("add", Strided.ADD),
    SUBTRACT("sub", (a, b) -> a - b),
    MULTIPLY("mul", Strided.MULTIPLY),
    DIVIDE("div", (a, b) -> a / b),
    MAX("max", Math::max),
    MIN("min", Math::min),
    POWER("pow", (a, b) -> (float) StrictMath.pow(a, b));

    private final String word;
    private final Strided.Pairing pairing;

    Kind(String word, Strided.Pairing pairing) {
      this.word = word;
      this.pairing = pairing;
    }

    /** The function of a word; null if there is none. */
    static Kind of(String word) {
      for (Kind kind : values()) {
        if (kind.word.equals(word)) {
          return kind;
        }
      }
      return null;
    }
  }

  private final Kind kind;

  BinaryOp(Kind kind) {
    this.kind = kind;
  }

  Kind function() {
    return kind;
  }

  @Override
  String kind() {
    return kind.word;
  }

  @Override
  String words() {
    return kind.word;
  }

  @Override
  Dims infer(List<Dims> inputs) {
    return inputs.get(0).broadcast(inputs.get(1));
  }

  @Override
  void lower(Node node, Lowering to) {
    Dims dims = node.output().dims();
    View a = to.view(node.input(0));
    View b = to.view(node.input(1));
    View y = node.input(0).dims().equals(dims) ? to.over(node, node.input(0)) : to.make(node);
    if (dims.elements() == 0) {
      return;
    }
    Strided loop =
        new Strided(
            dims.toArray(), a.repeated(dims).strides(), b.repeated(dims).strides(), y.strides());
    long aOff = Memories.offset(a);
    long bOff = Memories.offset(b);
    long yOff = Memories.offset(y);
    to.add(
        kind.word + " " + dims,
        List.of(a, b, y),
        memories -> {
          MemorySegment first = memories.segment(a);
          MemorySegment second = memories.segment(b);
          MemorySegment out = memories.segment(y);
          return Step.units(
              loop.units(),
              (unit, slot) ->
                  loop.combine(kind.pairing, unit, first, aOff, second, bOff, out, yOff));
        });
  }
}
