package dev.tilewise;

import static dev.tilewise.ConvRun.quickAlgorithms;

import dev.tilewise.ConvCases.Trial;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;

/**
 * What convolution is, without a reference: laws between convolutions of related inputs. Laws that
 * keep the order of summation hold bit for bit; the others are stated on whole numbers, where every
 * order gives the same float.
 */
@Domain(ConvCases.class)
class ConvolutionLawTest {

  /** Keeps laws cheap that compute more outputs, or more terms, than the drawn case. */
  private static final long MOST_WORK = 1_000_000;

  @Property(tries = 1000)
  void impulseFilterCopiesTheInput(@ForAll Trial trial) {
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
      float[] copied =
          new Nhwc(e.input(), data.x())
              .channels(k / (e.k() / e.groups()) * e.groupC() + c, 1)
              .map(e.oh(), e.ow(), oy -> oy * e.sh() + y0, ox -> ox * e.sw() + x0)
              .values();
      for (int i = 0; i < copied.length; i++) {
        expected[i * e.k() + k] = copied[i];
      }
    }
    ConvData copying = data.withWeights(e, weights);
    for (Algorithm algorithm : quickAlgorithms(e)) {
      ConvRun.sameNumbers(algorithm + " " + trial, expected, run(algorithm, copying, trial));
    }
  }

  @Property(tries = 1000)
  void aShiftedInputGivesAShiftedOutput(@ForAll Trial trial) {
    ConvData data = padded(trial.data().withResidual(null));
    ConvCase e = data.extents();
    int down = (int) Long.remainderUnsigned(trial.seed(), e.oh());
    int across = (int) Long.remainderUnsigned(trial.seed() >>> 32, e.ow());
    int h = e.h() - down * e.sh();
    int w = e.w() - across * e.sw();
    Nhwc shifted =
        new Nhwc(e.input(), data.x()).map(h, w, y -> y + down * e.sh(), x -> x + across * e.sw());
    ConvData rest = data.withInput(CaseWith.of(e).size(h, w).done(), shifted.values());
    for (Algorithm algorithm : quickAlgorithms(e)) {
      Nhwc whole = new Nhwc(e.output(), run(algorithm, data, trial));
      Nhwc moved = whole.map(e.oh() - down, e.ow() - across, y -> y + down, x -> x + across);
      ConvRun.sameBits(algorithm + " " + trial, moved.values(), run(algorithm, rest, trial));
    }
  }

  @Property(tries = 1000)
  void paddingIsATensorWithZerosAround(@ForAll Trial trial) {
    ConvData data = trial.data();
    ConvData explicit = padded(data);
    for (Algorithm algorithm : quickAlgorithms(trial.extents())) {
      // The terms in between are zeros, which leave every partial sum as it is, but for the sign of
      // zero.
      float[] expected = run(algorithm, explicit, trial);
      ConvRun.sameNumbers(algorithm + " " + trial, expected, run(algorithm, data, trial));
    }
  }

  /** The same convolution of an input with its padding around it. */
  private static ConvData padded(ConvData data) {
    ConvCase e = data.extents();
    int h = e.h() + e.pt() + e.pb();
    int w = e.w() + e.pl() + e.pr();
    Nhwc framed = new Nhwc(e.input(), data.x()).map(h, w, y -> y - e.pt(), x -> x - e.pl());
    ConvCase without = CaseWith.of(e).size(h, w).padding(0, 0, 0, 0).done();
    return data.withInput(without, framed.values());
  }

  @Property(tries = 1000)
  void aStrideSubsamplesStrideOne(@ForAll Trial trial) {
    ConvCase strided = trial.extents();
    if (CaseWith.of(strided).stride(1, 1).done().macs() > MOST_WORK) {
      strided = CaseWith.of(strided).filters(strided.groups()).batch(1).done();
    }
    ConvCase e = strided;
    ConvData data = ConvData.random(e, trial.values(), trial.seed(), trial.surround());
    data = data.withResidual(null);
    ConvCase dense = CaseWith.of(e).stride(1, 1).done();
    for (Algorithm algorithm : quickAlgorithms(e)) {
      Nhwc every = new Nhwc(dense.output(), run(algorithm, data.withInput(dense, data.x()), trial));
      Nhwc some = every.map(e.oh(), e.ow(), y -> y * e.sh(), x -> x * e.sw());
      ConvRun.sameBits(algorithm + " " + trial, some.values(), run(algorithm, data, trial));
    }
  }

  @Property(tries = 1000)
  void aBatchIsItsImages(@ForAll Trial trial) {
    ConvCase e = CaseWith.of(trial.extents()).batch(2 + trial.extents().n()).done();
    ConvData data = ConvData.random(e, trial.values(), trial.seed(), trial.surround());
    for (Algorithm algorithm : quickAlgorithms(e)) {
      Nhwc batch = new Nhwc(e.output(), run(algorithm, data, trial));
      for (int n = 0; n < e.n(); n++) {
        ConvData single =
            data.withInput(e.withBatch(1), new Nhwc(e.input(), data.x()).image(n).values());
        if (data.residual() != null) {
          single = single.withResidual(new Nhwc(e.output(), data.residual()).image(n).values());
        }
        float[] expected = run(algorithm, single, trial);
        ConvRun.sameBits(
            algorithm + " image " + n + " of " + trial, expected, batch.image(n).values());
      }
    }
  }

  @Property(tries = 1000)
  void eachFilterMakesItsOwnActivationMap(@ForAll Trial trial) {
    ConvData data = trial.data().withResidual(null);
    ConvCase e = data.extents();
    int groupK = e.k() / e.groups();
    // Of each group the first filters only: the others do not matter.
    int kept = 1 + (int) Long.remainderUnsigned(trial.seed(), groupK);
    int perFilter = data.weights().length / e.k();
    float[] weights = new float[e.groups() * kept * perFilter];
    float[] bias = data.bias() == null ? null : new float[e.groups() * kept];
    for (int k = 0; k < e.groups() * kept; k++) {
      int from = k / kept * groupK + k % kept;
      System.arraycopy(data.weights(), from * perFilter, weights, k * perFilter, perFilter);
      if (bias != null) {
        bias[k] = data.bias()[from];
      }
    }
    ConvCase fewer = CaseWith.of(e).filters(e.groups() * kept).done();
    ConvData some = data.withWeights(fewer, weights).withBias(bias);
    for (Algorithm algorithm : quickAlgorithms(e)) {
      Nhwc all = new Nhwc(e.output(), run(algorithm, data, trial));
      Nhwc part = new Nhwc(fewer.output(), run(algorithm, some, trial));
      for (int g = 0; g < e.groups(); g++) {
        float[] expected = all.channels(g * groupK, kept).values();
        ConvRun.sameBits(algorithm + " " + trial, expected, part.channels(g * kept, kept).values());
      }
    }
  }

  @Property(tries = 1000)
  void groupsAreABlockDiagonalFilter(@ForAll Trial trial) {
    ConvData data = trial.data(Values.INTEGERS);
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
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] expected = run(algorithm, blocks, trial);
      ConvRun.sameNumbers(algorithm + " " + trial, expected, run(algorithm, data, trial));
    }
  }

  @Property(tries = 1000)
  void dilationIsAFilterWithZerosBetween(@ForAll Trial trial) {
    ConvData data = trial.data(Values.INTEGERS);
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
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] expected = run(algorithm, dense, trial);
      ConvRun.sameNumbers(algorithm + " " + trial, expected, run(algorithm, data, trial));
    }
  }

  @Property(tries = 1000)
  void imageAndFilterTransposedGiveTheOutputTransposed(@ForAll Trial trial) {
    ConvData data = trial.data(Values.INTEGERS).withResidual(null);
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
    for (Algorithm algorithm : quickAlgorithms(e)) {
      float[] expected = new Nhwc(e.output(), run(algorithm, data, trial)).transposed().values();
      ConvRun.sameNumbers(algorithm + " " + trial, expected, run(algorithm, other, trial));
    }
  }

  private static float[] run(Algorithm algorithm, ConvData data, Trial trial) {
    return ConvRun.run(algorithm, data, trial.setting());
  }
}
