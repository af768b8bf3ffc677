package dev.tilewise;

import static dev.tilewise.ConvRun.plan;
import static dev.tilewise.WinogradCases.algorithms;
import static dev.tilewise.WinogradCases.applicable;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCases.Trial;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.domains.Domain;

/**
 * Winograd on random convolutions: within its bound of the definition, and the same bits always.
 */
@Tag("widths")
@Domain(ConvCases.class)
class WinogradPropertyTest {

  @Property(tries = 1000)
  void everyOutputIsWithinTheDerivedBound(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    double[] exact = data.exact();
    for (Algorithm algorithm : algorithms(trial)) {
      double[] scale = data.scale(algorithm);
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ErrorBound bound = ErrorBound.of(plan(algorithm, data, Layout.NHWC));
      double underflow = data.underflow(algorithm);
      for (int i = 0; i < exact.length; i++) {
        double error = Math.abs(actual[i] - exact[i]);
        double limit = bound.at(scale[i]) + underflow;
        assertTrue(error <= limit, algorithm + ": error " + error + " above " + limit);
      }
    }
  }

  @Property(tries = 1000)
  void wholeNumbersAreExact(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.bare(Values.INTEGERS);
    double[] exact = data.exact();
    for (Algorithm algorithm : algorithms(trial)) {
      float[] actual = ConvRun.run(algorithm, data);
      boolean always = algorithm == Algorithm.WINOGRAD_F2 && atMostThreeTaps(trial.extents());
      double bound = plan(algorithm, data, Layout.NHWC).errorBound();
      double limit = bound * Arrays.stream(data.scale(algorithm)).max().orElseThrow();
      for (int i = 0; i < exact.length; i++) {
        // F(2, 2) and F(2, 3) have fractions of 1/4 only; others round to the exact number where
        // their bound is below half a unit.
        double value = always || limit >= 0.5 ? actual[i] : Math.rint(actual[i]);
        assertEquals(exact[i], value, always || limit < 0.5 ? 0 : limit, algorithm + " " + trial);
      }
    }
  }

  private static boolean atMostThreeTaps(ConvCase e) {
    return (e.fh() + e.sh() - 1) / e.sh() <= 3 && (e.fw() + e.sw() - 1) / e.sw() <= 3;
  }

  @Property(tries = 1000)
  void threadsLayoutsAndMemoryChangeNoBit(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    for (Algorithm algorithm : algorithms(trial)) {
      float[] plain = ConvRun.run(algorithm, data);
      Setting one = trial.setting().with(Layout.NHWC);
      Setting other = trial.setting().with(Layout.NCHW).withThreads(one.threads() % 8 + 1);
      ConvRun.sameBits(algorithm + " " + one, plain, ConvRun.run(algorithm, data, one));
      ConvRun.sameBits(algorithm + " " + other, plain, ConvRun.run(algorithm, data, other));
    }
  }

  @Property(tries = 1000)
  void scratchMayHoldAnythingAndWeightsMayChange(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    float[] others = data.weights().clone();
    Arrays.fill(others, Float.NaN);
    for (Algorithm algorithm : algorithms(trial)) {
      float[] expected = ConvRun.run(algorithm, data);
      ConvPlan plan = plan(algorithm, data.withWeights(data.extents(), others), Layout.NHWC);
      ConvPlan rebound = plan.withFilter(data.filter(), Arena.ofAuto());
      try (UnitRun run = new UnitRun(rebound.forward(), trial.seed())) {
        ConvRun.sameBits(algorithm + " " + trial, expected, run.of(data));
        // What the units of another image leave behind: NaN everywhere.
        float[] nan = ConvRun.filled(data.x().length, Float.NaN);
        run.of(data.withInput(data.extents(), nan));
        ConvRun.sameBits(algorithm + " " + trial, expected, run.of(data));
      }
    }
  }

  @Property(tries = 300)
  void aBatchIsItsImages(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvCase e = trial.extents();
    ConvCase one =
        new ConvCase(
            1,
            e.c(),
            e.h(),
            e.w(),
            e.k(),
            e.groups(),
            e.fh(),
            e.fw(),
            e.sh(),
            e.sw(),
            e.pt(),
            e.pl(),
            e.pb(),
            e.pr(),
            e.dh(),
            e.dw());
    ConvData data = trial.bare(Values.UNIT);
    int size = e.c() * e.h() * e.w();
    for (Algorithm algorithm : algorithms(trial)) {
      float[] all = ConvRun.run(algorithm, data);
      for (int n = 0; n < e.n(); n++) {
        float[] image = Arrays.copyOfRange(data.x(), n * size, (n + 1) * size);
        float[] alone = ConvRun.run(algorithm, data.withInput(one, image));
        ConvRun.sameBits(
            algorithm + " image " + n,
            alone,
            Arrays.copyOfRange(all, n * alone.length, (n + 1) * alone.length));
      }
    }
  }

