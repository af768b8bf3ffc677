package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Operators that the conformance cases do not have, with values of ONNX's own documentation. */
class OperatorsTest {

  private static final float[] SQUARE = {1, 2, 3, 4};
  private static final float[] SIXTEEN = count(16);

  private static float[] count(int n) {
    float[] values = new float[n];
    IntStream.range(0, n).forEach(i -> values[i] = i + 1);
    return values;
  }

  /** A node with constants behind its first input. */
  private record One(long opset, String op, Map<String, Object> attributes, OnnxTensor... more) {

    Graph graph(Dims dims) throws OnnxException {
      List<String> inputs = new ArrayList<>(List.of("x"));
      Map<String, OnnxTensor> constants = new HashMap<>();
      for (int i = 0; i < more.length; i++) {
        inputs.add(more[i] == null ? "" : "c" + i);
        if (more[i] != null) {
          constants.put("c" + i, more[i]);
        }
      }
      return OnnxModel.of(
              new OnnxGraph(
                  "one",
                  List.of(OnnxGraph.Input.of("x", dims.toArray())),
                  List.of("y"),
                  List.of(new OnnxNode(op, "", "", inputs, List.of("y"), attributes)),
                  constants,
                  Map.of("", opset)))
          .graph();
    }

    void makes(Dims in, float[] x, Dims out, float... expected) throws OnnxException {
      Graph graph = graph(in);
      assertEquals(out, graph.outputs().getFirst().dims());
      assertArrayEquals(expected, graph.compile().run(x), 1e-5f);
    }
  }

  private static OnnxTensor integers(long... values) {
    return OnnxTensor.integers(Dims.of(values.length), values);
  }

  private static OnnxTensor floats(float... values) {
    return OnnxTensor.floats(Dims.of(values.length), values);
  }

  private static One resize(Map<String, Object> attributes, OnnxTensor scales, OnnxTensor sizes) {
    return new One(13, "Resize", attributes, null, scales, sizes);
  }

  private static final OnnxTensor TWICE = floats(1, 1, 2, 2);

  @Test
  void nearestPixelsAreRepeated() throws OnnxException {
    float[] expected = {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4};
    Dims in = Dims.of(1, 1, 2, 2);
    Dims out = Dims.of(1, 1, 4, 6);
    resize(Map.of(), floats(1, 1, 2, 3), null).makes(in, SQUARE, out, expected);
    new One(9, "Upsample", Map.of(), floats(1, 1, 2, 3)).makes(in, SQUARE, out, expected);
    new One(7, "Upsample", Map.of("scales", List.of(1f, 1f, 2f, 3f)))
        .makes(in, SQUARE, out, expected);
    new One(10, "Resize", Map.of(), floats(1, 1, 2, 3)).makes(in, SQUARE, out, expected);
    new One(18, "Resize", Map.of("axes", List.of(2L, 3L)), null, floats(2, 3))
        .makes(in, SQUARE, out, expected);
    resize(Map.of(), floats(1, 1, 0.6f, 0.6f), null)
        .makes(Dims.of(1, 1, 2, 4), count(8), Dims.of(1, 1, 1, 2), 1, 3);
    resize(
            Map.of("coordinate_transformation_mode", "tf_half_pixel_for_nn"),
            null,
            integers(1, 1, 3, 2))
        .makes(Dims.of(1, 1, 4, 4), SIXTEEN, Dims.of(1, 1, 3, 2), 6, 8, 10, 12, 14, 16);
  }

  @Test
  void linearPixelsAreMeansOfNeighbours() throws OnnxException {
    Dims in = Dims.of(1, 1, 2, 2);
    Dims out = Dims.of(1, 1, 4, 4);
    resize(Map.of("mode", "linear"), TWICE, null)
        .makes(
            in, SQUARE, out, 1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f,
            3, 3.25f, 3.75f, 4);
    float third = 1 / 3f;
    resize(Map.of("mode", "linear", "coordinate_transformation_mode", "align_corners"), TWICE, null)
        .makes(
            in, SQUARE, out, 1, 1 + third, 2 - third, 2, 2 - third, 2, 2 + third, 3 - third,
            2 + third, 3 - third, 3, 3 + third, 3, 3 + third, 4 - third, 4);
    new One(9, "Upsample", Map.of("mode", "linear"), floats(1, 1, 1, 2))
        .makes(in, SQUARE, Dims.of(1, 1, 2, 4), 1, 1.5f, 2, 2, 3, 3.5f, 4, 4);
    resize(Map.of("mode", "linear"), floats(1, 1, 0.6f, 0.6f), null)
        .makes(Dims.of(1, 1, 2, 4), count(8), Dims.of(1, 1, 1, 2), 2.6666665f, 4.3333331f);
    resize(
            Map.of("mode", "linear", "coordinate_transformation_mode", "pytorch_half_pixel"),
            null,
            integers(1, 1, 3, 1))
        .makes(Dims.of(1, 1, 4, 4), SIXTEEN, Dims.of(1, 1, 3, 1), 1.6666666f, 7, 12.333333f);
  }

