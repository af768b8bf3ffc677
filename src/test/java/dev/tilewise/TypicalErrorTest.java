package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.plan.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An alarm, not a law: the errors by which {@link Algorithm#AUTO} chooses are above the largest
 * ones seen, so that a kernel that loses accuracy is noticed long before its bound.
 */
class TypicalErrorTest {

  static Stream<String> layers() {
    return Stream.of(
        "n1c64h26w26 k24f3p1",
        "n1c256h14w14 k16f3p1",
        "n1c8h60w60 k16f3p1",
        "n1c48h20w20 k16f5p2",
        "n1c8h40w40 k16f5p2",
        "n1c64h27w27 k16f3s2p1",
        "n1c64h20w20 k24f2",
        "n1c8h40w40 k24f2",
        "n1c64h20w20 k24f4p1",
        "n1c8h40w40 k24f4p1",
        "n1c32h20w20 k24f6p2",
        "n1c32h20w20 k24f7p3",
        "n1c32h20w20 k24f8p3",
        "n1c32h20w20 k24f9p3",
        "n1c3h59w59 k64f7s2p3",
        "n1c3h59w59 k64f11s4p3",
        "n1c32h29w29 k16f5s2p2",
        "n1c32h20w20 k24f1x7p0x3",
        "n1c32h20w20 k24f3x1p1x0d2");
  }

  @ParameterizedTest
  @MethodSource("layers")
  void normalDataStaysBelowWhatAutoCountsWith(String layer) {
    check(ConvCase.parse(layer), false);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void positiveDataStaysBelowWhatAutoCountsWith(String layer) {
    check(ConvCase.parse(layer), true);
  }

  private static void check(ConvCase e, boolean positive) {
    Random random = new Random(11);
    float[] x = normal(random, (int) e.input().elements(), positive);
    float[] weights = normal(random, (int) ConvData.weightCount(e), positive);
    ConvData data = new ConvData(e, x, weights, null, null, Activation.IDENTITY);
    double[] exact = data.exact();
    double[] scale = data.scale();
    List<String> above = new ArrayList<>();
    for (Algorithm algorithm : ConvRun.all(e)) {
      if (algorithm == Algorithm.NAIVE) {
        continue;
      }
      float[] actual = ConvRun.run(algorithm, data);
      double worst = 0;
      for (int i = 0; i < exact.length; i++) {
        worst = Math.max(worst, Math.abs(actual[i] - exact[i]) / scale[i]);
      }
      double expected = Candidate.valueOf(algorithm.name()).typicalError(e.geometry());
      if (worst > expected) {
        above.add(algorithm + " " + worst + " above " + expected);
      }
      assertTrue(worst > 0, algorithm + " " + e + ": no error at all was measured");
    }
    assertTrue(above.isEmpty(), e + ": " + above);
  }

  private static float[] normal(Random random, int count, boolean positive) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float value = (float) random.nextGaussian();
      values[i] = positive ? Math.abs(value) : value;
    }
    return values;
  }
}
