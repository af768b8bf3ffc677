package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whole ImageNet networks with made-up weights, compared with what float64 makes of them. */
class ImageNetGraphsTest {

  /** Of the largest expected value, before the softmax. */
  private static final double RELATIVE = 1e-3;

  private static final List<String> NETWORKS =
      List.of(
          "bvlc_alexnet",
          "densenet121",
          "inception_v1",
          "inception_v2",
          "resnet50",
          "shufflenet",
          "squeezenet",
          "vgg19",
          "zfnet512");

  @TestFactory
  Stream<DynamicTest> networksMakeWhatDoublesMake() {
    return NETWORKS.stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> check(JsonModel.read("graphs/" + name))));
  }

  private static void check(JsonModel json) throws IOException {
    Graph graph;
    try (Arena arena = Arena.ofShared()) {
      graph = json.model(arena).graph();
      List<String> outputs =
          json.test(0).get("outputs").properties().stream().map(Map.Entry::getKey).toList();
      Map<String, JsonNode> stats =
          json.test(0).get("node_stats").properties().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
      List<String> known = graph.computed().stream().filter(stats::containsKey).toList();
      float[] input = json.input(0);
      for (CompileOptions options :
          List.of(CompileOptions.fastest().keep(outputs), CompileOptions.plain().keep(known))) {
        CompiledGraph compiled = graph.compile(options);
        List<float[]> values = compiled.run(List.of(input), Workers.serial());
        for (int i = graph.outputs().size(); i < values.size(); i++) {
          String name = compiled.outputs().get(i).name();
          if (outputs.contains(name)) {
            double error = JsonModel.relativeError(json.expected(0, name), values.get(i));
            assertTrue(error < RELATIVE, name + ": relative error " + error);
          }
          TrainedModelsTest.assertStatistics(
              "graph", compiled.outputs().get(i), values.get(i), stats.get(name));
        }
      }
      assertEquals(json.json().get("outputs").get(0).asText(), graph.outputs().get(0).name());
    }
  }
}
