package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Workers;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Conformance cases of the ONNX project, with its own tolerances. */
class OnnxNodeTest {

  private static final double RELATIVE = 1e-3;
  private static final double ABSOLUTE = 1e-7;

  /** What docs/onnx.md refuses, and why. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "test_batchnorm_epsilon_training_mode", "training_mode",
          "test_batchnorm_example_training_mode", "training_mode",
          "test_maxpool_with_argmax_2d_precomputed_pads", "is not supported",
          "test_maxpool_with_argmax_2d_precomputed_strides", "is not supported");

  /** Operators that take several values that are not known before a run. */
  private static final Set<String> OF_SEVERAL =
      Set.of("Add", "Sub", "Mul", "Div", "Sum", "Mean", "Max", "Min", "Concat", "MatMul", "Gemm");

  /** What is a constant of the graph: its inputs are known before a run. */
  private enum Known {
    NONE,
    ALL_BUT_THE_FIRST,
    ALL
  }

  @TempDir static Path folder;

  @BeforeAll
  static void unpack() throws IOException {
    NodeCases.unpack(folder);
  }

  @TestFactory
  Stream<DynamicTest> operatorsOfRunsAndOfConstants() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Map.Entry<String, List<String>> operator : NodeCases.names().entrySet()) {
      for (String name : operator.getValue()) {
        for (Known known : Known.values()) {
          if (known != Known.NONE || OF_SEVERAL.contains(operator.getKey())) {
            tests.add(
                DynamicTest.dynamicTest(
                    operator.getKey() + " " + name + " " + known, () -> check(name, known)));
          }
        }
      }
    }
    return tests.stream();
  }

  @Test
  void refusalsAreInTheDocumentation() throws IOException {
    String docs = Files.readString(Path.of("docs/onnx.md"));
    REFUSED.keySet().forEach(name -> assertTrue(docs.contains("`" + name + "`"), name));
  }

  private static void check(String name, Known known) throws IOException {
    Path one = folder.resolve(name);
    OnnxModel model = OnnxModel.load(one.resolve("model.onnx"));
    List<OnnxTensor> given = NodeCases.tensors(one, "input");
    List<OnnxTensor> expected = NodeCases.tensors(one, "output");
    List<String> names = model.inputs();
    assertTrue(given.size() <= names.size(), "inputs");
    Map<String, Dims> extents = new HashMap<>();
    List<float[]> in = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      OnnxTensor tensor = given.get(i);
      if (known == Known.NONE || known == Known.ALL_BUT_THE_FIRST && i == 0) {
        extents.put(names.get(i), tensor.dims());
        in.add(NodeCases.floats(tensor));
      } else {
        model =
            tensor.integers() == null
                ? model.bind(names.get(i), tensor.dims(), NodeCases.floats(tensor))
                : model.bindIntegers(names.get(i), tensor.dims(), tensor.integers());
      }
    }
    OnnxModel bound = model;
    if (REFUSED.containsKey(name)) {
      OnnxException refusal = assertThrows(OnnxException.class, () -> bound.graph(extents));
      assertTrue(refusal.getMessage().contains(REFUSED.get(name)), refusal.getMessage());
      return;
    }
    Graph graph = bound.graph(extents);
    CompiledGraph compiled = graph.compile();
    List<float[]> out = compiled.run(in, Workers.serial());
    assertEquals(expected.size(), out.size(), "outputs");
    for (int i = 0; i < out.size(); i++) {
      assertEquals(expected.get(i).dims(), compiled.outputs().get(i).dims(), "extents");
      assertEquals(bound.outputs().get(i), compiled.outputs().get(i).name());
      assertClose(NodeCases.floats(expected.get(i)), out.get(i), graph.summary());
    }
    comesBack(graph, in, out);
  }

  /** Saved and loaded, a graph makes the same bits. */
  private static void comesBack(Graph graph, List<float[]> in, List<float[]> out)
      throws IOException {
    Path file = folder.resolve("graph.safetensors");
    try (Arena arena = Arena.ofShared()) {
      graph.save(file);
      List<float[]> again = Graph.load(file, arena).compile().run(in, Workers.serial());
      for (int i = 0; i < out.size(); i++) {
        assertArrayEquals(out.get(i), again.get(i), graph.summary());
      }
    }
  }

  private static void assertClose(float[] expected, float[] actual, String graph) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      double tolerance = ABSOLUTE + RELATIVE * Math.abs(expected[i]);
      if (expected[i] != actual[i] && !(Math.abs(expected[i] - actual[i]) <= tolerance)) {
        assertEquals(expected[i], actual[i], "element " + i + " of\n" + graph);
      }
    }
  }
}
