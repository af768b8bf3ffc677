package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tilewise.Conv2d;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.Value;
import dev.tilewise.testdata.Vectors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Trained networks from their files: what they make of digits, small images, photos. */
class TrainedModelsTest {

  /** The rounding of float32 in sums of up to 25,000 products, with values in between. */
  private static final double RELATIVE = 1e-3;

  private static final double PROBABILITY = 1e-4;

  /**
   * Digits: what a convolution may err by, of the largest logit, 10,109. That is 0.1, and the best
   * two logits of an image differ by 0.36 at least, so all predictions are the same.
   */
  private static final double LOGITS = Conv2d.DEFAULT_TOLERANCE * 10_109;

  private static OnnxModel load(String name) throws IOException {
    return OnnxModel.load(Vectors.folder().resolve("models/" + name + "/model.onnx"));
  }

  @Test
  void digitsAreWhatTheyShouldBe() throws IOException {
    Path folder = Vectors.folder().resolve("models/mnist_8");
    float[] logits = JsonModel.numbers(folder.resolve("t10k_logits.f32.bin"), "float32");
    byte[] predictions = Files.readAllBytes(folder.resolve("t10k_predictions.u8.bin"));
    // The model flattens one image; a hundred are flattened by another shape.
    OnnxModel model =
        load("mnist_8").bindIntegers("Pooling160_Output_0_reshape0_shape", Dims.of(2), -1, 256);
    int batch = 100;
    CompiledGraph graph = model.graph(Map.of("Input3", Dims.of(batch, 1, 28, 28))).compile();
    float[] pixels = new float[batch * 28 * 28];
    byte[] images = idx("t10k-images-idx3-ubyte.gz", 16);
    byte[] labels = idx("t10k-labels-idx1-ubyte.gz", 8);
    int right = 0;
    double largest = 0;
    for (int first = 0; first < labels.length; first += batch) {
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = images[first * 28 * 28 + i] & 0xFF;
      }
      float[] scores = graph.run(pixels);
      for (int i = 0; i < scores.length; i++) {
        largest = Math.max(largest, Math.abs(scores[i] - logits[first * 10 + i]));
      }
      for (int i = 0; i < batch; i++) {
        int best = best(Arrays.copyOfRange(scores, i * 10, i * 10 + 10), 1)[0];
        assertEquals(predictions[first + i], best, "image " + (first + i));
        right += best == labels[first + i] ? 1 : 0;
      }
    }
    assertEquals(9891, right);
    assertTrue(largest <= LOGITS, "largest difference " + largest);
  }

  /** The bytes behind the head of an IDX file. */
  private static byte[] idx(String name, int head) throws IOException {
    Path file = Vectors.folder().resolve("images/mnist").resolve(name);
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      in.skipNBytes(head);
      return in.readAllBytes();
    }
  }

  @Test
  void oneDigitAtATimeIsTheSame() throws IOException {
    JsonModel json = JsonModel.read("models/mnist_8");
    CompiledGraph graph = load("mnist_8").graph().compile();
    for (int test = 0; test < 3; test++) {
      double[] expected = json.expected(test, "Plus214_Output_0");
      assertTrue(JsonModel.relativeError(expected, graph.run(json.input(test))) < RELATIVE);
    }
  }

  @Test
  void smallImagesAreAllRight() throws IOException {
    JsonModel json = JsonModel.read("models/resnet20_cifar10");
    Graph graph = load("resnet20_cifar10").graph(Map.of("data", Dims.of(100, 3, 32, 32)));
    float[] logits = graph.compile().run(json.input(0));
    double error = JsonModel.relativeError(json.expected(0, "logits"), logits);
    assertTrue(error < RELATIVE, "relative error " + error);
    JsonNode labels = json.test(0).get("labels");
    for (int i = 0; i < 100; i++) {
      float[] scores = Arrays.copyOfRange(logits, i * 10, i * 10 + 10);
      assertEquals(labels.get(i).intValue(), best(scores, 1)[0], "image " + i);
    }
  }

  @Test
  void photosAreRecognised() throws IOException {
    JsonModel json = JsonModel.read("models/squeezenet_v1.1");
    CompiledGraph graph = load("squeezenet_v1.1").graph().compile();
    int compared = 0;
    for (int test = 0; test < json.json().get("tests").size(); test++) {
      String name = json.test(test).get("name").asText();
      float[] probabilities = graph.run(photo(name));
      if (Files.exists(json.folder().resolve(name + ".softmaxout_1.f64.bin"))) {
        assertArrayEquals(json.input(test), photo(name), name);
        double[] expected = json.expected(test, "softmaxout_1");
        for (int i = 0; i < expected.length; i++) {
          assertEquals(expected[i], probabilities[i], PROBABILITY, name + " " + i);
        }
        compared++;
      }
      JsonNode top = json.test(test).get("top5");
      int[] best = best(probabilities, 5);
      for (int i = 0; i < 5; i++) {
        assertEquals(top.get(i).get(0).intValue(), best[i], name);
        assertEquals(top.get(i).get(1).doubleValue(), probabilities[best[i]], PROBABILITY, name);
      }
    }
    assertEquals(3, compared);
  }

  /** A photo as the model takes it: planes of blue, green and red from 0 to 255. */
  private static float[] photo(String name) throws IOException {
    Path file = Vectors.folder().resolve("images/photos/" + name + ".rgb224.u8.bin");
    byte[] rgb = Files.readAllBytes(file);
    int pixels = rgb.length / 3;
    float[] planes = new float[rgb.length];
    for (int i = 0; i < planes.length; i++) {
      planes[i] = rgb[i % pixels * 3 + 2 - i / pixels] & 0xFF;
    }
    return planes;
  }

  /** Places of the largest values, the largest first. */
  private static int[] best(float[] values, int count) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> Float.compare(values[b], values[a]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @Test
  void everyValueInBetweenIsRight() throws IOException {
    for (String name : List.of("mnist_8", "resnet20_cifar10", "squeezenet_v1.1")) {
      JsonModel json = JsonModel.read("models/" + name);
      OnnxModel model = load(name);
      Map<String, Dims> extents = new HashMap<>();
      extents.put(
          model.inputs().getFirst(),
          Dims.of(
              json.test(0)
                  .get("input")
                  .get("shape")
                  .valueStream()
                  .mapToInt(JsonNode::intValue)
                  .toArray()));
      Graph graph = model.graph(extents);
      Map<String, JsonNode> stats =
          json.test(0).get("node_stats").properties().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
      List<String> names = graph.computed().stream().filter(stats::containsKey).toList();
      assertTrue(names.size() >= stats.size() - 1, name + " has " + names);
      CompiledGraph plain = graph.compile(CompileOptions.plain().keep(names));
      List<float[]> values = plain.run(List.of(json.input(0)), Workers.serial());
      for (int i = graph.outputs().size(); i < values.size(); i++) {
        Value value = plain.outputs().get(i);
        assertStatistics(name, value, values.get(i), stats.get(value.name()));
      }
    }
  }

  static void assertStatistics(String model, Value value, float[] values, JsonNode stats) {
    String where = model + " " + value;
    int[] shape = stats.get("shape").valueStream().mapToInt(JsonNode::intValue).toArray();
    assertEquals(Dims.of(shape), value.dims(), where);
    double sum = 0;
    double squares = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (float v : values) {
      sum += v;
      squares += (double) v * v;
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    double l2 = stats.get("l2").doubleValue();
    double largest =
        Math.max(
            Math.abs(stats.get("min").doubleValue()), Math.abs(stats.get("max").doubleValue()));
    assertEquals(l2, Math.sqrt(squares), RELATIVE * l2, where);
    assertEquals(stats.get("min").doubleValue(), min, RELATIVE * largest, where);
    assertEquals(stats.get("max").doubleValue(), max, RELATIVE * largest, where);
    assertEquals(stats.get("mean").doubleValue(), sum / values.length, RELATIVE * largest, where);
    for (int i = 0; i < stats.get("first8").size(); i++) {
      double first = stats.get("first8").get(i).doubleValue();
      assertEquals(first, values[i], RELATIVE * largest, where + " " + i);
    }
  }
}
