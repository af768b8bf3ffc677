package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The numbers of the CS231n notes on convolutional networks. */
class TextbookFactsTest {

  @Test
  void aFilterOnASevenBySevenInput() {
    Shape input = Shape.image(7, 7, 1);
    assertEquals(Shape.image(5, 5, 1), Network.sequential(input).conv(1, 3).outputShape());
    assertEquals(Shape.image(3, 3, 1), Network.sequential(input).conv(1, 3, 2, 0).outputShape());
  }

  @Test
  void tenWideWithStrideTwoDoesNotFit() {
    Filter filter = Filter.of(new float[9], 1, 1, 3, 3);
    Conv2d conv = Conv2d.of(filter).stride(2).requireExactFit();
    assertThrows(IllegalArgumentException.class, () -> conv.on(Shape.image(10, 10, 1)));
  }

  @Test
  void aFiveByFiveFilterOnCifarHas75WeightsAnd1Bias() {
    NetworkBuilder one = Network.sequential(Shape.image(32, 32, 3)).conv(1, 5, 1, 2);
    assertEquals(76, one.parameterCount());
    Network twelve = Network.sequential(Shape.image(32, 32, 3)).conv(12, 5, 1, 2).build(0);
    assertEquals(12 * 75, twelve.parameter("conv1.weight").size());
    assertEquals(12, twelve.parameter("conv1.bias").size());
    assertEquals(Shape.image(32, 32, 12), twelve.outputShape());
  }

  @Test
  void aNeuronOnTwentyMapsHas180Connections() {
    Network network = Network.sequential(Shape.image(16, 16, 20)).conv(1, 3, 1, 1).build(0);
    assertEquals(180, network.layers().getFirst().fanIn());
  }

  @Test
  void parameterSharingSavesAHundredMillionWeights() {
    Shape input = Shape.image(227, 227, 3);
    NetworkBuilder shared = Network.sequential(input).conv(96, 11, 4, 0);
    assertEquals(Shape.image(55, 55, 96), shared.outputShape());
    assertEquals(290_400, shared.outputShape().elements());
    assertEquals(34_944, shared.parameterCount());
    assertEquals(34_848, shared.build(0).parameter("conv1.weight").size());
    NetworkBuilder local = Network.sequential(input).locallyConnected(96, 11, 4, 0);
    assertEquals(105_705_600, local.parameterCount());
    assertEquals(290_400L * 364, local.parameterCount());
  }

  @Test
  void fiftyByFiftyFullyConnectedToAThousand() {
    Network network = Network.sequential(Shape.image(50, 50, 1)).dense(1000).build(0);
    assertEquals(2_500_000, network.parameter("dense1.weight").size());
    assertEquals(2_501_000, network.parameterCount());
  }

  /**
   * x, w and b are linspace(..) of the exercise, computed in double and rounded; the answers have 8
   * digits.
   */
  @Test
  void theExerciseOfTheCourse() {
    Network network =
        Network.sequential(Shape.image(4, 4, 3)).conv(ConvCase.parse("n1c3h4w4 k3f4s2p1")).build(0);
    network.parameter("conv1.weight").set(linspace(-0.2, 0.3, 3 * 3 * 4 * 4));
    network.parameter("conv1.bias").set(linspace(-0.1, 0.2, 3));
    Shape batch = Shape.nchw(2, 3, 4, 4);
    Tensor x = Tensor.of(Arena.ofAuto(), batch, Layout.NCHW, linspace(-0.1, 0.5, 2 * 3 * 4 * 4));
    float[] expected = {
      -0.08759809f, -0.10987781f, -0.18387192f, -0.2109216f,
      0.21027089f, 0.21661097f, 0.22847626f, 0.23004637f,
      0.50813986f, 0.54309974f, 0.64082444f, 0.67101435f,
      -0.98053589f, -1.03143541f, -1.19128892f, -1.24695841f,
      0.69108355f, 0.66880383f, 0.59480972f, 0.56776003f,
      2.36270298f, 2.36904306f, 2.38090835f, 2.38247847f
    };
    float[] y = network.forward(x, dev.tilewise.Workers.serial()).toArray(Layout.NCHW);
    // Half a unit of the 8th digit, and 49 roundings relative to |b| + sum |x||w| < 0.2 + 48 * 0.5
    // * 0.3.
    assertArrayEquals(expected, y, (float) (0.5e-8 + 49 * 0x1p-24 * 7.4));
  }

  private static float[] linspace(double from, double to, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (from + (to - from) * i / (count - 1));
    }
    return values;
  }

  @Test
  void leNetHas431080Parameters() {
    Network lenet =
        Network.sequential(Shape.image(28, 28, 1))
            .conv(20, 5)
            .relu()
            .maxPool(2)
            .conv(50, 5)
            .relu()
            .maxPool(2)
            .dense(500)
            .relu()
            .dense(10)
            .build(0);
    assertEquals(431_080, lenet.parameterCount());
    assertEquals(2_293_000, lenet.multiplyAdds());
  }
}
