package dev.tilewise.graph;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution; or a dense layer, which is one with filters of one tap over the flattened input.
 * Inputs: x, the weights, then the bias and the residual if there are any.
 */
final class ConvOp extends Op {

  private final ConvSettings settings;

  /** Whether the input is seen as one pixel. */
  private final boolean flat;

  private final boolean biased;
  private final boolean residual;
  private final Activation activation;

  ConvOp(ConvSettings settings, boolean flat, boolean biased) {
    this(settings, flat, biased, false, Activation.IDENTITY);
  }

  private ConvOp(
      ConvSettings settings,
      boolean flat,
      boolean biased,
      boolean residual,
      Activation activation) {
    this.settings = settings;
    this.flat = flat;
    this.biased = biased;
    this.residual = residual;
    this.activation = activation;
  }

  ConvOp withActivation(Activation function) {
    return new ConvOp(settings, flat, biased, residual, function);
  }

  ConvOp withBias() {
    return new ConvOp(settings, flat, true, residual, activation);
  }

  ConvOp withResidual() {
    return new ConvOp(settings, flat, biased, true, activation);
  }

  ConvOp withSettings(ConvSettings changed) {
    return new ConvOp(changed, flat, biased, residual, activation);
  }

  ConvSettings settings() {
    return settings;
  }

  boolean isFlat() {
    return flat;
  }

  boolean isBiased() {
    return biased;
  }

  /** Whether nothing follows the sum yet. */
  boolean isBare() {
    return !residual && activation.isIdentity();
  }

  boolean hasActivation() {
    return !activation.isIdentity();
  }

  @Override
  String kind() {
    return flat ? "dense" : "conv";
  }

  @Override
  String description() {
    return settings.describe().strip();
  }

  private Conv2d conv(Filter filter) {
    return Conv2d.of(filter)
        .stride(settings.sh(), settings.sw())
        .padding(settings.pt(), settings.pl(), settings.pb(), settings.pr())
        .dilation(settings.dh(), settings.dw())
        .groups(settings.groups());
  }

