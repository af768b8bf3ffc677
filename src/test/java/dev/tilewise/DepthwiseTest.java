package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.conv.DepthwiseForward;
import dev.tilewise.internal.conv.Destination;
import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/**
 * Depthwise convolution: one channel in a group. More channels than {@link ConvCases} draws, so
 * that they fill vectors of every width, and the extents at which the kernels change.
 */
@Tag("widths")
class DepthwiseTest {

  private static final Values[] VALUES = {
    Values.UNIT, Values.INTEGERS, Values.WIDE, Values.TINY, Values.SPECIAL
  };

  @Provide
  Arbitrary<ConvCase> cases() {
    List<Arbitrary<Integer>> draws =
        List.of(
            of(1, 1, 1, 2), // images
            of(16, 17, 32, 40, 4, 8, 1, 2, 7, 31, 64, 512), // groups
            of(1, 1, 1, 1, 2, 3, 16), // filters of a group
            of(3, 3, 3, 5, 5, 1, 2, 4, 7), // FH
            of(3, 3, 3, 5, 5, 1, 2, 4, 7), // FW
            of(1, 1, 1, 1, 0), // a square filter
            of(1, 1, 1, 2, 2, 3), // stride
            of(1, 1, 1, 1, 2), // another stride across
            of(1, 1, 1, 1, 1, 2, 3), // dilation
            of(1, 1, 0, 2, 2, 3, 5), // padding, four sides
            of(1, 1, 0, 2, 2, 3, 5),
            of(1, 1, 0, 2, 2, 3, 5),
            of(1, 1, 0, 2, 2, 3, 5),
            of(1, 1, 1, 0), // the same on all sides
            of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), // beyond the least height
            of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
    return Combinators.combine(draws).as(DepthwiseTest::fitted).withoutEdgeCases();
  }

  private static Arbitrary<Integer> of(Integer... values) {
    return Arbitraries.of(values).withoutEdgeCases();
  }

  private static ConvCase fitted(List<Integer> v) {
    int groups = v.get(1);
    int fh = v.get(3);
    int fw = v.get(5) == 1 ? fh : v.get(4);
    int sh = v.get(6);
    int sw = v.get(7) == 1 ? sh : v.get(7);
    int d = v.get(8);
    boolean same = v.get(13) == 1;
    int pt = v.get(9);
    int pl = same ? pt : v.get(10);
    int pb = same ? pt : v.get(11);
    int pr = same ? pt : v.get(12);
    // Many channels on a small image: the naive loop is slow.
    int most = groups * v.get(2) > 200 ? 3 : 14;
    int h = Math.max(1, d * (fh - 1) + 1 - pt - pb + Math.min(most, v.get(14)));
    int w = Math.max(1, d * (fw - 1) + 1 - pl - pr + Math.min(most, v.get(15)));
    int k = groups * v.get(2);
    return new ConvCase(v.get(0), groups, h, w, k, groups, fh, fw, sh, sw, pt, pl, pb, pr, d, d);
  }

  private static ConvData data(ConvCase extents, Values values, long seed) {
    Activation[] activations = {
      Activation.IDENTITY, Activation.RELU, Activation.RELU6, Activation.clamp(-1.5f, 2.25f)
    };
    ConvCases.Surround surround =
        new ConvCases.Surround(
            (seed & 1) == 0, (seed & 6) == 0, activations[(int) (seed >>> 3 & 3)]);
    return ConvData.random(extents, values, seed, surround);
  }

  @Property(tries = 1500)
  void itGivesTheBitsOfTheNaiveLoop(@ForAll("cases") ConvCase extents, @ForAll long seed) {
    ConvData data = data(extents, VALUES[(int) (seed >>> 8 & 0xff) % VALUES.length], seed);
    int threads = 1 + (int) (seed >>> 16 & 3);
    Setting setting = Setting.PLAIN.withThreads(threads);
    ConvRun.sameBits(
        extents + " seed " + seed,
        canonical(data.naive()),
        canonical(ConvRun.run(Algorithm.DIRECT, data, setting)));
  }

