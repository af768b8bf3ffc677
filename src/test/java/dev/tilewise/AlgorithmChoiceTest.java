package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Algorithm#AUTO} takes. */
class AlgorithmChoiceTest {

  private static Conv2d conv(String text) {
    ConvCase e = ConvCase.parse(text);
    float[] weights = new float[e.k() * e.groupC() * e.fh() * e.fw()];
    return Conv2d.of(e, Filter.of(weights, e.k(), e.groupC(), e.fh(), e.fw()));
  }

  private static ConvPlan plan(Conv2d conv, String text) {
    return conv.plan(ConvCase.parse(text).input(), Layout.NHWC, Arena.ofAuto());
  }

  @Test
  void accuracyIsAnInput() {
    String text = "n1c32h48w48 k32f3p1";
    Conv2d conv = conv(text);
    assertEquals(Algorithm.WINOGRAD_F6, plan(conv, text).algorithm());
    assertEquals(Algorithm.WINOGRAD_F4, plan(conv.tolerance(4e-6), text).algorithm());
    assertEquals(Algorithm.WINOGRAD_F2, plan(conv.tolerance(3e-6), text).algorithm());
  }

  @Test
  void coldFiltersMakeSmallTransformedFiltersCheaper() {
    String text = "n1c256h14w14 k256f3p1";
    Conv2d conv = conv(text);
    ConvPlan cached = plan(conv, text);
    ConvPlan cold = plan(conv.coldFilters(true), text);
    assertEquals(Algorithm.WINOGRAD_F5, cached.algorithm());
    assertTrue(
        3 * cold.forward().packedBytes() < 2 * cached.forward().packedBytes(), cold::explain);
    assertHas(cold.explain(), "filters", "counted as read from memory");
    assertFalse(cached.explain().contains("counted as read"), cached.explain());
    assertEquals(
        Algorithm.WINOGRAD_F5, plan(conv.coldFilters(true).coldFilters(false), text).algorithm());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1c40h7w7 k37f3p1",
        "n2c19h8w5 k16f3p1",
        "n1c48h9w9 k64f1",
        "n1c256h12w12 k16f1",
        "n1c32h12w12 k48f3p1"
      })
  void coldFiltersChangeNoBitOfANamedAlgorithm(String text) {
    ConvCase e = ConvCase.parse(text);
    SplittableRandom random = new SplittableRandom(1);
    float[] weights = Values.UNIT.array(random, ConvData.weightCount(e));
    Filter filter = Filter.of(weights, e.k(), e.groupC(), e.fh(), e.fw());
    float[] input = Values.UNIT.array(random, e.input().elements());
    for (Algorithm algorithm : ConvRun.all(e)) {
      Conv2d conv = Conv2d.of(e, filter).algorithm(algorithm);
      ConvRun.sameBits(
          algorithm + " of " + e,
          outputs(conv, e, input),
          outputs(conv.coldFilters(true), e, input));
    }
  }

  private static float[] outputs(Conv2d conv, ConvCase e, float[] input) {
    try (Arena arena = Arena.ofShared()) {
      ConvPlan plan = conv.plan(e.input(), Layout.NHWC, arena);
      Tensor x = Tensor.allocate(arena, plan.inputShape(), Layout.NHWC);
      Tensor y = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC);
      x.copyFrom(input, Layout.NHWC);
      plan.run(x, y, plan.workspace(arena), Workers.serial());
      return y.toArray(Layout.NHWC);
    }
  }

  @Test
  void aToleranceThatNothingMeetsNamesTheBest() {
    String text = "n1c8h8w8 k8f3p1";
    Conv2d conv = conv(text).tolerance(1e-9);
    String message =
        assertThrows(IllegalArgumentException.class, () -> plan(conv, text)).getMessage();
    assertTrue(
        message.contains("1.00e-09") && message.contains("DIRECT, is within 2.80e-06"), message);
  }

  @Test
  void anAlgorithmChosenByNameIsNotAskedForItsError() {
    String text = "n1c8h8w8 k8f3p1";
    Conv2d conv = conv(text).tolerance(1e-9).algorithm(Algorithm.DIRECT);
    assertEquals(Algorithm.DIRECT, plan(conv, text).algorithm());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1c64h14w14 k64f1",
        "n1c3h32w32 k16f3p1",
        "n1c64h28w28 k64f3s2p1",
        "c16h9w9 k16f3d2"
      })
  void whereWinogradDoesNotPayOrApplyDirectIsTaken(String text) {
    assertEquals(Algorithm.DIRECT, plan(conv(text), text).algorithm());
  }

  @ParameterizedTest
  @ValueSource(strings = {"n1c4h6w6 k4f1s2", "n1c32h12w12 k32g32f3p1", "n1c1h1w1 k1f1"})
  void referencesAreNotTakenWhereAnythingElseApplies(String text) {
    Algorithm taken = plan(conv(text), text).algorithm();
    assertTrue(taken != Algorithm.IM2COL && taken != Algorithm.NAIVE, text + ": " + taken);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void aToleranceIsPositiveAndFinite(double t) {
    assertThrows(IllegalArgumentException.class, () -> conv("c1h3w3 k1f3").tolerance(t));
  }

  @Test
  void explainNamesEveryCandidateWithCostAndErrorOrTheReasonOfItsRejection() {
    String text = "n1c32h48w48 k32f3p1";
    String explained = plan(conv(text).tolerance(3e-6), text).explain();
    assertHas(explained, "WINOGRAD_F2 cost", "taken: the cheapest within the tolerance");
    assertHas(
        explained, "WINOGRAD_F6 cost", "error 7.8e-06, rejected: above the tolerance 3.0e-06");
    assertHas(explained, "DIRECT cost", "times as much");
    assertHas(explained, "NAIVE cost", "rejected: a reference");
    String named = plan(conv(text).algorithm(Algorithm.WINOGRAD_F3), text).explain();
    assertHas(named, "WINOGRAD_F3 cost", "taken: asked for by name");
    assertHas(named, "WINOGRAD_F6 cost", "not asked for");
    String strided = plan(conv("c8h9w9 k8f3s2d2"), "c8h9w9 k8f3s2d2").explain();
    assertTrue(strided.contains("rejected: it does not take a stride and a dilation"), strided);
  }

  private static void assertHas(String text, String start, String words) {
    String line =
        text.lines()
            .map(l -> l.strip().replaceAll(" +", " "))
            .filter(l -> l.startsWith(start))
            .findFirst()
            .orElseThrow();
    assertTrue(line.contains(words), line);
  }
}
