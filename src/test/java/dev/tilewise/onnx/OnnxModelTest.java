package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.tilewise.Workers;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What files may have, and what is said of those that have something else. */
class OnnxModelTest {

  private static final long[] NO_DIMS = {};

  @TempDir Path folder;

  private OnnxModel load(ModelProto model) throws IOException {
    return OnnxModel.load(Files.write(folder.resolve("m.onnx"), model.toByteArray()));
  }

  private String refusal(ModelProto model) {
    OnnxException e = assertThrows(OnnxException.class, () -> load(model).graph());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    return e.getMessage();
  }

  private String refusal(byte... bytes) throws IOException {
    Path file = Files.write(folder.resolve("m.onnx"), bytes);
    return assertThrows(OnnxException.class, () -> OnnxModel.load(file).graph()).getMessage();
  }

  private static void assertSays(String part, String message) {
    assertTrue(message.contains(part), message);
  }

  /** y = x + c for rows of two. */
  private static GraphProto.Builder sum(TensorProto summand) {
    return GraphProto.newBuilder()
        .addInput(Protos.value("x", 2))
        .addInitializer(summand)
        .addNode(Protos.node("Add", List.of("x", "c"), "y"))
        .addOutput(Protos.value("y", 2));
  }

  private float[] sumOf(TensorProto summand) throws IOException {
    return load(Protos.model(13, sum(summand))).graph().compile().run(0, 10);
  }

