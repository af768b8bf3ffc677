package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

class NetworkTest {

  private static NetworkBuilder small() {
    return Network.sequential(Shape.image(9, 7, 3))
        .conv(4, 3, 1, 1)
        .relu()
        .maxPool(2)
        .locallyConnected(3, 2, 1, 0)
        .relu()
        .dense(6)
        .relu()
        .dense(5);
  }

  private static float[] image(long seed, Shape shape) {
    Random random = new Random(seed);
    float[] image = new float[(int) shape.elements()];
    for (int i = 0; i < image.length; i++) {
      image[i] = random.nextFloat();
    }
    return image;
  }

  @Test
  void summaryHasALineForEachLayerAndTheTotals() {
    String expected =
        """
        layer                                 input    output   parameters  weights + biases  multiply-adds
        conv1   8 filters 5x5 padding 2       28x28x1  28x28x8         208           200 + 8        156,800
        relu1   relu                          28x28x8  28x28x8
        pool1   max 2x2 stride 2              28x28x8  14x14x8
        local1  2 filters 3x3 stride 2 at \
        each pixel  14x14x8  6x6x2         5,256        5,184 + 72          5,184
        dense1  10 units                      6x6x2    1x1x10          730          720 + 10            720
        total                                                        6,194                          162,704
        """;
    String actual =
        Network.sequential(Shape.image(28, 28, 1))
            .conv(8, 5, 1, 2)
            .relu()
            .maxPool(2)
            .locallyConnected(2, 3, 2, 0)
            .dense(10)
            .summary();
    List<String> lines = actual.lines().toList();
    assertEquals(7, lines.size(), actual);
    for (int i = 0; i < lines.size(); i++) {
      List<String> words = List.of(expected.lines().toList().get(i).split(" {2,}"));
      assertEquals(words, List.of(lines.get(i).split(" {2,}")));
    }
    int end = lines.getFirst().length();
    assertTrue(lines.stream().allMatch(l -> l.length() <= end), "columns end together: " + actual);
    assertEquals(end, lines.getLast().length());
  }

  @Test
  void aSeedGivesTheSameWeightsAndAnotherOthers() {
    float[] weights = small().build(5).parameter("conv1.weight").values();
    assertArrayEquals(weights, small().build(5).parameter("conv1.weight").values());
    assertNotEquals(weights[0], small().build(6).parameter("conv1.weight").values()[0]);
    // The first number of the generator, 24 bits of it, times sqrt(6 / 27) in float: on every
    // machine.
    long z = 5 + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    assertEquals((float) (z >> 40) / (1 << 23) * (float) Math.sqrt(6.0 / 27), weights[0]);
  }

  @Test
  void initialWeightsAreWithinTheirLimitAndBiasesAreZero() {
    Network network = small().build(1);
    for (Layer layer : network.layers()) {
      if (!layer.parameters().isEmpty()) {
        double limit = Math.sqrt(6.0 / layer.fanIn());
        double largest = 0;
        for (float w : layer.parameters().get(0).values()) {
          largest = Math.max(largest, Math.abs(w));
        }
        assertTrue(largest <= limit * (1 + 1e-6) && largest > limit / 2, layer + " " + largest);
        for (float b : layer.parameters().get(1).values()) {
          assertEquals(0, b);
        }
      }
    }
  }

  @Test
  void layoutsBatchesAndThreadsDoNotChangeABit() {
    Network network = small().build(2);
    Shape batch = network.inputShape().withBatch(7);
    float[] images = image(3, batch);
    Tensor nhwc = Tensor.of(Arena.ofAuto(), batch, Layout.NHWC, images);
    float[][] scores = network.predict(nhwc, Workers.serial());
    try (Arena confined = Arena.ofConfined();
        Workers three = Workers.of(3)) {
      Tensor nchw = Tensor.allocate(confined, batch, Layout.NCHW).copyFrom(nhwc);
      assertArrayEquals(scores, network.predict(nchw, three));
    }
    int size = images.length / 7;
    for (int n = 0; n < 7; n++) {
      float[] one = Arrays.copyOfRange(images, n * size, (n + 1) * size);
      assertArrayEquals(scores[n], network.predict(one));
    }
  }

