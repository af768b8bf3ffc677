package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ErrorSurvey.Data;
import dev.tilewise.internal.plan.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An alarm, not a law: errors stay near the largest ones that {@link ErrorSurvey} has seen, so that
 * a kernel that loses accuracy is noticed long before its bound.
 */
class TypicalErrorTest {

  /** The survey has not seen it. */
  private static final long SEED = 99;

  /** Beyond this many times the largest seen, data of wide range ring. */
  private static final double ALARM = 2;

  /**
   * The largest seen on data of wide range, relative to what the bound is relative to: by m from 2
   * and r from 2 on, as far as there are eight products.
   */
  private static final double[][] WIDE = {
    {1.1e-7, 8.5e-8, 7.3e-8, 4.2e-8, 7.0e-8, 1.2e-7},
    {6.9e-8, 2.2e-7, 6.2e-8, 1.4e-7, 9.1e-8},
    {6.4e-7, 4.3e-7, 2.0e-7, 1.4e-7},
    {5.6e-7, 5.2e-7, 2.4e-7},
    {1.5e-6, 6.9e-7},
  };

  private static final double WIDE_SUM = 1.2e-6;

  /** Some of the survey's, and some with few channels. */
  static Stream<String> layers() {
    return Stream.of(
        "n1c64h30w30 k16f1",
        "n1c8h40w40 k24f2",
        "n1c64h20w20 k24f2",
        "n1c3h40w40 k16f3p1",
        "n1c64h26w26 k24f3p1",
        "n1c256h14w14 k16f3p1",
        "n1c64h20w20 k24f4p1",
        "n1c48h20w20 k16f5p2",
        "n1c32h20w20 k24f6p2",
        "n1c32h20w20 k24f7p3",
        "n1c64h27w27 k16f3s2p1",
        "n1c3h59w59 k64f7s2p3",
        "n1c32h20w20 k24f1x7p0x3");
  }

  @ParameterizedTest
  @MethodSource("layers")
  void normalDataStaysBelowWhatAutoCountsWith(String layer) {
    ConvCase e = ConvCase.parse(layer);
    check(e, Data.NORMAL, a -> counted(a, e));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void positiveDataStaysBelowWhatAutoCountsWith(String layer) {
    ConvCase e = ConvCase.parse(layer);
    check(e, Data.POSITIVE, a -> counted(a, e));
  }

  private static double counted(Algorithm algorithm, ConvCase e) {
    return Candidate.valueOf(algorithm.name()).typicalError(e.geometry());
  }

  @ParameterizedTest
  @MethodSource("layers")
  void dataOfWideRangeStaysBelowTwiceTheLargestSeen(String layer) {
    ConvCase e = ConvCase.parse(layer);
    check(e, Data.WIDE, a -> ALARM * seenOnWideData(a, e));
  }

  private static double seenOnWideData(Algorithm algorithm, ConvCase e) {
    if (algorithm == Algorithm.DIRECT) {
      return WIDE_SUM;
    }
    int m = ConvData.tileSize(algorithm);
    int r = ErrorSurvey.taps(e);
    // Nine products and more are not accepted by default: their bound alone is checked.
    return m + r - 1 > 8 ? Double.POSITIVE_INFINITY : WIDE[m - 2][r - 2];
  }

  private static void check(ConvCase e, Data kind, ToDoubleFunction<Algorithm> most) {
    List<String> above = new ArrayList<>();
    ErrorSurvey.largest(e, kind, SEED)
        .forEach(
            (algorithm, error) -> {
              assertTrue(error > 0, algorithm + " " + e + ": no error at all was measured");
              if (error > most.applyAsDouble(algorithm)) {
                above.add(algorithm + ": " + error + " above " + most.applyAsDouble(algorithm));
              }
            });
    assertTrue(above.isEmpty(), e + " " + kind + ": " + above);
  }
}
