package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The description of a convolution, and the textbook's facts about extents. */
class Conv2dTest {

  private static Conv2d conv(int k, int c, int f) {
    return Conv2d.of(Filter.of(new float[k * c * f * f], k, c, f, f));
  }

  @Test
  void sevenBySevenWithAFilterOfThreeGivesFiveByFive() {
    ConvCase e = conv(1, 1, 3).on(Shape.image(7, 7, 1));
    assertEquals(Shape.image(5, 5, 1), e.output());
  }

  @Test
  void sevenBySevenWithStrideTwoGivesThreeByThree() {
    ConvCase e = conv(1, 1, 3).stride(2).on(Shape.image(7, 7, 1));
    assertEquals(Shape.image(3, 3, 1), e.output());
  }

  @Test
  void tenWithAFilterOfThreeAndStrideTwoDoesNotFit() {
    Conv2d conv = conv(1, 1, 3).stride(2).requireExactFit();
    assertEquals(
        "conv2d: W=10 F=3 S=2 P=0 gives (10-3+0)/2+1 = 4.5 outputs; requireExactFit() is on:"
            + " use P=1 with S=1, or crop the input to W=9",
        rejected(conv, Shape.image(10, 9, 1)));
    assertEquals(
        "conv2d: H=10 F=3 S=2 P=0 gives (10-3+0)/2+1 = 4.5 outputs; requireExactFit() is on:"
            + " use P=1 with S=1, or crop the input to H=9",
        rejected(conv, Shape.image(9, 10, 1)));
  }

  @Test
  void whatFitsExactlyIsNoError() {
    Conv2d conv = conv(1, 1, 3).requireExactFit();
    assertEquals(5, conv.stride(2).on(Shape.image(11, 11, 1)).ow());
    assertEquals(4, conv.stride(3).on(Shape.image(9, 12, 1).withBatch(2)).oh());
    assertEquals(5, conv.stride(2).padding(0, 0, 1, 1).on(Shape.image(10, 10, 1)).ow());
    assertEquals(4, conv.stride(2).dilation(2).on(Shape.image(11, 11, 1)).ow());
  }

  @Test
  void withoutExactFitTheFloorIsTaken() {
    assertEquals(4, conv(1, 1, 3).stride(2).on(Shape.image(10, 10, 1)).ow());
  }

  @Test
  void aFilterOfFiveOnThreeChannelsHasSeventyFiveWeightsAndTwelveStackTwelveMaps() {
    ConvCase e = conv(12, 3, 5).on(Shape.image(32, 32, 3));
    assertEquals(75, e.geometry().sumLength());
    assertEquals(12, e.output().c());
    assertEquals(75 * 12, ConvData.weightCount(e));
  }

  @Test
  void aFilterOfThreeOnTwentyChannelsHas180ConnectionsPerNeuron() {
    assertEquals(180, conv(1, 20, 3).on(Shape.image(16, 16, 20)).geometry().sumLength());
  }

  @Test
  void theFirstLayerOfAlexNetHas290400NeuronsAnd34944Parameters() {
    ConvCase e = conv(96, 3, 11).stride(4).requireExactFit().on(Shape.image(227, 227, 3));
    assertEquals(Shape.image(55, 55, 96), e.output());
    assertEquals(290_400, e.output().elements());
    assertEquals(34_848, ConvData.weightCount(e));
    assertEquals(34_944, ConvData.weightCount(e) + e.k());
  }

  @Test
  void theExerciseOfCs231nComesOutExactly() {
    float[] expected = {
      -0.08759809f, -0.10987781f, -0.18387192f, -0.2109216f,
      0.21027089f, 0.21661097f, 0.22847626f, 0.23004637f,
      0.50813986f, 0.54309974f, 0.64082444f, 0.67101435f,
      -0.98053589f, -1.03143541f, -1.19128892f, -1.24695841f,
      0.69108355f, 0.66880383f, 0.59480972f, 0.56776003f,
      2.36270298f, 2.36904306f, 2.38090835f, 2.38247847f
    };
    Filter filter = Filter.of(linspace(-0.2, 0.3, 3 * 3 * 4 * 4), 3, 3, 4, 4);
    Conv2d conv = Conv2d.of(filter.withBias(linspace(-0.1, 0.2, 3))).stride(2).padding(1);
    Shape input = Shape.nchw(2, 3, 4, 4);
    for (Algorithm algorithm : ConvRun.all(conv.on(input))) {
      for (Layout layout : Layout.values()) {
        try (Arena arena = Arena.ofShared()) {
          ConvPlan plan = conv.algorithm(algorithm).plan(input, layout, arena);
          Tensor x = Tensor.allocate(arena, input, layout);
          x.copyFrom(linspace(-0.1, 0.5, 2 * 3 * 4 * 4), Layout.NCHW);
          Tensor y = Tensor.allocate(arena, plan.outputShape(), layout);
          plan.run(x, y, plan.workspace(arena), Workers.serial());
          // Printed with eight decimals, from inputs in double: half a unit of the last, one
          // rounding of each
          // input and weight, and the bound, at a scale of at most 48 * 0.5 * 0.3 + 0.2.
          double scale = 48 * 0.5 * 0.3 + 0.2;
          double tolerance = 0.5e-8 + (0x1p-23 + plan.errorBound()) * scale;
          assertArrayEquals(expected, y.toArray(Layout.NCHW), (float) tolerance);
        }
      }
    }
  }

