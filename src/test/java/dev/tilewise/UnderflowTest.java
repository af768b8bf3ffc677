package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is lost below the normal range stays within the derived bound, whoever computes. */
class UnderflowTest {

  /** Exponents of inputs and weights: either are subnormal, or their products are. */
  private static final int[][] EXPONENTS = {
    {-137, 0}, {0, -137}, {-148, 6}, {-70, -70}, {-60, -80}
  };

  static Stream<Arguments> cases() {
    return Stream.of(
            "n1c1h8w8 k1f3",
            "n1c5h14w13 k9f3p1",
            "n2c4h15w15 k6f5p2",
            "n1c3h19w19 k5f7s2p3",
            "n1c6h17w15 k6g2f3d2p2",
            "n1c16h9w9 k16g16f3p1",
            "n1c1100h4w4 k3f1",
            "n1c120h6w6 k3f3p1")
        .map(ConvCase::parse)
        .flatMap(e -> ConvRun.all(e).stream().map(algorithm -> Arguments.of(e, algorithm)));
  }

  private static float[] numbers(SplittableRandom random, long count, int exponent) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.scalb(random.nextDouble(-1, 1), exponent);
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void errorsOfSubnormalNumbersAreWithinTheBound(ConvCase e, Algorithm algorithm) {
    for (int[] exponents : EXPONENTS) {
      for (int seed = 0; seed < 10; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] x = numbers(random, e.input().elements(), exponents[0]);
        float[] weights = numbers(random, ConvData.weightCount(e), exponents[1]);
        ConvData data = new ConvData(e, x, weights, null, null, Activation.IDENTITY);
        double bound = ConvRun.plan(algorithm, data, Layout.NHWC).errorBound();
        double[] exact = data.exact();
        double[] scale = data.scale(algorithm);
        float[] actual = ConvRun.run(algorithm, data);
        double underflow = data.underflow(algorithm);
        for (int i = 0; i < exact.length; i++) {
          double error = Math.abs(actual[i] - exact[i]);
          // The double reference has roundings of its own.
          double limit = (bound + 0x1p-40) * scale[i] + underflow;
          assertTrue(
              error <= limit,
              List.of(exponents[0], exponents[1], seed, i) + ": " + error + " above " + limit);
        }
      }
    }
  }
}
