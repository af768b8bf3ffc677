package dev.tilewise;

import dev.tilewise.internal.kernel.Clamp;
import dev.tilewise.internal.kernel.Curve;
import dev.tilewise.internal.kernel.Exponential;
import dev.tilewise.internal.kernel.ExponentialLinear;
import dev.tilewise.internal.kernel.HardLogistic;
import dev.tilewise.internal.kernel.HyperbolicTangent;
import dev.tilewise.internal.kernel.Leaky;
import dev.tilewise.internal.kernel.Logarithm;
import dev.tilewise.internal.kernel.Logistic;
import dev.tilewise.internal.kernel.Mish;
import dev.tilewise.internal.kernel.NormalGate;
import dev.tilewise.internal.kernel.Pairs;
import dev.tilewise.internal.kernel.Softplus;
import dev.tilewise.internal.kernel.Softsign;
import dev.tilewise.internal.kernel.TanhGate;
import dev.tilewise.internal.kernel.Threshold;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A function of one float, applied to every element of a tensor: an activation, or e^x and ln x. A
 * run and {@link #apply} give the same bits, whatever the vectors, threads, layout and memory. NaN
 * goes to NaN. {@code docs/numerics.md} derives the errors stated here; an ulp is the distance of
 * the floats around the exact value.
 *
 * <p>Sums and products of two tensors are here too: {@link #add} and {@link #multiply}.
 */
public final class Elementwise {

  /** e^x, within 2 ulp. */
  public static final Elementwise EXP = new Elementwise("exp", new Exponential());

  /** The natural logarithm, within 2 ulp; NaN of negative numbers. */
  public static final Elementwise LOG = new Elementwise("log", new Logarithm());

  /** {@code 1 / (1 + e^-x)}, within 2 ulp. */
  public static final Elementwise SIGMOID = new Elementwise("sigmoid", new Logistic(false));

  /** The hyperbolic tangent, within 2 ulp. */
  public static final Elementwise TANH = new Elementwise("tanh", new HyperbolicTangent());

  /** {@code x sigmoid(x)}, also called swish, within 3 ulp. */
  public static final Elementwise SILU = new Elementwise("silu", new Logistic(true));

  /** {@code x (1 + erf(x / sqrt 2)) / 2}, within 6 ulp. */
  public static final Elementwise GELU = new Elementwise("gelu", new NormalGate());

  /**
   * {@code x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2}; the error is at most 2.5 * 2^-24
   * |x|, or 2 ulp.
   */
  public static final Elementwise GELU_TANH = new Elementwise("gelu_tanh", new TanhGate());

  /** {@code x tanh(softplus(x))}, within 5 ulp. */
  public static final Elementwise MISH = new Elementwise("mish", new Mish());

  /** {@code log(1 + e^x)}, within 2 ulp. */
  public static final Elementwise SOFTPLUS = new Elementwise("softplus", new Softplus(1));

  /** {@code log(sigmoid(x)) = -softplus(-x)}, within 2 ulp. */
  public static final Elementwise LOG_SIGMOID = new Elementwise("log_sigmoid", new Softplus(-1));

  /** {@code x / (1 + |x|)}, within 1.5 ulp. */
  public static final Elementwise SOFTSIGN = new Elementwise("softsign", new Softsign());

  /** {@code max(0, x)}, with -0 kept. */
  public static final Elementwise RELU =
      new Elementwise("relu", new Clamp(0, Float.POSITIVE_INFINITY));

  /** {@code min(max(0, x), 6)}. */
  public static final Elementwise RELU6 = new Elementwise("relu6", new Clamp(0, 6));

  /** {@code min(max(0, x + 3), 6) / 6}, by way of {@code x * (1/6f) + 0.5}. */
  public static final Elementwise HARD_SIGMOID =
      new Elementwise("hard_sigmoid", new HardLogistic(1 / 6f, 0.5f, false));

  /** x times the hard sigmoid. */
  public static final Elementwise HARD_SWISH =
      new Elementwise("hard_swish", new HardLogistic(1 / 6f, 0.5f, true));

  /** The scaled exponential linear unit, with the constants of Klambauer et al. (2017). */
  public static final Elementwise SELU =
      new Elementwise(
          "selu",
          new ExponentialLinear(
              (float) (1.0507009873554805 * 1.6732632423543773), 1, (float) 1.0507009873554805));

  private static final List<Elementwise> CONSTANTS =
      List.of(
          EXP,
          LOG,
          SIGMOID,
          TANH,
          SILU,
          GELU,
          GELU_TANH,
          MISH,
          SOFTPLUS,
          LOG_SIGMOID,
          SOFTSIGN,
          RELU,
          RELU6,
          HARD_SIGMOID,
          HARD_SWISH,
          SELU,
          of(Activation.IDENTITY));

  /** Such as {@code elu(1.0)}: the name, the first number, and the second if there is one. */
  private static final Pattern CALL =
      Pattern.compile("(\\w+)[(\\[]([^,)\\]]+)(?:, ([^,)\\]]+))?[)\\]]");

  private static final Sweep.Body ADD =
      (shape, from, count, x, xOff, a, aOff, y, yOff) ->
          Pairs.add(x, xOff, a, aOff, y, yOff, count);

  private static final Sweep.Body MULTIPLY =
      (shape, from, count, x, xOff, a, aOff, y, yOff) ->
          Pairs.multiply(x, xOff, a, aOff, y, yOff, count);

  private final String name;
  private final Curve curve;
  private final Sweep.Body body;

  private Elementwise(String name, Curve curve) {
    this.name = name;
    this.curve = curve;
    body = (shape, from, count, x, xOff, a, aOff, y, yOff) -> curve.run(x, xOff, y, yOff, count);
  }

  /**
   * {@code x < 0 ? alpha (e^x - 1) : x}, within 2 ulp.
   *
   * @param alpha factor of the negative side
   * @return the function
   * @throws IllegalArgumentException if alpha is not finite
   */
  public static Elementwise elu(float alpha) {
    return new Elementwise(
        "elu(" + alpha + ")", new ExponentialLinear(finite("elu", "alpha", alpha), 1, 1));
  }

  /**
   * {@code x < 0 ? alpha (e^(x / alpha) - 1) : x}; x is multiplied by 1 / alpha, rounded.
   *
   * @param alpha where the negative side ends, above 0
   * @return the function
   * @throws IllegalArgumentException if alpha is not positive and finite, with a finite inverse
   */
  public static Elementwise celu(float alpha) {
    if (!(alpha > 0) || Float.isInfinite(alpha) || Float.isInfinite(1 / alpha)) {
      throw new IllegalArgumentException(
          "celu: alpha must be above 0 and finite, with a finite inverse, not " + alpha);
    }
    return new Elementwise("celu(" + alpha + ")", new ExponentialLinear(alpha, 1 / alpha, 1));
  }

  /**
   * {@code x < 0 ? alpha x : x}; for a slope of each channel there is {@link PerChannel#prelu}.
   *
   * @param alpha slope of the negative side
   * @return the function
   * @throws IllegalArgumentException if alpha is not finite
   */
  public static Elementwise leakyRelu(float alpha) {
    return new Elementwise(
        "leaky_relu(" + alpha + ")", new Leaky(finite("leaky_relu", "alpha", alpha)));
  }

  /**
   * {@code x > alpha ? x : 0}.
   *
   * @param alpha the largest number that becomes 0
   * @return the function
   * @throws IllegalArgumentException if alpha is not finite
   */
  public static Elementwise thresholdedRelu(float alpha) {
    return new Elementwise(
        "thresholded_relu(" + alpha + ")",
        new Threshold(finite("thresholded_relu", "alpha", alpha)));
  }

  /**
   * {@code min(max(0, alpha x + beta), 1)}, with one rounding.
   *
   * @param alpha slope of the middle piece
   * @param beta its value at 0
   * @return the function
   * @throws IllegalArgumentException if a number is not finite
   */
  public static Elementwise hardSigmoid(float alpha, float beta) {
    finite("hard_sigmoid", "alpha", alpha);
    finite("hard_sigmoid", "beta", beta);
    return new Elementwise(
        "hard_sigmoid(" + alpha + ", " + beta + ")", new HardLogistic(alpha, beta, false));
  }

  /**
   * The clamp of a convolution's epilogue, as a function of its own.
   *
   * @param activation the limits
   * @return the function
   */
  public static Elementwise of(Activation activation) {
    return new Elementwise(activation.toString(), new Clamp(activation.lo(), activation.hi()));
  }

  /**
   * Reads what {@link #toString} says, and nothing else: {@code elu(1)} is not how it writes 1.
   *
   * @param text such as {@code gelu}, {@code elu(1.0)} or {@code clamp[-1.0, 1.0]}
   * @return the function
   * @throws IllegalArgumentException if there is no such function, or it does not take the numbers
   */
  public static Elementwise parse(String text) {
    for (Elementwise constant : CONSTANTS) {
      if (constant.name.equals(text)) {
        return constant;
      }
    }
    Matcher call = CALL.matcher(Objects.requireNonNull(text, "text"));
    if (!call.matches()) {
      throw noFunction(text);
    }
    float first = number(text, call.group(2));
    String second = call.group(3);
    Elementwise function =
        switch (call.group(1) + (second == null ? "" : ",")) {
          case "elu" -> elu(first);
          case "celu" -> celu(first);
          case "leaky_relu" -> leakyRelu(first);
          case "thresholded_relu" -> thresholdedRelu(first);
          case "hard_sigmoid," -> hardSigmoid(first, number(text, second));
          case "clamp," -> of(Activation.clamp(first, number(text, second)));
          default -> throw noFunction(text);
        };
    if (!function.name.equals(text)) {
      throw noFunction(text);
    }
    return function;
  }

  private static float number(String text, String word) {
    try {
      return Float.parseFloat(word);
    } catch (NumberFormatException e) {
      throw noFunction(text);
    }
  }

  private static IllegalArgumentException noFunction(String text) {
    return new IllegalArgumentException("there is no function \"" + text + "\"");
  }

  private static float finite(String function, String what, float value) {
    if (!Float.isFinite(value)) {
      throw new IllegalArgumentException(function + ": " + what + " must be finite, not " + value);
    }
    return value;
  }

  /**
   * The function of one float, with the bits of a run.
   *
   * @param x argument
   * @return its value
   */
  public float apply(float x) {
    return curve.at(x);
  }

  /**
   * The function of every element. Allocates nothing.
   *
   * @param x arguments
   * @param y receives the values; x itself, or memory apart from it
   * @param workers who computes; memory of one thread and mapped files are done by the caller alone
   * @throws IllegalArgumentException if shapes or layouts differ, y is read-only, or y overlaps x
   *     without being it; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void run(Tensor x, Tensor y, Workers workers) {
    Sweep.run(name, body, x, x, y, workers);
  }

  /**
   * {@code y = a + b}, element by element.
   *
   * @param a one tensor
   * @param b the other
   * @param y receives the sums; a or b itself, or memory apart from them
   * @param workers who computes
   * @throws IllegalArgumentException as {@link #run}
   * @throws IllegalStateException as {@link #run}
   */
  public static void add(Tensor a, Tensor b, Tensor y, Workers workers) {
    Sweep.run("add", ADD, a, b, y, workers);
  }

  /**
   * {@code y = a * b}, element by element.
   *
   * @param a one tensor
   * @param b the other
   * @param y receives the products; a or b itself, or memory apart from them
   * @param workers who computes
   * @throws IllegalArgumentException as {@link #run}
   * @throws IllegalStateException as {@link #run}
   */
  public static void multiply(Tensor a, Tensor b, Tensor y, Workers workers) {
    Sweep.run("multiply", MULTIPLY, a, b, y, workers);
  }

  /** Whether the other is the same function with the same numbers. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Elementwise && curve.equals(((Elementwise) other).curve);
  }

  /** Of the function and its numbers. */
  @Override
  public int hashCode() {
    return Objects.hash(curve);
  }

  /** Its name and numbers, such as {@code elu(0.5)}. */
  @Override
  public String toString() {
    return name;
  }
}