  @Test
  void cubicPixelsAreSumsOfFour() throws OnnxException {
    Graph graph = resize(Map.of("mode", "cubic"), TWICE, null).graph(Dims.of(1, 1, 4, 4));
    float[] row = new float[8];
    System.arraycopy(graph.compile().run(SIXTEEN), 0, row, 0, 8);
    assertArrayEquals(
        new float[] {
          0.47265625f,
          0.76953125f,
          1.24609375f,
          1.875f,
          2.28125f,
          2.91015625f,
          3.38671875f,
          3.68359375f
        },
        row,
        1e-5f);
  }

  @Test
  void functionsOfOneElement() throws OnnxException {
    Dims four = Dims.of(4);
    float[] x = {-3, 0, 0.5f, 1};
    new One(13, "Erf", Map.of()).makes(four, x, four, -0.99997791f, 0, 0.52049988f, 0.84270079f);
    float[] y = {-2.5f, 0.5f, 1.5f, 2.25f};
    new One(13, "Round", Map.of()).makes(four, y, four, -2, 0, 2, 2);
    new One(13, "Floor", Map.of()).makes(four, y, four, -3, 0, 1, 2);
    new One(13, "Ceil", Map.of()).makes(four, y, four, -2, 1, 2, 3);
    new One(13, "Abs", Map.of()).makes(four, y, four, 2.5f, 0.5f, 1.5f, 2.25f);
    new One(13, "Sign", Map.of()).makes(four, y, four, -1, 1, 1, 1);
    new One(13, "Reciprocal", Map.of()).makes(four, y, four, -0.4f, 2, 1 / 1.5f, 1 / 2.25f);
    new One(13, "Cast", Map.of("to", 7L)).makes(four, y, four, -2, 0, 1, 2);
    new One(13, "Pow", Map.of(), floats(2)).makes(four, y, four, 6.25f, 0.25f, 2.25f, 5.0625f);
  }

  @Test
  void reductions() throws OnnxException {
    Dims in = Dims.of(2, 2);
    float[] x = {3, -4, 1, 2};
    Map<String, Object> rows = Map.of("axes", List.of(1L), "keepdims", 0L);
    new One(12, "ReduceSum", rows).makes(in, x, Dims.of(2), -1, 3);
    new One(12, "ReduceL1", rows).makes(in, x, Dims.of(2), 7, 3);
    new One(12, "ReduceL2", rows).makes(in, x, Dims.of(2), 5, (float) Math.sqrt(5));
    new One(12, "ReduceSumSquare", rows).makes(in, x, Dims.of(2), 25, 5);
    new One(12, "ReduceMax", rows).makes(in, x, Dims.of(2), 3, 2);
    new One(12, "ReduceMin", rows).makes(in, x, Dims.of(2), -4, 1);
    new One(12, "ReduceProd", rows).makes(in, x, Dims.of(2), -12, 2);
    new One(13, "ReduceSum", Map.of("keepdims", 0L), integers(-2)).makes(in, x, Dims.of(2), 4, -2);
    new One(13, "ReduceSum", Map.of("noop_with_empty_axes", 1L)).makes(in, x, in, x);
    new One(13, "ReduceSum", Map.of()).makes(in, x, Dims.of(1, 1), 2);
  }

  @Test
  void normalisationOfGroupsAndLayers() throws OnnxException {
    Dims in = Dims.of(1, 4, 1, 2);
    float[] x = {1, 3, 3, 1, 10, 14, 14, 10};
    float[] expected = {-1, 1, 1, -1, -1, 3, 3, -1};
    Map<String, Object> two = Map.of("num_groups", 2L, "epsilon", 0f);
    new One(18, "GroupNormalization", two, floats(1, 2), floats(0, 1)).makes(in, x, in, expected);
    new One(21, "GroupNormalization", two, floats(1, 1, 2, 2), floats(0, 0, 1, 1))
        .makes(in, x, in, expected);
    new One(17, "LayerNormalization", Map.of("epsilon", 0f), floats(2, 1), floats(0, 5))
        .makes(in, x, in, -2, 6, 2, 4, -2, 6, 2, 4);
  }

