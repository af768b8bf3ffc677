package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Layout;
import dev.tilewise.Pool2d;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class GraphBuilderTest {

  private final GraphBuilder b = new GraphBuilder();

  private static void refused(String words, Executable what) {
    String message = assertThrows(IllegalArgumentException.class, what).getMessage();
    assertTrue(message.contains(words), message);
  }

  private Value constant(int... extents) {
    Dims dims = Dims.of(extents);
    return b.constant("c", dims, new float[(int) dims.elements()]);
  }

  @Test
  void aDenseLayerTakesRows() {
    Value image = b.input("x", Dims.of(1, 2, 2, 1));
    refused("flatten the input", () -> b.dense(image, constant(1, 4), null));
    refused("2 extents", () -> b.dense(b.input("s", Dims.of()), constant(1, 4), null));
    refused("2 extents", () -> b.dense(b.flatten(image), constant(4), null));
    refused("has 4 numbers a row", () -> b.dense(b.flatten(image), constant(3, 5), null));
  }

  @Test
  void integersMayBeWeights() {
    Value x = b.input("x", Dims.of(1, 1, 1, 2));
    Value y = b.conv(x, b.integers("w", Dims.of(1, 1, 1, 1), 2), null, ConvSettings.UNIT);
    assertArrayEquals(new float[] {6, 8}, b.output(y).build().compile().run(3, 4));
  }

  @Test
  void axesMayBeCountedFromTheEnd() {
    Value x = b.input("x", Dims.of(1, 2, 3));
    assertEquals(Dims.of(3, 1, 2), b.transpose(x, -1, 0, 1).dims());
    refused("no order", () -> b.transpose(x, 0, 1, -2));
    refused("no axis", () -> b.transpose(x, 0, 1, 3));
    refused("no axis", () -> b.concat(9, List.of(x)));
  }

  @Test
  void valuesBelongToTheirBuilder() {
    Value foreign = new GraphBuilder().input("x", Dims.of(1));
    refused("another builder", () -> b.relu(foreign));
    refused("another builder", () -> b.output(foreign));
    refused("another builder", () -> b.name(foreign, "y"));
    refused("another builder", () -> b.concat(0, List.of(foreign)));
    refused("another builder", () -> b.reshape(foreign, foreign.dims()));
    refused("another builder", () -> b.transpose(foreign, 0));
    refused("another builder", () -> b.expand(foreign, foreign.dims()));
    refused("1 to 1024 threads, not 1025", () -> CompileOptions.fastest().threads(1025));
  }

  @Test
  void aBuiltGraphKeepsItsNames() {
    Value y = b.relu(b.input("x", Dims.of(1)));
    b.output(y).build();
    assertThrows(IllegalStateException.class, () -> b.name(y, "other"));
  }

  @Test
  void emptyValuesGoThrough() {
    Value x = b.input("x", Dims.of(0, 2));
    Value y = b.softmax(b.affine(x, constant(2), constant(2)), 0, false);
    refused("must be positive", () -> b.matmul(x, constant(2, 3)));
    CompiledGraph graph = b.output(b.softmax(y, 1, true)).build().compile();
    assertEquals(0, graph.run(new float[0]).length);
  }

  @Test
  void countsThatDoNotFitALongAreRefused() {
    Value x = b.input("x", Dims.of(1 << 30, 1 << 30));
    Value y = b.add(x, b.input("y", x.dims()));
    refused("2^61 elements or more", () -> b.relu(y));
    Graph graph = b.output(y).build();
    assertEquals(1L << 60, graph.activations());
    refused("2^63 bytes or more", graph::compile);

    Value many = b.input("many", Dims.of(1, 1 << 21, 1 << 21));
    Value terms = b.input("terms", Dims.of(1, 1 << 21, 1 << 21));
    refused("2^63 multiply-adds or more", () -> b.matmul(many, terms));
  }

  @Test
  void constantsOfALongCountAreNotFolded() {
    b.limitFolding(1 << 10);
    Value a = b.constant("a", Dims.of(1, 0, 1 << 30), new float[0]);
    assertEquals(
        0, b.matmul(a, b.constant("b", Dims.of(1, 1 << 30, 0), new float[0])).dims().elements());
  }

  @Test
  void aSliceWithoutAStepIsRefused() {
    Value x = b.input("x", Dims.of(1, 4));
    refused("not inside", () -> b.slice(x, 1, 1, 0, 3));
  }

  @Test
  void factorsThatLeaveTheRangeOfFloatsAreNotJoined() {
    Value x = b.input("x", Dims.of(1, 1));
    Value large = b.constant("large", Dims.of(1), 1e30f);
    Value zero = b.constant("zero", Dims.of(1), 0f);
    Value y = b.affine(b.affine(x, large, zero), large, zero);
    assertEquals(1e30f, b.output(y).build().compile().run(1e-30f)[0], 1e24f);
  }

  @Test
  void extentsThatDoNotFitAnIntAreRefusedByName() {
    Value image = b.input("image", Dims.of(1, 1 << 16, 1 << 16));
    refused("flatten: 65536x65536 of 1x65536x65536", () -> b.flatten(image));
    Value matrix = b.input("matrix", Dims.of(1 << 20, 1 << 20));
    refused(
        "reduce SUM: 1048576x1048576 of", () -> b.reduce(matrix, GraphBuilder.Reduction.SUM, true));
    Value wide = b.input("wide", Dims.of(1 << 16, 3, 1 << 16));
    refused(
        "reduce SUM: 65536x1x65536 of 65536x3x65536",
        () -> b.reduce(wide, GraphBuilder.Reduction.SUM, true, 1));
    Value four = b.input("four", Dims.of(1 << 16, 1 << 15, 2, 2));
    refused("softmax: 65536x32768x2x1 of", () -> b.softmax(four, 3, false));
    Value five = b.input("five", Dims.of(1, 1, 1, 1 << 16, 1 << 16));
    refused(
        "global_pool: 1x65536x65536 of 1x1x1x65536x65536",
        () -> b.globalPool(five, Pool2d.Kind.MAX));
    refused("shape: 65536x65536 of", () -> five.dims().shape());
    Value half = b.input("half", Dims.of(1 << 30, 1));
    refused("concat: axis 0", () -> b.concat(0, List.of(half, half)));
    refused(
        "matmul: 65536x65536 of",
        () -> b.matmul(b.input("m", Dims.of(1 << 16, 1 << 16, 2)), constant(2, 1)));
  }

  @Test
  void anEmptyValueHasExtentsInAnyOrder() {
    int most = Integer.MAX_VALUE;
    assertEquals(0, Dims.of(1 << 30, 0, 1 << 30).elements());
    assertEquals(0, Dims.of(1 << 30, 1 << 30, 0).elements());
    refused("2^61", () -> Dims.of(0, most, most, 4));
    refused("2^61", () -> Dims.of(most, most, 4, 0));
  }

  @Test
  void aConstantFactorKeepsTheSignOfZero() {
    for (CompileOptions options : List.of(CompileOptions.plain(), CompileOptions.fastest())) {
      for (float factor : new float[] {2, -3}) {
        GraphBuilder g = new GraphBuilder();
        Value x = g.input("x", Dims.of(1, 2));
        Value constant = g.constant("factor", Dims.of(2), factor, factor);
        Value given = g.input("given", Dims.of(1, 2));
        g.output(g.multiply(x, constant)).output(g.multiply(g.multiply(x, constant), constant));
        g.output(g.multiply(x, given)).output(g.multiply(g.multiply(x, given), given));
        List<float[]> y =
            g.build()
                .compile(options)
                .run(
                    List.of(new float[] {-0f, 0f}, new float[] {factor, factor}), Workers.serial());
        assertArrayEquals(y.get(2), y.get(0));
        assertArrayEquals(y.get(3), y.get(1));
      }
    }
  }

  @Test
  void normalisationsOutOfRangeAreRefused() {
    Value x = b.input("x", Dims.of(1, 1));
    Value zero = b.constant("zero", Dims.of(1), 0f);
    Value one = b.constant("one", Dims.of(1), 1f);
    Value large = b.constant("large", Dims.of(1), 1e30f);
    refused("must be finite", () -> b.batchNorm(x, large, zero, zero, zero, 1e-30));
    refused("must be finite", () -> b.batchNorm(x, large, zero, large, one, 0));
    refused("must be above 0", () -> b.batchNorm(x, one, zero, zero, zero, 0));
  }

  @Test
  void weightsAndBiasesThatLeaveTheRangeOfFloatsAreNotJoined() {
    Value x = b.input("x", Dims.of(1, 1, 1, 1));
    Value large = b.constant("large", Dims.of(1), 1e30f);
    Value zero = b.constant("zero", Dims.of(1), 0f);
    Value filter = b.constant("w", Dims.of(1, 1, 1, 1), 1e30f);
    b.output(b.conv(b.affine(x, large, zero), filter, null, ConvSettings.UNIT));
    Value one = b.constant("one", Dims.of(1), 1f);
    Value minus = b.constant("minus", Dims.of(1), -1e30f);
    Value unit = b.constant("v", Dims.of(1, 1, 1, 1), 1f);
    b.output(b.affine(b.conv(x, unit, large, ConvSettings.UNIT), large, zero));
    b.output(b.affine(b.affine(x, one, large), large, zero));
    b.output(b.conv(b.affine(x, one, minus), filter, null, ConvSettings.UNIT));
    CompiledGraph graph = b.build().compile();
    assertEquals(1e30f, first(graph, 0, 1e-30f), 1e24f);
    assertEquals(0, first(graph, 1, -1e30f));
    assertEquals(0, first(graph, 2, -1e30f));
    assertEquals(0, first(graph, 3, 1e30f));
  }

  private static float first(CompiledGraph graph, int output, float x) {
    return graph.run(List.of(new float[] {x}), Workers.serial()).get(output)[0];
  }

  @Test
  void aTensorOfAnotherThreadIsAStateNotAnError() throws InterruptedException {
    CompiledGraph graph = b.output(b.relu(b.input("x", Dims.of(1, 1, 1, 4)))).build().compile();
    Tensor[] foreign = new Tensor[1];
    Thread owner =
        new Thread(
            () ->
                foreign[0] =
                    Tensor.allocate(
                        Arena.ofConfined(), graph.inputs().get(0).dims().shape(), Layout.NHWC));
    owner.start();
    owner.join();
    Tensor own = Tensor.allocate(Arena.ofAuto(), graph.inputs().get(0).dims().shape(), Layout.NHWC);
    for (List<Tensor> in : List.of(List.of(foreign[0]), List.of(own))) {
      List<Tensor> out = in.get(0) == own ? List.of(foreign[0]) : List.of(own);
      assertThrows(IllegalStateException.class, () -> graph.run(in, out, Workers.serial()));
    }
  }

  @Test
  void rowsStayRows() {
    GraphBuilder b = new GraphBuilder();
    Value rows = b.input("rows", Dims.of(1, 1, 4));
    Value one = b.constant("w", Dims.of(1, 1, 1), 1);
    ConvSettings down = ConvSettings.UNIT.padding(1, 0, 0, 0);
    assertThrows(IllegalArgumentException.class, () -> b.conv(rows, one, null, down));
    Pool2d pool = Pool2d.of(Pool2d.Kind.MAX, 2, 1).stride(1).padding(1, 0, 1, 0);
    assertThrows(IllegalArgumentException.class, () -> b.pool(rows, pool));
    Pool2d deeper = Pool2d.max(1).into(2, 1);
    assertThrows(IllegalArgumentException.class, () -> b.pool(rows, deeper));
  }

  @Test
  void aValueHasSixtyFourAxesAtMost() {
    assertEquals(64, Dims.of(new int[64]).rank());
    assertThrows(IllegalArgumentException.class, () -> Dims.of(new int[65]));
  }

  @Test
  void whatDoesNotFitIsAnArgument() {
    GraphBuilder b = new GraphBuilder();
    Value number = b.input("number", Dims.of());
    assertThrows(IllegalArgumentException.class, () -> b.flatten(number));
    Value x = b.input("x", Dims.of(1, 1, 4, 1));
    Value w = b.constant("w", Dims.of(1, 1, 4, 1), 1, 2, 3, 4);
    for (ConvSettings s :
        new ConvSettings[] {
          ConvSettings.UNIT.groups(0),
          ConvSettings.UNIT.stride(0, 0),
          ConvSettings.UNIT.stride(2_000_000_000, 1),
          ConvSettings.UNIT.dilation(2_000_000_000, 1)
        }) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> b.convTranspose(x, w, null, s, 0, 0))
              .getMessage();
      assertTrue(message.startsWith("conv_transpose: "), message);
    }
  }
}