  @Test
  void activationsEndWithThePredictionAndShowTheReluApart() {
    Network network = small().build(2);
    Tensor image =
        Tensor.of(
            Arena.ofAuto(), network.inputShape(), Layout.NHWC, image(4, network.inputShape()));
    List<Tensor> activations = network.activations(image);
    assertEquals(network.layers().size(), activations.size());
    for (int i = 0; i < activations.size(); i++) {
      assertEquals(network.layers().get(i).outputShape(), activations.get(i).shape());
    }
    float[] before = activations.get(0).toArray(Layout.NHWC);
    float[] after = activations.get(1).toArray(Layout.NHWC);
    boolean negative = false;
    for (int i = 0; i < before.length; i++) {
      assertEquals(Math.max(0, before[i]), after[i]);
      negative |= before[i] < 0;
    }
    assertTrue(negative);
    assertArrayEquals(network.predict(image), activations.getLast().toArray(Layout.NHWC));
  }

  @Test
  void aDenseLayerFlattensPlanes() {
    Network network = Network.sequential(Shape.image(3, 2, 2)).dense(1).build(0);
    Parameter weight = network.parameter("dense1.weight");
    assertArrayEquals(new int[] {1, 2, 2, 3}, weight.extents());
    float[] w = new float[12];
    float[] planes = new float[12];
    for (int i = 0; i < 12; i++) {
      w[i] = 1 << i;
      planes[i] = i;
    }
    weight.set(w);
    assertArrayEquals(w, weight.values());
    Tensor x = Tensor.of(Arena.ofAuto(), network.inputShape(), Layout.NCHW, planes);
    float expected = 0;
    for (int i = 0; i < 12; i++) {
      expected += w[i] * planes[i];
    }
    assertEquals(expected, network.predict(x)[0]);
  }