  @Test
  void partsAndRepetitions() throws OnnxException {
    Dims in = Dims.of(2, 2);
    new One(13, "Tile", Map.of(), integers(1, 2))
        .makes(in, SQUARE, Dims.of(2, 4), 1, 2, 1, 2, 3, 4, 3, 4);
    new One(13, "Gather", Map.of("axis", 1L), integers(-1, 0)).makes(in, SQUARE, in, 2, 1, 4, 3);
    new One(13, "Gather", Map.of(), OnnxTensor.integers(Dims.of(), 1))
        .makes(in, SQUARE, Dims.of(2), 3, 4);
    new One(13, "Expand", Map.of(), integers(2, 1, 1))
        .makes(in, SQUARE, Dims.of(2, 2, 2), 1, 2, 3, 4, 1, 2, 3, 4);
    new One(9, "Slice", Map.of("starts", List.of(1L), "ends", List.of(Long.MAX_VALUE)))
        .makes(in, SQUARE, Dims.of(1, 2), 3, 4);
    new One(12, "Squeeze", Map.of()).makes(Dims.of(1, 4, 1), SQUARE, Dims.of(4), SQUARE);
    new One(11, "Softmax", Map.of("axis", 1L))
        .makes(Dims.of(1, 2, 2), new float[4], Dims.of(1, 2, 2), 0.25f, 0.25f, 0.25f, 0.25f);
    new One(13, "Softmax", Map.of("axis", 1L))
        .makes(Dims.of(1, 2, 2), new float[4], Dims.of(1, 2, 2), 0.5f, 0.5f, 0.5f, 0.5f);
  }

  @Test
  void slopesOfSeveralShapes() throws OnnxException {
    Dims in = Dims.of(1, 2, 2);
    float[] x = {-1, 2, -3, -4};
    new One(9, "PRelu", Map.of(), OnnxTensor.floats(Dims.of(2, 1), 0.5f, 0.25f))
        .makes(in, x, in, -0.5f, 2, -0.75f, -1);
    new One(9, "PRelu", Map.of(), OnnxTensor.floats(Dims.of(2), 0.5f, 0.25f))
        .makes(in, x, in, -0.5f, 2, -1.5f, -1);
    new One(9, "PRelu", Map.of(), OnnxTensor.floats(Dims.of(1), 0.5f))
        .makes(in, x, in, -0.5f, 2, -1.5f, -2);
  }

  /** y = x reshaped by what nodes compute. */
  private static float[] computed(List<OnnxNode> nodes, Map<String, OnnxTensor> constants)
      throws OnnxException {
    OnnxGraph model =
        new OnnxGraph(
            "computed",
            List.of(OnnxGraph.Input.of("x", 2, 3)),
            List.of("y"),
            nodes,
            constants,
            Map.of("", 15L));
    return OnnxModel.of(model).graph().compile().run(count(6));
  }

  private static OnnxNode node(String op, Map<String, Object> attributes, String... names) {
    List<String> inputs = List.of(names).subList(0, names.length - 1);
    return new OnnxNode(op, "", "", inputs, List.of(names[names.length - 1]), attributes);
  }

  @Test
  void constantsAreChosenAndCompared() throws OnnxException {
    Map<String, OnnxTensor> constants =
        Map.of("three", integers(3), "two", integers(2), "minus", integers(-1));
    float[] y =
        computed(
            List.of(
                node("Shape", Map.of(), "x", "s"),
                node("Equal", Map.of(), "s", "three", "is"),
                node("Where", Map.of(), "is", "minus", "two", "chosen"),
                node("Cast", Map.of("to", 1L), "chosen", "real"),
                node("Add", Map.of(), "x", "unused", "other"),
                node("ReduceSum", Map.of("keepdims", 0L), "real", "sum"),
                node("Add", Map.of(), "x", "sum", "y")),
            constants);
    // The extents 2, 3 become 2, -1.
    assertArrayEquals(new float[] {2, 3, 4, 5, 6, 7}, y);
    float[] z =
        computed(
            List.of(
                node("Constant", Map.of("value_ints", List.of(0L, 7L, 2L)), "c"),
                node("Constant", Map.of("value_float", 0.5f), "half"),
                node("Size", Map.of(), "x", "size"),
                node("Constant", Map.of("value_int", 0L), "zero"),
                node("Constant", Map.of("value_int", 2L), "by"),
                node("Range", Map.of(), "zero", "size", "by", "even"),
                node("Div", Map.of(), "even", "three", "third"),
                node("Mul", Map.of(), "third", "half", "halves"),
                node("Add", Map.of(), "x", "halves", "y")),
            constants);
    // 0, 2, 4 over 3 without a fraction are 0, 0, 1.
    assertArrayEquals(new float[] {1, 2, 3.5f, 4, 5, 6.5f}, z);
  }

  @Test
  void whatIsNotKnownBeforeARunIsSaid() {
    One where = new One(13, "Where", Map.of(), floats(1), floats(2));
    OnnxException e = assertThrows(OnnxException.class, () -> where.graph(Dims.of(2)));
    assertTrue(e.getMessage().contains("known before a run"), e.getMessage());
    One reshape = new One(13, "Reshape", Map.of("allowzero", 1L), integers(0, 5));
    e = assertThrows(OnnxException.class, () -> reshape.graph(Dims.of(2)));
    assertTrue(e.getMessage().startsWith("one: Reshape \"y\": "), e.getMessage());
  }

  @Test
  void everyOperatorIsInTheDocumentation() throws IOException {
    String docs = Files.readString(Path.of("docs/onnx.md"));
    for (String name : Operators.names()) {
      assertTrue(docs.contains("`" + name + "`"), name + " is not in docs/onnx.md");
    }
  }
}
