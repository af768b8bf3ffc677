package dev.tilewise.format;

import static dev.tilewise.format.FormatFiles.assertBad;
import static dev.tilewise.format.FormatFiles.assertRefused;
import static dev.tilewise.format.FormatFiles.floats;
import static dev.tilewise.format.FormatFiles.littleEndian;
import static dev.tilewise.format.FormatFiles.safetensors;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  private Path written(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.safetensors"), bytes);
  }

  private void assertBadHeader(String problem, String json, byte... data) throws IOException {
    assertBadFile(problem, safetensors(json, data));
  }

  private void assertBadFile(String problem, byte[] bytes) throws IOException {
    Path file = written(bytes);
    try (Arena arena = Arena.ofConfined()) {
      assertBad(file, problem, () -> Safetensors.open(file, arena));
    }
  }

  private static String tensor(String name, String dtype, String shape, int begin, int end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  @Test
  void theFormatsOwnExampleIsRead() throws IOException {
    byte[] data = littleEndian(16).putInt(1).putInt(-2).putInt(3).putInt(4).array();
    Path file =
        written(
            safetensors(
                "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}", data));
    try (Arena arena = Arena.ofConfined()) {
      Safetensors opened = Safetensors.open(file, arena);
      assertEquals(file, opened.file());
      assertEquals(List.of("test"), opened.names());
      assertEquals(Map.of(), opened.metadata());
      StoredTensor test = opened.tensor("test");
      assertEquals("test", test.name());
      assertEquals(Dtype.I32, test.dtype());
      assertArrayEquals(new long[] {2, 2}, test.shape());
      assertEquals(4, test.elements());
      assertArrayEquals(data, test.data().toArray(ValueLayout.JAVA_BYTE));
      assertTrue(test.data().isReadOnly());
      assertEquals("\"test\" I32 [2, 2]", test.toString());
    }
  }

  @Test
  void namesComeInTheOrderOfTheData() throws IOException {
    String json =
        "{ \"__metadata__\" : { \"b\" : \"2\", \"a\" : \"\\u00e9\\n\\\"\\\\\\/\" } ,\n"
            + tensor("last", "F32", "[1]", 5, 9)
            + ","
            + tensor("empty", "F64", "[7,0]", 5, 5)
            + ","
            + tensor("scalar", "F32", "[]", 0, 4)
            + ","
            + tensor("", "BOOL", "[1,1,1,1,1]", 4, 5)
            + "}   ";
    byte[] data = littleEndian(9).putFloat(1.5f).put((byte) 1).putFloat(-2).array();
    Path file = written(safetensors(json, data));
    try (Arena arena = Arena.ofConfined()) {
      Safetensors opened = Safetensors.open(file, arena);
      assertEquals(List.of("scalar", "", "empty", "last"), opened.names());
      assertEquals(opened.names(), opened.tensors().stream().map(StoredTensor::name).toList());
      assertEquals(List.of("b", "a"), List.copyOf(opened.metadata().keySet()));
      assertEquals("é\n\"\\/", opened.metadata().get("a"));
      assertTrue(opened.contains(""));
      assertFalse(opened.contains("other"));
      assertArrayEquals(new float[] {1.5f}, opened.tensor("scalar").floats());
      // Not aligned in the file, nor in memory.
      assertArrayEquals(new float[] {-2}, opened.tensor("last").floats());
      assertArrayEquals(new float[0], opened.tensor("empty").floats());
      assertArrayEquals(new long[] {7, 0}, opened.tensor("empty").shape());
      assertBad(file, "has no tensor \"fc.weight\" among its 4", () -> opened.tensor("fc.weight"));
    }
  }

  @Test
  void aFileMayHoldNothing() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(List.of(), Safetensors.open(written(safetensors("{}")), arena).names());
      Path meta = written(safetensors("{\"__metadata__\":{}}"));
      assertEquals(Map.of(), Safetensors.open(meta, arena).metadata());
    }
  }

  @Test
  void floatingPointIsWidened() throws IOException {
    ByteBuffer data = littleEndian(8 * 4 + 2 * 5 + 2 * 4);
    data.putDouble(0.1).putDouble(1e300).putDouble(-0.0).putDouble(Double.NaN);
    // One, the smallest subnormal, the largest, minus infinity, -2 of IEEE half.
    for (int half : new int[] {0x3C00, 0x0001, 0x7BFF, 0xFC00, 0xC000}) {
      data.putShort((short) half);
    }
    // One, pi to 8 bits, infinity, minus the smallest subnormal of bfloat16.
    for (int half : new int[] {0x3F80, 0x4049, 0x7F80, 0x8001}) {
      data.putShort((short) half);
    }
    Path file =
        written(
            safetensors(
                "{"
                    + tensor("d", "F64", "[4]", 0, 32)
                    + ","
                    + tensor("h", "F16", "[5]", 32, 42)
                    + ","
                    + tensor("b", "BF16", "[2,2]", 42, 50)
                    + "}",
                data.array()));
    try (Arena arena = Arena.ofConfined()) {
      Safetensors opened = Safetensors.open(file, arena);
      assertArrayEquals(
          new float[] {0.1f, Float.POSITIVE_INFINITY, -0.0f, Float.NaN},
          opened.tensor("d").floats());
      assertArrayEquals(
          new float[] {1, 0x1p-24f, 65504, Float.NEGATIVE_INFINITY, -2},
          opened.tensor("h").floats());
      float[] expected = {1, 3.140625f, Float.POSITIVE_INFINITY, -0x1p-133f};
      assertArrayEquals(expected, opened.tensor("b").floats());
      Tensor into = Tensor.allocate(arena, Shape.nchw(1, 1, 2, 2), Layout.NCHW);
      opened.tensor("b").copyTo(into.segment());
      assertArrayEquals(expected, into.toArray(Layout.NCHW));
    }
  }

  @Test
  void whatIsNoFloatingPointIsNotWidened() {
    StoredTensor whole =
        new StoredTensor("n", Dtype.I64, new long[0], MemorySegment.ofArray(new byte[8]));
    assertRefused("tensor: \"n\" is I64, not one of F64, F32, F16, BF16", whole::floats);
    for (Dtype dtype : Dtype.values()) {
      assertEquals(dtype.name().contains("F"), dtype.isFloating());
    }
  }

  @Test
  void tooLittleOrReadOnlyMemoryIsRefused() {
    StoredTensor two = StoredTensor.of("two", new float[] {1, 2}, 2);
    MemorySegment small = MemorySegment.ofArray(new byte[7]);
    assertRefused("tensor: \"two\" needs 2 writable floats, not 7 bytes", () -> two.copyTo(small));
    MemorySegment readOnly = MemorySegment.ofArray(new byte[8]).asReadOnly();
    assertRefused(
        "tensor: \"two\" needs 2 writable floats, not 8 bytes that are read-only",
        () -> two.copyTo(readOnly));
  }

  @Test
  void aTensorHasTheBytesOfItsShape() {
    float[] values = new float[6];
    assertRefused(
        "tensor: \"w\" of shape [2, 2] in F32 cannot have 24 bytes of data; it needs 16",
        () -> StoredTensor.of("w", values, 2, 2));
    assertRefused(
        "tensor: \"w\" of shape [-2, -3] in F32 cannot have 24 bytes of data",
        () -> StoredTensor.of("w", values, -2, -3));
    assertRefused(
        "tensor: \"w\" of shape [4294967296, 4294967296] in F32 cannot have 24 bytes",
        () -> StoredTensor.of("w", values, 1L << 32, 1L << 32));
    long[] shape = {2, 3};
    StoredTensor tensor = StoredTensor.of("w", values, shape);
    shape[0] = 7;
    tensor.shape()[0] = 8;
    assertArrayEquals(new long[] {2, 3}, tensor.shape());
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Path file = folder.resolve("out.safetensors");
    float[] large = new float[700_001];
    for (int i = 0; i < large.length; i++) {
      large[i] = i;
    }
    List<StoredTensor> tensors =
        List.of(
            StoredTensor.of("b \"\\\u0001\u00e9\uD83D\uDE00", new float[] {1, 2}, 1, 2),
            StoredTensor.of("a", large, large.length),
            StoredTensor.of("none", new float[0], 0, 3),
            new StoredTensor(
                "bytes", Dtype.U8, new long[] {3}, MemorySegment.ofArray(new byte[] {7, 8, 9})));
    Map<String, String> metadata = Map.of("format", "pt", "a\nb", "\t");
    Files.writeString(file, "what was there before");
    Safetensors.write(file, metadata, tensors);
    try (Arena arena = Arena.ofConfined()) {
      Safetensors opened = Safetensors.open(file, arena);
      assertEquals(metadata, opened.metadata());
      assertEquals(tensors.stream().map(StoredTensor::name).toList(), opened.names());
      for (StoredTensor tensor : tensors) {
        StoredTensor read = opened.tensor(tensor.name());
        assertEquals(tensor.dtype(), read.dtype());
        assertArrayEquals(tensor.shape(), read.shape());
        assertEquals(-1, tensor.data().mismatch(read.data()), tensor.name());
      }
      // The data start on a cache line.
      assertEquals(0, opened.tensors().get(0).data().address() % 64);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void theBytesWrittenAreThoseOfTheFormat() throws IOException {
    Path file = folder.resolve("out.safetensors");
    Locale before = Locale.getDefault();
    try {
      // Numbers in messages follow the locale, those in files must not.
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      Safetensors.write(
          file,
          Map.of("b", "2", "a", "1"),
          List.of(StoredTensor.of("w", new float[] {1, -2}, 2, 1)));
    } finally {
      Locale.setDefault(before);
    }
    String json =
        "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}";
    String padded = json + " ".repeat(120 - json.length());
    assertArrayEquals(safetensors(padded, floats(1, -2)), Files.readAllBytes(file));
    Safetensors.write(file, Map.of(), List.of());
    assertArrayEquals(safetensors("{}" + " ".repeat(54)), Files.readAllBytes(file));
  }

  @Test
  void whatCannotBeWrittenLeavesWhatWasThere() throws IOException {
    StoredTensor one = StoredTensor.of("one", new float[1], 1);
    Path file = folder.resolve("out.safetensors");
    Files.writeString(file, "before");
    assertRefused(
        "safetensors: a tensor cannot be named \"one\", which is taken",
        () -> Safetensors.write(file, Map.of(), List.of(one, one)));
    StoredTensor metadata = StoredTensor.of("__metadata__", new float[1], 1);
    assertRefused(
        "safetensors: a tensor cannot be named \"__metadata__\"",
        () -> Safetensors.write(file, Map.of(), List.of(metadata)));
    assertRefused(
        "safetensors: \"\uD800\" has half a surrogate pair",
        () -> Safetensors.write(file, Map.of("key", "\uD800"), List.of()));
    String huge = "x".repeat(100_000_000);
    assertRefused(
        "safetensors: a header of 100000027 bytes, to be padded, exceeds the limit of 100000000",
        () -> Safetensors.write(file, Map.of("key", huge), List.of()));
    assertEquals("before", Files.readString(file));
    assertBad(
        folder,
        "is a directory, not a file to write",
        () -> Safetensors.write(folder, Map.of(), List.of(one)));
    Path nowhere = folder.resolve("no/out");
    assertBad(
        nowhere,
        "there is no directory " + folder.resolve("no"),
        () -> Safetensors.write(nowhere, Map.of(), List.of(one)));
    Arena arena = Arena.ofConfined();
    StoredTensor gone = new StoredTensor("gone", Dtype.U8, new long[] {4}, arena.allocate(4));
    arena.close();
    assertThrows(
        IllegalStateException.class, () -> Safetensors.write(file, Map.of(), List.of(gone)));
    assertEquals("before", Files.readString(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void halfAGigabyteOpensWithoutACopy() throws IOException {
    long bytes = 500L << 20;
    String json = "{" + tensor("w", "F32", "[%d]".formatted(bytes / 4), 0, (int) bytes) + "}";
    Path file = written(safetensors(json));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      long start = sparse.length();
      sparse.setLength(start + bytes);
      sparse.seek(start + bytes - 4);
      sparse.write(floats(42));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment w = Safetensors.open(file, arena).tensor("w").data();
      assertTrue(w.isMapped(), "a view of the file, which nothing has read yet");
      assertEquals(bytes, w.byteSize());
      assertEquals(42, w.get(ValueLayout.JAVA_FLOAT_UNALIGNED, bytes - 4));
    }
  }

  @Test
  void missingFilesAreNamed() {
    Path missing = folder.resolve("missing.safetensors");
    try (Arena arena = Arena.ofConfined()) {
      assertBad(missing, "no such file", () -> Safetensors.open(missing, arena));
      assertBad(folder, "is not a file", () -> Safetensors.open(folder, arena));
    }
  }

  @Test
  void aClosedArenaIsRefused() throws IOException {
    Path file = written(safetensors("{" + tensor("w", "U8", "[1]", 0, 1) + "}", (byte) 1));
    Arena arena = Arena.ofConfined();
    arena.close();
    assertThrows(IllegalStateException.class, () -> Safetensors.open(file, arena));
  }

  @Test
  void lengthsOfHeadersAreNotBelieved() throws IOException {
    assertBadFile("truncated: 7 bytes, but the header's length alone takes 8", new byte[7]);
    assertBadFile("truncated: 0 bytes", new byte[0]);
    assertBadFile(
        "truncated: a header of 3 bytes is declared, but only 2 follow",
        Arrays.copyOf(littleEndian(8).putLong(3).array(), 10));
    assertBadFile(
        "not a safetensors file: a header of 100000001 bytes is declared, the limit is 100000000",
        littleEndian(8).putLong(100_000_001).array());
    assertBadFile(
        "not a safetensors file: a header of 18446744073709551615 bytes is declared",
        littleEndian(8).putLong(-1).array());
  }

  @Test
  void headersThatAreNoJsonAreRefused() throws IOException {
    String start = "not a safetensors file: the header does not begin with {";
    assertBadHeader(start, "");
    assertBadHeader(start, " {}");
    assertBadHeader(start, "[]");
    byte[] latin = safetensors("{\"?\":{}}");
    latin[10] = (byte) 0xE9;
    assertBadFile("not a safetensors file: the header is not UTF-8 at byte 2", latin);
    // An overlong slash.
    byte[] overlong = safetensors("{\"??\":{}}");
    overlong[10] = (byte) 0xC0;
    overlong[11] = (byte) 0xAF;
    assertBadFile("not a safetensors file: the header is not UTF-8 at byte 2", overlong);
    assertBadHeader("header, character 1: expected \"\"\" but found its end", "{");
    assertBadHeader("header, character 1: expected \"\"\" but found \"x\"", "{x");
    assertBadHeader("header, character 2: expected its end but found \"x\"", "{}x");
    assertBadHeader("header, character 2: expected its end but found \"?\"", "{}\0");
    assertBadHeader("header, character 1: the string has no end", "{\"abc");
    assertBadHeader("header, character 4: expected \":\" but found \"}\"", "{\"a\"}");
    assertBadHeader("header, character 5: expected \"{\" but found \"[\"", "{\"a\":[]}");
    assertBadHeader("header, character 6: expected \"\"\" but found \"}\"", "{\"a\":{}}");
    assertBadHeader(
        "header, character 3: expected no control character in a string but found \"?\"",
        "{\"a\n\":{}}");
    assertBadHeader("header, character 3: expected one of \"\\/bfnrtu after a", "{\"\\x\":{}}");
    assertBadHeader("header, character 6: expected a hexadecimal digit", "{\"\\u00g0\":{}}");
    assertBadHeader(
        "header, character 1: the string has half a surrogate pair", "{\"\\ud800\":{}}");
    assertBadHeader("header, character 17: expected \"\"\"", "{\"__metadata__\":{1:2}}");
    String trailingComma = "{" + tensor("a", "U8", "[1]", 0, 1) + ",}";
    assertBadHeader(
        "header, character 53: expected \"\"\" but found \"}\"", trailingComma, (byte) 0);
  }

  @Test
  void numbersThatAreNoExtentsAreRefused() throws IOException {
    assertBadHeader(
        "header, character 28: expected a whole number of at least 0 but found \"-\"",
        "{" + tensor("a", "U8", "[-1]", 0, 1) + "}");
    assertBadHeader(
        "header, character 29: expected \"]\" but found \".\"",
        "{" + tensor("a", "U8", "[1.0]", 0, 1) + "}");
    assertBadHeader(
        "header, character 29: expected \"]\" but found \"e\"",
        "{" + tensor("a", "U8", "[1e3]", 0, 1) + "}");
    assertBadHeader(
        "header, character 28: a number starts with 0",
        "{" + tensor("a", "U8", "[01]", 0, 1) + "}");
    assertBadHeader(
        "header, character 28: a number is 2^63 or more",
        "{" + tensor("a", "U8", "[9223372036854775808]", 0, 1) + "}");
    assertBadHeader(
        "header, character 29: expected \"]\" but found \"}\"",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1}}");
  }

  @Test
  void incompleteAndUnknownTensorsAreRefused() throws IOException {
    String a = tensor("a", "U8", "[1]", 0, 1);
    assertBadHeader("the header has \"a\" twice", "{" + a + "," + a + "}", (byte) 0);
    assertBadHeader(
        "the header has \"__metadata__\" twice", "{\"__metadata__\":{},\"__metadata__\":{}}");
    assertBadHeader(
        "the metadata have \"k\" twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}");
    assertBadHeader(
        "tensor \"a\" has \"dtype\" twice", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}");
    assertBadHeader("tensor \"a\" has \"shape\" twice", "{\"a\":{\"shape\":[],\"shape\":[]}}");
    assertBadHeader(
        "tensor \"a\" has \"data_offsets\" twice",
        "{\"a\":{\"data_offsets\":[],\"data_offsets\":[]}}");
    assertBadHeader("tensor \"a\" has the unknown key \"strides\"", "{\"a\":{\"strides\":[]}}");
    assertBadHeader("tensor \"a\" has no dtype", "{\"a\":{\"shape\":[],\"data_offsets\":[0,1]}}");
    assertBadHeader(
        "tensor \"a\" has no shape", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}");
    assertBadHeader("tensor \"a\" has no data_offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}");
    assertBadHeader(
        "tensor \"a\" has 3 data_offsets instead of 2",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1,2]}}");
    assertBadHeader(
        "tensor \"a\" has the dtype \"F8_E4M3\"; those read are [F64, F32, F16, BF16, I64, I32,"
            + " I16, I8, U8, BOOL]",
        "{" + tensor("a", "F8_E4M3", "[1]", 0, 1) + "}");
  }

  @Test
  void tensorsMustCoverTheDataExactly() throws IOException {
    byte[] eight = new byte[8];
    assertBadHeader(
        "tensor \"a\" has the bytes [8, 4), which end before they begin",
        "{" + tensor("a", "F32", "[1]", 8, 4) + "}",
        eight);
    assertBadHeader(
        "tensor \"a\" has the bytes [0, 12), but there are 8 bytes of data",
        "{" + tensor("a", "F32", "[3]", 0, 12) + "}",
        eight);
    assertBadHeader(
        "tensor \"a\" has 8 bytes, but its shape [2, 2] in F32 needs 16",
        "{" + tensor("a", "F32", "[2,2]", 0, 8) + "}",
        eight);
    assertBadHeader(
        "tensor \"a\" has the shape [4611686018427387904, 4], which is 2^63 bytes or more",
        "{" + tensor("a", "U8", "[4611686018427387904,4]", 0, 8) + "}",
        eight);
    assertBadHeader(
        "tensor \"b\" has the bytes [2, 6), which overlap those before byte 4 of another",
        "{" + tensor("b", "F32", "[1]", 2, 6) + "," + tensor("a", "F32", "[1]", 0, 4) + "}",
        eight);
    assertBadHeader(
        "tensor \"b\" has the bytes [0, 4), which overlap those before byte 4 of another",
        "{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 0, 4) + "}",
        eight);
    assertBadHeader(
        "tensor \"a\" has the bytes [4, 8), but those from byte 0 on belong to no tensor",
        "{" + tensor("a", "F32", "[1]", 4, 8) + "}",
        eight);
    assertBadHeader(
        "the tensors end at byte 4 of the data, but there are 8",
        "{" + tensor("a", "F32", "[1]", 0, 4) + "}",
        eight);
    assertBadHeader("the tensors end at byte 0 of the data, but there are 8", "{}", eight);
  }

  @Test
  void messagesStayOneLineOfModestLength() throws IOException {
    String name = "\\n\\u001b[2J" + "x".repeat(1000);
    String shape = "[" + "1,".repeat(999) + "2]";
    Path file = written(safetensors("{" + tensor(name, "U8", shape, 0, 1) + "}", (byte) 0));
    try (Arena arena = Arena.ofConfined()) {
      FormatException e = assertThrows(FormatException.class, () -> Safetensors.open(file, arena));
      assertTrue(e.getMessage().contains("[1, 1, 1, 1, 1, 1, 1, 1]... (1000 extents)"));
      assertTrue(e.getMessage().contains("\"??[2Jxxx"), e.getMessage());
      assertTrue(e.getMessage().length() < 400 + file.toString().length(), e.getMessage());
    }
  }

  @Test
  void manyTensorsTakeTimeInProportion() throws IOException {
    int count = 100_000;
    StringBuilder json = new StringBuilder("{");
    for (int i = count - 1; i >= 0; i--) {
      json.append(tensor("t" + i, "U8", "[1]", i, i + 1)).append(i > 0 ? "," : "}");
    }
    Path file = written(safetensors(json.toString(), new byte[count]));
    assertTrue(json.toString().getBytes(StandardCharsets.UTF_8).length > 5_000_000);
    try (Arena arena = Arena.ofConfined()) {
      Safetensors opened = Safetensors.open(file, arena);
      assertEquals(count, opened.names().size());
      assertEquals("t0", opened.names().get(0));
    }
  }

  @Test
  void anEmptyTensorHasExtentsInAnyOrder() {
    for (long[] shape : new long[][] {{0, 1L << 62, 4}, {1L << 62, 4, 0}, {1L << 62, 0, 4}}) {
      assertThrows(IllegalArgumentException.class, () -> StoredTensor.of("t", new float[0], shape));
    }
    assertEquals(0, StoredTensor.of("t", new float[0], 1L << 30, 0, 1L << 30).elements());
    assertEquals(0, StoredTensor.of("t", new float[0], 0, 1L << 30, 1L << 30).elements());
  }
}