  private ConvCase extents(Dims x, Dims weights) {
    if (flat) {
      int rows = x.get(0);
      int columns = x.product("dense", 1, x.rank());
      if (columns != weights.get(1)) {
        throw new IllegalArgumentException(
            "dense: input "
                + x
                + " has "
                + columns
                + " numbers a row, but the weights "
                + weights
                + " take "
                + weights.get(1));
      }
      return new ConvCase(rows, columns, 1, 1, weights.get(0), 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    }
    if (x.rank() != weights.rank() || x.rank() < 3 || x.rank() > 4) {
      throw new IllegalArgumentException(
          "conv: input "
              + x
              + " and filters "
              + weights
              + " must both have 3 extents (rows) or 4 (images)");
    }
    Shape in = x.shape();
    Shape f = weights.shape();
    if (in.c() != (long) f.c() * settings.groups()) {
      throw new IllegalArgumentException(
          "conv: input "
              + x
              + " has "
              + in.c()
              + " channels but filters "
              + weights
              + " in "
              + settings.groups()
              + (settings.groups() == 1 ? " group" : " groups")
              + " take "
              + (long) f.c() * settings.groups());
    }
    return new ConvCase(
        in.n(),
        in.c(),
        in.h(),
        in.w(),
        f.n(),
        settings.groups(),
        f.h(),
        f.w(),
        settings.sh(),
        settings.sw(),
        settings.pt(),
        settings.pl(),
        settings.pb(),
        settings.pr(),
        settings.dh(),
        settings.dw());
  }

  @Override
  String words() {
    return flat ? kind() : settings.words(kind());
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    if (flat && (x.rank() != 2 || inputs.get(1).rank() != 2)) {
      throw new IllegalArgumentException(
          "dense: input "
              + x
              + " and weights "
              + inputs.get(1)
              + " must have 2 extents; flatten the input");
    }
    ConvCase extents = extents(x, inputs.get(1));
    if (biased && inputs.get(2).elements() != extents.k()) {
      throw new IllegalArgumentException(
          kind()
              + ": "
              + extents.k()
              + " filters take "
              + extents.k()
              + " biases, not a bias of "
              + inputs.get(2));
    }
    Shape out = extents.output();
    if (x.rank() == 3 && !flat && out.h() != 1) {
      throw new IllegalArgumentException(
          "conv:" + settings.describe() + " makes " + out.h() + " rows of the rows " + x);
    }
    if (flat) {
      return Dims.of(out.n(), out.c());
    }
    return x.rank() == 3 ? Dims.of(out.n(), out.c(), out.w()) : Dims.of(out);
  }

  @Override
  long multiplyAdds(List<Dims> inputs, Dims output) {
    return extents(inputs.get(0), inputs.get(1)).macs();
  }

  @Override
  void lower(Node node, Lowering to) {
    ConvCase extents = extents(node.input(0).dims(), node.input(1).dims());
    View x = to.dense(node.input(0));
    View added = residual ? to.dense(node.inputs().getLast()) : null;
    Node pooling = residual ? null : to.poolingOf(node.output());
    // Nothing but the pooling reads the outputs, so they are no part of a concatenation.
    ConvPlan dense = pooling == null ? null : plan(node, extents, extents.k(), 0, to);
    boolean pools = dense != null && dense.maxPooled(extents.k(), 0).isPresent();
    View y = pools ? to.makePooled(node, pooling) : to.makeWide(node);
    ConvPlan plan =
        pools
            ? dense.maxPooled(y.depth(), y.firstChannel()).orElseThrow()
            : dense != null ? dense : plan(node, extents, y.depth(), y.firstChannel(), to);
    List<View> touched = new ArrayList<>(List.of(x, y));
    if (residual) {
      touched.add(added);
    }
    to.plans().add(plan);
    to.add(
        what(plan) + (pools ? " + " + pooling.op().kind() : ""),
        touched,
        memories -> {
          Tensor in = memories.tensor(x, plan.inputShape(), Layout.NHWC);
          Tensor out = memories.whole(y, plan.outputShape());
          Tensor more = residual ? memories.tensor(added, plan.residualShape(), Layout.NHWC) : null;
          Workspace workspace = memories.workspace(plan);
          return workers -> plan.run(in, more, out, workspace, workers);
        });
  }

  /** Packs the filters; nobody needs what they were made of afterwards. */
  private ConvPlan plan(Node node, ConvCase extents, int depth, int first, Lowering to) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment weights = node.input(1).memory(arena);
      Filter filter = Filter.of(weights, extents.k(), extents.groupC(), extents.fh(), extents.fw());
      if (biased) {
        filter = filter.withBias(node.input(2).memory(arena));
      }
      Conv2d conv =
          conv(filter)
              .activation(activation)
              .tolerance(to.options().tolerance())
              .coldFilters(true)
              .into(depth, first);
      return plan(conv, extents, to);
    }
  }

  /** The algorithm asked for, or the fastest where that one does not apply. */
  private static ConvPlan plan(Conv2d conv, ConvCase extents, Lowering to) {
    Algorithm asked = to.options().algorithm();
    if (asked != Algorithm.AUTO) {
      try {
        return conv.algorithm(asked).plan(extents.input(), Layout.NHWC, to.arena());
      } catch (IllegalArgumentException doesNotApply) {
        return conv.plan(extents.input(), Layout.NHWC, to.arena());
      }
    }
    return conv.plan(extents.input(), Layout.NHWC, to.arena());
  }

  private String what(ConvPlan plan) {
    return plan.algorithm()
        + " "
        + plan.extents()
        + (residual ? " + residual" : "")
        + (activation.isIdentity() ? "" : " " + activation);
  }
}