  private static float[] linspace(double from, double to, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (from + i * (to - from) / (count - 1));
    }
    return values;
  }

  @Test
  void eachMethodReturnsAChangedCopy() {
    Conv2d plain = conv(2, 2, 3);
    Shape input = Shape.image(12, 12, 2);
    plain.stride(2).padding(3).dilation(2).activation(Activation.RELU).requireExactFit();
    assertEquals("n1c2h12w12 k2f3", plain.on(input).toString());
    assertEquals(Activation.IDENTITY, plain.activation());
    assertEquals(
        "n1c2h12w12 k2f3s2x1p1x0x2x1d2x1",
        plain.stride(2, 1).padding(1, 0, 2, 1).dilation(2, 1).on(input).toString());
  }

  @Test
  void aCaseAndItsFilterMakeTheSameCase() {
    ConvCase e = ConvCase.parse("n3c4h9w8 k6g2f3x2s2x1p1x0x2x1d1x2");
    Filter filter = Filter.of(new float[6 * 2 * 6], 6, 2, 3, 2);
    assertEquals(e, Conv2d.of(e, filter).on(e.input()));
  }

  @Test
  void aFilterOfAnotherCaseIsRejected() {
    ConvCase e = ConvCase.parse("c4h9w8 k6f3");
    for (int[] s : new int[][] {{5, 4, 3, 3}, {6, 3, 3, 3}, {6, 4, 2, 3}, {6, 4, 3, 2}}) {
      Filter filter = Filter.of(new float[s[0] * s[1] * s[2] * s[3]], s[0], s[1], s[2], s[3]);
      assertThrows(IllegalArgumentException.class, () -> Conv2d.of(e, filter));
    }
  }

  @Test
  void channelsThatDoNotMatchAreRejectedWithTheNumbers() {
    Conv2d grouped = Conv2d.of(Filter.of(new float[128 * 32 * 9], 128, 32, 3, 3)).groups(2);
    assertEquals(
        "conv2d: input has 48 channels but the filter takes 64 (32 per group x 2 groups); input"
            + " n1c48h56w56, filter k128c32f3x3",
        rejected(grouped, Shape.nchw(1, 48, 56, 56)));
    assertEquals(
        "conv2d: input has 4 channels but the filter takes 3; input n1c4h5w5, filter k2c3f3x3",
        rejected(conv(2, 3, 3), Shape.nchw(1, 4, 5, 5)));
  }

  @Test
  void groupsThatDoNotDivideAreRejectedWithTheNumbers() {
    assertEquals(
        "conv2d: 4 groups do not divide 8 channels and 6 filters; both must be multiples of the"
            + " number of groups",
        rejected(conv(6, 2, 1).groups(4), Shape.nchw(1, 8, 5, 5)));
  }

  @Test
  void aFilterLargerThanThePaddedInputIsRejectedWithTheNumbers() {
    assertEquals(
        "conv2d: filter height 7 is larger than the padded input's 6 (4+1+1)",
        rejected(conv(1, 1, 7).padding(1), Shape.image(9, 4, 1)));
    assertEquals(
        "conv2d: filter width 5 (3 with dilation 2) is larger than the padded input's 4 (4+0+0)",
        rejected(conv(1, 1, 3).dilation(2), Shape.image(4, 9, 1)));
  }

  @Test
  void valuesThatMakeNoSenseAreRejectedAtOnce() {
    Conv2d conv = conv(1, 1, 3);
    assertEquals("conv2d: stride must be positive, not 0", message(() -> conv.stride(0)));
    assertEquals("conv2d: stride must be positive, not 1x-2", message(() -> conv.stride(1, -2)));
    assertEquals("conv2d: dilation must be positive, not 0", message(() -> conv.dilation(0)));
    assertEquals(
        "conv2d: number of groups must be positive, not -1", message(() -> conv.groups(-1)));
    assertEquals(
        "conv2d: padding must not be negative, not 0x-1x0x0",
        message(() -> conv.padding(0, -1, 0, 0)));
    assertThrows(NullPointerException.class, () -> Conv2d.of(null));
    assertThrows(NullPointerException.class, () -> conv.activation(null));
    assertThrows(NullPointerException.class, () -> conv.algorithm(null));
    assertThrows(
        NullPointerException.class, () -> conv.plan(Shape.image(9, 9, 1), null, Arena.global()));
  }

  private static String rejected(Conv2d conv, Shape input) {
    return message(() -> conv.plan(input, Layout.NHWC, Arena.global()));
  }

  private static String message(Runnable wrong) {
    return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
  }
}