  /** NaN has many bits. */
  private static float[] canonical(float[] values) {
    float[] copy = values.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = Float.isNaN(copy[i]) ? Float.NaN : copy[i];
    }
    return copy;
  }

  @Property(tries = 500)
  void wholeNumbersAreExact(@ForAll("cases") ConvCase extents, @ForAll long seed) {
    ConvData data = data(extents, Values.INTEGERS, seed);
    double[] exact = data.exact();
    float[] expected = new float[exact.length];
    for (int i = 0; i < exact.length; i++) {
      expected[i] = (float) exact[i];
    }
    ConvRun.sameNumbers(extents + " seed " + seed, expected, ConvRun.run(Algorithm.DIRECT, data));
  }

  @Property(tries = 500)
  void itGivesTheBitsOfTheRegisterTiles(@ForAll("cases") ConvCase extents, @ForAll long seed) {
    Geometry g = extents.geometry();
    if (!DepthwiseForward.applies(g)) {
      return;
    }
    ConvData data = data(extents, Values.WIDE, seed);
    Destination dense = Destination.dense(g.k());
    MemorySegment weights = MemorySegment.ofArray(data.weights());
    MemorySegment bias = data.bias() == null ? null : MemorySegment.ofArray(data.bias());
    Activation a = data.activation();
    Arena arena = Arena.ofAuto();
    Forward depthwise = new DepthwiseForward(g, dense, a.lo(), a.hi(), weights, bias, arena);
    Forward tiles =
        new DirectForward(g, dense, DirectPlan.of(g), a.lo(), a.hi(), weights, bias, arena);
    try (UnitRun one = new UnitRun(depthwise, seed);
        UnitRun other = new UnitRun(tiles, seed)) {
      ConvRun.sameBits(extents + " seed " + seed, other.of(data), one.of(data));
    }
  }

  @Example
  void infiniteWeightsInThePaddingAndSignedZerosDoNotShow() {
    // A 3x3 filter whose border is infinite, over one pixel: only its centre is present.
    ConvCase extents = ConvCase.parse("n1c32h1w1 k32g32f3p1");
    float[] weights = new float[32 * 9];
    Arrays.fill(weights, Float.NEGATIVE_INFINITY);
    float[] x = new float[32];
    float[] expected = new float[32];
    for (int k = 0; k < 32; k++) {
      weights[k * 9 + 4] = 2;
      x[k] = k == 0 ? -0.0f : k;
      // The bias is -0: -0 + 2 * -0 stays -0, and no absent tap turns it into +0.
      expected[k] = k == 0 ? -0.0f : 2 * k;
    }
    float[] bias = new float[32];
    Arrays.fill(bias, -0.0f);
    ConvData data = new ConvData(extents, x, weights, bias, null, Activation.IDENTITY);
    ConvRun.sameBits("one pixel", expected, ConvRun.run(Algorithm.DIRECT, data));
  }

  @Example
  void explainSaysItAndAutoTakesIt() {
    for (String text :
        List.of(
            "n1c32h112w112 k32g32f3p1",
            "n1c128h56w56 k128g128f3s2p1",
            "n1c1024h7w7 k1024g1024f3p1",
            "n1c240h28w28 k240g240f5p2",
            "n1c64h14w14 k128g64f3p1")) {
      ConvCase e = ConvCase.parse(text);
      Filter filter = Filter.of(new float[e.k() * e.fh() * e.fw()], e.k(), 1, e.fh(), e.fw());
      ConvPlan plan = Conv2d.of(e, filter).plan(e.input(), Layout.NHWC, Arena.ofAuto());
      assertEquals(Algorithm.DIRECT, plan.algorithm(), text);
      assertTrue(plan.explain().contains("kernel          depthwise"), plan.explain());
    }
  }
}
