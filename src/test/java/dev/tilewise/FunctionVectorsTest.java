package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Activations, softmax, batch normalisation and LRN against PyTorch in float64. */
@Tag("widths")
class FunctionVectorsTest {

  private static final double U = 0x1p-24;

  private static Elementwise function(String op) {
    return switch (op) {
      case "relu" -> Elementwise.RELU;
      case "relu6" -> Elementwise.RELU6;
      case "sigmoid" -> Elementwise.SIGMOID;
      case "tanh" -> Elementwise.TANH;
      case "softplus" -> Elementwise.SOFTPLUS;
      case "logsigmoid" -> Elementwise.LOG_SIGMOID;
      case "gelu_erf" -> Elementwise.GELU;
      case "gelu_tanh" -> Elementwise.GELU_TANH;
      case "silu" -> Elementwise.SILU;
      case "mish" -> Elementwise.MISH;
      case "selu" -> Elementwise.SELU;
      case "softsign" -> Elementwise.SOFTSIGN;
      case "hardswish" -> Elementwise.HARD_SWISH;
      case "hardsigmoid" -> Elementwise.HARD_SIGMOID;
      default -> {
        int open = op.indexOf('(');
        float alpha = Float.parseFloat(op.substring(open + 1, op.length() - 1));
        yield switch (op.substring(0, open)) {
          case "leaky_relu" -> Elementwise.leakyRelu(alpha);
          case "elu" -> Elementwise.elu(alpha);
          case "celu" -> Elementwise.celu(alpha);
          default -> throw new IllegalStateException("activation: unknown " + op);
        };
      }
    };
  }

  @TestFactory
  Stream<DynamicTest> activations() {
    return Vectors.tests("activation", FunctionVectorsTest::activation);
  }

  private static void activation(Vectors.Case one) {
    float[] x = one.input("x").floats();
    double[] expected = one.expected("y").doubles();
    int[] extents = one.input("x").shape();
    Shape shape = Shape.nchw(extents[0], extents[1], 1, 1);
    for (Layout layout : Layout.values()) {
      Tensor t = Tensor.of(Arena.ofAuto(), shape, layout, x);
      boolean softmax = one.text("op").startsWith("softmax");
      if (softmax) {
        Softmax.PROBABILITIES.run(t, t, Workers.serial());
      } else {
        function(one.text("op")).run(t, t, Workers.serial());
      }
      float[] got = t.toArray(layout);
      for (int i = 0; i < got.length; i++) {
        double bound =
            softmax
                ? Softmax.errorBound(extents[1], spread(x)) * expected[i]
                : bound(one, x[i], expected[i]);
        assertTrue(
            Math.abs(got[i] - expected[i]) <= bound,
            one + " at " + i + ": " + got[i] + " is not " + expected[i]);
      }
    }
  }

  private static double spread(float[] x) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float v : x) {
      least = Math.min(least, v);
      most = Math.max(most, v);
    }
    return most - least;
  }

  /** An ulp is at most 2u of the value. */
  private static double bound(Vectors.Case one, float x, double exact) {
    // 1/6 is rounded, and so is alpha: an error of the middle piece, not of its value.
    if (one.text("op").startsWith("hard")) {
      return 3 * U * Math.abs(x) + 2 * U * Math.abs(exact);
    }
    // The reference adds 1 and an erf near -1 in float64.
    double reference = one.text("op").startsWith("gelu") ? 0x1p-53 * Math.abs(x) : 0;
    return 6 * 2 * U * Math.abs(exact) + reference;
  }

  @TestFactory
  Stream<DynamicTest> batchNormalisation() {
    return Vectors.tests(
        "batchnorm", one -> one.text("mode").equals("eval"), FunctionVectorsTest::batchNorm);
  }

  private static void batchNorm(Vectors.Case one) {
    Shape shape =
        Shape.nchw(one.integer("N"), one.integer("C"), one.integer("H"), one.integer("W"));
    float[] gamma = one.input("gamma").floats();
    float[] beta = one.input("beta").floats();
    float[] mean = one.input("running_mean").floats();
    float[] variance = one.input("running_var").floats();
    PerChannel norm = PerChannel.batchNorm(gamma, beta, mean, variance, one.number("eps"));
    float[] x = one.input("x").floats();
    double[] expected = one.expected("y").doubles();
    for (Layout layout : Layout.values()) {
      Tensor t = Tensor.allocate(Arena.ofAuto(), shape, layout).copyFrom(x, Layout.NCHW);
      norm.run(t, t, Workers.serial());
      float[] got = t.toArray(Layout.NCHW);
      for (int i = 0; i < got.length; i++) {
        int c = i / (shape.h() * shape.w()) % shape.c();
        double factor = gamma[c] / Math.sqrt(variance[c] + one.number("eps"));
        double bound =
            U
                * (1 + U)
                * (Math.abs(expected[i])
                    + Math.abs(factor * x[i])
                    + Math.abs(beta[c] - mean[c] * factor))
                * (1 + 3 * U);
        assertEquals(expected[i], got[i], bound, one + " at " + i);
        assertEquals(norm.apply(c, x[i]), got[i]);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> localResponseNormalisation() {
    return Vectors.tests("lrn", FunctionVectorsTest::lrn);
  }

  private static void lrn(Vectors.Case one) {
    Shape shape =
        Shape.nchw(one.integer("N"), one.integer("C"), one.integer("H"), one.integer("W"));
    int size = one.integer("size");
    Lrn lrn =
        Lrn.of(
            size, (float) one.number("alpha"), (float) one.number("beta"), (float) one.number("k"));
    float[] x = one.input("x").floats();
    double[] expected = one.expected("y").doubles();
    for (Layout layout : Layout.values()) {
      Tensor t = Tensor.allocate(Arena.ofAuto(), shape, layout).copyFrom(x, Layout.NCHW);
      lrn.run(t, t, Workers.serial());
      float[] got = t.toArray(Layout.NCHW);
      for (int i = 0; i < got.length; i++) {
        double bound = LrnTest.errorBound(size, one.number("beta"), Math.abs(x[i] / expected[i]));
        // Rounding alpha to a float is an error of the same kind as that of one more term.
        assertEquals(expected[i], got[i], bound * Math.abs(expected[i]), one + " at " + i);
      }
    }
  }
}
