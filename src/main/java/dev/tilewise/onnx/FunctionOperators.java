package dev.tilewise.onnx;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
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
    all.put("Sqrt", plain("sqrt", Math::sqrt));
    all.put("Reciprocal", plain("reciprocal", x -> 1 / x));
    all.put("Erf", plain("erf", ErrorFunction::at));
    all.put("Abs", plain("abs", Math::abs, Math::abs));
    all.put("Neg", plain("neg", x -> -x, x -> -x));
    all.put("Floor", plain("floor", Math::floor, x -> x));
    all.put("Ceil", plain("ceil", Math::ceil, x -> x));
    all.put("Round", plain("round", Math::rint, x -> x));
    all.put("Sign", plain("sign", Math::signum, Long::signum));
    all.put("Sin", plain("sin", StrictMath::sin));
    all.put("Cos", plain("cos", StrictMath::cos));
  }

  private static Operator fixed(Elementwise function) {
    return of(node -> function);
  }

  private static Operator of(Function<OnnxNode, Elementwise> function) {
    return Operator.of(call -> call.builder().unary(call.x(), function.apply(call.node())));
  }

  private static Operator plain(String word, DoubleUnaryOperator function) {
    return Operator.of(call -> call.builder().unary(call.x(), word, function));
  }

  /** A function that makes integers of integers. */
  private static Operator plain(
      String word, DoubleUnaryOperator function, LongUnaryOperator whole) {
    return Operator.of(
        call ->
            call.x().isInteger()
                ? Integers.map(call, call.x(), whole)
                : call.builder().unary(call.x(), word, function));
  }

  private static Value selu(Call call) {
    float alpha = call.node().real("alpha", SELU_ALPHA);
    float gamma = call.node().real("gamma", SELU_GAMMA);
    return alpha == SELU_ALPHA && gamma == SELU_GAMMA
        ? call.builder().unary(call.x(), Elementwise.SELU)
        : call.builder()
            .unary(call.x(), "selu", x -> gamma * (x > 0 ? x : alpha * StrictMath.expm1(x)));
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
