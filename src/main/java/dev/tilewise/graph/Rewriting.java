package dev.tilewise.graph;

import dev.tilewise.Activation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Joins nodes, so that fewer steps do the same:
 *
 * <pre>
 * affine(affine(x))             one affine
 * affine(conv(x))               the convolution with other weights and bias
 * conv(affine(x)), no padding   the convolution with other weights and bias
 * conv(pad(x))                  the convolution with more padding
 * add(conv(x), r)               the convolution with a residual
 * clip(conv(x))                 the convolution with an activation
 * dense(reshape(x))             the dense layer with its weights in the order of memory
 * </pre>
 *
 * One pass in order: each node meets what has become of those before it. Factors are multiplied in
 * double and rounded once; nodes whose weights or biases would leave the range of floats stay
 * apart.
 */
final class Rewriting {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final List<Node> described;
  private final Map<Value, Integer> readers = new HashMap<>();
  // In order of execution, by what they make.
  private final LinkedHashMap<Value, Node> nodes = new LinkedHashMap<>();
  // What has become of nodes, by their names.
  private final Map<String, String> fates;

  Rewriting(List<Node> described, List<Value> outputs, Map<String, String> fates) {
    this.described = described;
    this.fates = fates;
    for (Node node : described) {
      node.inputs().forEach(value -> readers.merge(value, 1, Integer::sum));
    }
    outputs.forEach(value -> readers.merge(value, 1, Integer::sum));
  }

  List<Node> run() {
    for (Node node : described) {
      Node joined = join(node);
      nodes.put(joined.output(), joined);
    }
    return List.copyOf(nodes.values());
  }

  private Node join(Node node) {
    Op op = node.op();
    if (op instanceof AffineOp) {
      return affine(node);
    }
    if (op instanceof UnaryOp unary && unary.clamp() != null) {
      return clip(node, unary.clamp());
    }
    if (op instanceof BinaryOp binary && binary.function() == BinaryOp.Kind.ADD) {
      return add(node);
    }
    if (op instanceof ConvOp conv) {
      return conv.isFlat() ? dense(node) : convolution(node, conv);
    }
    return node;
  }

  /** Nodes that took another's place have one name. */
  private void partOf(Node whole, Node part) {
    if (!whole.name().equals(part.name())) {
      fates.put(part.name(), "part of " + whole.name());
    }
  }

  /** The node that makes a value, if nothing else reads it. */
  private Node only(Value value) {
    Node maker = nodes.get(value);
    return maker != null && readers.get(value) == 1 ? maker : null;
  }

  private Node bareConv(Value value) {
    Node maker = only(value);
    return maker != null && maker.op() instanceof ConvOp conv && conv.isBare() ? maker : null;
  }

  /** A node takes the place of one before it, whose output nobody else reads. */
  private Node replace(Node before, Node node, Op op, List<Value> inputs) {
    nodes.remove(before.output());
    partOf(before, node);
    return new Node(before.name(), op, inputs, node.output());
  }

  private Node affine(Node node) {
    if (node.output().dims().elements() == 0) {
      return node;
    }
    Node before = bareConv(node.input(0));
    if (before != null) {
      ConvOp conv = (ConvOp) before.op();
      float[] scale = node.input(1).floats();
      float[] shift = node.input(2).floats();
      if (!isWithinRange(before.input(1), scale)) {
        return node;
      }
      Value weights = scaledRows(before.input(1), scale);
      Value bias = scaledBias(conv.isBiased() ? before.input(2) : null, scale, shift);
      if (bias == null) {
        return node;
      }
      return replace(before, node, conv.withBias(), List.of(before.input(0), weights, bias));
    }
    Node first = only(node.input(0));
    if (first != null && first.op() instanceof AffineOp) {
      float[] scale = node.input(1).floats();
      float[] shift = node.input(2).floats();
      float[] factor = first.input(1).floats();
      Value summand = scaledBias(first.input(2), scale, shift);
      if (summand == null || !isWithinRange(MemorySegment.ofArray(factor), scale)) {
        return node;
      }
      for (int c = 0; c < factor.length; c++) {
        factor[c] = (float) ((double) factor[c] * scale[c]);
      }
      return replace(
          first,
          node,
          node.op(),
          List.of(first.input(0), constant(first.input(1), factor), summand));
    }
    return node;
  }

  private static boolean isWithinRange(Value factors, float... scale) {
    // Not a confined one: kernels would have to ask for its owner (docs/decisions/0027).
    try (Arena arena = Arena.ofShared()) {
      return isWithinRange(factors.memory(arena), scale);
    }
  }

