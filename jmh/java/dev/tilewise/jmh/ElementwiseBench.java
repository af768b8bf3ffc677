package dev.tilewise.jmh;

import dev.tilewise.Elementwise;
import dev.tilewise.Layout;
import dev.tilewise.Lrn;
import dev.tilewise.PerChannel;
import dev.tilewise.Shape;
import dev.tilewise.Softmax;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Passes over a tensor in each level of the memory: bytes read and written per second. All of them
 * run in one process, beside a plain copy of the same tensor.
 */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ElementwiseBench {

  /** What one call does. */
  public enum Pass {
    COPY,
    RELU,
    EXP,
    LOG,
    SIGMOID,
    TANH,
    GELU,
    GELU_TANH,
    SILU,
    SOFTPLUS,
    MISH,
    ELU,
    ADD,
    BATCH_NORM_NHWC,
    BATCH_NORM_NCHW,
    SOFTMAX_NHWC,
    SOFTMAX_NCHW,
    LRN_NHWC,
    LRN_NCHW,
    NCHW_TO_NHWC,
    NHWC_TO_NCHW
  }

  /** A tensor and its copy together take most of the level, or ten times the last one. */
  public enum Level {
    L1(Shape.image(7, 7, 64)),
    L2(Shape.image(40, 40, 64)),
    L3(Shape.image(112, 112, 64)),
    DRAM(Shape.nchw(4, 64, 448, 448));

    private final Shape shape;

    Level(Shape shape) {
      this.shape = shape;
    }
  }

  @Param public Pass pass;
  @Param public Level level;

  /** Bytes read and written, reported per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    public double bytes;
  }

  private Tensor x;
  private Tensor y;
  private PerChannel norm;
  private final Lrn lrn = Lrn.of(5, 1e-4f, 0.75f, 1);

  @Setup
  public void fill() {
    Shape shape = level.shape;
    Layout from =
        pass.name().endsWith("_NCHW") || pass == Pass.NCHW_TO_NHWC ? Layout.NCHW : Layout.NHWC;
    Layout to = from;
    if (pass == Pass.NCHW_TO_NHWC) {
      to = Layout.NHWC;
    } else if (pass == Pass.NHWC_TO_NCHW) {
      from = Layout.NHWC;
      to = Layout.NCHW;
    }
    x = Tensor.allocate(Arena.ofAuto(), shape, from);
    y = Tensor.allocate(Arena.ofAuto(), shape, to);
    SplittableRandom random = new SplittableRandom(1);
    for (long i = 0; i < shape.elements(); i++) {
      float value = (float) random.nextDouble(-4, 4);
      x.segment()
          .setAtIndex(
              java.lang.foreign.ValueLayout.JAVA_FLOAT,
              i,
              pass == Pass.LOG ? Math.abs(value) : value);
    }
    float[] numbers = new float[shape.c()];
    java.util.Arrays.fill(numbers, 0.5f);
    norm = PerChannel.affine(numbers, numbers);
  }

  @Benchmark
  public Tensor run(Work work) {
    Workers serial = Workers.serial();
    switch (pass) {
      case COPY, NCHW_TO_NHWC, NHWC_TO_NCHW -> y.copyFrom(x);
      case RELU -> Elementwise.RELU.run(x, y, serial);
      case EXP -> Elementwise.EXP.run(x, y, serial);
      case LOG -> Elementwise.LOG.run(x, y, serial);
      case SIGMOID -> Elementwise.SIGMOID.run(x, y, serial);
      case TANH -> Elementwise.TANH.run(x, y, serial);
      case GELU -> Elementwise.GELU.run(x, y, serial);
      case GELU_TANH -> Elementwise.GELU_TANH.run(x, y, serial);
      case SILU -> Elementwise.SILU.run(x, y, serial);
      case SOFTPLUS -> Elementwise.SOFTPLUS.run(x, y, serial);
      case MISH -> Elementwise.MISH.run(x, y, serial);
      case ELU -> ELU.run(x, y, serial);
      case ADD -> Elementwise.add(x, y, y, serial);
      case BATCH_NORM_NHWC, BATCH_NORM_NCHW -> norm.run(x, y, serial);
      case SOFTMAX_NHWC, SOFTMAX_NCHW -> Softmax.PROBABILITIES.run(x, y, serial);
      case LRN_NHWC, LRN_NCHW -> lrn.run(x, y, serial);
      default -> throw new IllegalStateException(pass.toString());
    }
    work.bytes += (pass == Pass.ADD ? 3.0 : 2.0) * x.shape().bytes();
    return y;
  }

  private static final Elementwise ELU = Elementwise.elu(1);
}
