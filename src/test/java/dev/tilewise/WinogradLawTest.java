package dev.tilewise;

import static dev.tilewise.WinogradCases.algorithms;
import static dev.tilewise.WinogradCases.applicable;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCases.Trial;
import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.internal.plan.Verdict;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;

/**
 * The laws of convolution for algorithms that round differences. Where both sides transform the
 * same numbers they hold bit for bit; elsewhere two runs differ by at most the sum of their bounds,
 * each at its own scale.
 */
@Domain(ConvCases.class)
class WinogradLawTest {

  /** Keeps laws cheap that compute more outputs, or more terms, than the drawn case. */
  private static final long MOST_WORK = 1_000_000;

  /**
   * What an algorithm made, and by how much each output may be off.
   *
   * @param y outputs
   * @param limits of the same places; rounded up
   */
  private record Outcome(Nhwc y, Nhwc limits) {

    static Outcome of(Algorithm algorithm, ConvData data, Setting setting) {
      ErrorBound bound = ErrorBound.of(ConvRun.plan(algorithm, data, Layout.NHWC));
      double[] scale = data.scale(algorithm);
      float[] limits = new float[scale.length];
      double underflow = data.underflow(algorithm);
      for (int i = 0; i < limits.length; i++) {
        limits[i] = Math.nextUp((float) (bound.at(scale[i]) + underflow));
      }
      Shape shape = data.extents().output();
      float[] y = ConvRun.run(algorithm, data, setting);
      return new Outcome(new Nhwc(shape, y), new Nhwc(shape, limits));
    }

    Outcome map(int h, int w, Nhwc.Place row, Nhwc.Place column) {
      return new Outcome(y.map(h, w, row, column), limits.map(h, w, row, column));
    }

    Outcome transposed() {
      return new Outcome(y.transposed(), limits.transposed());
    }

    void near(Object what, Outcome other) {
      for (int i = 0; i < y.values().length; i++) {
        double error = Math.abs((double) y.values()[i] - other.y.values()[i]);
        double limit = (double) limits.values()[i] + other.limits.values()[i];
        assertTrue(error <= limit, what + ": output " + i + " differs by " + error);
      }
    }

    /** This is the sum of the other two. */
    void isSum(Object what, Outcome a, Outcome b) {
      for (int i = 0; i < y.values().length; i++) {
        double sum = (double) a.y.values()[i] + b.y.values()[i];
        double error = Math.abs(sum - y.values()[i]);
        double limit = (double) limits.values()[i] + a.limits.values()[i] + b.limits.values()[i];
        assertTrue(error <= limit, what + ": output " + i + " differs by " + error);
      }
    }
  }

  /** The algorithm itself, or DIRECT where the other side of a law has too many taps for it. */
  private static Algorithm orDirect(Algorithm algorithm, ConvCase e) {
    Verdict verdict = Candidate.valueOf(algorithm.name()).judge(e.geometry());
    return verdict instanceof Verdict.Accept ? algorithm : Algorithm.DIRECT;
  }

  @Property(tries = 200)
  void linearInTheInput(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData first = trial.bare(Values.UNIT).withInput(trial.extents(), multiples(trial, 0));
    ConvData second = first.withInput(trial.extents(), multiples(trial, 1));
    ConvData both = first.withInput(trial.extents(), sum(first.x(), second.x()));
    isLinear(trial, first, second, both);
  }

  @Property(tries = 200)
  void linearInTheWeights(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvCase e = trial.extents();
    ConvData plain = trial.bare(Values.UNIT);
    ConvData first = plain.withWeights(e, rounded(plain.weights()));
    float[] others = Values.UNIT.array(new SplittableRandom(~trial.seed()), first.weights().length);
    ConvData second = plain.withWeights(e, rounded(others));
    isLinear(trial, first, second, plain.withWeights(e, sum(first.weights(), second.weights())));
  }

