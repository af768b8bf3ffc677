package dev.tilewise.graph;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.Pool2d;
import java.util.Arrays;
import java.util.List;

/**
 * An operation in words, such as {@code conv 1 1 0 0 0 0 1 1 1}, and what it works on: what {@link
 * Op#words} says of a node makes this node again, and no words make more than one node or memory
 * than a node takes. Operations check their inputs as they do for a {@link GraphBuilder}.
 *
 * @param words the operation and its numbers
 * @param inputs what it works on, at least one
 */
record GraphCall(String words, List<Value> inputs) {

  /**
   * Makes the value.
   *
   * @throws IllegalArgumentException if there is no such operation, or it does not fit the inputs
   */
  Value on(GraphBuilder to) {
    Words from = new Words(words);
    Op op = op(from, from.next());
    from.requireEnd();
    return to.again(op, inputs);
  }

  private Op op(Words from, String word) {
    return switch (word) {
      case "conv" -> new ConvOp(ConvSettings.read(from), false, weighted(2, 3) == 3);
      case "conv_transpose" -> {
        weighted(2, 3);
        yield new TransposedOp(ConvSettings.read(from), from.integer(), from.integer());
      }
      case "dense" -> new ConvOp(ConvSettings.UNIT, true, weighted(2, 3) == 3);
      case "local" -> {
        weighted(3, 3);
        yield new LocalOp(ConvSettings.read(from));
      }
      case "affine" -> {
        weighted(3, 3);
        yield new AffineOp();
      }
      case "prelu" -> {
        weighted(2, 2);
        yield new AffineOp.Leaky();
      }
      case "concat" -> new ConcatOp(axis(from));
      case "matmul" -> {
        count(2, 2);
        yield new MatMulOp();
      }
      default -> {
        BinaryOp.Kind pairing = BinaryOp.Kind.of(word);
        Op op = pairing == null ? ofOne(from, word) : new BinaryOp(pairing);
        int count = pairing == null ? 1 : 2;
        count(count, count);
        yield op;
      }
    };
  }

  /** An operation on one value. */
  private Op ofOne(Words from, String word) {
    return switch (word) {
      case "pool" -> new PoolOp(Pool2d.parse(from.rest()), false);
      case "global_pool" -> new PoolOp(Pool2d.global(constant(Pool2d.Kind.class, from)), true);
      case "lrn" -> ChannelOps.lrn(from.integer(), from.real(), from.real(), from.real());
      case "softmax" -> ChannelOps.softmax(false);
      case "log_softmax" -> ChannelOps.softmax(true);
      case "clamp" -> UnaryOp.of(Activation.clamp(from.real(), from.real()));
      case "function" -> UnaryOp.of(Elementwise.parse(from.rest()));
      case "plain" -> UnaryOp.of(constant(PlainFunction.class, from));
      case "reduce" -> new ReduceOp(constant(ReduceOp.Kind.class, from));
      case "reshape" -> new ViewOp.Reshape(from.dims());
      case "transpose" -> new ViewOp.Transpose(axes(from.integers()));
      case "slice" -> new ViewOp.Cut(axis(from), from.integer(), from.integer(), from.integer());
      case "take" -> new TakeOp(axis(from), from.integers());
      case "expand" -> new ViewOp.Repeat(from.dims());
      case "pad" -> {
        int rank = inputs.getFirst().dims().rank();
        yield new PadOp(from.integers(rank), from.integers(rank), from.real());
      }
      case "identity" -> new ViewOp.Same(from.rest());
      default -> throw new IllegalArgumentException("there is no operation \"" + word + "\"");
    };
  }

  private static <E extends Enum<E>> E constant(Class<E> type, Words from) {
    String word = from.next();
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(word)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "\"" + word + "\" is none of " + Arrays.toString(type.getEnumConstants()));
  }

  private void count(int least, int most) {
    if (inputs.size() < least || inputs.size() > most) {
      throw new IllegalArgumentException(
          "\"" + words + "\" cannot have " + inputs.size() + " inputs");
    }
  }

  /** The number of inputs, of which all but the first are weights. */
  private int weighted(int least, int most) {
    count(least, most);
    for (Value weights : inputs.subList(1, inputs.size())) {
      if (!weights.isConstant() || weights.isInteger()) {
        throw new IllegalArgumentException(
            "\"" + words + "\" needs constant floats, and not " + weights);
      }
    }
    return inputs.size();
  }

  private int axis(Words from) {
    return inputs.getFirst().dims().axis(from.integer());
  }

  private int[] axes(int... numbers) {
    int[] axes = numbers.clone();
    for (int i = 0; i < axes.length; i++) {
      axes[i] = inputs.getFirst().dims().axis(axes[i]);
    }
    return axes;
  }
}
