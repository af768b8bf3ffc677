package dev.tilewise;

import static dev.tilewise.ConvRun.plan;
import static dev.tilewise.ConvRun.quickAlgorithms;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCases.Trial;
import java.lang.foreign.Arena;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.domains.Domain;

/**
 * Every algorithm against the definition, on random convolutions, in every kind of memory,
 * alignment, layout and team. Each run is on fenced tensors whose output holds NaN before, and is
 * repeated: see {@link ConvRun#run}.
 */
@Tag("widths")
@Domain(ConvCases.class)
class ConvolutionPropertyTest {

  @Property(tries = 1000)
  void everyOutputIsWithinTheDerivedBound(@ForAll Trial trial) {
    ConvData data = trial.data();
    double[] exact = data.exact();
    double[] scale = data.scale();
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ErrorBound bound = ErrorBound.of(plan(algorithm, data, Layout.NHWC));
      for (int i = 0; i < exact.length; i++) {
        double error = Math.abs(actual[i] - exact[i]);
        double limit = bound.at(scale[i]);
        assertTrue(error <= limit, algorithm + ": error " + error + " above " + limit);
      }
    }
  }

  @Property(tries = 1000)
  void everyAlgorithmGivesTheBitsOfTheNaiveLoop(@ForAll Trial trial) {
    ConvData data = trial.data();
    float[] expected = data.naive();
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ConvRun.same(algorithm, trial, expected, actual);
    }
  }

  @Property(tries = 1000)
  void wholeNumbersAreExact(@ForAll Trial trial) {
    ConvData data = trial.data(Values.INTEGERS);
    double[] exact = data.exact();
    float[] expected = new float[exact.length];
    for (int i = 0; i < exact.length; i++) {
      expected[i] = (float) exact[i];
    }
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ConvRun.sameNumbers(algorithm + " " + trial, expected, actual);
    }
  }

  @Property(tries = 1000)
  void nanAndInfinityPropagateAsInTheNaiveLoop(@ForAll Trial trial) {
    ConvData special = trial.data(Values.SPECIAL);
    // im2col multiplies its padding, so that an infinite weight there makes NaN: it gets finite
    // weights.
    ConvData finiteWeights =
        special.withWeights(trial.extents(), trial.bare(Values.UNIT).weights());
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      ConvData data = algorithm == Algorithm.IM2COL ? finiteWeights : special;
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ConvRun.same(algorithm, trial, data.naive(), actual);
    }
  }

  @Property(tries = 1000)
  void weightsOfPaddedTapsMayBeInfinite(@ForAll Trial trial) {
    ConvData data = trial.bare(Values.UNIT);
    float[] weights = data.weights().clone();
    ConvCase e = trial.extents();
    int taps = e.fh() * e.fw();
    for (int i = 0; i < weights.length; i++) {
      int tap = i % taps;
      boolean absent = absentEverywhere(e, tap / e.fw(), tap % e.fw());
      weights[i] = absent ? Float.POSITIVE_INFINITY : weights[i];
    }
    for (Algorithm algorithm : quickAlgorithms(e)) {
      if (algorithm != Algorithm.IM2COL) {
        ConvRun.same(
            algorithm,
            trial,
            ConvRun.run(algorithm, data, trial.setting()),
            ConvRun.run(algorithm, data.withWeights(e, weights), trial.setting()));
      }
    }
  }

  private static boolean absentEverywhere(ConvCase e, int fy, int fx) {
    boolean rowMet = false;
    for (int oy = 0; oy < e.oh(); oy++) {
      int iy = oy * e.sh() + fy * e.dh() - e.pt();
      rowMet |= iy >= 0 && iy < e.h();
    }
    boolean columnMet = false;
    for (int ox = 0; ox < e.ow(); ox++) {
      int ix = ox * e.sw() + fx * e.dw() - e.pl();
      columnMet |= ix >= 0 && ix < e.w();
    }
    return !rowMet || !columnMet;
  }

  @Property(tries = 1000)
  void scratchMayHoldAnything(@ForAll Trial trial) {
    ConvData data = trial.data();
    float[] expected = data.naive();
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      try (UnitRun run = new UnitRun(plan(algorithm, data, Layout.NHWC).forward(), trial.seed())) {
        ConvRun.same(algorithm, trial, expected, run.of(data));
        // What the units of another image leave behind: NaN everywhere.
        float[] nan = ConvRun.filled(data.x().length, Float.NaN);
        run.of(data.withInput(data.extents(), nan));
        ConvRun.same(algorithm, trial, expected, run.of(data));
      }
    }
  }

  @Property(tries = 1000)
  void threadsLayoutsAndMemoryChangeNoBit(@ForAll Trial trial) {
    ConvData data = trial.data();
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      float[] plain = ConvRun.run(algorithm, data);
      Setting one = trial.setting().with(Layout.NHWC);
      Setting other = trial.setting().with(Layout.NCHW).withThreads(one.threads() % 8 + 1);
      ConvRun.sameBits(algorithm + " " + one, plain, ConvRun.run(algorithm, data, one));
      ConvRun.sameBits(algorithm + " " + other, plain, ConvRun.run(algorithm, data, other));
    }
  }

  @Property(tries = 1000)
  void aPlanWithOtherWeightsIsAPlanOfThoseWeights(@ForAll Trial trial) {
    ConvData data = trial.data();
    float[] expected = data.naive();
    float[] others = data.weights().clone();
    Arrays.fill(others, Float.NaN);
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      ConvPlan plan = plan(algorithm, data.withWeights(data.extents(), others), Layout.NHWC);
      ConvPlan rebound = plan.withFilter(data.filter(), Arena.ofAuto());
      try (UnitRun run = new UnitRun(rebound.forward(), trial.seed())) {
        ConvRun.same(algorithm, trial, expected, run.of(data));
      }
    }
  }
}
