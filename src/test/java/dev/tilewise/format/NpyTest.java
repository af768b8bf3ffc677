package dev.tilewise.format;

import static dev.tilewise.format.FormatFiles.assertBad;
import static dev.tilewise.format.FormatFiles.assertRefused;
import static dev.tilewise.format.FormatFiles.floats;
import static dev.tilewise.format.FormatFiles.littleEndian;
import static dev.tilewise.format.FormatFiles.npy;
import static dev.tilewise.format.FormatFiles.npyHeader;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir Path folder;

  private Path written(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("array.npy"), bytes);
  }

  private void assertBadFile(String problem, byte[] bytes) throws IOException {
    Path file = written(bytes);
    assertBad(file, problem, () -> Npy.read(file));
  }

  private void assertBadHeader(String problem, String header, byte... data) throws IOException {
    assertBadFile(problem, npy(1, header, data));
  }

  private void assertReads(String type, byte[] data, float... expected) throws IOException {
    NpyArray array = Npy.read(written(npy(type, "(%d,)".formatted(expected.length), data)));
    assertArrayEquals(new int[] {expected.length}, array.shape(), type);
    assertArrayEquals(expected, array.values(), type);
  }

  private static byte[] swapped(byte[] data, int bytes) {
    byte[] swapped = new byte[data.length];
    for (int i = 0; i < data.length; i++) {
      swapped[i] = data[i / bytes * bytes + bytes - 1 - i % bytes];
    }
    return swapped;
  }

  private void assertReadsBothOrders(String kind, byte[] data, float... expected)
      throws IOException {
    assertReads("<" + kind, data, expected);
    assertReads(">" + kind, swapped(data, data.length / expected.length), expected);
  }

  @Test
  void everyElementTypeBecomesFloat() throws IOException {
    assertReadsBothOrders("f4", floats(1.5f, -0.0f, Float.NaN), 1.5f, -0.0f, Float.NaN);
    assertReadsBothOrders(
        "f8",
        littleEndian(24).putDouble(0.1).putDouble(-1e300).putDouble(1e-300).array(),
        0.1f,
        Float.NEGATIVE_INFINITY,
        0);
    assertReadsBothOrders(
        "f2",
        littleEndian(4).putShort((short) 0x3C00).putShort((short) 0x8001).array(),
        1,
        -0x1p-24f);
    assertReadsBothOrders(
        "i2", littleEndian(4).putShort(Short.MIN_VALUE).putShort((short) 258).array(), -32768, 258);
    // Neither fits 24 bits: both are rounded, to even.
    assertReadsBothOrders(
        "i4", littleEndian(8).putInt(16_777_217).putInt(-16_777_219).array(), 0x1p24f, -16_777_220);
    assertReadsBothOrders(
        "i8", littleEndian(16).putLong(Long.MAX_VALUE).putLong(-3).array(), 0x1p63f, -3);
    assertReads("|u1", new byte[] {0, 127, -128, -1}, 0, 127, 128, 255);
    assertReads("|i1", new byte[] {0, 127, -128, -1}, 0, 127, -128, -1);
    assertReads("|b1", new byte[] {0, 1, 2, -1}, 0, 1, 1, 1);
  }

  @Test
  void everyVersionIsRead() throws IOException {
    byte[] data = floats(1, 2, 3, 4, 5, 6);
    for (int version = 1; version <= 3; version++) {
      NpyArray array = Npy.read(written(npy(version, npyHeader("<f4", "False", "(2, 3)"), data)));
      assertArrayEquals(new int[] {2, 3}, array.shape());
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, array.values());
      assertEquals("float32 [2, 3]", array.toString());
    }
  }

  @Test
  void headersMayBeWrittenInOtherWays() throws IOException {
    byte[] data = floats(1, 2);
    for (String header :
        new String[] {
          "{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}",
          "{ 'fortran_order' : True , 'shape' : ( 2 , ) , 'descr' : '<f4' }   \n",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, ), }" + " ".repeat(500) + "\n"
        }) {
      assertArrayEquals(new float[] {1, 2}, Npy.read(written(npy(1, header, data))).values());
    }
  }

  @Test
  void columnMajorBecomesRowMajor() throws IOException {
    // Element (i, j, k) of 2 x 3 x 4 is 100 i + 10 j + k; the first index runs fastest.
    ByteBuffer data = littleEndian(4 * 24);
    float[] expected = new float[24];
    for (int k = 0; k < 4; k++) {
      for (int j = 0; j < 3; j++) {
        for (int i = 0; i < 2; i++) {
          data.putFloat(100 * i + 10 * j + k);
          expected[(i * 3 + j) * 4 + k] = 100 * i + 10 * j + k;
        }
      }
    }
    Path file = written(npy(1, npyHeader("<f4", "True", "(2, 3, 4)"), data.array()));
    assertArrayEquals(expected, Npy.read(file).values());
    Path empty = written(npy(1, npyHeader("<f4", "True", "(65536, 65535, 0)")));
    assertEquals(0, Npy.read(empty).values().length);
  }

  @Test
  void scalarsEmptyArraysAndManyExtentsAreRead() throws IOException {
    NpyArray scalar = Npy.read(written(npy("<f4", "()", floats(7))));
    assertEquals(0, scalar.shape().length);
    assertArrayEquals(new float[] {7}, scalar.values());
    NpyArray empty = Npy.read(written(npy("<f4", "(3, 0, 2147483639)")));
    assertArrayEquals(new int[] {3, 0, 2147483639}, empty.shape());
    assertEquals(0, empty.values().length);
    String large = "2147483639, 2147483639, 2147483639";
    for (String shape : new String[] {"0, " + large, large + ", 0"}) {
      assertBadFile("the shape [" + shape + "] has more than", npy("<f4", "(" + shape + ")"));
    }
    String ones = "1, ".repeat(31);
    NpyArray many = Npy.read(written(npy("|u1", "(" + ones + "2)", (byte) 3, (byte) 4)));
    assertEquals(32, many.shape().length);
    assertArrayEquals(new float[] {3, 4}, many.values());
    assertBadFile("the shape has more than 32 extents", npy("|u1", "(" + ones + "1, 1)", (byte) 3));
  }

  @Test
  void valuesCrossTheEdgesOfPieces() throws IOException {
    // Pieces have 65536 bytes.
    float[] expected = new float[65536 / 4 * 2 + 5];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = i;
    }
    assertReads("<f4", floats(expected), expected);
    Path file = folder.resolve("out.npy");
    Npy.write(file, new NpyArray(new int[] {expected.length}, expected));
    assertArrayEquals(expected, Npy.read(file).values());
  }

  @Test
  void theBytesWrittenAreThoseOfTheFormat() throws IOException {
    Path file = folder.resolve("out.npy");
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      Npy.write(file, new NpyArray(new int[] {2, 1}, new float[] {1, -2}));
    } finally {
      Locale.setDefault(before);
    }
    // 10 bytes before the text, which ends with a line at a multiple of 64.
    String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    byte[] expected = npy(1, text + " ".repeat(117 - text.length()) + "\n", floats(1, -2));
    assertEquals(128 + 8, expected.length);
    assertArrayEquals(expected, Files.readAllBytes(file));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Path file = folder.resolve("out.npy");
    for (int[] shape : new int[][] {{}, {6}, {0}, {1, 2, 3}, new int[32]}) {
      int elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      float[] values = new float[elements];
      Arrays.fill(values, 0.25f);
      Npy.write(file, new NpyArray(shape, values));
      assertEquals(0, (Files.size(file) - 4L * elements) % 64);
      assertArrayEquals(shape, Npy.read(file).shape());
      assertArrayEquals(values, Npy.read(file).values());
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
    assertBad(
        folder,
        "is a directory, not a file to write",
        () -> Npy.write(folder, new NpyArray(new int[0], new float[1])));
  }

  @Test
  void anArrayHasTheValuesOfItsShape() {
    assertRefused("npy: 3 values do not have the shape [2]", () -> array(3, 2));
    assertRefused("npy: 6 values do not have the shape [-2, -3]", () -> array(6, -2, -3));
    assertRefused(
        "npy: 0 values do not have the shape [65536, 65536]", () -> array(0, 65536, 65536));
    assertRefused("npy: 33 extents, at most 32 are possible", () -> array(0, new int[33]));
    int[] shape = {1};
    NpyArray one = array(1, shape);
    shape[0] = 2;
    one.shape()[0] = 3;
    assertArrayEquals(new int[] {1}, one.shape());
  }

  private static NpyArray array(int values, int... shape) {
    return new NpyArray(shape, new float[values]);
  }

  @Test
  void missingFilesAreNamed() {
    Path missing = folder.resolve("missing.npy");
    assertBad(missing, "no such file", () -> Npy.read(missing));
    assertBad(folder, "is not a file", () -> Npy.read(folder));
  }

  @Test
  void startsThatAreNoArrayAreRefused() throws IOException {
    String other = "not a .npy array: it does not begin with 0x93 NUMPY";
    assertBadFile(other, new byte[0]);
    assertBadFile(other, new byte[] {(byte) 0x93, 'N', 'U'});
    assertBadFile(other, "something else".getBytes(StandardCharsets.US_ASCII));
    byte[] good = npy("<f4", "()", floats(1));
    assertBadFile("truncated: it ends before its version", Arrays.copyOf(good, 7));
    for (int[] version : new int[][] {{0, 0}, {4, 0}, {1, 1}, {255, 0}}) {
      byte[] bad = good.clone();
      bad[6] = (byte) version[0];
      bad[7] = (byte) version[1];
      assertBadFile(
          "version %d.%d; those read are 1.0, 2.0, 3.0".formatted(version[0], version[1]), bad);
    }
    int header = npyHeader("<f4", "False", "()").length();
    assertBadFile(
        "truncated: a header of %d bytes is declared, but only 10 follow".formatted(header),
        Arrays.copyOf(good, 20));
    assertBadFile(
        "truncated: a header of %d bytes is declared, but only 0 follow".formatted(header & 0xFF),
        Arrays.copyOf(good, 9));
    byte[] large = Arrays.copyOf(npy(2, npyHeader("<f4", "False", "()")), 70_000);
    ByteBuffer.wrap(large).putInt(8, Integer.reverseBytes(65_537));
    assertBadFile("a header of 65537 bytes is declared, the limit is 65536", large);
    ByteBuffer.wrap(large).putInt(8, -1);
    assertBadFile("truncated: a header of 4294967295 bytes is declared, but only 69988", large);
  }

  @Test
  void headersThatAreNoDictionaryAreRefused() throws IOException {
    assertBadHeader("header, character 0: expected \"{\" but found its end", "");
    assertBadHeader("header, character 0: expected \"{\" but found \"[\"", "[]");
    assertBadHeader("the header has no descr", "{}");
    assertBadHeader("header, character 2: expected its end but found \"{\"", "{}{");
    assertBadHeader("header, character 1: expected a string in quotes but found \"1\"", "{1: 2}");
    assertBadHeader("header, character 1: the string has no end", "{'descr");
    assertBadHeader("header, character 1: the string has a backslash", "{'des\\x63r': '<f4'}");
    assertBadHeader("header, character 9: expected \":\" but found \",\"", "{'descr' , '<f4'}");
    assertBadHeader("the header has the unknown key \"names\"", "{'names': 1}");
    String descr = "{'descr': '<f4'";
    assertBadHeader("the header has \"descr\" twice", descr + ", 'descr': '<f4'}");
    assertBadHeader(
        "header, character 16: expected \"}\" but found \"'\"", descr + " 'shape': ()}");
    assertBadHeader("the header has no shape", descr + ", 'fortran_order': True}");
    assertBadHeader("the header has no fortran_order", descr + ", 'shape': ()}");
    assertBadHeader(
        "header, character 34: expected True or False but found \"0\"",
        descr + ", 'fortran_order': 0}");
    assertBadHeader(
        "header, character 27: expected \",\" but found \")\"", descr + ", 'shape':(2)}");
    assertBadHeader(
        "header, character 27: expected a whole number of at least 0 but found \"-\"",
        descr + ", 'shape': (-2,)}");
    assertBadHeader(
        "header, character 30: expected \")\" but found \".\"", descr + ", 'shape': (2,2.0)}");
    assertBadHeader(
        "header, character 27: expected \"(\" but found \"[\"", descr + ", 'shape':  [2]}");
    byte[] latin = npy(3, "{'descr?': 1}");
    latin[12 + 7] = (byte) 0xE9;
    assertBadFile("the header is not UTF-8 at byte 7", latin);
  }

  @Test
  void otherElementTypesAreRefused() throws IOException {
    for (String type :
        new String[] {
          "f4", "=f4", "|f4", "<f16", "<c8", "<u2", "|O", "|S3", "<U1", "<F4", "|V4", "<m8[ns]", ""
        }) {
      assertBadFile(
          "elements of type \"%s\"; those read are f2, f4, f8, i2, i4, i8 after < or >"
              .formatted(type),
          npy(type, "()", floats(1)));
    }
    assertBadHeader(
        "header, character 10: expected a string in quotes but found \"[\"",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}");
  }

  @Test
  void shapesAndSizesAreNotBelieved() throws IOException {
    assertBadFile(
        "truncated: the shape [2, 3] of 4 bytes each needs 24 bytes, but only 20 follow",
        npy("<f4", "(2, 3)", new byte[20]));
    assertBadFile(
        "the shape [2, 3] of 4 bytes each needs 24 bytes, but 1 more follow",
        npy("<f4", "(2, 3)", new byte[25]));
    assertBadFile(
        "truncated: the shape [2147483639] of 8 bytes each needs 17179869112 bytes, but only 0",
        npy("<f8", "(2147483639,)"));
    for (String shape : new String[] {"2147483640,", "65536, 32768", "9223372036854775807, 0"}) {
      String shown = "[" + shape.replaceAll(",$", "") + "]";
      assertBadFile(
          "the shape %s has more than the 2147483639 elements that can be read".formatted(shown),
          npy("|u1", "(" + shape + ")"));
    }
    assertBadFile(
        "header, character 51: a number is 2^63 or more", npy("|u1", "(9223372036854775808,)"));
  }
}
