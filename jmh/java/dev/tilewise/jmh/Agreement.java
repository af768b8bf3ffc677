package dev.tilewise.jmh;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Whether others computed what Tilewise did: every output is compared, relative to {@code |bias| +
 * sum |x| |w|}, which Tilewise computes as well, as the convolution of the absolute values.
 *
 * <p>Two right results differ by at most the sum of their errors. Tilewise's is bounded by {@link
 * ConvPlan#errorBound}. The others add the L = FH FW C/groups products and the bias in an order of
 * their own; whatever it is, a term passes through at most L + 1 roundings, its own product's among
 * them, so the error is at most {@code n u / (1 - n u)} with n = L + 1 and u = 2^-24
 * (docs/numerics.md). ReLU increases no difference.
 */
final class Agreement {

  private static final double UNIT_ROUNDOFF = 0x1p-24;
  private static final int CHECKED_OUTPUTS = 1_500;
  // A naive output takes a microsecond for each 200 terms.
  private static final double CHECKED_TERMS = 2e6;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Sample sample;
  private final ConvPlan plan;
  private final Arena arena;
  private final Tensor scale;

  /**
   * Computes the scale.
   *
   * @param sample extents and data, and in {@code y} what Tilewise computed
   * @param plan what computed it
   * @param arena owns the memory
   */
  Agreement(Sample sample, ConvPlan plan, Arena arena) {
    this.sample = sample;
    this.plan = plan;
    this.arena = arena;
    ConvCase c = sample.extents;
    Filter filter =
        Filter.of(absolute(sample.naive.w()), c.k(), c.groupC(), c.fh(), c.fw())
            .withBias(absolute(sample.naive.bias()));
    ConvPlan sums =
        Conv2d.of(c, filter)
            .activation(Activation.IDENTITY)
            .algorithm(Algorithm.DIRECT)
            .plan(c.input(), Layout.NHWC, arena);
    Tensor x = Tensor.of(absolute(sample.x.segment()), c.input(), Layout.NHWC);
    scale = Tensor.allocate(arena, c.output(), Layout.NHWC);
    sums.run(x, scale, sums.workspace(arena), Workers.serial());
  }

  private MemorySegment absolute(MemorySegment values) {
    MemorySegment all = arena.allocate(values.byteSize(), Tensor.ALIGNMENT);
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      all.setAtIndex(FLOAT, i, Math.abs(values.getAtIndex(FLOAT, i)));
    }
    return all;
  }

  /** The largest error of Tilewise's outputs, all or many of them, against sums in double. */
  double error() {
    double terms = (double) sample.extents.groupC() * sample.extents.fh() * sample.extents.fw();
    long outputs = (long) Math.max(300, Math.min(CHECKED_OUTPUTS, CHECKED_TERMS / terms));
    return sample.maxError(outputs, true);
  }

  /** The largest difference of any output to Tilewise's; infinite for what is not a number. */
  double difference(Tensor output) {
    Tensor nhwc = output;
    if (output.layout() != Layout.NHWC) {
      nhwc = Tensor.allocate(arena, output.shape(), Layout.NHWC).copyFrom(output);
    }
    double worst = 0;
    for (long i = 0; i < output.shape().elements(); i++) {
      double ours = sample.y.segment().getAtIndex(FLOAT, i);
      double difference = Math.abs(nhwc.segment().getAtIndex(FLOAT, i) - ours);
      double relative = difference / scale.segment().getAtIndex(FLOAT, i);
      if (difference != 0 && !(relative <= worst)) {
        worst = Double.isNaN(relative) ? Double.POSITIVE_INFINITY : relative;
      }
    }
    return worst;
  }

  /** The largest difference that is not a mistake. */
  double tolerance() {
    double terms = (double) sample.extents.groupC() * sample.extents.fh() * sample.extents.fw();
    double nu = (terms + 1) * UNIT_ROUNDOFF;
    // The scale is computed in float too, and may be too small by the bound of a direct sum.
    return (plan.errorBound() + nu / (1 - nu)) * (1 + nu / (1 - nu));
  }
}
