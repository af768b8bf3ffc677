package dev.tilewise.graph;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.Pool2d;
import dev.tilewise.internal.pack.Normalisation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/**
 * Describes a {@link Graph} operation by operation. Each method takes values and returns the one
 * the operation makes; its extents are known at once, and it throws {@link
 * IllegalArgumentException} if they do not fit, or if all operations together make 2^61 elements or
 * take 2^63 multiply-adds or more. What depends on constants alone is computed at once.
 *
 * <p>Images are N x C x H x W, rows N x C x W, and what dense layers make N x C. Not for several
 * threads.
 */
public final class GraphBuilder {

  /** Up to here a constant of one element is written out for every channel. */
  private static final int MOST_CHANNELS = 1 << 16;

  /** Bytes that constants of any size may take in between, where nodes take another's place. */
  private static final long LEAST_FOLDED = 1 << 20;

  private final Set<Value> inputs = new LinkedHashSet<>();
  private final List<Value> outputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Value, Integer> places = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private boolean isBuilt;
  private final Set<String> reserved = new HashSet<>();
  private long foldable = Long.MAX_VALUE;
  private long activations;
  private long multiplyAdds;

  /** A builder without anything yet. */
  public GraphBuilder() {}

  /**
   * An input.
   *
   * @param name unique
   * @param dims its extents
   * @return the value
   */
  public Value input(String name, Dims dims) {
    claim(name);
    Value value = Value.computed(name, dims);
    inputs.add(value);
    return value;
  }

  /**
   * A constant of floats.
   *
   * @param name for messages; constants may share one
   * @param dims its extents
   * @param values the last axis being the fastest; not copied, so they must not change
   * @return the value
   * @throws IllegalArgumentException if there are more or fewer bytes
   */
  public Value constant(String name, Dims dims, MemorySegment values) {
    return Value.floats(name, dims, values);
  }

  /**
   * A constant of floats.
   *
   * @param name for messages
   * @param dims its extents
   * @param values the last axis being the fastest
   * @return the value
   * @throws IllegalArgumentException if there are more or fewer
   */
  public Value constant(String name, Dims dims, float... values) {
    return Value.floats(name, dims, MemorySegment.ofArray(values.clone()));
  }

  /**
   * A constant of floats that are fetched when they are needed, such as a part of a file that is
   * mapped: when a graph is compiled, some of them more than once. Nobody keeps them.
   *
   * @param name for messages; constants may share one
   * @param dims its extents
   * @param values makes them, the last axis being the fastest, each time alike, in an arena or in
   *     memory that stays
   * @return the value; using it throws an {@link IllegalStateException} if there are more or fewer
   *     bytes
   */
  public Value constant(String name, Dims dims, Function<Arena, MemorySegment> values) {
    return Value.made(name, dims, Objects.requireNonNull(values, "values"));
  }

  /**
   * A constant of integers.
   *
   * @param name for messages
   * @param dims its extents
   * @param values the last axis being the fastest
   * @return the value
   * @throws IllegalArgumentException if there are more or fewer
   */
  public Value integers(String name, Dims dims, long... values) {
    return Value.integers(name, dims, values.clone());
  }

  /**
   * Names a value, and the node that makes it. Constants and inputs keep theirs.
   *
   * @param value made by this builder
   * @param name unique
   * @return the value
   * @throws IllegalArgumentException if another value has the name, or the value is another
   *     builder's
   * @throws IllegalStateException if the graph is built
   */
  public Value name(Value value, String name) {
    if (isBuilt) {
      throw new IllegalStateException("graph: it is built, and its values have their names");
    }
    requireOwn(value);
    Integer place = places.get(value);
    if (place != null && !value.name().equals(name)) {
      claim(name);
      names.remove(value.name());
      value.rename(name);
      Node node = nodes.get(place);
      nodes.set(place, new Node(name, node.op(), node.inputs(), value));
    }
    return value;
  }

