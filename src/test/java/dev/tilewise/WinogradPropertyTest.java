package dev.tilewise;

import static dev.tilewise.ConvRun.plan;
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

  /** Filter extent, stride, and how many Winograd algorithms apply. */
  private static final int[][] SQUARES = {
    {3, 1, 3}, {3, 1, 3}, {5, 1, 2}, {3, 2, 1}, {5, 2, 3}, {2, 1, 1}, {8, 3, 3}
  };

  private static int[] square(Trial t) {
    return SQUARES[(int) Math.floorMod(t.seed(), (long) SQUARES.length)];
  }

  /** The same trial with a square filter and a stride that have a transform, without dilation. */
  private static Trial applicable(Trial t) {
    ConvCase e = t.extents();
    int r = square(t)[0];
    int s = square(t)[1];
    // Groups and large filters each make one of the other extents smaller.
    int groups = s == 1 ? e.groups() : 1;
    int c = r == 8 ? Math.min(5, e.groupC()) : e.groupC();
    ConvCase square =
        new ConvCase(
            e.n(),
            groups * c,
            Math.max(e.h(), Math.max(1, r - e.pt() - e.pb())),
            Math.max(e.w(), Math.max(1, r - e.pl() - e.pr())),
            groups * (e.k() / e.groups()),
            groups,
            r,
            r,
            s,
            s,
            e.pt(),
            e.pl(),
            e.pb(),
            e.pr(),
            1,
            1);
    return new Trial(square, t.setting(), t.surround(), t.values(), t.seed());
  }

  private static List<Algorithm> algorithms(Trial trial) {
    List<Algorithm> winograd = ConvRun.all(trial.extents());
    winograd.retainAll(ConvRun.WINOGRAD);
    assertEquals(square(trial)[2], winograd.size(), trial.toString());
    return winograd;
  }

  @Property(tries = 1000)
  void everyOutputIsWithinTheDerivedBound(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    double[] exact = data.exact();
    double[] scale = data.tileScale();
    for (Algorithm algorithm : algorithms(trial)) {
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ErrorBound bound = ErrorBound.of(plan(algorithm, data, Layout.NHWC));
      for (int i = 0; i < exact.length; i++) {
        double error = Math.abs(actual[i] - exact[i]);
        // Underflow: each of the alpha^2 products and all transforms may lose 2^-150, amplified by
        // at most the sums of |AT|, squared: 2^20 covers F(6, 3).
        double limit = bound.at(scale[i]) + 0x1p-130;
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
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      boolean untouched =
          algorithm == Algorithm.WINOGRAD_F2
              && (trial.extents().fh() != 5 || trial.extents().sh() == 2);
      for (int i = 0; i < exact.length; i++) {
        // F(2, 3) has fractions of 1/4 only; the others are off by less than half a unit.
        float value = untouched ? actual[i] : Math.round(actual[i]);
        assertEquals(exact[i], value, 0.0, algorithm + " " + trial);
      }
    }
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
            1,
            1);
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
    ConvCase e = ConvCase.parse("n1c3h67w63 k20f11s4");
    ConvData data = ConvData.random(e, Values.UNIT, 5, ConvCases.Surround.NOTHING);
    double[] exact = data.exact();
    double[] scale = data.tileScale();
    for (Algorithm algorithm : ConvRun.WINOGRAD) {
      float[] actual = ConvRun.run(algorithm, data);
      ErrorBound bound = ErrorBound.of(plan(algorithm, data, Layout.NHWC));
      for (int i = 0; i < exact.length; i++) {
        assertEquals(exact[i], actual[i], bound.at(scale[i]), algorithm.toString());
      }
    }
  }

  @Example
  void whatDoesNotApplySaysWhyAndWhatWould() {
    assertRejected("n1c4h9w9 k4f3s2x1", Algorithm.WINOGRAD_F4, "equal strides, not 2x1");
    assertRejected("n1c4h9w9 k4f3s2g2", Algorithm.WINOGRAD_F4, "groups with stride 1 only");
    assertRejected("n1c4h9w9 k4f3s2", Algorithm.WINOGRAD_F6, "3x3 with stride 2");
    assertRejected("n1c4h9w9 k4f3d2", Algorithm.WINOGRAD_F2, "dilation 2x2");
    assertRejected("n1c4h9w9 k4f4", Algorithm.WINOGRAD_F2, "filters of 4x4 with stride 1");
    assertRejected("n1c4h9w9 k4f5", Algorithm.WINOGRAD_F6, "filters of 5x5");
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
