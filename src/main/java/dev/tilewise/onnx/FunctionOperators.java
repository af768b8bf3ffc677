package dev.tilewise.onnx;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/** Functions of one element. */
final class FunctionOperators {

  // Klambauer et al. (2017), rounded to floats as the default attributes are.
  private static final float SELU_ALPHA = 1.67326319217681884765625f;
  private static final float SELU_GAMMA = 1.05070102214813232421875f;

  private FunctionOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Relu", Operator.of(call -> call.builder().relu(call.x())));
    all.put("Clip", Operator.of(FunctionOperators::clip));
    all.put("Sigmoid", fixed(Elementwise.SIGMOID));
    all.put("Tanh", fixed(Elementwise.TANH));
    all.put("Exp", fixed(Elementwise.EXP));
    all.put("Log", fixed(Elementwise.LOG));
    all.put("HardSwish", fixed(Elementwise.HARD_SWISH));
    all.put("Mish", fixed(Elementwise.MISH));
    all.put("Softplus", fixed(Elementwise.SOFTPLUS));
    all.put("Softsign", fixed(Elementwise.SOFTSIGN));
    all.put("LeakyRelu", of(node -> Elementwise.leakyRelu(node.real("alpha", 0.01))));
    all.put("Elu", of(node -> Elementwise.elu(node.real("alpha", 1))));
    all.put("Celu", of(node -> Elementwise.celu(node.real("alpha", 1))));
    all.put("ThresholdedRelu", of(node -> Elementwise.thresholdedRelu(node.real("alpha", 1))));
    all.put(
        "HardSigmoid",
        of(node -> Elementwise.hardSigmoid(node.real("alpha", 0.2), node.real("beta", 0.5))));
    all.put(
        "Gelu",
        Operator.of(
            call ->
                call.builder()
                    .unary(
                        call.x(),
                        "tanh".equals(call.node().word("approximate", "none"))
                            ? Elementwise.GELU_TANH
                            : Elementwise.GELU),
            Operator.among("approximate", "none", "none", "tanh")));
    all.put("Selu", Operator.of(FunctionOperators::selu));
    all.put("Swish", Operator.of(FunctionOperators::swish));
    all.put("Sqrt", plain(PlainFunction.SQRT));
    all.put("Reciprocal", plain(PlainFunction.RECIPROCAL));
    all.put("Erf", plain(PlainFunction.ERF));
    all.put("Abs", plain(PlainFunction.ABS, Math::abs));
    all.put("Neg", plain(PlainFunction.NEG, x -> -x));
    all.put("Floor", plain(PlainFunction.FLOOR, x -> x));
    all.put("Ceil", plain(PlainFunction.CEIL, x -> x));
    all.put("Round", plain(PlainFunction.ROUND, x -> x));
    all.put("Sign", plain(PlainFunction.SIGN, Long::signum));
    all.put("Sin", plain(PlainFunction.SIN));
    all.put("Cos", plain(PlainFunction.COS));
  }

  private static Operator fixed(Elementwise function) {
    return of(node -> function);
  }

  private static Operator of(Function<OnnxNode, Elementwise> function) {
    return Operator.of(call -> call.builder().unary(call.x(), function.apply(call.node())));
  }

  private static Operator plain(PlainFunction function) {
    return Operator.of(call -> call.builder().unary(call.x(), function));
  }

  /** A function that makes integers of integers. */
  private static Operator plain(PlainFunction function, LongUnaryOperator whole) {
    return Operator.of(
        call ->
            call.x().isInteger()
                ? Integers.map(call, call.x(), whole)
                : call.builder().unary(call.x(), function));
  }

  private static Value selu(Call call) {
    float alpha = call.node().real("alpha", SELU_ALPHA);
    float gamma = call.node().real("gamma", SELU_GAMMA);
    GraphBuilder b = call.builder();
    return alpha == SELU_ALPHA && gamma == SELU_GAMMA
        ? b.unary(call.x(), Elementwise.SELU)
        : b.multiply(b.unary(call.x(), Elementwise.elu(alpha)), call.scalar(gamma));
  }

  private static Value swish(Call call) {
    float alpha = call.node().real("alpha", 1);
    GraphBuilder b = call.builder();
    if (alpha == 1) {
      return b.unary(call.x(), Elementwise.SILU);
    }
    Value scaled = b.multiply(call.x(), call.scalar(alpha));
    return b.multiply(call.x(), b.unary(scaled, Elementwise.SIGMOID));
  }

  /** {@code min(max(x, lo), hi)}, which is hi wherever lo is above it. */
  private static Value clip(Call call) {
    GraphBuilder b = call.builder();
    Value lo = call.optional(1);
    Value hi = call.optional(2);
    boolean known = (lo == null || lo.isConstant()) && (hi == null || hi.isConstant());
    if (known && !call.x().isInteger()) {
      float top = call.real("max", 2, Float.POSITIVE_INFINITY);
      float bottom = Math.min(top, call.real("min", 1, Float.NEGATIVE_INFINITY));
      return b.activation(call.x(), Activation.clamp(bottom, top));
    }
    Value raised = lo == null ? call.x() : ArithmeticOperators.max(call, call.x(), lo);
    return hi == null ? raised : ArithmeticOperators.min(call, raised, hi);
  }
}
