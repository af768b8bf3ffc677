package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Pool2d;
import dev.tilewise.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * A layer before it has an input: its kind and its numbers, which is also what a model file holds.
 *
 * @param kind which layer
 * @param numbers as the kind wants them
 */
record LayerSpec(Kind kind, List<Integer> numbers) {

  /** The layers. A model file has their ordinals: new ones go to the end. */
  enum Kind {
    /** K, groups, FH, FW, SH, SW, PT, PL, PB, PR, DH, DW. */
    CONVOLUTION("conv", 12),
    /** As a convolution, in one group. */
    LOCALLY_CONNECTED("local", 12),
    /** Units. */
    DENSE("dense", 1),
    /** Nothing. */
    RELU("relu", 0),
    /** F, S, P. */
    MAX_POOL("pool", 3),
    /** F, S, P. */
    AVERAGE_POOL("pool", 3),
    /** Nothing. */
    GLOBAL_AVERAGE_POOL("pool", 0);

    private final String prefix;
    private final int count;

    Kind(String prefix, int count) {
      this.prefix = prefix;
      this.count = count;
    }

    /** What the layers' names begin with. */
    String prefix() {
      return prefix;
    }

    /** How many numbers describe a layer. */
    int count() {
      return count;
    }
  }

  /** Inputs of a dense layer: what a filter of a convolution can have weights. */
  private static final int MOST_INPUTS = Integer.MAX_VALUE / 2;

  LayerSpec {
    numbers = List.copyOf(numbers);
    if (numbers.size() != kind.count) {
      throw new IllegalArgumentException(
          "layer: " + kind + " takes " + kind.count + " numbers, not " + numbers.size());
    }
  }

  static LayerSpec of(Kind kind, Integer... numbers) {
    return new LayerSpec(kind, List.of(numbers));
  }

  static LayerSpec of(Kind kind, ConvCase c) {
    return of(
        kind,
        c.k(),
        c.groups(),
        c.fh(),
        c.fw(),
        c.sh(),
        c.sw(),
        c.pt(),
        c.pl(),
        c.pb(),
        c.pr(),
        c.dh(),
        c.dw());
  }

  private int number(int i) {
    return numbers.get(i);
  }

  /**
   * The layer for one input.
   *
   * @param name its name
   * @param input the volume that goes in
   * @throws IllegalArgumentException if it does not fit
   */
  Layer layer(String name, Shape input) {
    return switch (kind) {
      case CONVOLUTION -> new Convolution(this, name, convolution(input));
      case LOCALLY_CONNECTED -> new LocallyConnected(this, name, convolution(input));
      case DENSE -> dense(name, input);
      case RELU -> new Relu(this, name, input);
      case MAX_POOL -> pooling(name, input, Pool2d.max(number(0)));
      case AVERAGE_POOL -> pooling(name, input, Pool2d.average(number(0)));
      case GLOBAL_AVERAGE_POOL ->
          new Pooling(this, name, input, Pool2d.global(Pool2d.Kind.AVERAGE));
    };
  }

  private ConvCase convolution(Shape in) {
    return new ConvCase(
        1,
        in.c(),
        in.h(),
        in.w(),
        number(0),
        number(1),
        number(2),
        number(3),
        number(4),
        number(5),
        number(6),
        number(7),
        number(8),
        number(9),
        number(10),
        number(11));
  }

  private Layer dense(String name, Shape input) {
    if (number(0) <= 0) {
      throw new IllegalArgumentException(
          "dense: the number of units must be positive, not " + number(0));
    }
    if (input.elements() > MOST_INPUTS) {
      throw new IllegalArgumentException(
          "dense: an input of "
              + input.w()
              + "x"
              + input.h()
              + "x"
              + input.c()
              + " has "
              + input.elements()
              + " numbers; at most "
              + MOST_INPUTS);
    }
    return new Dense(this, name, input, number(0));
  }

  private Layer pooling(String name, Shape input, Pool2d square) {
    return new Pooling(this, name, input, square.stride(number(1)).padding(number(2)));
  }

  /** Such as {@code max 2x2 stride 2}. */
  String describePooling() {
    if (kind == Kind.GLOBAL_AVERAGE_POOL) {
      return "global average";
    }
    String what = kind == Kind.MAX_POOL ? "max " : "average ";
    String text = what + number(0) + "x" + number(0) + " stride " + number(1);
    return number(2) > 0 ? text + " padding " + number(2) : text;
  }

  /** Such as {@code 20 filters 5x5 stride 2}. */
  static String describe(ConvCase c) {
    StringBuilder text = new StringBuilder();
    text.append(c.k()).append(c.k() == 1 ? " filter " : " filters ");
    text.append(c.fh()).append('x').append(c.fw());
    append(text, "stride", 1, c.sh(), c.sw());
    append(text, "padding", 0, c.pt(), c.pl(), c.pb(), c.pr());
    append(text, "dilation", 1, c.dh(), c.dw());
    append(text, "groups", 1, c.groups());
    return text.toString();
  }

  private static void append(StringBuilder text, String name, int usual, Integer... values) {
    if (Stream.of(values).allMatch(value -> value == usual)) {
      return;
    }
    text.append(' ').append(name).append(' ');
    boolean same = Stream.of(values).allMatch(values[0]::equals);
    text.append(
        same ? values[0] : String.join("x", Stream.of(values).map(String::valueOf).toList()));
  }
}
