package dev.tilewise.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.internal.random.SplitMix64;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ZooTest {

  private static final long SEED = 7;

  /** Of the largest score: see {@link #compiledIsPlain}. */
  private static final double TOLERANCE = 1e-4;

  /** A side that each takes, and that is quickly computed. */
  private static int side(Zoo network) {
    return switch (network) {
      case LENET5 -> 28;
      case ALEXNET -> 99;
      case VGG16, VGG19 -> 32;
      case UNET -> 188;
      default -> 64;
    };
  }

  private static Graph graph(Zoo network, int batch) {
    return network.graph(batch, side(network), side(network), SEED);
  }

  private static float[] images(Graph graph, int seed) {
    SplitMix64 random = new SplitMix64(seed);
    float[] values = new float[(int) graph.inputs().get(0).dims().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextSymmetric();
    }
    return values;
  }

  /**
   * Parameters by the counts of torchvision, Caffe and Keras (a batch normalisation has two for a
   * channel). Multiply-adds by the convolutions that other projects measure, each as often as a
   * network has it, and here the dense layers, which they leave out. SqueezeNet's last convolution
   * is without padding here, 14 x 14 instead of 16 x 16.
   */
  @ParameterizedTest
  @CsvSource({
    "LENET5, 431080, 1888000, 405000",
    "ALEXNET, 60965224, 665784864, 58621952",
    "VGG16, 138357544, 15346630656, 123633664",
    "VGG19, 143667240, 19508428800, 123633664",
    "GOOGLENET, 6998552, 1581647872, 1024000",
    "RESNET18, 11689512, 1813561344, 512000",
    "RESNET34, 21797672, 3663249408, 512000",
    "RESNET50, 25557032, 4087136256, 2048000",
    "MOBILENET_V1, 4231976, 567716352, 1024000",
    "MOBILENET_V2, 3504872, 299494272, 1280000",
    "SQUEEZENET, 1235496, 387747520, 0"
  })
  void countsAreAsPublished(Zoo network, long parameters, long convolutions, long dense) {
    Graph graph = network.graph(1, SEED);
    assertEquals(parameters, graph.parameterCount());
    assertEquals(convolutions + dense, graph.multiplyAdds());
  }

  /** With two classes and biases. */
  @Test
  void parametersOfUNetAreAsPublished() {
    Graph graph = Zoo.UNET.graph(1, SEED);
    assertEquals(31_030_658, graph.parameterCount());
    assertEquals(Dims.of(1, 2, 388, 388), graph.outputs().get(0).dims());
  }

  /** The table of the Stanford course counts the image, convolutions, pools and dense layers. */
  @Test
  void activationsOfVggAreThoseOfTheCourse() {
    Graph graph = Zoo.VGG16.graph(1, SEED);
    long sum = graph.inputs().get(0).dims().elements();
    for (String name : graph.computed()) {
      if (name.matches("(conv|pool|fc|scores)[^/]*")) {
        sum += graph.computed(name).dims().elements();
      }
    }
    // Its lines add up to 15.2 million; the 24 million below them are no sum of theirs.
    assertEquals(15_237_608, sum);
    // Every ReLU, the flattened image and the probabilities are values too.
    assertEquals(15_237_608 - 150_528 + 13_547_520 + 8_192 + 25_088 + 1_000, graph.activations());
  }

  @Test
  void firstLayerOfAlexNetIsAsPublished() {
    Graph graph = Zoo.ALEXNET.graph(1, SEED);
    assertEquals(Dims.of(1, 96, 55, 55), graph.computed("conv1").dims());
    assertTrue(
        graph.summary().lines().anyMatch(l -> l.startsWith("conv1 ") && l.contains(" 34,944 ")),
        graph.summary());
  }

  /**
   * A bound of the whole network is useless: it would multiply the largest gains of all layers. By
   * rounding alone the differences were 6e-7 to 6e-6 of the largest score. The probabilities hide
   * what is wrong with small scores, so the scores are compared.
   */
  @ParameterizedTest
  @EnumSource
  void compiledIsPlain(Zoo network) {
    boolean isWhole = network == Zoo.ALEXNET || network == Zoo.VGG16;
    Graph graph = isWhole ? network.graph(1, SEED) : graph(network, 1);
    float[] image = images(graph, 1);
    float[] plain = scores(graph, CompileOptions.plain(), image);
    CompiledGraph compiled = graph.compile(keepScores(CompileOptions.fastest()));
    float[] fast = compiled.run(List.of(image), Workers.serial()).get(1);
    double largest = 0;
    for (float score : plain) {
      largest = Math.max(largest, Math.abs(score));
    }
    assertTrue(largest > 0.1 && largest < 1e4, () -> network + ": dead or exploding scores");
    assertArrayEquals(plain, fast, (float) (TOLERANCE * largest));
    assertTrue(
        compiled.memoryBytes() <= 1.1 * compiled.largestLiveBytes(),
        () -> compiled.memoryBytes() + " bytes, " + compiled.largestLiveBytes() + " at once");
    // NaN in what is not needed any more changes nothing.
    assertArrayEquals(fast, scores(graph, CompileOptions.fastest().poison(true), image));
  }

  private static CompileOptions keepScores(CompileOptions options) {
    return options.keep(List.of(Zoo.SCORES));
  }

  private static float[] scores(Graph graph, CompileOptions options, float[] image) {
    return graph.compile(keepScores(options)).run(List.of(image), Workers.serial()).get(1);
  }

  /** The algorithm is given: what AUTO takes for a layer may depend on the batch. */
  @ParameterizedTest
  @EnumSource(names = {"LENET5", "ALEXNET", "GOOGLENET", "RESNET50", "MOBILENET_V2", "SQUEEZENET"})
  void twoImagesAreTwiceOne(Zoo network) {
    Graph one = graph(network, 1);
    Graph two = graph(network, 2);
    float[] images = images(two, 3);
    for (Algorithm algorithm : List.of(Algorithm.DIRECT, Algorithm.WINOGRAD_F4)) {
      CompileOptions options = CompileOptions.fastest().algorithm(algorithm);
      float[] both = scores(two, options, images);
      CompiledGraph single = one.compile(keepScores(options));
      int half = both.length / 2;
      for (int i = 0; i < 2; i++) {
        float[] image =
            Arrays.copyOfRange(images, i * images.length / 2, (i + 1) * images.length / 2);
        assertArrayEquals(
            Arrays.copyOfRange(both, i * half, (i + 1) * half),
            single.run(List.of(image), Workers.serial()).get(1),
            network + " " + algorithm + ", image " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LENET5", "ALEXNET", "GOOGLENET", "RESNET50", "MOBILENET_V2", "SQUEEZENET"})
  void twoThreadsComputeTheSameBits(Zoo network) {
    Graph graph = graph(network, 1);
    float[] image = images(graph, 2);
    CompiledGraph compiled = graph.compile(keepScores(CompileOptions.fastest()));
    float[] serial = compiled.run(List.of(image), Workers.serial()).get(1);
    try (Workers pair = Workers.of(2)) {
      assertArrayEquals(serial, compiled.run(List.of(image), pair).get(1));
    }
  }

  @Test
  void sameSeedSameWeights() {
    Graph graph = graph(Zoo.MOBILENET_V2, 1);
    float[] image = images(graph, 4);
    float[] scores = scores(graph, CompileOptions.plain(), image);
    assertArrayEquals(scores, scores(graph(Zoo.MOBILENET_V2, 1), CompileOptions.plain(), image));
    Graph other = Zoo.MOBILENET_V2.graph(1, 64, 64, SEED + 1);
    assertFalse(Arrays.equals(scores, scores(other, CompileOptions.plain(), image)));
  }

  @Test
  void namesAreThoseOfTheCommandLine() {
    assertEquals("mobilenet_v1", Zoo.MOBILENET_V1.toString());
    for (Zoo network : Zoo.values()) {
      assertEquals(network, Zoo.named(network.toString().toUpperCase(Locale.ROOT)));
    }
    String message =
        assertThrows(IllegalArgumentException.class, () -> Zoo.named("resnet51")).getMessage();
    assertEquals(
        "there is no network \"resnet51\"; there are lenet5, alexnet, vgg16, vgg19, googlenet,"
            + " resnet18, resnet34, resnet50, mobilenet_v1, mobilenet_v2, squeezenet, unet",
        message);
  }

  @Test
  void tooSmallImagesAreRefused() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Zoo.UNET.graph(1, 100, 100, SEED))
            .getMessage();
    assertTrue(message.startsWith("unet does not take images of 100x100: "), message);
    assertThrows(IllegalArgumentException.class, () -> Zoo.VGG16.graph(0, SEED));
  }

  @ParameterizedTest
  @EnumSource
  void everyNetworkComesBackFromItsFile(Zoo network, @TempDir Path folder) throws IOException {
    Graph graph = graph(network, 1);
    Path file = folder.resolve("network.safetensors");
    Path again = folder.resolve("again.safetensors");
    graph.save(file);
    try (Arena arena = Arena.ofShared()) {
      Graph back = Graph.load(file, arena);
      assertEquals(graph.summary(), back.summary());
      back.save(again);
      // Weights and operations alike, so that runs are, which GraphFileTest shows.
      assertEquals(-1, Files.mismatch(file, again));
    }
  }
}