  @Test
  void newWeightsCountFromTheNextPredictionOn() {
    Network network = Network.sequential(Shape.image(3, 3, 1)).conv(1, 3).relu().build(0);
    float[] image = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    Parameter weight = network.parameter("conv1.weight");
    for (int value = 1; value < 5; value++) {
      float[] all = new float[9];
      Arrays.fill(all, value);
      weight.set(all);
      assertEquals(9 * value, network.predict(image)[0]);
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    Shape image = Shape.image(8, 8, 3);
    refuses("larger than the padded input's 8", () -> Network.sequential(image).conv(4, 9));
    refuses("units must be positive, not 0", () -> Network.sequential(image).dense(0));
    refuses("there is no layer", () -> Network.sequential(image).build(0));
    ConvCase other = ConvCase.parse("n1c4h8w8 k2f1");
    refuses("does not take 8x8x3", () -> Network.sequential(image).conv(other));
    ConvCase groups = ConvCase.parse("n1c3h8w8 k3g3f1");
    refuses("one group only", () -> Network.sequential(image).locallyConnected(groups));
    refuses(
        "2 class names for 5 outputs",
        () -> Network.sequential(image).dense(5).classNames(List.of("a", "b")).build(0));
    Network network = Network.sequential(image).dense(5).build(0);
    refuses("no parameter conv1.weight", () -> network.parameter("conv1.weight"));
    refuses("has 5 values, not 4", () -> network.parameter("dense1.bias").set(1, 2, 3, 4));
    refuses("192 elements, not 3", () -> network.predict(new float[3]));
    Tensor wrong = Tensor.allocate(Arena.ofAuto(), Shape.image(9, 8, 3), Layout.NHWC);
    refuses("input is n1c3h8w9", () -> network.predict(wrong));
  }

  @Test
  void countsThatDoNotFitALongAreRefused() {
    int most = Integer.MAX_VALUE / 2;
    NetworkBuilder dense = Network.sequential(Shape.image(1, 1, 1)).dense(most);
    long all = 2L * most + 2 * (most * (most + 1L));
    dense.dense(most).dense(most);
    assertEquals(all, dense.parameterCount());
    refuses("with dense4 (1073741823 units) it has 2^61 parameters", () -> dense.dense(most));
    assertEquals(all, dense.parameterCount());

    ConvCase wide = ConvCase.parse("n1c8192h1024w1024 k536870912f1");
    NetworkBuilder conv = Network.sequential(wide.input()).conv(wide);
    assertTrue(conv.summary().contains(String.format(Locale.ROOT, "%,d", 1L << 62)));
    refuses("takes 2^63 multiply-adds or more", () -> conv.conv(8192, 1));
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part) && !message.contains("\n"), message);
  }

  @Test
  void onlyOneImageIsPredictedWithoutWorkers() {
    Network network = small().build(1);
    Tensor three = Tensor.allocate(Arena.ofAuto(), network.inputShape().withBatch(3), Layout.NHWC);
    refuses("input is n3c3h7w9 but the network takes n1c3h7w9", () -> network.predict(three));
    refuses("input is n3c3h7w9", () -> network.activations(three));
  }

  /** Memory for so many images of the network's would be terabytes. */
  @Test
  void aLargeBatchOfAnotherShapeTakesNoMemory() {
    Network network = Network.sequential(Shape.image(100, 100, 3)).dense(5).build(0);
    Tensor pixels = Tensor.allocate(Arena.ofAuto(), Shape.nchw(1 << 24, 1, 1, 1), Layout.NHWC);
    refuses("input is n16777216c1", () -> network.forward(pixels, Workers.serial()));
  }

  @Test
  void imagesOfAnotherThreadsArenaAreNamed() {
    Network network = small().build(1);
    try (Arena confined = Arena.ofConfined()) {
      Tensor image = Tensor.allocate(confined, network.inputShape(), Layout.NCHW);
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              () -> CompletableFuture.supplyAsync(() -> network.predict(image)).join());
      assertEquals(IllegalStateException.class, thrown.getCause().getClass());
      String message = thrown.getCause().getMessage();
      assertTrue(message.contains("confined arena of another thread"), message);
    }
  }

  @Test
  void imagesOfAClosedArenaAreNamed() {
    Network network = small().build(1);
    Arena arena = Arena.ofShared();
    Tensor image = Tensor.allocate(arena, network.inputShape(), Layout.NHWC);
    arena.close();
    String message =
        assertThrows(IllegalStateException.class, () -> network.predict(image)).getMessage();
    assertEquals("network: the arena of the input n1c3h7w9 NHWC is closed", message);
  }

  @Test
  void thereIsNoWayBackWithoutAForwardPass() {
    Training training = small().build(1).training(2);
    String message =
        assertThrows(IllegalStateException.class, () -> training.backward(Workers.serial()))
            .getMessage();
    assertTrue(message.contains("call forward first"), message);
  }

  @Test
  void layersThatNoMemoryHoldsAreRefused() {
    NetworkBuilder large = Network.sequential(Shape.image(60_000, 60_000, 1));
    refuses("60000x60000x1 has 3600000000 numbers", () -> large.dense(10));
    ConvCase extents = ConvCase.parse("n1c1h60000w60000 k100000f1000");
    refuses("local1.weight", () -> large.locallyConnected(extents));
  }

  /** With a walk over all layers for each name this takes minutes. */
  @Test
  @Timeout(20)
  void manyLayersAreNamedInLinearTime() {
    NetworkBuilder builder = Network.sequential(Shape.image(1, 1, 1));
    for (int i = 0; i < 200_000; i++) {
      builder.relu();
    }
    Network network = builder.build(0);
    assertEquals("relu200000", network.layers().getLast().name());
  }
}