  /**
   * Keeps names from values that nobody names.
   *
   * @param given names that {@link #name} or {@link #input} will give
   * @return this
   */
  public GraphBuilder reserve(Collection<String> given) {
    reserved.addAll(given);
    return this;
  }

  /**
   * Limits what is computed from constants alone, for graphs of somebody else: a few numbers can
   * ask for any amount.
   *
   * @param bytes of all constants that will be computed, a multiply-add counting as one more
   * @return this
   */
  public GraphBuilder limitFolding(long bytes) {
    foldable = bytes;
    return this;
  }

  private void claim(String name) {
    if (!names.add(Objects.requireNonNull(name, "name"))) {
      throw new IllegalArgumentException("graph: there are two values named " + name);
    }
  }

  /**
   * Makes a value an output.
   *
   * @param value of this builder
   * @return this
   */
  public GraphBuilder output(Value value) {
    requireOwn(value);
    outputs.add(value);
    return this;
  }

  /**
   * The graph.
   *
   * @return what was described so far
   * @throws IllegalArgumentException if there is no output
   */
  public Graph build() {
    if (outputs.isEmpty()) {
      throw new IllegalArgumentException("graph: there is no output");
    }
    isBuilt = true;
    return new Graph(List.copyOf(inputs), outputs, nodes);
  }

  private Value add(Op op, Value... from) {
    return add(op, List.of(from));
  }

  /**
   * One node that another builder made: nothing is rewritten, converted or computed.
   *
   * @throws IllegalArgumentException if it has no input that is computed or given to a run, as no
   *     node has
   */
  Value again(Op op, List<Value> from) {
    if (from.stream().allMatch(Value::isConstant)) {
      throw new IllegalArgumentException(op.kind() + ": it works on constants alone");
    }
    return add(op, from);
  }

  /**
   * What takes a node's place, all under its name.
   *
   * @param node of another builder
   * @param terms that the output is worth if the inputs are constants
   * @param how makes the output of the node's inputs
   */
  static List<Node> instead(Node node, double terms, Function<GraphBuilder, Value> how) {
    GraphBuilder builder = new GraphBuilder();
    // Where the inputs are constants, too: not more for a small output than it can be worth.
    double most = LEAST_FOLDED + 256.0 * node.output().dims().elements();
    for (Value input : node.inputs()) {
      most += 256.0 * input.dims().elements();
    }
    builder.limitFolding((long) (most + 8.0 * node.multiplyAdds() + terms));
    node.inputs().stream().filter(input -> !input.isConstant()).forEach(builder.inputs::add);
    Value made = how.apply(builder);
    List<Node> nodes = new ArrayList<>();
    for (Node one : builder.nodes) {
      Value output = one.output() == made ? node.output() : one.output();
      nodes.add(new Node(node.name(), one.op(), one.inputs(), output));
    }
    if (nodes.isEmpty() || nodes.getLast().output() != node.output()) {
      nodes.add(new Node(node.name(), new ViewOp.Same("made"), List.of(made), node.output()));
    }
    return nodes;
  }

  private void requireOwn(Value value) {
    Objects.requireNonNull(value, "value");
    if (!value.isConstant() && !places.containsKey(value) && !inputs.contains(value)) {
      throw new IllegalArgumentException("graph: " + value + " belongs to another builder");
    }
  }

  private Value add(Op op, List<Value> from) {
    from.forEach(this::requireOwn);
    Dims dims = op.infer(from.stream().map(Value::dims).toList());
    if (from.stream().allMatch(Value::isConstant)) {
      // A multiply-add counts as a byte: that bounds the time as well.
      long bytes = dims.elements() * Float.BYTES;
      long terms = op.multiplyAdds(from.stream().map(Value::dims).toList(), dims);
      if (bytes > foldable || terms > foldable - bytes) {
        throw new IllegalArgumentException(
            op.kind() + ": constants of " + dims + " are more than may be computed in advance");
      }
      foldable -= bytes + terms;
      return Folding.fold(op, from, dims);
    }
    count(op, from, dims);
    String name;
    do {
      name = op.kind() + counts.merge(op.kind(), 1, Integer::sum);
    } while (reserved.contains(name) || !names.add(name));
    Value made = Value.computed(name, dims);
    places.put(made, nodes.size());
    nodes.add(new Node(name, op, from, made));
    return made;
  }

