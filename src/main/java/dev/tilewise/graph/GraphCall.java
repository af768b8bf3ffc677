package dev.tilewise.graph;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.Pool2d;
import java.util.List;

/**
 * A call of a {@link GraphBuilder} in words, such as {@code conv 1 1 0 0 0 0 1 1 1}: what {@link
 * Op#words} says of a node makes this node again. The builder checks it like a call in a program.
 *
 * @param words the operation and its numbers
 * @param inputs what it works on
 */
record GraphCall(String words, List<Value> inputs) {

  /**
   * Makes the value.
   *
   * @throws IllegalArgumentException if there is no such operation, or it does not fit the inputs
   */
  Value on(GraphBuilder to) {
    Words from = new Words(words);
    Value made = on(to, from, from.next());
    from.requireEnd();
    return made;
  }

  private Value on(GraphBuilder to, Words from, String word) {
    return switch (word) {
      case "conv" -> to.conv(x(2, 3), input(1), bias(), ConvSettings.read(from));
      case "dense" -> to.dense(x(2, 3), input(1), bias());
      case "local" -> to.local(x(3, 3), input(1), input(2), ConvSettings.read(from));
      case "matmul" -> to.product(x(2, 2), input(1));
      case "pool" -> to.pool(x(1, 1), Pool2d.parse(from.rest()));
      case "global_pool" -> to.globalPool(x(1, 1), Pool2d.Kind.valueOf(from.next()));
      case "affine" -> to.affine(x(3, 3), input(1), input(2));
      case "prelu" -> to.prelu(x(2, 2), input(1));
      case "lrn" -> to.lrn(x(1, 1), from.integer(), from.real(), from.real(), from.real());
      case "softmax" -> to.softmax(x(1, 1), 1, false);
      case "log_softmax" -> to.softmax(x(1, 1), 1, true);
      case "clamp" -> to.activation(x(1, 1), Activation.clamp(from.real(), from.real()));
      case "function" -> to.unary(x(1, 1), Elementwise.parse(from.rest()));
      default -> pairing(to, from, word);
    };
  }

  private Value pairing(GraphBuilder to, Words from, String word) {
    return switch (word) {
      case "add" -> to.add(x(2, 2), input(1));
      case "sub" -> to.subtract(x(2, 2), input(1));
      case "mul" -> to.multiply(x(2, 2), input(1));
      case "div" -> to.divide(x(2, 2), input(1));
      case "max" -> to.max(x(2, 2), input(1));
      case "min" -> to.min(x(2, 2), input(1));
      case "pow" -> to.power(x(2, 2), input(1));
      case "reduce" -> to.reduce(x(1, 1), GraphBuilder.Reduction.valueOf(from.next()), false, 1);
      default -> arrangement(to, from, word);
    };
  }

  private Value arrangement(GraphBuilder to, Words from, String word) {
    return switch (word) {
      case "reshape" -> to.reshape(x(1, 1), from.dims());
      case "transpose" -> to.transpose(x(1, 1), from.integers());
      case "slice" ->
          to.slice(x(1, 1), from.integer(), from.integer(), from.integer(), from.integer());
      case "take" -> to.take(x(1, 1), from.integer(), from.integers());
      case "expand" -> to.expand(x(1, 1), from.dims());
      case "concat" -> to.concat(from.integer(), inputs);
      case "pad" -> {
        int rank = x(1, 1).dims().rank();
        yield to.pad(input(0), from.integers(rank), from.integers(rank), from.real());
      }
      case "identity" -> to.identity(x(1, 1), from.rest());
      default -> throw new IllegalArgumentException("there is no operation \"" + word + "\"");
    };
  }

  /** The first input, of so many. */
  private Value x(int least, int most) {
    if (inputs.size() < least || inputs.size() > most) {
      throw new IllegalArgumentException(
          "\"" + words + "\" cannot have " + inputs.size() + " inputs");
    }
    return inputs.getFirst();
  }

  private Value input(int i) {
    return inputs.get(i);
  }

  private Value bias() {
    return inputs.size() > 2 ? inputs.get(2) : null;
  }
}
