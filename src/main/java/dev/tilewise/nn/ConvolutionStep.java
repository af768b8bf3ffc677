package dev.tilewise.nn;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvBackward;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import java.lang.foreign.Arena;

/**
 * A convolution, or a dense layer seen as one, bound to a batch size. Tensors may have other
 * extents of equal size.
 */
final class ConvolutionStep implements Step {

  private final ConvCase extents;
  private final Parameter weight;
  private final Parameter bias;
  private final RecycledArena packed = new RecycledArena();
  private final Workspace workspace;
  private ConvPlan plan;
  private long packedVersion;
  private ConvBackward backward;

  ConvolutionStep(ConvCase extents, Parameter weight, Parameter bias, boolean rectified) {
    this.extents = extents;
    this.weight = weight;
    this.bias = bias;
    plan =
        Conv2d.of(extents, filter())
            .activation(rectified ? Activation.RELU : Activation.IDENTITY)
            // Weights change with every batch: an algorithm that transforms them pays each time.
            .algorithm(Algorithm.DIRECT)
            .plan(extents.input(), Layout.NHWC, packed);
    packedVersion = version();
    workspace = plan.workspace(Arena.ofAuto());
  }

  private Filter filter() {
    return Filter.of(weight.memory(), extents.k(), extents.groupC(), extents.fh(), extents.fw())
        .withBias(bias.memory());
  }

  private long version() {
    return weight.version() + bias.version();
  }

  @Override
  public void forward(Tensor x, Tensor y, Workers workers) {
    if (packedVersion != version()) {
      packed.recycle();
      plan = plan.withFilter(filter(), packed);
      packedVersion = version();
    }
    plan.run(view(x, extents.input()), view(y, extents.output()), workspace, workers);
  }

  @Override
  public void backward(Tensor x, Tensor y, Tensor dy, Tensor dx, Workers workers) {
    if (backward == null) {
      backward = ConvBackward.of(extents, Layout.NHWC);
    }
    Tensor gradient = view(dy, extents.output());
    backward.filter(
        view(x, extents.input()), gradient, weight.gradient(), bias.gradient(), workers);
    if (dx != null) {
      backward.data(gradient, filter(), view(dx, extents.input()), workers);
    }
  }

  private static Tensor view(Tensor t, Shape shape) {
    return t.shape().equals(shape) ? t : Tensor.of(t.segment(), shape, Layout.NHWC);
  }
}