  /** Sums over all nodes fit a {@code long}, those of bytes, too. */
  private void count(Op op, List<Value> from, Dims dims) {
    if (dims.elements() > Long.MAX_VALUE / Float.BYTES - activations) {
      throw new IllegalArgumentException(
          op.kind() + ": with " + dims + " the graph makes 2^61 elements or more");
    }
    long terms = op.multiplyAdds(from.stream().map(Value::dims).toList(), dims);
    // The count of one operation stops at the largest long.
    if (terms >= Long.MAX_VALUE - multiplyAdds) {
      throw new IllegalArgumentException(
          op.kind() + ": with " + dims + " the graph takes 2^63 multiply-adds or more");
    }
    activations += dims.elements();
    multiplyAdds += terms;
  }

  // Convolutions and dense layers.

  /**
   * A convolution.
   *
   * @param x N x C x H x W or N x C x W
   * @param weights constant, K x C/groups x FH x FW or K x C/groups x FW
   * @param bias constant of K elements; null for none
   * @param settings stride, padding, dilation, groups
   * @return N x K x OH x OW or N x K x OW
   */
  public Value conv(Value x, Value weights, Value bias, ConvSettings settings) {
    ConvOp op = new ConvOp(settings, false, bias != null);
    Value w = floats("conv", "weights", weights);
    return bias == null ? add(op, x, w) : add(op, x, w, floats("conv", "bias", bias));
  }

  /**
   * A transposed convolution, the gradient of a convolution with respect to its input. Where the
   * stride does not divide the filter, inputs are multiplied by 0 as well, and an infinite one
   * makes NaN there.
   *
   * @param x N x C x H x W or N x C x W
   * @param weights constant, C x K/groups x FH x FW or C x K/groups x FW
   * @param bias constant of K elements; null for none
   * @param settings of the convolution whose gradient it is; the padding cuts the output
   * @param more rows and columns added at the bottom and on the right
   * @return N x K x OH x OW or N x K x OW, {@code O = (H - 1) S + d (F - 1) + 1 - padding + more}
   */
  public Value convTranspose(
      Value x, Value weights, Value bias, ConvSettings settings, int... more) {
    if (more.length < 1 || more.length > 2 || more.length != x.dims().rank() - 2) {
      throw new IllegalArgumentException(
          "conv_transpose: input " + x + " cannot have " + more.length + " lines added");
    }
    boolean image = more.length == 2;
    ConvSettings own =
        image
            ? settings
            : ConvSettings.UNIT
                .stride(1, settings.sw())
                .padding(0, settings.pl(), 0, settings.pr())
                .dilation(1, settings.dw())
                .groups(settings.groups());
    TransposedOp op = new TransposedOp(own, image ? more[0] : 0, more[more.length - 1]);
    Value w = floats(op.kind(), "weights", weights);
    return bias == null ? add(op, x, w) : add(op, x, w, floats(op.kind(), "bias", bias));
  }

  /**
   * A locally connected layer: as a convolution, with other filters at each position.
   *
   * @param x N x C x H x W
   * @param weights constant, OH x OW x K x C x FH x FW
   * @param bias constant, K x OH x OW
   * @param settings stride, padding, dilation; one group
   * @return N x K x OH x OW
   */
  public Value local(Value x, Value weights, Value bias, ConvSettings settings) {
    return add(
        new LocalOp(settings),
        x,
        floats("local", "weights", weights),
        floats("local", "bias", bias));
  }

