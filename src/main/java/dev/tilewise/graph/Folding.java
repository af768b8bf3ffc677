package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Computes what depends on constants alone, with the steps a run would have. */
final class Folding {

  /** Integers up to here are floats without rounding. */
  private static final long EXACT = 1L << 24;

  private Folding() {}

  static Value fold(Op op, List<Value> inputs, Dims dims) {
    boolean whole = inputs.stream().allMatch(Value::isInteger);
    if (whole && inputs.stream().anyMatch(Folding::isLarge)) {
      return ofLarge(op, inputs, dims);
    }
    float[] values = evaluate(op, inputs, dims);
    if (!whole || !isClosed(op)) {
      return Value.floats(op.kind(), dims, MemorySegment.ofArray(values));
    }
    long[] integers = new long[values.length];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = (long) values[i];
    }
    return Value.integers(op.kind(), dims, integers);
  }

  private static float[] evaluate(Op op, List<Value> inputs, Dims dims) {
    if (dims.elements() == 0) {
      return new float[0];
    }
    Value made = Value.computed(op.kind(), dims);
    Node node = new Node(op.kind(), op, inputs, made);
    return Compiler.compile(List.of(), List.of(made), List.of(node), CompileOptions.plain())
        .run(List.<float[]>of(), dev.tilewise.Workers.serial())
        .getFirst();
  }

  /** Whether integers make integers. */
  private static boolean isClosed(Op op) {
    return op instanceof ViewOp
        || op instanceof ConcatOp
        || op instanceof TakeOp
        || op instanceof BinaryOp
        || op instanceof ReduceOp;
  }

  private static boolean isLarge(Value value) {
    for (long integer : value.integers()) {
      if (integer > EXACT || integer < -EXACT) {
        return true;
      }
    }
    return false;
  }

  /** Integers that floats cannot hold, such as the "to the end" of a slice, can be moved. */
  private static Value ofLarge(Op op, List<Value> inputs, Dims dims) {
    if (!(op instanceof ViewOp) && !(op instanceof ConcatOp) && !(op instanceof TakeOp)) {
      throw new IllegalArgumentException(
          op.kind() + ": integers above 2^24 in " + inputs + " cannot be computed with");
    }
    List<Value> numbers = new ArrayList<>();
    List<Long> all = new ArrayList<>();
    for (Value input : inputs) {
      long[] places = new long[Math.toIntExact(input.dims().elements())];
      long[] values = input.integers();
      for (int i = 0; i < places.length; i++) {
        places[i] = all.size();
        all.add(values[i]);
      }
      numbers.add(Value.integers(input.name(), input.dims(), places));
    }
    float[] moved = evaluate(op, numbers, dims);
    long[] integers = new long[moved.length];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = all.get((int) moved[i]);
    }
    return Value.integers(op.kind(), dims, integers);
  }
}
