package dev.tilewise.graph;

import java.util.List;

/**
 * A transposed convolution: see {@link Transposed}, whose operations take its place when a graph is
 * compiled. Inputs: x, the weights, the bias if there is one.
 */
final class TransposedOp extends Op {

  /** Terms and bytes of constants that are spread: some seconds. */
  private static final double MOST_FOLDED = 1L << 32;

  private final ConvSettings settings;
  private final int down;
  private final int across;

  /**
   * The operation.
   *
   * @param settings of the convolution whose gradient it is; of rows with nothing down
   * @param down rows added at the bottom
   * @param across columns added on the right
   */
  TransposedOp(ConvSettings settings, int down, int across) {
    this.settings = settings;
    this.down = down;
    this.across = across;
  }

  @Override
  String kind() {
    return "conv_transpose";
  }

  @Override
  String description() {
    String more = down == 0 && across == 0 ? "" : " more " + down + "x" + across;
    return (settings.describe() + more).strip();
  }

  @Override
  String words() {
    return Words.of(settings.words(kind()), down, across);
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    Dims weights = inputs.get(1);
    ConvSettings s = settings;
    if (x.rank() != weights.rank() || x.rank() < 3 || x.rank() > 4) {
      throw new IllegalArgumentException(
          "conv_transpose: input "
              + x
              + " and filters "
              + weights
              + " must both have 3 extents (rows) or 4 (images)");
    }
    if (Math.min(Math.min(s.sh(), s.sw()), Math.min(Math.min(s.dh(), s.dw()), s.groups())) < 1
        || Math.min(Math.min(s.pt(), s.pl()), Math.min(s.pb(), s.pr())) < 0
        || Math.min(down, across) < 0) {
      throw new IllegalArgumentException(
          "conv_transpose: strides, dilations and groups must be positive, padding and what is"
              + " added not negative, not "
              + description());
    }
    if (x.get(1) != weights.get(0) || x.get(1) % s.groups() != 0) {
      throw new IllegalArgumentException(
          "conv_transpose: input "
              + x
              + " does not have the channels of filters "
              + weights
              + " in "
              + s.groups()
              + " groups");
    }
    int filters = extent((long) weights.get(1) * s.groups(), x);
    if (inputs.size() > 2 && inputs.get(2).elements() != filters) {
      throw new IllegalArgumentException(
          "conv_transpose: bias " + inputs.get(2) + " is not one of " + filters + " filters");
    }
    int last = x.rank() - 1;
    int width =
        extent(
            Transposed.span(x.get(last), weights.get(last), s.sw(), s.dw())
                - s.pl()
                - s.pr()
                + across,
            x);
    if (x.rank() == 3) {
      boolean flat = s.sh() == 1 && s.dh() == 1 && (s.pt() | s.pb() | down) == 0;
      if (!flat) {
        throw new IllegalArgumentException("conv_transpose: rows " + x + " have no down");
      }
      return Dims.of(x.get(0), filters, width);
    }
    int height =
        extent(
            Transposed.span(x.get(2), weights.get(2), s.sh(), s.dh()) - s.pt() - s.pb() + down, x);
    return Dims.of(x.get(0), filters, height, width);
  }

  private int extent(long extent, Dims x) {
    if (extent < 1 || extent > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "conv_transpose: " + description() + " makes an extent of " + extent + " of " + x);
    }
    return (int) extent;
  }

  /** Every input meets every tap of every filter of its group, but where the padding cuts. */
  @Override
  long multiplyAdds(List<Dims> inputs, Dims output) {
    Dims weights = inputs.get(1);
    if (weights.elements() == 0) {
      return 0;
    }
    long each = weights.elements() / weights.get(0);
    return inputs.get(0).elements() > Long.MAX_VALUE / each
        ? Long.MAX_VALUE
        : inputs.get(0).elements() * each;
  }

  /** The nodes that take a node's place. */
  List<Node> instead(Node node) {
    Value bias = node.inputs().size() > 2 ? node.input(2) : null;
    Dims weights = node.input(1).dims();
    double each = (double) weights.elements() / weights.get(1) / settings.groups();
    double spread = Math.min(MOST_FOLDED, 64 * each * node.output().dims().elements());
    return GraphBuilder.instead(
        node,
        spread,
        to -> Transposed.conv(to, node.input(0), node.input(1), bias, settings, down, across));
  }

  @Override
  void lower(Node node, Lowering to) {
    throw new IllegalStateException("conv_transpose: other nodes are to take its place");
  }
}