  /**
   * A dense layer.
   *
   * @param x N x C
   * @param weights constant, K x C
   * @param bias constant of K elements; null for none
   * @return N x K
   */
  public Value dense(Value x, Value weights, Value bias) {
    ConvOp op = new ConvOp(ConvSettings.UNIT, true, bias != null);
    Value w = floats("dense", "weights", weights);
    return bias == null ? add(op, x, w) : add(op, x, w, floats("dense", "bias", bias));
  }

  /**
   * A product of matrices, or of batches of them.
   *
   * @param a ... x M x K, or K
   * @param b ... x K x N, or K
   * @return ... x M x N
   */
  public Value matmul(Value a, Value b) {
    return Products.matmul(this, a, b);
  }

  Value product(Value a, Value b) {
    return add(new MatMulOp(), a, b);
  }

  /** A constant of floats; integers become floats. */
  static Value floats(String operation, String what, Value value) {
    requireConstant(operation, what, value);
    return value.isInteger()
        ? Value.floats(value.name(), value.dims(), MemorySegment.ofArray(value.floats()))
        : value;
  }

  private static void requireConstant(String operation, String what, Value value) {
    if (!value.isConstant()) {
      throw new IllegalArgumentException(
          operation + ": the " + what + " " + value + " must be known before a run");
    }
  }

  // Pooling.

  /**
   * Pooling over windows.
   *
   * @param x N x C x H x W or N x C x W
   * @param pool kind, window, stride, padding
   * @return N x C x OH x OW or N x C x OW
   */
  public Value pool(Value x, Pool2d pool) {
    return add(new PoolOp(pool, false), x);
  }

  /**
   * Pooling over all of an image.
   *
   * @param x N x C x H x W or N x C x W
   * @param kind maximum or average
   * @return N x C x 1 x 1 or N x C x 1
   */
  public Value globalPool(Value x, Pool2d.Kind kind) {
    if (x.dims().rank() > 4) {
      Dims dims = x.dims();
      Value rows =
          reshape(
              x, Dims.of(dims.get(0), dims.get(1), dims.product("global_pool", 2, dims.rank())));
      int[] ones = dims.toArray();
      Arrays.fill(ones, 2, ones.length, 1);
      return reshape(globalPool(rows, kind), Dims.of(ones));
    }
    return add(new PoolOp(Pool2d.global(kind), true), x);
  }

  // Channels.

  /**
   * A factor and a summand for each channel: batch normalisation, for one.
   *
   * @param x at least 2 axes
   * @param scale constant, an element for each channel
   * @param shift constant, an element for each channel
   * @return as x
   */
  public Value affine(Value x, Value scale, Value shift) {
    Value factors = floats("affine", "factors", scale);
    Value summands = shift == scale ? factors : floats("affine", "summands", shift);
    return add(new AffineOp(), x, factors, summands);
  }

  /**
   * Batch normalisation with the statistics of training.
   *
   * @param x at least 2 axes
   * @param gamma constant factor of each channel
   * @param beta constant summand of each channel
   * @param mean constant, of each channel
   * @param variance constant, of each channel
   * @param epsilon added to the variances
   * @return {@code gamma (x - mean) / sqrt(variance + epsilon) + beta}
   * @throws IllegalArgumentException if lengths differ, a variance plus epsilon is not above 0, or
   *     the factor or the summand of a channel is no finite float
   */
  public Value batchNorm(
      Value x, Value gamma, Value beta, Value mean, Value variance, double epsilon) {
    float[] g = gamma.floats();
    float[] b = beta.floats();
    float[] m = mean.floats();
    float[] v = variance.floats();
    if (b.length != g.length || m.length != g.length || v.length != g.length) {
      throw new IllegalArgumentException(
          "batch_norm: "
              + g.length
              + " factors, "
              + b.length
              + " summands, "
              + m.length
              + " means and "
              + v.length
              + " variances; there must be as many of each");
    }
    Normalisation made = Normalisation.of(g, b, m, v, epsilon);
    Dims channels = Dims.of(g.length);
    return affine(
        x,
        constant(gamma.name(), channels, made.scale()),
        constant(beta.name(), channels, made.shift()));
  }

