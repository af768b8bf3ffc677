package dev.tilewise.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tilewise.graph.Dims;
import dev.tilewise.testdata.Vectors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A model as {@code model.json} describes it: nodes, weights, expected values. */
record JsonModel(Path folder, JsonNode json) {

  static JsonModel read(String place) throws IOException {
    Path folder = Vectors.folder().resolve(place);
    return new JsonModel(
        folder, new ObjectMapper().readTree(folder.resolve("model.json").toFile()));
  }

  /** The model, with its weights outside of the heap. */
  OnnxModel model(Arena arena) throws IOException {
    Map<String, OnnxTensor> initializers = new HashMap<>();
    if (json.hasNonNull("weights_file")) {
      Path file = folder.resolve(json.get("weights_file").asText());
      try (FileChannel channel = FileChannel.open(file)) {
        MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        json.get("initializers")
            .properties()
            .forEach(entry -> initializers.put(entry.getKey(), stored(entry.getValue(), bytes)));
      }
    }
    if (json.has("generated")) {
      json.get("generated")
          .forEach(one -> initializers.put(one.get("name").asText(), generated(one, arena)));
      json.get("constant_initializers")
          .properties()
          .forEach(entry -> initializers.put(entry.getKey(), written(entry.getValue())));
    }
    List<OnnxNode> nodes = new ArrayList<>();
    json.get("nodes").forEach(node -> nodes.add(node(node)));
    OnnxGraph.Input input =
        OnnxGraph.Input.of(
            json.get("input").asText(),
            test(0).get("input").get("shape").valueStream().mapToInt(JsonNode::intValue).toArray());
    return OnnxModel.of(
        new OnnxGraph(
            json.get("name").asText(),
            List.of(input),
            words(json.get("outputs")),
            nodes,
            initializers,
            Map.of("", json.get("opset").get("ai.onnx").longValue())));
  }

  private static OnnxTensor stored(JsonNode one, MemorySegment bytes) {
    Dims dims = dims(one);
    long offset = one.get("offset").longValue();
    if ("int64".equals(one.get("dtype").asText())) {
      long[] values = new long[(int) dims.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + i * (long) Long.BYTES);
      }
      return OnnxTensor.integers(dims, values);
    }
    return OnnxTensor.floats(dims, bytes.asSlice(offset, dims.elements() * Float.BYTES));
  }

  private static OnnxTensor written(JsonNode one) {
    if ("int64".equals(one.get("dtype").asText())) {
      return OnnxTensor.integers(
          dims(one), one.get("data").valueStream().mapToLong(JsonNode::longValue).toArray());
    }
    float[] values = new float[one.get("data").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = one.get("data").get(i).floatValue();
    }
    return OnnxTensor.floats(dims(one), values);
  }

  private static OnnxTensor generated(JsonNode one, Arena arena) {
    Dims dims = dims(one);
    MemorySegment values = arena.allocate(dims.elements() * Float.BYTES, Long.BYTES);
    long seed = one.get("seed").longValue();
    double scale = one.get("scale").doubleValue();
    double offset = one.get("offset").doubleValue();
    for (long i = 0; i < dims.elements(); i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, generated(seed, i, scale, offset));
    }
    return OnnxTensor.floats(dims, values);
  }

  private static float generated(long seed, long i, double scale, double offset) {
    long z = (seed << 32) + i + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (float) (((z >>> 40) / 16777216.0 * 2 - 1) * scale + offset);
  }

  private static OnnxNode node(JsonNode node) {
    Map<String, Object> attributes = new HashMap<>();
    node.get("attributes")
        .properties()
        .forEach(entry -> attributes.put(entry.getKey(), attribute(entry.getValue())));
    return new OnnxNode(
        node.get("op").asText(),
        "",
        node.get("name").asText(),
        words(node.get("inputs")),
        words(node.get("outputs")),
        attributes);
  }

  private static Object attribute(JsonNode value) {
    if (value.isArray()) {
      return value.valueStream().map(JsonModel::attribute).toList();
    }
    if (value.isTextual()) {
      return value.asText();
    }
    return value.isIntegralNumber() ? (Object) value.longValue() : (Object) value.floatValue();
  }

  private static List<String> words(JsonNode list) {
    return list.valueStream().map(JsonNode::asText).toList();
  }

  private static Dims dims(JsonNode one) {
    return Dims.of(one.get("shape").valueStream().mapToInt(JsonNode::intValue).toArray());
  }

  JsonNode test(int i) {
    return json.get("tests").get(i);
  }

  /** The input of a test, which may be made up. */
  float[] input(int i) throws IOException {
    JsonNode input = test(i).get("input");
    Path file = folder.resolve(input.get("file").asText());
    if (Files.exists(file)) {
      return numbers(file, input.get("dtype").asText());
    }
    JsonNode made = json.get("input_generated");
    float[] values = new float[(int) dims(input).elements()];
    for (int at = 0; at < values.length; at++) {
      values[at] = generated(made.get("seed").longValue(), at, 1, 0);
    }
    return values;
  }

  /** What a test expects of an output, computed in double. */
  double[] expected(int i, String output) throws IOException {
    Path file = folder.resolve(test(i).get("outputs").get(output).get("file").asText());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[bytes.capacity() / Double.BYTES];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  static float[] numbers(Path file, String type) throws IOException {
    byte[] raw = Files.readAllBytes(file);
    if ("uint8".equals(type)) {
      float[] values = new float[raw.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = raw[i] & 0xFF;
      }
      return values;
    }
    float[] values = new float[raw.length / Float.BYTES];
    ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** The largest difference, relative to the largest expected value. */
  static double relativeError(double[] expected, float... actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      double d = Math.abs(expected[i] - actual[i]);
      difference = d <= difference ? difference : d;
    }
    return difference / largest;
  }
}