  private static byte[] little(int bytes, java.util.function.Consumer<ByteBuffer> fill) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    fill.accept(buffer);
    return buffer.array();
  }

  @Test
  void weightsOfEveryWidthAreRead() throws IOException {
    float[] expected = {1.5f, 8};
    long[] two = {2};
    assertArrayEquals(expected, sumOf(Protos.floats("c", two, 1.5f, -2)));
    byte[] floats = little(8, b -> b.putFloat(1.5f).putFloat(-2));
    assertArrayEquals(expected, sumOf(Protos.raw("c", DataType.FLOAT, two, floats)));
    byte[] doubles = little(16, b -> b.putDouble(1.5).putDouble(-2));
    assertArrayEquals(expected, sumOf(Protos.raw("c", DataType.DOUBLE, two, doubles)));
    byte[] halves = little(4, b -> b.putShort((short) 0x3E00).putShort((short) 0xC000));
    assertArrayEquals(expected, sumOf(Protos.raw("c", DataType.FLOAT16, two, halves)));
    byte[] brains = little(4, b -> b.putShort((short) 0x3FC0).putShort((short) 0xC000));
    assertArrayEquals(expected, sumOf(Protos.raw("c", DataType.BFLOAT16, two, brains)));
    TensorProto typedHalves =
        TensorProto.newBuilder()
            .setName("c")
            .addDims(2)
            .setDataType(DataType.FLOAT16.getNumber())
            .addInt32Data(0x3E00)
            .addInt32Data(0xC000)
            .build();
    assertArrayEquals(expected, sumOf(typedHalves));
    byte[] integers = little(8, b -> b.putInt(1).putInt(-2));
    assertArrayEquals(new float[] {1, 8}, sumOf(Protos.raw("c", DataType.INT32, two, integers)));
    assertArrayEquals(
        new float[] {1, 265}, sumOf(Protos.raw("c", DataType.UINT8, two, (byte) 1, (byte) -1)));
  }

  @Test
  void extentsAreTheModelsOrGiven() throws IOException {
    OnnxModel model = load(Protos.network());
    assertEquals(List.of("x"), model.inputs());
    assertEquals(List.of("y"), model.outputs());
    Graph graph = model.graph();
    assertEquals(Dims.of(1, 2, 6, 6), graph.inputs().getFirst().dims());
    assertEquals(List.of("c", "n", "r", "p", "f", "g", "y"), graph.computed());
    assertEquals(
        Dims.of(5, 4), model.graph(Map.of("x", Dims.of(5, 2, 6, 6))).outputs().getFirst().dims());
    assertThrows(IllegalArgumentException.class, () -> model.graph(Map.of("z", Dims.of(1))));
    GraphProto.Builder open =
        sum(Protos.floats("c", NO_DIMS, 1)).setInput(0, Protos.value("x", -1, 3, -7));
    assertSays("leaves open the extents 2 (size7) of input x", refusal(Protos.model(13, open)));
  }

  @Test
  void arithmeticOfExtentsIsDoneInAdvance() throws IOException {
    Graph graph = load(Protos.shapes()).graph();
    assertEquals(Dims.of(1, 2, 6, 2), graph.outputs().get(1).dims());
    assertEquals("filled", graph.outputs().get(1).name());
    assertFalse(graph.computed().contains("extents"), graph.summary());
    float[] x = new float[24];
    List<float[]> out = graph.compile().run(List.of(x), Workers.serial());
    // 1 x 2 x 6 x 2 ones are 24; nothing else is added to the zeros.
    assertEquals(24, out.get(0)[0]);
  }

  @Test
  void initializersMayBeInputsToo() throws IOException {
    OnnxModel model =
        load(Protos.model(13, sum(Protos.floats("c", NO_DIMS, 1)).addInput(Protos.value("c"))));
    assertEquals(List.of("x"), model.inputs());
    assertArrayEquals(new float[] {3, 4}, model.graph().compile().run(2, 3));
    assertArrayEquals(
        new float[] {12, 13}, model.bind("c", Dims.of(), 10).graph().compile().run(2, 3));
    assertThrows(IllegalArgumentException.class, () -> model.bind("nothing", Dims.of(), 1));
    assertThrows(IllegalArgumentException.class, () -> model.bind("c", Dims.of(3), 1));
  }

  @Test
  void nodesMayBeInAnyOrder() throws IOException {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", 2))
            .addNode(Protos.node("Neg", List.of("a"), "y"))
            .addNode(Protos.node("Relu", List.of("x"), "a"))
            .addNode(Protos.node("NoSuchThing", List.of("x"), "unused"))
            .addOutput(Protos.value("y", 2));
    assertArrayEquals(
        new float[] {-3, -0.0f}, load(Protos.model(13, graph)).graph().compile().run(3, -4));
  }

  @Test
  void everythingUnsupportedIsListedAtOnce() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", 1, 2, 4, 4))
            .addNode(Protos.node("LSTM", List.of("x"), "a"))
            .addNode(Protos.node("Relu", List.of("a"), "b").setDomain("com.example"))
            .addNode(
                Protos.node("Pad", List.of("b"), "c").addAttribute(Protos.word("mode", "mirror")))
            .addNode(
                Protos.node("MaxPool", List.of("c"), "d", "where")
                    .addAttribute(Protos.attribute("kernel_shape", 2, 2)))
            .addOutput(Protos.value("d", 1))
            .addOutput(Protos.value("where", 1));
    String message = refusal(Protos.model(13, graph));
    assertSays("LSTM \"LSTM_a\" (ai.onnx opset 13): the operator is unknown", message);
    assertSays("Relu \"Relu_b\" (com.example opset 0): the operator is unknown", message);
    assertSays("Pad \"Pad_c\" (ai.onnx opset 13): mode mirror is not supported", message);
    assertSays("MaxPool \"MaxPool_d\" (ai.onnx opset 13): its output where", message);
  }

  @Test
  void poolingSaysHowLargeItsWindowsAre() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", 1, 2, 4, 4))
            .addNode(Protos.node("MaxPool", List.of("x"), "y"))
            .addOutput(Protos.value("y", 1));
    assertSays("the attribute kernel_shape is missing", refusal(Protos.model(13, graph)));
  }

  @Test
  void opsetsOutsideAreRefused() {
    for (long opset : new long[] {0, 5, 29, Long.MAX_VALUE}) {
      String message = refusal(Protos.model(opset, sum(Protos.floats("c", NO_DIMS, 1))));
      assertSays("opset " + opset + "): the opset is not between 6 and 28", message);
    }
  }

  @Test
  void filesThatAreNoModels() throws IOException {
    assertSays(
        "no such file",
        assertThrows(OnnxException.class, () -> OnnxModel.load(folder.resolve("none.onnx")))
            .getMessage());
    String directory = assertThrows(OnnxException.class, () -> OnnxModel.load(folder)).getMessage();
    assertSays("is a directory", directory);
    assertSays(folder.toString(), directory);
    assertSays("0 bytes are no ONNX model", refusal(new byte[0]));
    assertSays("no ONNX model", refusal("{\"not\": \"a model\"}".getBytes(StandardCharsets.UTF_8)));
    byte[] model = Protos.network().toByteArray();
    for (int length = 1; length < model.length; length++) {
      Path file = Files.write(folder.resolve("m.onnx"), Arrays.copyOf(model, length));
      assertThrows(OnnxException.class, () -> OnnxModel.load(file).graph(), "length " + length);
    }
  }

  @Test
  void withoutTheLibraryItSaysWhichOne() throws Exception {
    URL classes = OnnxModel.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
      Method load = alone.loadClass(OnnxModel.class.getName()).getMethod("load", Path.class);
      InvocationTargetException e =
          assertThrows(InvocationTargetException.class, () -> load.invoke(null, Path.of("m.onnx")));
      assertEquals(IllegalStateException.class, e.getCause().getClass());
      assertSays("org.tribuo:tribuo-util-onnx", e.getCause().getMessage());
    }
  }

  @Test
  void claimsAreComparedWithWhatIsThere() {
    long[] huge = {1 << 20, 1 << 20};
    byte[] ten = new byte[10];
    assertSays(
        "1048576x1048576 FLOAT takes 4398046511104 bytes, not 10",
        refusal(Protos.model(13, sum(Protos.raw("c", DataType.FLOAT, huge, ten)))));
    assertSays(
        "takes 1099511627776 elements, not 1",
        refusal(Protos.model(13, sum(Protos.floats("c", huge, 1)))));
    assertSays(
        "2^61 elements or more",
        refusal(
            Protos.model(13, sum(Protos.floats("c", new long[] {1 << 30, 1 << 30, 1 << 30}, 1)))));
    assertSays(
        "the extent -1 is not between",
        refusal(Protos.model(13, sum(Protos.floats("c", new long[] {-1}, 1)))));
    assertSays(
        "elements of type STRING are not supported",
        refusal(Protos.model(13, sum(Protos.raw("c", DataType.STRING, new long[] {1})))));
  }

  @Test
  void fewNumbersCannotMakeManyConstants() {
    for (String op : List.of("Expand", "Tile", "ConstantOfShape", "Range")) {
      GraphProto.Builder graph =
          sum(Protos.floats("unused", NO_DIMS, 1))
              .addInitializer(Protos.integers("extents", 20_000, 20_000))
              .addInitializer(Protos.floats("one", new long[] {1, 1}, 1))
              .addInitializer(Protos.integers("zero", 0))
              .addInitializer(Protos.integers("by", 1))
              .addInitializer(Protos.integers("limit", 1L << 40));
      List<String> inputs =
          switch (op) {
            case "ConstantOfShape" -> List.of("extents");
            case "Range" -> List.of("zero", "limit", "by");
            default -> List.of("one", "extents");
          };
      graph.addNode(Protos.node(op, inputs, "c"));
      String message = refusal(Protos.model(13, graph));
      assertSays(
          op.equals("Range") ? "1099511627776 elements" : "may be computed in advance", message);
    }
  }

  @Test
  void graphsThatAreNone() {
    GraphProto.Builder cycle =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", 2))
            .addNode(Protos.node("Add", List.of("x", "b"), "a"))
            .addNode(Protos.node("Relu", List.of("a"), "b"))
            .addOutput(Protos.value("b", 2));
    assertSays("depends on its own output", refusal(Protos.model(13, cycle)));
    GraphProto.Builder missing =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", 2))
            .addNode(Protos.node("Add", List.of("x", "q"), "y"))
            .addOutput(Protos.value("y", 2));
    assertSays("Add \"Add_y\" reads q, which nothing makes", refusal(Protos.model(13, missing)));
    assertSays(
        "Relu \"Relu_y\" makes y, which is there already",
        refusal(
            Protos.model(
                13,
                sum(Protos.floats("c", NO_DIMS, 1))
                    .addNode(Protos.node("Relu", List.of("x"), "y")))));
    assertSays(
        "two initializers named c",
        refusal(
            Protos.model(
                13,
                sum(Protos.floats("c", NO_DIMS, 1))
                    .addInitializer(Protos.floats("c", NO_DIMS, 2)))));
    assertSays(
        "two inputs named x",
        refusal(
            Protos.model(13, sum(Protos.floats("c", NO_DIMS, 1)).addInput(Protos.value("x", 2)))));
    assertSays(
        "nothing makes the output z",
        refusal(
            Protos.model(13, sum(Protos.floats("c", NO_DIMS, 1)).addOutput(Protos.value("z", 2)))));
    assertSays("there is no graph", refusal(ModelProto.newBuilder().setIrVersion(8).build()));
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    GraphProto.Builder inner = GraphProto.newBuilder().setName("innermost");
    // Each level is a length and a tag; the messages are written by hand, as no builder is so deep.
    byte[] message = inner.build().toByteArray();
    for (int level = 0; level < 2_000; level++) {
      // A graph in an attribute (6) in a node's list of attributes (5) in a graph's nodes (1).
      message = wrapped(1, wrapped(5, wrapped(6, message)));
      if (message.length > 200_000) {
        break;
      }
    }
    assertSays("damaged", refusal(wrapped(7, message)));
  }

  private static byte[] wrapped(int field, byte... message) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    out.write(field << 3 | 2);
    int length = message.length;
    while (length > 0x7F) {
      out.write(length & 0x7F | 0x80);
      length >>>= 7;
    }
    out.write(length);
    out.writeBytes(message);
    return out.toByteArray();
  }

  @Test
  void graphsInAttributesAreNotRead() {
    GraphProto.Builder graph =
        sum(Protos.floats("unused", NO_DIMS, 1))
            .addNode(
                Protos.node("If", List.of("x"), "c")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("then_branch")
                            .setType(AttributeType.GRAPH)
                            .setG(GraphProto.newBuilder())));
    assertSays(
        "If \"If_c\" (ai.onnx opset 13): the operator is unknown",
        refusal(Protos.model(13, graph)));
  }

  private static TensorProto external(String location, String offset, String length) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("c")
            .setDataType(DataType.FLOAT.getNumber())
            .addDims(2)
            .setDataLocation(DataLocation.EXTERNAL);
    String[] entries = {"location", location, "offset", offset, "length", length};
    for (int i = 0; i < entries.length; i += 2) {
      if (entries[i + 1] != null) {
        tensor.addExternalData(
            StringStringEntryProto.newBuilder().setKey(entries[i]).setValue(entries[i + 1]));
      }
    }
    return tensor.build();
  }

  @Test
  void weightsMayBeInAFileBesideTheModel() throws IOException {
    byte[] bytes = little(16, b -> b.putFloat(7).putFloat(1.5f).putFloat(-2).putFloat(9));
    Files.createDirectory(folder.resolve("weights"));
    Files.write(folder.resolve("weights/c.bin"), bytes);
    float[] expected = {1.5f, 8};
    assertArrayEquals(expected, sumOf(external("weights/c.bin", "4", "8")));
    Files.write(folder.resolve("weights/c.bin"), Arrays.copyOfRange(bytes, 4, 12));
    assertArrayEquals(expected, sumOf(external("weights/c.bin", null, null)));
  }

  @Test
  void weightsMayBeNowhereElse() throws IOException {
    Path outside = folder.resolve("outside.bin");
    Files.write(outside, new byte[8]);
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.createSymbolicLink(inner.resolve("link.bin"), outside);
    Files.createSymbolicLink(inner.resolve("up"), folder);
    Files.write(inner.resolve("short.bin"), new byte[7]);
    Map<TensorProto, String> cases =
        Map.of(
            external(outside.toString(), "0", "8"), "not in the model's folder",
            external("../outside.bin", "0", "8"), "not in the model's folder",
            external("", "0", "8"), "not in the model's folder",
            external("link.bin", "0", "8"), "a link out of the model's folder",
            external("up/outside.bin", "0", "8"), "a link out of the model's folder",
            external("none.bin", "0", "8"), "there is no such file",
            external("short.bin", "0", "8"), "of 7 bytes in short.bin",
            external("short.bin", "9223372036854775807", "8"), "of 7 bytes in short.bin",
            external("short.bin", "-1", "8"), "the offset -1 is negative",
            external("short.bin", "0", "many"), "the length \"many\" is bad");
    cases.forEach(
        (tensor, reason) -> {
          ModelProto model = Protos.model(13, sum(tensor));
          OnnxException e =
              assertThrows(
                  OnnxException.class,
                  () -> OnnxModel.load(Files.write(inner.resolve("m.onnx"), model.toByteArray())));
          assertSays(reason, e.getMessage());
        });
  }

  /** A summand that is large enough to be mapped for itself. */
  private static ModelProto large(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(Protos.value("x", count))
            .addInitializer(
                TensorProto.newBuilder()
                    .setName("c")
                    .setDataType(DataType.FLOAT.getNumber())
                    .addDims(count)
                    .setRawData(
                        ByteString.copyFrom(little(4 * count, b -> b.asFloatBuffer().put(values)))))
            .addNode(Protos.node("Add", List.of("x", "c"), "y"))
            .addOutput(Protos.value("y", count));
    return Protos.model(13, graph);
  }

  private static final int MANY = 40_000;

  private static void assertCounts(Graph graph) {
    float[] sums = graph.compile().run(new float[MANY]);
    for (int i = 0; i < MANY; i++) {
      assertEquals(i, sums[i]);
    }
  }

  @Test
  void aModelOutlivesItsFile() throws IOException {
    Path file = Files.write(folder.resolve("m.onnx"), large(MANY).toByteArray());
    OnnxModel model = OnnxModel.load(file);
    assertCounts(model.graph());
    Files.delete(file);
    assertCounts(model.graph());
    Files.write(file, new byte[large(MANY).toByteArray().length]);
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertCounts(model.graph());
  }

  @Test
  void anInterruptDoesNotSpoilAModel() throws IOException {
    OnnxModel model = load(large(MANY));
    Thread.currentThread().interrupt();
    try {
      assertCounts(model.graph());
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertCounts(model.graph());
  }

  /** Without Unsafe protobuf's bytes are copies on the heap, not parts of the mapped file. */
  @Test
  void largeTensorsMayBeCopies() throws IOException {
    Path file = Files.write(folder.resolve("m.onnx"), new byte[8]);
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofShared()) {
      FilePart whole = FilePart.of(file, channel, 0, 8);
      TensorProto proto = large(MANY).getGraph().getInitializer(0);
      MemorySegment floats =
          new TensorReader(new ExternalData(file), whole).read(proto).floats().apply(arena);
      for (int i = 0; i < MANY; i++) {
        assertEquals(i, floats.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i));
      }
    }
  }
}