  /**
   * Leaky below 0 with a slope for each channel.
   *
   * @param x at least 2 axes
   * @param slopes constant, an element for each channel
   * @return as x
   */
  public Value prelu(Value x, Value slopes) {
    return add(new AffineOp.Leaky(), x, floats("prelu", "slopes", slopes));
  }

  /**
   * Local response normalisation.
   *
   * @param x at least 2 axes
   * @param size channels of the window
   * @param alpha factor of the mean of squares
   * @param beta exponent
   * @param bias summand
   * @return as x, see {@link dev.tilewise.Lrn}
   */
  public Value lrn(Value x, int size, float alpha, float beta, float bias) {
    return add(ChannelOps.lrn(size, alpha, beta, bias), x);
  }

  /**
   * Softmax along an axis.
   *
   * @param x any value
   * @param axis along which the probabilities have the sum 1
   * @param logarithm whether to take it
   * @return as x
   */
  public Value softmax(Value x, int axis, boolean logarithm) {
    Dims dims = x.dims();
    int along = dims.axis(axis);
    if (along == 1 && dims.rank() <= 4) {
      return add(ChannelOps.softmax(logarithm), x);
    }
    int[] order = Axes.last(dims.rank(), along);
    Value turned = transpose(x, order);
    int rows = dims.with(along, 1).count("softmax", dims);
    Dims matrix = Dims.of(rows, dims.get(along));
    Value columns = add(ChannelOps.softmax(logarithm), reshape(turned, matrix));
    return transpose(reshape(columns, turned.dims()), Axes.inverse(order));
  }

  // Elements.

  /**
   * A clamp.
   *
   * @param x any value
   * @param clamp its limits
   * @return as x
   */
  public Value activation(Value x, Activation clamp) {
    return add(UnaryOp.of(clamp), x);
  }

  /**
   * The rectified linear unit.
   *
   * @param x any value
   * @return as x
   */
  public Value relu(Value x) {
    return activation(x, Activation.RELU);
  }

  /**
   * A function of every element.
   *
   * @param x any value
   * @param function which
   * @return as x
   */
  public Value unary(Value x, Elementwise function) {
    return add(UnaryOp.of(function), x);
  }

  /**
   * A function of every element that has no kernel of its own.
   *
   * @param x any value
   * @param function which
   * @return as x
   */
  public Value unary(Value x, PlainFunction function) {
    return add(UnaryOp.of(function), x);
  }

  /**
   * A function of every element, given as code. No file can hold it: see {@link Graph#save}.
   *
   * @param x any value
   * @param kind a word for it
   * @param function its value is rounded to a float
   * @return as x
   */
  public Value unary(Value x, String kind, DoubleUnaryOperator function) {
    return add(UnaryOp.of(kind, element -> (float) function.applyAsDouble(element)), x);
  }

  /**
   * The sum of each two elements; extents of one are repeated.
   *
   * @param a summand
   * @param b summand
   * @return the sum
   */
  public Value add(Value a, Value b) {
    return perChannel(a, b, BinaryOp.Kind.ADD);
  }

  /**
   * The difference of each two elements.
   *
   * @param a minuend
   * @param b subtrahend
   * @return the difference
   */
  public Value subtract(Value a, Value b) {
    return perChannel(a, b, BinaryOp.Kind.SUBTRACT);
  }

  /**
   * The product of each two elements.
   *
   * @param a factor
   * @param b factor
   * @return the product
   */
  public Value multiply(Value a, Value b) {
    return perChannel(a, b, BinaryOp.Kind.MULTIPLY);
  }

