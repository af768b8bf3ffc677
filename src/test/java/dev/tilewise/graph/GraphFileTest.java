package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Activation;
import dev.tilewise.Elementwise;
import dev.tilewise.Pool2d;
import dev.tilewise.Shape;
import dev.tilewise.Workers;
import dev.tilewise.format.Dtype;
import dev.tilewise.format.FormatException;
import dev.tilewise.format.Safetensors;
import dev.tilewise.format.StoredTensor;
import dev.tilewise.nn.Network;
import dev.tilewise.testdata.Damage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphFileTest {

  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** One pixel in the middle of 2^31 - 1 windows of two far taps each. */
  private static final String JUMPING = "pool max f1073741824x1s2x1p2147483646x0x2147483646x0d2x1";

  @TempDir Path folder;

  private static float[] numbers(long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 37 % 23 - 11) / 8f;
    }
    return values;
  }

  private static Value constant(GraphBuilder b, String name, int... extents) {
    Dims dims = Dims.of(extents);
    return b.constant(name, dims, numbers(dims.elements()));
  }

  /** Every operation, with numbers that differ where they can. */
  private static Graph everything() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("tab\tand\\n line\nbreak", Dims.of(2, 4, 9, 8));
    Value c =
        b.conv(
            x,
            constant(b, "c", 6, 2, 3, 2),
            constant(b, "c", 6),
            new ConvSettings(2, 1, 1, 0, 2, 1, 1, 2, 2));
    c = b.relu(b.name(c, "a name\\"));
    Value wide =
        b.convTranspose(
            c,
            constant(b, "t", 6, 1, 3, 2),
            constant(b, "t", 6),
            new ConvSettings(2, 2, 1, 0, 1, 0, 1, 1, 6),
            1,
            0);
    c = b.add(c, b.slice(b.slice(wide, 2, 0, 2, 5), 3, 0, 2, 7));
    c =
        b.local(
            c, constant(b, "l", 5, 7, 3, 6, 1, 1), constant(b, "l", 3, 5, 7), ConvSettings.UNIT);
    c = b.affine(c, constant(b, "s", 3), constant(b, "s", 3));
    c = b.prelu(c, constant(b, "relu1", 3));
    c = b.lrn(c, 3, 1e-4f, 0.75f, 1.1f);
    c = b.pool(c, Pool2d.max(2).stride(1).padding(1, 0, 0, 1).ceilMode());
    c = b.pool(c, Pool2d.of(Pool2d.Kind.AVERAGE, 2, 3).stride(1, 2).padding(0, 1, 0, 1));
    c = b.pool(c, Pool2d.average(2).stride(1).padding(1).countIncludePad(false).ceilMode());
    Value g = b.multiply(c, b.globalPool(c, Pool2d.Kind.AVERAGE));
    g = b.max(b.min(g, c), b.globalPool(c, Pool2d.Kind.MAX));
    g =
        b.divide(
            b.subtract(b.add(g, c), g), b.power(b.unary(c, Elementwise.EXP), constant(b, "p")));
    for (Elementwise function :
        List.of(
            Elementwise.GELU_TANH,
            Elementwise.RELU6,
            Elementwise.elu(0.3f),
            Elementwise.hardSigmoid(0.21f, 0.4f),
            Elementwise.of(Activation.clamp(-1e-3f, Float.POSITIVE_INFINITY)))) {
      g = b.unary(g, function);
    }
    g = b.unary(b.unary(g, PlainFunction.ABS), PlainFunction.ROUND);
    g = b.activation(g, Activation.clamp(-0.1f, 0.7f));
    g = b.identity(g, "dropout of nothing");
    g = b.pad(g, new int[] {0, 0, 1, -1}, new int[] {0, 1, 0, 2}, -1.5f);
    g = b.concat(1, List.of(g, g));
    g = b.slice(g, 1, 6, -2, 3);
    g = b.take(g, 2, 1, 0, 1);
    g = b.transpose(g, 0, 2, 3, 1);
    for (GraphBuilder.Reduction reduction : GraphBuilder.Reduction.values()) {
      g = b.add(g, b.expand(b.reduce(g, reduction, true, 1, 3), g.dims()));
    }
    Value rows = b.flatten(g);
    Value dense = b.dense(rows, constant(b, "d", 5, rows.dims().get(1)), constant(b, "d", 5));
    Value products =
        b.matmul(b.reshape(dense, Dims.of(2, 1, 5)), b.reshape(dense, Dims.of(2, 5, 1)));
    Value scaled = b.add(dense, b.integers("i", Dims.of(2, 5), 1, 2, 3, 4, 5, 6, 7, 8, 9, 1));
    b.output(products).output(b.softmax(dense, 1, true)).output(b.softmax(scaled, 0, false));
    return b.output(constant(b, "alone", 2, 0)).output(products).build();
  }

  private static List<float[]> run(Graph graph) {
    List<float[]> inputs =
        graph.inputs().stream().map(in -> numbers(in.dims().elements())).toList();
    return graph.compile().run(inputs, Workers.serial());
  }

  @Test
  void everyOperationComesBackBitForBit() throws IOException {
    Graph graph = everything();
    Path file = folder.resolve("graph.safetensors");
    Path again = folder.resolve("again.safetensors");
    graph.save(file);
    try (Arena arena = Arena.ofShared()) {
      Graph back = Graph.load(file, arena);
      assertEquals(graph.summary(), back.summary());
      assertEquals(graph.inputs().toString(), back.inputs().toString());
      List<float[]> expected = run(graph);
      List<float[]> actual = run(back);
      assertEquals(5, actual.size());
      for (int i = 0; i < actual.size(); i++) {
        assertArrayEquals(expected.get(i), actual.get(i));
      }
      back.save(again);
      assertEquals(-1, Files.mismatch(file, again));
    }
  }

  /** So that an operation without a test of its words is found here. */
  @Test
  void everythingIsEveryWord() throws IOException {
    Path file = folder.resolve("graph.safetensors");
    everything().save(file);
    Set<String> used;
    try (Arena arena = Arena.ofShared()) {
      used =
          Safetensors.open(file, arena)
              .metadata()
              .get("tilewise.graph.nodes")
              .lines()
              .map(line -> line.split("\t")[1].split(" ")[0])
              .collect(Collectors.toSet());
    }
    Path source = Path.of("src/main/java/dev/tilewise/graph/GraphCall.java");
    for (String line : Files.readAllLines(source)) {
      if (line.contains("case \"")) {
        String word = line.split("\"")[1];
        assertTrue(used.contains(word), word);
      }
    }
  }

  @Test
  void weightsAreReadWhereTheFileIs() throws IOException {
    Path file = folder.resolve("graph.safetensors");
    everything().save(file);
    CompiledGraph compiled;
    List<float[]> expected;
    try (Arena arena = Arena.ofShared()) {
      Graph back = Graph.load(file, arena);
      compiled = back.compile();
      expected = run(back);
    }
    float[] x = numbers(compiled.inputs().getFirst().dims().elements());
    List<float[]> actual = compiled.run(List.of(x), Workers.serial());
    for (int i = 0; i < actual.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i));
    }
  }

  @Test
  void codeIsNamedAndNotSaved() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(3));
    Graph graph = b.output(b.unary(b.unary(x, "sine", Math::sin), "half", v -> v / 2)).build();
    Path file = folder.resolve("code.safetensors");
    String message =
        assertThrows(IllegalArgumentException.class, () -> graph.save(file)).getMessage();
    assertTrue(message.endsWith("sine1 (sine), half1 (half)"), message);
    assertTrue(Files.notExists(file));
  }

  /** A file whose metadata are the given ones, with tensors w, of halves, and n, of integers. */
  private Path file(Map<String, String> metadata) throws IOException {
    MemorySegment halves = MemorySegment.ofArray(new byte[4]);
    halves.set(HALF, 0, Float.floatToFloat16(1.5f));
    halves.set(HALF, 2, Float.floatToFloat16(-2));
    MemorySegment integers = MemorySegment.ofArray(new byte[16]);
    Path file = folder.resolve("described.safetensors");
    Safetensors.write(
        file,
        metadata,
        List.of(
            new StoredTensor("n", Dtype.I64, new long[] {2}, integers),
            new StoredTensor("w", Dtype.F16, new long[] {2, 1}, halves),
            new StoredTensor(
                "bytes", Dtype.U8, new long[] {0}, MemorySegment.ofArray(new byte[0]))));
    return file;
  }

  private static Map<String, String> description() {
    return new TreeMap<>(
        Map.of(
            "tilewise.graph", "1",
            "tilewise.graph.inputs", "x\t3x1",
            "tilewise.graph.nodes", "y\tdense\tx\tw",
            "tilewise.graph.outputs", "y"));
  }

  @Test
  void halvesAreTaken() throws IOException {
    try (Arena arena = Arena.ofShared()) {
      Graph graph = Graph.load(file(description()), arena);
      assertArrayEquals(new float[] {3, -4, 6, -8, 1.5f, -2}, graph.compile().run(2, 4, 1));
    }
  }

  @Test
  void whatTheMetadataSayIsChecked() throws IOException {
    String nodes = "tilewise.graph.nodes";
    for (String[] change :
        new String[][] {
          {"tilewise.graph", "2", "version 2"},
          {"tilewise.graph.inputs", "", "there is no \"x\" before it"},
          {"tilewise.graph.inputs", "x", "a name and extents"},
          {"tilewise.graph.inputs", "x\t3xy", "\"y\" in \"3 y\" is no 32-bit integer"},
          {"tilewise.graph.inputs", "x\t3x-1", "must not be negative"},
          {"tilewise.graph.inputs", "x\t3x1 4", "\"4\" is too much"},
          {"tilewise.graph.inputs", "x\t3x1\nx\t3x1", "two values named x"},
          {"tilewise.graph.inputs", "x\t" + "1x".repeat(64) + "1", "at most 64"},
          {nodes, "y\tdense\tx", "cannot have 1 inputs"},
          {nodes, "y\tdense\tx\tw\tw\tw", "cannot have 4 inputs"},
          {nodes, "y\tdense\tx\tx", "\"dense\" needs constant floats, and not x 3x1"},
          {nodes, "y\tdense\tx\tn", "\"dense\" needs constant floats, and not n 2"},
          {nodes, "y\tdense\tx\tz", "there is no \"z\" before it"},
          {nodes, "y\tdense\tx\tbytes", "neither I64 nor floating-point"},
          {nodes, "y\tdense 1\tx\tw", "\"1\" is too much in \"dense 1\""},
          {nodes, "y\tdance\tx\tw", "there is no operation \"dance\""},
          {nodes, "y\tconv 1 1 0 0 0 0 1 1\tx\tw", "ends too early"},
          {nodes, "y\tlrn 1 one 1 1\tx", "\"one\" in \"lrn 1 one 1 1\" is no number"},
          {nodes, "y\tpool middle f2\tx", "pooling \"middle f2\": it is no pooling"},
          {nodes, "y\tpool max f2x2x2\tx", "\"f\" has 3 values"},
          {nodes, "y\tpool global max ceil\tx", "it is no pooling"},
          {nodes, "y\tpool max\tx", "it is no pooling"},
          {nodes, "y\tfunction frobnicate(1)\tx", "there is no function \"frobnicate(1)\""},
          {nodes, "y\tfunction elu(x)\tx", "there is no function \"elu(x)\""},
          {nodes, "y\tfunction elu(1.0, 2.0)\tx", "there is no function"},
          {nodes, "y\tconcat 0", "a name, an operation and inputs"},
          {nodes, "y\tadd\tn\tn", "add: it works on constants alone"},
          {nodes, "y", "a name, an operation and inputs"},
          {nodes, "y\tclamp 1 0\tx", "lo <= hi"},
          {nodes, "y\tpad 0 0 1 1\tx", "ends too early"},
          {"tilewise.graph.outputs", "", "there is no \"\" before it"},
          {"tilewise.graph.outputs", "y\ty", "a name and nothing else"},
          {nodes, "y\tpool max f1" + "x1".repeat(20_000) + "\tx", "..."},
          {nodes, "r\treshape 1x3x1\tx\ny\t" + JUMPING + "\tr", "at most 4096 windows, not"},
          {nodes, "y\ttranspose -3 1\tx", "there is no axis -3"},
          {"tilewise.graph.outputs", "z", "there is no \"z\" before it"},
        }) {
      Map<String, String> changed = description();
      changed.put(change[0], change[1]);
      Path other = file(changed);
      String message =
          assertThrows(
                  FormatException.class,
                  () -> Graph.load(other, Arena.ofAuto()),
                  () -> String.join(" ", change))
              .getMessage();
      assertTrue(message.contains(change[2]), message);
    }
  }

  private void comesBack(GraphBuilder b) throws IOException {
    Graph graph = b.build();
    Path file = folder.resolve("odd.safetensors");
    graph.save(file);
    try (Arena arena = Arena.ofShared()) {
      Graph back = Graph.load(file, arena);
      assertEquals(graph.summary(), back.summary());
      assertEquals(graph.outputs().toString(), back.outputs().toString());
      List<float[]> expected = run(graph);
      List<float[]> actual = run(back);
      for (int i = 0; i < actual.size(); i++) {
        for (int j = 0; j < actual.get(i).length; j++) {
          int bits = Float.floatToRawIntBits(actual.get(i)[j]);
          assertEquals(Float.floatToRawIntBits(expected.get(i)[j]), bits);
        }
      }
    }
  }

  @Test
  void oddNamesAndNumbersComeBack() throws IOException {
    GraphBuilder one = new GraphBuilder();
    comesBack(one.output(one.name(one.relu(one.input("x", Dims.of(2))), "")));
    GraphBuilder nan = new GraphBuilder();
    float odd = Float.intBitsToFloat(0xFFC0_1234);
    Value x = nan.input("x", Dims.of(1));
    comesBack(nan.output(nan.pad(x, new int[] {1}, new int[] {1}, odd)));
    GraphBuilder same = new GraphBuilder();
    Value first = same.constant("c", Dims.of(1), 1);
    Value last = same.constant("c", Dims.of(1), 2);
    Value sum = same.max(same.max(same.input("x", Dims.of(1)), first), last);
    comesBack(same.output(last).output(sum));
    GraphBuilder whole = new GraphBuilder();
    Value ints = whole.integers("i", Dims.of(2), 1, -2);
    comesBack(
        whole.output(whole.prelu(whole.affine(whole.input("x", Dims.of(3, 2)), ints, ints), ints)));
    GraphBuilder far = new GraphBuilder();
    int d = 1_500_000_000;
    Pool2d pool = Pool2d.max(2).stride(d, d).padding(d).dilation(d, d);
    comesBack(far.output(far.pool(far.input("x", Dims.of(1, 1, 1, 1)), pool)));
  }

  /** Constants of one name, inputs and outputs: each once was looked for among all others. */
  @Test
  void manyLinesComeBack() throws IOException {
    int lines = 3_000;
    GraphBuilder b = new GraphBuilder();
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < lines; i++) {
      Value x = b.input("in" + i, Dims.of(1, 1));
      parts.add(b.affine(x, b.constant("one", Dims.of(1), i), b.constant("one", Dims.of(1), 1)));
    }
    b.output(b.concat(0, parts));
    parts.forEach(b::output);
    comesBack(b);
  }

  /** Joined into the convolution one by one, without calling one another once for each. */
  @Test
  void aConvolutionTakesAnyNumberOfFactors() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(1, 1, 1, 1));
    Value y = b.conv(x, b.constant("w", Dims.of(1, 1, 1, 1), 3), null, ConvSettings.UNIT);
    Value sign = b.constant("sign", Dims.of(1), -1);
    Value none = b.constant("none", Dims.of(1), 0);
    for (int i = 0; i < 25_000; i++) {
      y = b.affine(y, sign, none);
    }
    assertArrayEquals(new float[] {6}, b.output(y).build().compile().run(2));
  }

  @Test
  void emptyValuesComeBackAndRun() throws IOException {
    GraphBuilder b = new GraphBuilder();
    Value none = constant(b, "none", 0);
    Value y = b.affine(b.affine(b.input("x", Dims.of(1, 0)), none, none), none, none);
    comesBack(b.output(b.prelu(y, none)));
  }

  @Test
  void otherSafetensorsAreToldApart() throws IOException {
    Path file = folder.resolve("network.safetensors");
    Network.sequential(Shape.image(4, 4, 1)).dense(2).build(1).save(file);
    String message =
        assertThrows(FormatException.class, () -> Graph.load(file, Arena.ofAuto())).getMessage();
    assertTrue(message.endsWith("which Network.load reads, and no graph"), message);
    everything().save(file);
    message = assertThrows(FormatException.class, () -> Network.load(file)).getMessage();
    assertTrue(message.endsWith("which Graph.load reads, and no network"), message);
    Safetensors.write(file, Map.of(), List.of());
    message =
        assertThrows(FormatException.class, () -> Graph.load(file, Arena.ofAuto())).getMessage();
    assertTrue(message.contains("there is no tilewise.graph in its metadata"), message);
  }

  @Test
  void damagedGraphsAreReadOrRefused() throws IOException {
    Path written = folder.resolve("graph.safetensors");
    List<byte[]> seeds = new ArrayList<>();
    everything().save(written);
    seeds.add(Files.readAllBytes(written));
    seeds.add(Files.readAllBytes(file(description())));
    int attempts = 4_000;
    int readable =
        Damage.survey(
            seeds,
            attempts,
            folder.resolve("damaged.safetensors"),
            GraphFileTest::read,
            size -> (1 << 20) + 64L * size);
    assertTrue(readable > attempts / 100 && readable < attempts / 2, readable + " were read");
  }

  private static void read(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Graph graph = Graph.load(file, arena);
      assertTrue(graph.summary().contains(graph.computed().size() + " nodes"));
    }
  }
}
