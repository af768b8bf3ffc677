package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** One number for each row of a matrix, computed in double in the order of the columns. */
final class ReduceOp extends Op {

  /** The reductions. */
  enum Kind {
    SUM("reduce_sum", (sum, x) -> sum + x),
    MEAN("reduce_mean", (sum, x) -> sum + x),
    MAX("reduce_max", Math::max),
    MIN("reduce_min", Math::min),
    PRODUCT("reduce_prod", (product, x) -> product * x);

    private final String word;
    private final Fold fold;

    Kind(String word, Fold fold) {
      this.word = word;
      this.fold = fold;
    }
  }

  private interface Fold {
    double apply(double before, double x);
  }

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Kind kind;

  ReduceOp(Kind kind) {
    this.kind = kind;
  }

  @Override
  String kind() {
    return kind.word;
  }

  @Override
  String words() {
    return "reduce " + kind;
  }

  @Override
  Dims infer(List<Dims> inputs) {
    if (inputs.get(0).rank() != 2 || inputs.get(0).elements() == 0) {
      throw new IllegalArgumentException(
          kind.word + ": input " + inputs.get(0) + " must be a matrix with elements");
    }
    return Dims.of(inputs.get(0).get(0));
  }

  @Override
  void lower(Node node, Lowering to) {
    View x = to.dense(node.input(0));
    View y = to.make(node);
    int columns = x.dims().get(1);
    long xOff = Memories.offset(x);
    long yOff = Memories.offset(y);
    to.add(
        kind.word + " " + x.dims(),
        List.of(x, y),
        memories -> {
          MemorySegment in = memories.segment(x);
          MemorySegment out = memories.segment(y);
          return Step.units(
              x.dims().get(0),
              (row, slot) -> {
                long from = xOff + (long) row * columns * Float.BYTES;
                double value = reduce(in, from, columns);
                out.set(FLOAT, yOff + (long) row * Float.BYTES, (float) value);
              });
        });
  }

  private double reduce(MemorySegment in, long from, int columns) {
    double value = in.get(FLOAT, from);
    for (int column = 1; column < columns; column++) {
      value = kind.fold.apply(value, in.get(FLOAT, from + (long) column * Float.BYTES));
    }
    return kind == Kind.MEAN ? value / columns : value;
  }
}