  /**
   * The quotient of each two elements.
   *
   * @param a dividend
   * @param b divisor
   * @return the quotient
   */
  public Value divide(Value a, Value b) {
    return add(new BinaryOp(BinaryOp.Kind.DIVIDE), a, b);
  }

  /**
   * The larger of each two elements.
   *
   * @param a one
   * @param b the other
   * @return the maximum; NaN if one is
   */
  public Value max(Value a, Value b) {
    return add(new BinaryOp(BinaryOp.Kind.MAX), a, b);
  }

  /**
   * The smaller of each two elements.
   *
   * @param a one
   * @param b the other
   * @return the minimum; NaN if one is
   */
  public Value min(Value a, Value b) {
    return add(new BinaryOp(BinaryOp.Kind.MIN), a, b);
  }

  /**
   * Each element to the power of another.
   *
   * @param a base
   * @param b exponent
   * @return the power
   */
  public Value power(Value a, Value b) {
    return add(new BinaryOp(BinaryOp.Kind.POWER), a, b);
  }

  /** A sum or product with a constant of one element a channel is a factor and a summand. */
  private Value perChannel(Value a, Value b, BinaryOp.Kind kind) {
    if (!a.isConstant() && isOfChannels(b, a.dims())) {
      int channels = a.dims().get(1);
      float[] ones = new float[channels];
      Arrays.fill(ones, 1);
      // Unlike 0 this summand keeps the sign of a product that is -0.
      float[] zeros = new float[channels];
      Arrays.fill(zeros, -0f);
      float[] given = b.floats();
      float[] values = new float[channels];
      for (int c = 0; c < channels; c++) {
        values[c] = given[given.length == 1 ? 0 : c];
        values[c] = kind == BinaryOp.Kind.SUBTRACT ? -values[c] : values[c];
      }
      boolean product = kind == BinaryOp.Kind.MULTIPLY;
      Dims dims = Dims.of(channels);
      return affine(
          a,
          constant(b.name(), dims, product ? values : ones),
          constant(b.name(), dims, product ? zeros : values));
    }
    if (kind != BinaryOp.Kind.SUBTRACT && !b.isConstant() && isOfChannels(a, b.dims())) {
      return perChannel(b, a, kind);
    }
    return add(new BinaryOp(kind), a, b);
  }

  /** Whether a constant repeats to another value's extents with one element for each channel. */
  private static boolean isOfChannels(Value constant, Dims x) {
    Dims dims = constant.dims();
    if (!constant.isConstant() || x.rank() < 2 || x.elements() == 0 || dims.rank() > x.rank()) {
      return false;
    }
    if (dims.elements() == 1 && x.get(1) > MOST_CHANNELS) {
      return false;
    }
    int missing = x.rank() - dims.rank();
    for (int axis = 0; axis < dims.rank(); axis++) {
      boolean channel = axis + missing == 1 && dims.get(axis) == x.get(1);
      if (dims.get(axis) != 1 && !channel) {
        return false;
      }
    }
    return true;
  }

  // Reductions.

  /** The reductions of {@link #reduce}. */
  public enum Reduction {
    /** The sum. */
    SUM,
    /** The mean. */
    MEAN,
    /** The largest. */
    MAX,
    /** The smallest. */
    MIN,
    /** The product. */
    PRODUCT
  }

  /**
   * One number for all elements that differ in some axes only.
   *
   * @param x any value
   * @param reduction which number
   * @param keep whether the axes stay, with one element
   * @param axes which axes; none means all
   * @return the numbers
   * @throws IllegalArgumentException if there are 2^31 numbers or more, or one is of 2^31 elements
   *     or more
   */
  public Value reduce(Value x, Reduction reduction, boolean keep, int... axes) {
    Dims dims = x.dims();
    boolean[] reduced = Axes.mark(dims, axes);
    Dims kept = Axes.kept(dims, reduced, keep);
    if (reduction == Reduction.MEAN && Axes.arePixels(dims, reduced)) {
      return reshape(globalPool(x, Pool2d.Kind.AVERAGE), kept);
    }
    Value turned = transpose(x, Axes.reducedLast(reduced));
    String operation = "reduce " + reduction;
    int rows = kept.count(operation, dims);
    int columns = rows == 0 ? 0 : Axes.reduced(dims, reduced).count(operation, dims);
    Value matrix = reshape(turned, Dims.of(rows, columns));
    return reshape(add(new ReduceOp(ReduceOp.Kind.valueOf(reduction.name())), matrix), kept);
  }

