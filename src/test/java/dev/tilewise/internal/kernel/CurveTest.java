package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every function against StrictMath in double, for every sign and exponent with many mantissas; and
 * its vectors against its plain Java, bit for bit.
 */
@Tag("widths")
class CurveTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  /** Mantissas for each of the 512 combinations of sign and exponent. */
  private static final int MANTISSAS = 2048;

  private static final int POINTS = 512 * MANTISSAS;

  private static final float SELU_SCALE = 1.05070098735548f;
  private static final float SELU_LOW = 1.05070098735548f * 1.67326324235438f;

  /**
   * A function with its proved or promised error.
   *
   * @param curve the function
   * @param exact its values in double, for finite arguments
   * @param ulps largest error, ulps of the exact value
   * @param ofArgument or, where that is more, this times the argument
   * @param values at -infinity, -0, 0, infinity
   */
  private record Promise(
      Curve curve, DoubleUnaryOperator exact, double ulps, double ofArgument, float... values) {

    @Override
    public String toString() {
      return curve.toString();
    }
  }

  private static double logistic(double x) {
    double z = StrictMath.exp(-StrictMath.abs(x));
    return (x < 0 ? z : 1) / (1 + z);
  }

  private static double softplus(double x) {
    return StrictMath.max(x, 0) + StrictMath.log1p(StrictMath.exp(-StrictMath.abs(x)));
  }

  private static double mish(double x) {
    double w = StrictMath.exp(StrictMath.min(x, 50));
    return x * (w * (w + 2) / (w * (w + 2) + 2));
  }

  /** The normal distribution function, by its power series or its continued fraction. */
  private static double normal(double x) {
    double density = StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * StrictMath.PI);
    if (x < -3) {
      double fraction = -x;
      for (int k = 200; k > 0; k--) {
        fraction = -x + k / fraction;
      }
      return density / fraction;
    }
    if (x > 10) {
      return 1;
    }
    double term = x;
    double sum = x;
    for (int k = 3; StrictMath.abs(term) > 1e-18 * StrictMath.abs(sum); k += 2) {
      term *= x * x / k;
      sum += term;
    }
    return 0.5 + density * sum;
  }

  private static double elu(double x, double low, double rate, double high) {
    return x < 0 ? low * StrictMath.expm1((float) rate * x) : high * x;
  }

  private static final List<Promise> PROMISES =
      List.of(
          new Promise(new Exponential(), StrictMath::exp, 1.1, 0, 0f, 1f, 1f, INFINITY),
          new Promise(
              new Logarithm(), StrictMath::log, 1, 0, Float.NaN, -INFINITY, -INFINITY, INFINITY),
          new Promise(new HyperbolicTangent(), StrictMath::tanh, 2, 0, -1f, -0f, 0f, 1f),
          new Promise(new Logistic(false), CurveTest::logistic, 1.7, 0, 0f, 0.5f, 0.5f, 1f),
          new Promise(new Logistic(true), x -> x * logistic(x), 2.5, 0, -0f, -0f, 0f, INFINITY),
          new Promise(new NormalGate(), x -> x * normal(x), 6, 0, 0f, -0f, 0f, INFINITY),
          new Promise(
              new TanhGate(),
              x -> x * logistic(x * (1.5957691216057308 + 0.07135481627260025 * x * x)),
              2,
              2.5 * 0x1p-24,
              -0f,
              -0f,
              0f,
              INFINITY),
          new Promise(
              new Softplus(1), CurveTest::softplus, 1.7, 0, 0f, 0.6931472f, 0.6931472f, INFINITY),
          new Promise(
              new Softplus(-1),
              x -> -softplus(-x),
              1.7,
              0,
              -INFINITY,
              -0.6931472f,
              -0.6931472f,
              -0f),
          new Promise(new Mish(), CurveTest::mish, 4.5, 0, -0f, -0f, 0f, INFINITY),
          new Promise(new Softsign(), x -> x / (1 + StrictMath.abs(x)), 1.5, 0, -1f, -0f, 0f, 1f),
          new Promise(
              new ExponentialLinear(1, 1, 1), x -> elu(x, 1, 1, 1), 1, 0, -1f, -0f, 0f, INFINITY),
          new Promise(
              new ExponentialLinear(SELU_LOW, 1, SELU_SCALE),
              x -> elu(x, SELU_LOW, 1, SELU_SCALE),
              2,
              0,
              -SELU_LOW,
              -0f,
              0f,
              INFINITY),
          // CELU(0.3): the product in the exponent is rounded, which is one ulp more.
          new Promise(
              new ExponentialLinear(0.3f, 1 / 0.3f, 1),
              x -> elu(x, 0.3f, 1 / 0.3f, 1),
              3,
              0,
              -0.3f,
              -0f,
              0f,
              INFINITY),
          new Promise(
              new Clamp(0, 6), x -> StrictMath.min(x < 0 ? 0 : x, 6), 0, 0, 0f, -0f, 0f, 6f),
          new Promise(
              new Leaky(0.01f), x -> x < 0 ? 0.01f * x : x, 0.5, 0, -INFINITY, -0f, 0f, INFINITY),
          new Promise(new Threshold(1), x -> x > 1 ? x : 0, 0, 0, 0f, 0f, 0f, INFINITY),
          new Promise(
              new HardLogistic(0.25f, 0.5f, false),
              x -> StrictMath.clamp(0.25 * x + 0.5, 0, 1),
              0.5,
              0,
              0f,
              0.5f,
              0.5f,
              1f),
          new Promise(
              new HardLogistic(0.25f, 0.5f, true),
              x -> x * StrictMath.clamp(0.25 * x + 0.5, 0, 1),
              1.5,
              0,
              0f,
              -0f,
              0f,
              INFINITY));

  /** All signs and exponents; mantissas spread, with the ends and some at random. */
  private static float point(int i, SplittableRandom random) {
    int mantissa =
        switch (i % MANTISSAS) {
          case 0 -> 0;
          case 1 -> 1;
          case 2 -> (1 << 23) - 1;
          default -> i % MANTISSAS << 12 | random.nextInt(1 << 12);
        };
    return Float.intBitsToFloat(i / MANTISSAS << 23 | mantissa);
  }

  private static final class Points {
    private static final MemorySegment X = Arena.global().allocate((long) POINTS * Float.BYTES, 64);
    private static final MemorySegment Y = Arena.global().allocate((long) POINTS * Float.BYTES, 64);

    static {
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < POINTS; i++) {
        X.setAtIndex(FLOAT, i, point(i, random));
      }
    }
  }

  private static Stream<DynamicTest> tests(java.util.function.Consumer<Promise> test) {
    return PROMISES.stream()
        .map(one -> DynamicTest.dynamicTest(one.toString(), () -> test.accept(one)));
  }

  @TestFactory
  Stream<DynamicTest> theErrorIsWithinThePromise() {
    return tests(
        promise -> {
          double worst = 0;
          float at = 0;
          for (int i = 0; i < POINTS; i++) {
            float x = Points.X.getAtIndex(FLOAT, i);
            if (Float.isFinite(x)) {
              double share = share(promise, x);
              if (share > worst) {
                worst = share;
                at = x;
              }
            }
          }
          assertTrue(
              worst <= 1,
              promise
                  + ": "
                  + worst * promise.ulps
                  + " ulp at "
                  + at
                  + ": "
                  + promise.curve.at(at));
        });
  }

  /** The error as a share of what is promised. */
  private static double share(Promise promise, float x) {
    double exact = promise.exact.applyAsDouble(x);
    float got = promise.curve.at(x);
    if (Double.isNaN(exact) || Double.isInfinite(exact) || got == exact) {
      return Double.compare(got, exact) == 0 || got == exact ? 0 : INFINITY;
    }
    // Half an ulp beyond the largest float a result rounds to infinity.
    if (Float.isInfinite(got)) {
      got = Math.copySign(INFINITY, got);
      return Math.abs(exact) >= Float.MAX_VALUE && Math.signum(got) == Math.signum(exact)
          ? 0
          : INFINITY;
    }
    int exponent = Math.max(Math.getExponent(exact), Float.MIN_EXPONENT);
    double ulp = Math.scalb(1.0, exponent - 23);
    double allowed = Math.max(promise.ulps * ulp, promise.ofArgument * Math.abs(x));
    // Exact functions have a reference without an error.
    double error = Math.abs(got - exact);
    return allowed == 0 ? (error == 0 ? 0 : INFINITY) : error / allowed;
  }

  @TestFactory
  Stream<DynamicTest> vectorsHaveTheBitsOfPlainJava() {
    return tests(
        promise -> {
          promise.curve.run(Points.X, 0, Points.Y, 0, POINTS);
          for (int i = 0; i < POINTS; i++) {
            float x = Points.X.getAtIndex(FLOAT, i);
            requireBits(promise, x, Points.Y.getAtIndex(FLOAT, i));
          }
        });
  }

  private static void requireBits(Promise promise, float x, float got) {
    float expected = promise.curve.at(x);
    // Equal bits, but any NaN for a NaN.
    if (Float.floatToIntBits(got) != Float.floatToIntBits(expected)) {
      fail(promise + " of " + x + ": vectors give " + got + ", plain Java " + expected);
    }
  }

  @TestFactory
  Stream<DynamicTest> specialValues() {
    return tests(
        promise -> {
          float[] x = {-INFINITY, -0f, 0f, INFINITY};
          for (int i = 0; i < x.length; i++) {
            assertEquals(promise.values[i], promise.curve.at(x[i]), promise + " of " + x[i]);
          }
          assertTrue(Float.isNaN(promise.curve.at(Float.NaN)), promise + " of NaN");
        });
  }

  /** Any count and any place, in place too; nothing beside the run is written. */
  @TestFactory
  Stream<DynamicTest> runsOfAnyLengthAnywhere() {
    SplittableRandom random = new SplittableRandom(2);
    return tests(
        promise -> {
          for (int round = 0; round < 200; round++) {
            int count = random.nextInt(70);
            int from = random.nextInt(20);
            int to = round % 2 == 0 ? from : random.nextInt(20);
            MemorySegment x = Arena.ofAuto().allocate(100 * Float.BYTES, 64);
            for (int i = 0; i < 100; i++) {
              x.setAtIndex(FLOAT, i, (random.nextInt(1 << 24) - (1 << 23)) * 0x1p-20f);
            }
            float[] before = x.toArray(FLOAT);
            MemorySegment y = round % 2 == 0 ? x : Arena.ofAuto().allocate(100 * Float.BYTES, 64);
            float[] beside = y.toArray(FLOAT);
            promise.curve.run(x, from * 4L, y, to * 4L, count);
            for (int i = 0; i < 100; i++) {
              float got = y.getAtIndex(FLOAT, i);
              if (i >= to && i < to + count) {
                requireBits(promise, before[i - to + from], got);
              } else {
                assertEquals(beside[i], got, promise + " beside the run");
              }
            }
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> nothingIsAllocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return tests(
        promise -> {
          long end = System.nanoTime() + 20_000_000_000L;
          long bytes = 1;
          while (bytes > 0 && System.nanoTime() < end) {
            bytes = -threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20; i++) {
              promise.curve.run(Points.X, 4, Points.Y, 4, 1013);
            }
            bytes += threads.getCurrentThreadAllocatedBytes();
          }
          assertEquals(0, bytes, promise.toString());
        });
  }

  @Test
  void heapMemoryIsRefused() {
    MemorySegment heap = MemorySegment.ofArray(new float[16]);
    for (Promise promise : PROMISES) {
      assertThrows(
          IllegalArgumentException.class, () -> promise.curve.run(heap, 0, Points.Y, 0, 16));
      assertThrows(
          IllegalArgumentException.class, () -> promise.curve.run(Points.X, 0, heap, 0, 16));
    }
  }
}