  /** AlexNet's first layer: phases of 3 x 3 taps, some without their last. */
  @Example
  void elevenTapsAndAStrideOfFour() {
    checkBound("n1c3h67w63 k20f11s4");
  }

  @Example
  void oneChannelOneFilterOnePixel() {
    checkBound("n1c1h1w1 k1f3p1");
    checkBound("n1c1h1w1 k1f3p2");
    checkBound("n3c1h2w1 k1f5p2");
  }

  @Example
  void manyChannelsAndFiltersBesideAVector() {
    checkBound("n1c1000h5w6 k65f3p1");
    checkBound("n1c65h9w4 k1000f3p1");
  }

  @Example
  void rectangularFiltersWithPaddingOnFourSides() {
    checkBound("n1c20h9w11 k17f1x3p0x1x2x3");
    checkBound("n2c17h11w9 k20f3x1p3x2x1x0");
    checkBound("n1c8h7w20 k9f1x7p1x5x0x2");
    checkBound("n1c12h20w7 k24g4f7x1p6x0x1x1");
  }

  @Example
  void mapsSmallerThanATile() {
    checkBound("n1c16h2w3 k16f3p1x0x0x1");
    checkBound("n1c33h1w4 k5f3x2p1x1x2x0");
    checkBound("n2c8h3w3 k8f3");
    checkBound("n1c6h5w4 k8g2f5p2s2");
  }

  @Example
  void smallWholeNumbersAreExactAfterRoundingWhateverTheTile() {
    for (String text : new String[] {"n1c1h17w19 k9f3p1", "n2c2h14w13 k17f3p1x0x2x1"}) {
      ConvCase e = ConvCase.parse(text);
      ConvData data = ConvData.random(e, Values.INTEGERS, 9, ConvCases.Surround.NOTHING);
      double[] exact = data.exact();
      for (Algorithm algorithm : ConvRun.WINOGRAD) {
        float[] actual = ConvRun.run(algorithm, data);
        double bound = plan(algorithm, data, Layout.NHWC).errorBound();
        double most = bound * Arrays.stream(data.scale(algorithm)).max().orElseThrow();
        assertTrue(most < 0.5, algorithm + " is proved exact after rounding: " + most);
        for (int i = 0; i < exact.length; i++) {
          double value = algorithm == Algorithm.WINOGRAD_F2 ? actual[i] : Math.rint(actual[i]);
          assertEquals(exact[i], value, 0, algorithm + " " + text);
        }
      }
    }
  }

  @Example
  void latticesWithFewerTilesThanTheFirst() {
    checkBound("n2c20h13w11 k17f3p3d4");
    checkBound("n1c5h9w9 k4f3p9d9");
  }

  private static void checkBound(String text) {
    ConvCase e = ConvCase.parse(text);
    ConvData data = ConvData.random(e, Values.UNIT, 5, ConvCases.Surround.NOTHING);
    double[] exact = data.exact();
    List<Algorithm> algorithms = ConvRun.all(e);
    algorithms.retainAll(ConvRun.WINOGRAD);
    assertTrue(algorithms.size() >= 3, algorithms.toString());
    for (Algorithm algorithm : algorithms) {
      double[] scale = data.scale(algorithm);
      float[] actual = ConvRun.run(algorithm, data);
      ErrorBound bound = ErrorBound.of(plan(algorithm, data, Layout.NHWC));
      for (int i = 0; i < exact.length; i++) {
        assertEquals(exact[i], actual[i], bound.at(scale[i]), algorithm.toString());
      }
    }
  }

  @Example
  void whatDoesNotApplySaysWhyAndWhatWould() {
    assertRejected("n1c4h9w9 k4f3s2d2", Algorithm.WINOGRAD_F4, "a stride and a dilation");
    assertRejected("n1c4h9w9 k4f1", Algorithm.WINOGRAD_F2, "1x1 with stride 1x1 has one tap");
    assertRejected("n1c4h9w9 k4f2s2", Algorithm.WINOGRAD_F2, "2x2 with stride 2x2 has one tap");
    assertRejected("n1c4h9w9 k4f7", Algorithm.WINOGRAD_F6, "F(6, 7) would take more than 10");
  }

  private static void assertRejected(String text, Algorithm algorithm, String reason) {
    ConvCase e = ConvCase.parse(text);
    ConvData data = ConvData.random(e, Values.UNIT, 1, ConvCases.Surround.NOTHING);
    String message =
        assertThrows(IllegalArgumentException.class, () -> plan(algorithm, data, Layout.NHWC))
            .getMessage();
    assertTrue(message.contains(reason) && message.contains("DIRECT"), message);
  }
}
