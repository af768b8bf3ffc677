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

  /**
   * Filter extent, stride, dilation of one dimension: the pairs are chosen independently for both,
   * so that one-dimensional transforms occur.
   */
  private static final int[][] AXES = {
    {3, 1, 1},
    {3, 1, 1},
    {3, 1, 1},
    {5, 1, 1},
    {3, 2, 1},
    {1, 1, 1},
    {3, 1, 2},
    {7, 2, 1},
    {2, 1, 1},
    {7, 1, 1},
    {5, 2, 1},
    {4, 1, 3},
    {8, 3, 1},
    {1, 2, 2},
    {6, 1, 1}
  };

  /** The same trial with extents that have a transform. */
  private static Trial applicable(Trial t) {
    ConvCase e = t.extents();
    long seed = t.seed() >>> 1;
    int[] down = AXES[(int) (seed % AXES.length)];
    int[] across = seed / AXES.length % 2 == 0 ? down : AXES[(int) (seed / 64 % AXES.length)];
    if (taps(down) == 1 && taps(across) == 1) {
      down = AXES[0];
    }
    // Large filters make the other extents smaller.
    int c = down[0] * across[0] > 25 ? Math.min(5, e.groupC()) : e.groupC();
    ConvCase filtered =
        new ConvCase(
            e.n(),
            e.groups() * c,
            Math.max(e.h(), Math.max(1, window(down) - e.pt() - e.pb())),
            Math.max(e.w(), Math.max(1, window(across) - e.pl() - e.pr())),
            e.k(),
            e.groups(),
            down[0],
            across[0],
            down[1],
            across[1],
            e.pt(),
            e.pl(),
            e.pb(),
            e.pr(),
            down[2],
            across[2]);
    return new Trial(filtered, t.setting(), t.surround(), t.values(), t.seed());
  }

  private static int taps(int[] axis) {
    return (axis[0] + axis[1] - 1) / axis[1];
  }

  private static int window(int[] axis) {
    return (axis[0] - 1) * axis[2] + 1;
  }

  private static List<Algorithm> algorithms(Trial trial) {
    List<Algorithm> winograd = ConvRun.all(trial.extents());
    winograd.retainAll(ConvRun.WINOGRAD);
    ConvCase e = trial.extents();
    int most = Math.max((e.fh() + e.sh() - 1) / e.sh(), (e.fw() + e.sw() - 1) / e.sw());
    assertEquals(Math.min(5, 10 - most), winograd.size(), trial.toString());
    // Two of them each time.
    int first = (int) Math.floorMod(trial.seed(), (long) winograd.size());
    int second = (int) Math.floorMod(trial.seed() / 7 + 1, (long) winograd.size());
    return first == second
        ? List.of(winograd.get(first))
        : List.of(winograd.get(first), winograd.get(second));
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
        // at most the sums of |AT|, squared: 2^20 covers F(6, 5).
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
      float[] actual = ConvRun.run(algorithm, data);
      boolean always = algorithm == Algorithm.WINOGRAD_F2 && atMostThreeTaps(trial.extents());
      double bound = plan(algorithm, data, Layout.NHWC).errorBound();
      double limit = bound * Arrays.stream(data.tileScale()).max().orElseThrow();
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
  void latticesWithFewerTilesThanTheFirst() {
    checkBound("n2c20h13w11 k17f3p3d4");
    checkBound("n1c5h9w9 k4f3p9d9");
  }

  private static void checkBound(String text) {
    ConvCase e = ConvCase.parse(text);
    ConvData data = ConvData.random(e, Values.UNIT, 5, ConvCases.Surround.NOTHING);
    double[] exact = data.exact();
    double[] scale = data.tileScale();
    List<Algorithm> algorithms = ConvRun.all(e);
    algorithms.retainAll(ConvRun.WINOGRAD);
    assertTrue(algorithms.size() >= 4, algorithms.toString());
    for (Algorithm algorithm : algorithms) {
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