  /**
   * Whether no product of a factor and its scale leaves the range of floats: computed one after the
   * other, factors of 1e30 and 1e-30 do, and must not become infinite or 0 in between.
   */
  private static boolean isWithinRange(MemorySegment factors, float... scale) {
    long row = factors.byteSize() / Float.BYTES / scale.length;
    for (int k = 0; k < scale.length; k++) {
      for (long i = k * row; i < (k + 1) * row; i++) {
        if (isLost(factors.getAtIndex(FLOAT, i), scale[k])) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether a product is 0 or infinite although its factors are not. */
  private static boolean isLost(float factor, float scale) {
    float product = (float) ((double) factor * scale);
    return (product == 0 && factor != 0 && scale != 0)
        || (!Float.isFinite(product) && Float.isFinite(factor));
  }

  /** Makers one in the other, before there are floats: no network has so many. */
  private static final int MOST_MAKERS = 16;

  /** As many floats as the weights, made of them whenever they are packed. */
  private static Value made(
      Value weights, String how, BiConsumer<MemorySegment, MemorySegment> maker) {
    String name = weights.name().endsWith(how) ? weights.name() : weights.name() + " " + how;
    Value made =
        Value.madeOf(
            name,
            weights,
            arena -> {
              MemorySegment from = weights.memory(arena);
              MemorySegment to = arena.allocate(from.byteSize(), Float.BYTES);
              maker.accept(from, to);
              return to;
            });
    return made.makers() < MOST_MAKERS
        ? made
        : Value.floats(name, made.dims(), MemorySegment.ofArray(made.floats()));
  }

  /** {@code w[k] * scale[k]} for every filter. */
  private static Value scaledRows(Value weights, float[] scale) {
    long row = weights.dims().elements() / scale.length;
    return made(
        weights,
        "scaled",
        (from, scaled) -> {
          for (int k = 0; k < scale.length; k++) {
            for (long i = k * row; i < (k + 1) * row; i++) {
              scaled.setAtIndex(FLOAT, i, (float) ((double) from.getAtIndex(FLOAT, i) * scale[k]));
            }
          }
        });
  }

  /**
   * {@code bias[k] * scale[k] + shift[k]}; null if one is not finite. A bias of -0 adds nothing,
   * not even to a product that is -0.
   */
  private static Value scaledBias(Value bias, float[] scale, float[] shift) {
    float[] sum = new float[scale.length];
    float[] before = bias == null ? sum : bias.floats();
    for (int k = 0; k < scale.length; k++) {
      boolean bare = Float.floatToRawIntBits(before[k]) == Integer.MIN_VALUE;
      sum[k] = bare ? shift[k] : (float) ((double) before[k] * scale[k] + shift[k]);
      if (!Float.isFinite(sum[k])) {
        return null;
      }
    }
    return Value.floats("bias scaled", Dims.of(scale.length), MemorySegment.ofArray(sum));
  }

  private static Value constant(Value like, float[] values) {
    String name = like.name().endsWith("joined") ? like.name() : like.name() + " joined";
    return Value.floats(name, like.dims(), MemorySegment.ofArray(values));
  }

  private Node clip(Node node, Activation clamp) {
    Node before = only(node.input(0));
    // Elements may be clamped before they are put elsewhere.
    Node maker = before;
    while (maker != null && maker.op() instanceof ViewOp) {
      maker = only(maker.input(0));
    }
    if (maker == null || !(maker.op() instanceof ConvOp conv) || conv.hasActivation()) {
      return node;
    }
    if (maker == before) {
      return replace(before, node, conv.withActivation(clamp), before.inputs());
    }
    ConvOp clamped = conv.withActivation(clamp);
    nodes.put(maker.output(), new Node(maker.name(), clamped, maker.inputs(), maker.output()));
    partOf(maker, node);
    return new Node(node.name(), new ViewOp.Same("clamped"), node.inputs(), node.output());
  }

  private Node add(Node node) {
    if (!node.input(0).dims().equals(node.input(1).dims())) {
      return node;
    }
    for (int i = 1; i >= 0; i--) {
      Node before = bareConv(node.input(i));
      Value other = node.input(1 - i);
      if (before != null && !other.isConstant() && other != node.input(i)) {
        List<Value> inputs = new ArrayList<>(before.inputs());
        inputs.add(other);
        return replace(before, node, ((ConvOp) before.op()).withResidual(), inputs);
      }
    }
    return node;
  }

  private Node dense(Node node) {
    Node before = nodes.get(node.input(0));
    if (before == null || !(before.op() instanceof ViewOp.Reshape)) {
      return node;
    }
    Dims image = before.input(0).dims();
    Dims row = node.input(0).dims();
    if (image.rank() < 3 || image.rank() > 4 || image.get(0) != row.get(0)) {
      return node;
    }
    if (readers.get(node.input(0)) == 1) {
      nodes.remove(before.output());
      partOf(node, before);
    }
    List<Value> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, before.input(0));
    inputs.set(1, depthLast(node.input(1), image));
    readers.merge(before.input(0), 1, Integer::sum);
    return new Node(node.name(), node.op(), inputs, node.output());
  }

  /** Weights of a dense layer over C x H x W numbers, for H x W x C in memory. */
  private static Value depthLast(Value weights, Dims image) {
    int depth = image.get(1);
    int pixels = image.product("dense", 2, image.rank());
    if (depth == 1 || pixels == 1) {
      return weights;
    }
    int units = weights.dims().get(0);
    return made(
        weights,
        "depth last",
        (from, turned) -> {
          for (int unit = 0; unit < units; unit++) {
            long row = (long) unit * depth * pixels;
            for (int c = 0; c < depth; c++) {
              for (int pixel = 0; pixel < pixels; pixel++) {
                float w = from.getAtIndex(FLOAT, row + (long) c * pixels + pixel);
                turned.setAtIndex(FLOAT, row + (long) pixel * depth + c, w);
              }
            }
          }
        });
  }

  private Node convolution(Node node, ConvOp conv) {
    Node before = only(node.input(0));
    if (before != null && before.op() instanceof PadOp pad && pad.ofImage() != null) {
      ConvSettings wider = padded(conv.settings(), pad.ofImage());
      if (wider == null || before.input(0).dims().elements() == 0) {
        return node;
      }
      nodes.remove(before.output());
      partOf(node, before);
      List<Value> inputs = new ArrayList<>(node.inputs());
      inputs.set(0, before.input(0));
      return new Node(node.name(), conv.withSettings(wider), inputs, node.output());
    }
    if (before != null && before.op() instanceof AffineOp && isUnpadded(conv.settings())) {
      Node joined = affineBefore(before, node, conv);
      if (joined != null) {
        nodes.remove(before.output());
        partOf(node, before);
        return joined;
      }
    }
    return node;
  }

  /** With a border of so many more lines on each side; null if they are more than an int. */
  private static ConvSettings padded(ConvSettings s, int... border) {
    long[] wide = {
      (long) s.pt() + border[0],
      (long) s.pl() + border[1],
      (long) s.pb() + border[2],
      (long) s.pr() + border[3]
    };
    return Arrays.stream(wide).anyMatch(lines -> lines > Integer.MAX_VALUE)
        ? null
        : s.padding((int) wide[0], (int) wide[1], (int) wide[2], (int) wide[3]);
  }

  private static boolean isUnpadded(ConvSettings s) {
    return s.pt() == 0 && s.pl() == 0 && s.pb() == 0 && s.pr() == 0;
  }

  /**
   * {@code sum w (scale x + shift) + b = sum (w scale) x + (b + sum w shift)}; null if that leaves
   * the range of floats.
   */
  private static Node affineBefore(Node affine, Node node, ConvOp conv) {
    float[] scale = affine.input(1).floats();
    Value weights = node.input(1);
    int filters = weights.dims().get(0);
    int perGroup = filters / conv.settings().groups();
    float[] bias = conv.isBiased() ? node.input(2).floats() : new float[filters];
    if (!addShifts(weights, scale, affine.input(2).floats(), perGroup, bias)) {
      return null;
    }
    List<Value> inputs = new ArrayList<>(node.inputs());
    inputs.set(0, affine.input(0));
    inputs.set(1, scaledChannels(weights, scale, perGroup));
    Value moved = Value.floats("bias moved", Dims.of(filters), MemorySegment.ofArray(bias));
    if (conv.isBiased()) {
      inputs.set(2, moved);
    } else {
      inputs.add(moved);
    }
    return new Node(node.name(), conv.withBias(), inputs, node.output());
  }

  /**
   * {@code bias[k] += sum over channels and taps of w[k] shift[c]}, in double.
   *
   * @return whether every bias is finite, and no product of a weight and its scale is lost
   */
  private static boolean addShifts(
      Value weights, float[] scale, float[] shift, int perGroup, float... bias) {
    int depth = weights.dims().get(1);
    int taps = weights.dims().product("conv", 2, weights.dims().rank());
    try (Arena arena = Arena.ofShared()) {
      MemorySegment from = weights.memory(arena);
      for (int k = 0; k < bias.length; k++) {
        double sum = bias[k];
        for (int i = 0; i < depth * taps; i++) {
          float w = from.getAtIndex(FLOAT, (long) k * depth * taps + i);
          int channel = k / perGroup * depth + i / taps;
          if (isLost(w, scale[channel])) {
            return false;
          }
          sum += (double) w * shift[channel];
        }
        bias[k] = (float) sum;
        if (!Float.isFinite(bias[k])) {
          return false;
        }
      }
    }
    return true;
  }

  /** {@code w[k, c] * scale[c]} for every filter and channel of its group. */
  private static Value scaledChannels(Value weights, float[] scale, int perGroup) {
    int depth = weights.dims().get(1);
    int taps = weights.dims().product("conv", 2, weights.dims().rank());
    return made(
        weights,
        "scaled",
        (from, scaled) -> {
          for (long i = 0; i < from.byteSize() / Float.BYTES; i++) {
            int k = (int) (i / taps / depth);
            int channel = k / perGroup * depth + (int) (i / taps % depth);
            double w = from.getAtIndex(FLOAT, i);
            scaled.setAtIndex(FLOAT, i, (float) (w * scale[channel]));
          }
        });
  }
}