  // Shapes.

  /**
   * Other extents for the same elements, in the order in which the last axis is the fastest.
   *
   * @param x any value
   * @param to extents of as many elements
   * @return the value
   */
  public Value reshape(Value x, Dims to) {
    requireOwn(x);
    return x.dims().equals(to) ? x : add(new ViewOp.Reshape(to), x);
  }

  /**
   * Rows: all axes from the second on become one.
   *
   * @param x at least one axis
   * @return N x rest
   * @throws IllegalArgumentException if the rest are 2^31 elements or more
   */
  public Value flatten(Value x) {
    Dims dims = x.dims();
    if (dims.rank() == 0) {
      throw new IllegalArgumentException("flatten: " + x + " has no axis");
    }
    return reshape(x, Dims.of(dims.get(0), dims.product("flatten", 1, dims.rank())));
  }

  /**
   * Another order of axes.
   *
   * @param x any value
   * @param axes which axis of x each axis of the result is
   * @return the value
   */
  public Value transpose(Value x, int... axes) {
    requireOwn(x);
    int[] order = new int[axes.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = x.dims().axis(axes[i]);
    }
    return Axes.isIdentity(order) && order.length == x.dims().rank()
        ? x
        : add(new ViewOp.Transpose(order), x);
  }

  /**
   * Some elements of an axis.
   *
   * @param x any value
   * @param axis which
   * @param start the first
   * @param step to the next; below 0 goes back
   * @param count how many
   * @return the value
   */
  public Value slice(Value x, int axis, int start, int step, int count) {
    return add(new ViewOp.Cut(x.dims().axis(axis), start, step, count), x);
  }

  /**
   * Elements of an axis by their numbers.
   *
   * @param x any value
   * @param axis which
   * @param numbers from 0, in any order and any number of times
   * @return the value
   */
  public Value take(Value x, int axis, int... numbers) {
    return add(new TakeOp(x.dims().axis(axis), numbers), x);
  }

  /**
   * Axes of one element, and new leading ones, repeated.
   *
   * @param x any value
   * @param to the extents
   * @return the value
   */
  public Value expand(Value x, Dims to) {
    requireOwn(x);
    return x.dims().equals(to) ? x : add(new ViewOp.Repeat(to), x);
  }

  /**
   * Values one behind the other along an axis.
   *
   * @param axis which
   * @param values that differ in no other axis
   * @return the value
   */
  public Value concat(int axis, List<Value> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("concat: there is no value");
    }
    ConcatOp op = new ConcatOp(values.get(0).dims().axis(axis));
    values.forEach(this::requireOwn);
    return values.size() == 1 ? values.get(0) : add(op, values);
  }

  /**
   * A border of one value.
   *
   * @param x any value
   * @param before elements in front, for each axis; below 0 cuts
   * @param after elements behind, for each axis; below 0 cuts
   * @param value of the border
   * @return the value
   */
  public Value pad(Value x, int[] before, int[] after, float value) {
    return add(new PadOp(before, after, value), x);
  }

  /**
   * The same value under another name: dropout does nothing at inference.
   *
   * @param x any value
   * @param kind what did nothing
   * @return as x
   */
  public Value identity(Value x, String kind) {
    return add(new ViewOp.Same(Objects.requireNonNull(kind, "kind")), x);
  }
}