  private static void isLinear(Trial trial, ConvData first, ConvData second, ConvData both) {
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome a = Outcome.of(algorithm, first, trial.setting());
      Outcome b = Outcome.of(algorithm, second, trial.setting());
      Outcome.of(algorithm, both, trial.setting()).isSum(algorithm + " " + trial, a, b);
    }
  }

  private static float[] multiples(Trial trial, int which) {
    SplittableRandom random = new SplittableRandom(trial.seed() + which);
    return rounded(Values.UNIT.array(random, trial.extents().input().elements()));
  }

  /** Multiples of 2^-22 below 1 in magnitude: their sums are floats. */
  private static float[] rounded(float[] values) {
    float[] multiples = new float[values.length];
    for (int i = 0; i < multiples.length; i++) {
      multiples[i] = (float) (Math.rint(values[i] * 0x1p22) * 0x1p-22);
    }
    return multiples;
  }

  private static float[] sum(float[] a, float[] b) {
    float[] sum = new float[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  @Property(tries = 200)
  void aPowerOfTwoScalesEveryBit(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.bare(Values.UNIT);
    float[] larger = data.x().clone();
    float[] heavier = data.weights().clone();
    scale(larger, 0x1p9f);
    scale(heavier, 0x1p-4f);
    ConvData scaled = data.withInput(data.extents(), larger).withWeights(data.extents(), heavier);
    for (Algorithm algorithm : algorithms(trial)) {
      float[] expected = ConvRun.run(algorithm, data, trial.setting());
      scale(expected, 0x1p5f);
      float[] actual = ConvRun.run(algorithm, scaled, trial.setting());
      ConvRun.sameBits(algorithm + " " + trial, expected, actual);
    }
  }

  private static void scale(float[] values, float factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  @Property(tries = 200)
  void impulseFilterCopiesTheInput(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvCase e = trial.extents();
    ConvData data = trial.bare(Values.WIDE);
    SplittableRandom random = new SplittableRandom(~trial.seed());
    float[] weights = new float[data.weights().length];
    float[] expected = new float[Math.toIntExact(e.output().elements())];
    int taps = e.fh() * e.fw();
    for (int k = 0; k < e.k(); k++) {
      int c = random.nextInt(e.groupC());
      int tap = random.nextInt(taps);
      weights[(k * e.groupC() + c) * taps + tap] = 1;
      int y0 = tap / e.fw() * e.dh() - e.pt();
      int x0 = tap % e.fw() * e.dw() - e.pl();
      Nhwc copied =
          new Nhwc(e.input(), data.x())
              .channels(k / (e.k() / e.groups()) * e.groupC() + c, 1)
              .map(e.oh(), e.ow(), oy -> oy * e.sh() + y0, ox -> ox * e.sw() + x0);
      for (int i = 0; i < copied.values().length; i++) {
        expected[i * e.k() + k] = copied.values()[i];
      }
    }
    Nhwc copies = new Nhwc(e.output(), expected);
    Outcome exact = new Outcome(copies, new Nhwc(e.output(), new float[expected.length]));
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome.of(algorithm, data.withWeights(e, weights), trial.setting())
          .near(algorithm + " " + trial, exact);
    }
  }

  @Property(tries = 200)
  void aShiftedInputGivesAShiftedOutput(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = framed(trial.data().withResidual(null));
    ConvCase e = data.extents();
    int down = (int) Long.remainderUnsigned(trial.seed(), e.oh());
    int across = (int) Long.remainderUnsigned(trial.seed() >>> 32, e.ow());
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome whole = Outcome.of(algorithm, data, trial.setting());
      shifted(algorithm, data, trial, down, across).near(trial, moved(whole, down, across));
      // By whole tiles: every tile meets the same numbers, in another block and another stack. The
      // last outputs may have smaller tiles in one of the two (WinogradCut).
      int tile = ConvData.tileSize(algorithm);
      int tilesDown = down - down % (tile * e.dh());
      int tilesAcross = across - across % (tile * e.dw());
      int rows = e.oh() - tilesDown - 2 * tile;
      int columns = e.ow() - tilesAcross - 2 * tile;
      if (rows > 0 && columns > 0) {
        Nhwc moved = moved(whole, tilesDown, tilesAcross).y;
        Nhwc shifted = shifted(algorithm, data, trial, tilesDown, tilesAcross).y;
        ConvRun.sameBits(
            algorithm + " " + trial,
            moved.map(rows, columns, y -> y, x -> x).values(),
            shifted.map(rows, columns, y -> y, x -> x).values());
      }
    }
  }

  private static Outcome moved(Outcome whole, int down, int across) {
    Shape s = whole.y.shape();
    return whole.map(s.h() - down, s.w() - across, y -> y + down, x -> x + across);
  }

  private static Outcome shifted(
      Algorithm algorithm, ConvData data, Trial trial, int down, int across) {
    ConvCase e = data.extents();
    int h = e.h() - down * e.sh();
    int w = e.w() - across * e.sw();
    Nhwc rest =
        new Nhwc(e.input(), data.x()).map(h, w, y -> y + down * e.sh(), x -> x + across * e.sw());
    ConvCase smaller = CaseWith.of(e).size(h, w).done();
    return Outcome.of(algorithm, data.withInput(smaller, rest.values()), trial.setting());
  }

  @Property(tries = 200)
  void paddingIsATensorWithZerosAround(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    ConvData explicit = framed(data);
    for (Algorithm algorithm : algorithms(trial)) {
      // The same numbers are transformed; only a zero may have the other sign.
      float[] expected = ConvRun.run(algorithm, explicit, trial.setting());
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ConvRun.sameNumbers(algorithm + " " + trial, expected, actual);
    }
  }

  /** The same convolution of an input with its padding around it. */
  private static ConvData framed(ConvData data) {
    ConvCase e = data.extents();
    int h = e.h() + e.pt() + e.pb();
    int w = e.w() + e.pl() + e.pr();
    Nhwc framed = new Nhwc(e.input(), data.x()).map(h, w, y -> y - e.pt(), x -> x - e.pl());
    ConvCase without = CaseWith.of(e).size(h, w).padding(0, 0, 0, 0).done();
    return data.withInput(without, framed.values());
  }

  @Property(tries = 200)
  void aStrideSubsamplesStrideOne(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvCase strided = trial.extents();
    if (CaseWith.of(strided).stride(1, 1).done().macs() > MOST_WORK) {
      strided = CaseWith.of(strided).filters(strided.groups()).batch(1).done();
    }
    ConvCase e = strided;
    ConvData data = ConvData.random(e, trial.values(), trial.seed(), trial.surround());
    data = data.withResidual(null);
    ConvCase dense = CaseWith.of(e).stride(1, 1).done();
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome every =
          Outcome.of(orDirect(algorithm, dense), data.withInput(dense, data.x()), trial.setting());
      Outcome.of(algorithm, data, trial.setting())
          .near(
              algorithm + " " + trial, every.map(e.oh(), e.ow(), y -> y * e.sh(), x -> x * e.sw()));
    }
  }

  @Property(tries = 200)
  void dilationIsAFilterWithZerosBetween(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    ConvCase e = data.extents();
    int fh = e.dh() * (e.fh() - 1) + 1;
    int fw = e.dw() * (e.fw() - 1) + 1;
    ConvCase stuffed = CaseWith.of(e).filter(fh, fw).dilation(1, 1).done();
    float[] weights = new float[Math.toIntExact(ConvData.weightCount(stuffed))];
    for (int i = 0; i < data.weights().length; i++) {
      int row = i / e.fw();
      int to = row / e.fh() * fh + row % e.fh() * e.dh();
      weights[to * fw + i % e.fw() * e.dw()] = data.weights()[i];
    }
    ConvData dense = data.withWeights(stuffed, weights);
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome expected = Outcome.of(orDirect(algorithm, stuffed), dense, trial.setting());
      Outcome.of(algorithm, data, trial.setting()).near(algorithm + " " + trial, expected);
    }
  }

  @Property(tries = 200)
  void groupsAreABlockDiagonalFilter(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data();
    ConvCase e = data.extents();
    ConvCase dense = CaseWith.of(e).groups(1).done();
    int taps = e.fh() * e.fw();
    int groupK = e.k() / e.groups();
    float[] weights = new float[Math.toIntExact(ConvData.weightCount(dense))];
    for (int k = 0; k < e.k(); k++) {
      int to = (k * e.c() + k / groupK * e.groupC()) * taps;
      System.arraycopy(data.weights(), k * e.groupC() * taps, weights, to, e.groupC() * taps);
    }
    ConvData blocks = data.withWeights(dense, weights);
    for (Algorithm algorithm : algorithms(trial)) {
      // Zero weights are transformed into zeros, which leave every sum of products as it is.
      float[] expected = ConvRun.run(algorithm, blocks, trial.setting());
      float[] actual = ConvRun.run(algorithm, data, trial.setting());
      ConvRun.sameNumbers(algorithm + " " + trial, expected, actual);
    }
  }

  @Property(tries = 200)
  void eachFilterMakesItsOwnActivationMap(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data().withResidual(null).withBias(null);
    ConvCase e = data.extents();
    int groupK = e.k() / e.groups();
    int kept = 1 + (int) Long.remainderUnsigned(trial.seed(), groupK);
    int perFilter = data.weights().length / e.k();
    float[] weights = new float[e.groups() * kept * perFilter];
    for (int k = 0; k < e.groups() * kept; k++) {
      int from = k / kept * groupK + k % kept;
      System.arraycopy(data.weights(), from * perFilter, weights, k * perFilter, perFilter);
    }
    ConvCase fewer = CaseWith.of(e).filters(e.groups() * kept).done();
    for (Algorithm algorithm : algorithms(trial)) {
      Nhwc all = new Nhwc(e.output(), ConvRun.run(algorithm, data, trial.setting()));
      ConvData some = data.withWeights(fewer, weights);
      Nhwc part = new Nhwc(fewer.output(), ConvRun.run(algorithm, some, trial.setting()));
      for (int g = 0; g < e.groups(); g++) {
        float[] expected = all.channels(g * groupK, kept).values();
        ConvRun.sameBits(algorithm + " " + trial, expected, part.channels(g * kept, kept).values());
      }
    }
  }

  @Property(tries = 200)
  void imageAndFilterTransposedGiveTheOutputTransposed(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvData data = trial.data().withResidual(null);
    ConvCase e = data.extents();
    ConvCase turned =
        CaseWith.of(e)
            .size(e.w(), e.h())
            .filter(e.fw(), e.fh())
            .stride(e.sw(), e.sh())
            .padding(e.pl(), e.pt(), e.pr(), e.pb())
            .dilation(e.dw(), e.dh())
            .done();
    // [K, C, FH, FW] is K * C images of one channel.
    Shape planes = new Shape(e.k() * e.groupC(), 1, e.fh(), e.fw());
    float[] weights = new Nhwc(planes, data.weights()).transposed().values();
    float[] x = new Nhwc(e.input(), data.x()).transposed().values();
    ConvData other = data.withWeights(turned, weights).withInput(turned, x);
    for (Algorithm algorithm : algorithms(trial)) {
      Outcome expected = Outcome.of(algorithm, data, trial.setting()).transposed();
      Outcome.of(algorithm, other, trial.setting()).near(algorithm + " " + trial, expected);
    }
  }

  @Property(tries = 200)
  void residualAndActivationAreSeparateSteps(@ForAll Trial any) {
    Trial trial = applicable(any);
    ConvCase e = trial.extents();
    ConvData plain = trial.data().withResidual(null).with(Activation.IDENTITY);
    float[] residual =
        trial.values().array(new SplittableRandom(~trial.seed()), e.output().elements());
    Activation activation = trial.surround().activation();
    ConvData all = plain.withResidual(residual).with(activation);
    for (Algorithm algorithm : algorithms(trial)) {
      float[] steps = ConvRun.run(algorithm, plain, trial.setting());
      for (int i = 0; i < steps.length; i++) {
        steps[i] = activation.apply(steps[i] + residual[i]);
      }
      float[] actual = ConvRun.run(algorithm, all, trial.setting());
      ConvRun.sameBits(algorithm + " " + trial, steps, actual);
    }
  }
}
