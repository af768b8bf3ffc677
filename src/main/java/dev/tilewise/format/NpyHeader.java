package dev.tilewise.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The header of an array and the reading of its values.
 *
 * <pre>
 * 0x93 "NUMPY"        6 bytes
 * version             2 bytes: 1.0, 2.0 or 3.0
 * N                   2 bytes in version 1.0, else 4, little-endian
 * header              N bytes of a Python dictionary with exactly three keys, then spaces, in ISO
 *                     8859-1, in version 3.0 in UTF-8:
 *   {'descr': '&lt;f4', 'fortran_order': False, 'shape': (1, 3, 224, 224), }
 * values              row-major, or with fortran_order column-major
 * </pre>
 *
 * @param element how each value is stored
 * @param order the byte order of the values
 * @param columnMajor whether the first index runs fastest
 * @param shape extents, slowest first
 * @param count the product of the extents
 * @param start the bytes before the values
 */
record NpyHeader(
    Element element, ByteOrder order, boolean columnMajor, int[] shape, int count, long start) {

  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** The longest header that is read, bytes. One of 32 extents has fewer than 500. */
  private static final int MAX_HEADER_BYTES = 1 << 16;

  /** The longest array that every JVM allocates. */
  private static final int MAX_COUNT = Integer.MAX_VALUE - 8;

  private static final int CHUNK_BYTES = 1 << 16;

  /** The kinds of values, named as in the file. */
  enum Element {
    F2(2, (bytes, at) -> Float.float16ToFloat(bytes.getShort(at))),
    F4(4, ByteBuffer::getFloat),
    F8(8, (bytes, at) -> (float) bytes.getDouble(at)),
    U1(1, (bytes, at) -> bytes.get(at) & 0xFF),
    I1(1, ByteBuffer::get),
    I2(2, ByteBuffer::getShort),
    I4(4, ByteBuffer::getInt),
    I8(8, ByteBuffer::getLong),
    B1(1, (bytes, at) -> bytes.get(at) == 0 ? 0 : 1);

    final int bytes;
    final Decoding decoding;

    Element(int bytes, Decoding decoding) {
      this.bytes = bytes;
      this.decoding = decoding;
    }
  }

  /** A value of the file as a float. */
  @FunctionalInterface
  interface Decoding {
    float at(ByteBuffer bytes, int at);
  }

  long valueBytes() {
    return (long) count * element.bytes;
  }

  /**
   * Reads a header and checks that the values fill the rest.
   *
   * @param size the bytes that the stream has, or claims to have, in all
   * @param place which part of the file the stream is, for messages
   */
  static NpyHeader read(InputStream in, long size, Path file, String place) throws IOException {
    byte[] start = in.readNBytes(MAGIC.length + 2);
    if (!Arrays.equals(start, 0, Math.min(start.length, MAGIC.length), MAGIC, 0, MAGIC.length)) {
      throw new FormatException(
          file, place + "not a .npy array: it does not begin with 0x93 NUMPY");
    }
    if (start.length < MAGIC.length + 2) {
      throw new FormatException(file, place + "truncated: it ends before its version");
    }
    int major = start[MAGIC.length] & 0xFF;
    int minor = start[MAGIC.length + 1] & 0xFF;
    if (major < 1 || major > 3 || minor != 0) {
      throw new FormatException(
          file, place + "version %d.%d; those read are 1.0, 2.0, 3.0".formatted(major, minor));
    }
    int lengthBytes = major == 1 ? Short.BYTES : Integer.BYTES;
    byte[] length = Arrays.copyOf(in.readNBytes(lengthBytes), Integer.BYTES);
    long declared =
        Integer.toUnsignedLong(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt());
    long follow = size - start.length - lengthBytes;
    if (follow < declared) {
      throw new FormatException(
          file,
          place
              + "truncated: a header of %d bytes is declared, but only %d follow"
                  .formatted(declared, Math.max(0, follow)));
    }
    if (declared > MAX_HEADER_BYTES) {
      throw new FormatException(
          file,
          place
              + "a header of %d bytes is declared, the limit is %d"
                  .formatted(declared, MAX_HEADER_BYTES));
    }
    byte[] text = in.readNBytes((int) declared);
    if (text.length < declared) {
      throw new FormatException(file, place + "truncated: it ends within its header");
    }
    Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    NpyHeader header =
        parse(
            new HeaderText(file, place, decoded(text, charset, file, place)),
            size - follow + declared);
    header.requireBytes(size - header.start, file, place);
    return header;
  }

  private static String decoded(byte[] text, Charset charset, Path file, String place)
      throws FormatException {
    ByteBuffer bytes = ByteBuffer.wrap(text);
    try {
      return charset.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new FormatException(
          file, place + "the header is not UTF-8 at byte " + bytes.position(), e);
    }
  }

  private static NpyHeader parse(HeaderText text, long start) throws FormatException {
    String type = null;
    Boolean columnMajor = null;
    long[] shape = null;
    text.expect('{');
    while (!text.accept('}')) {
      String key = text.pythonString();
      text.expect(':');
      boolean twice =
          switch (key) {
            case "descr" -> type != null;
            case "fortran_order" -> columnMajor != null;
            case "shape" -> shape != null;
            default -> throw text.bad("the header has the unknown key " + HeaderText.quoted(key));
          };
      if (twice) {
        throw text.bad("the header has " + HeaderText.quoted(key) + " twice");
      }
      switch (key) {
        case "descr" -> type = text.pythonString();
        case "fortran_order" -> columnMajor = truth(text);
        default -> shape = tuple(text);
      }
      if (!text.accept(',')) {
        text.expect('}');
        break;
      }
    }
    text.expectEnd();
    if (type == null || columnMajor == null || shape == null) {
      String missing = type == null ? "descr" : shape == null ? "shape" : "fortran_order";
      throw text.bad("the header has no " + missing);
    }
    int[] extents = extents(text, shape);
    return new NpyHeader(
        element(text, type),
        type.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
        columnMajor,
        extents,
        NpyArray.elements(extents),
        start);
  }

  private static boolean truth(HeaderText text) throws FormatException {
    if (text.acceptWord("True")) {
      return true;
    }
    if (text.acceptWord("False")) {
      return false;
    }
    throw text.expectedOneOf("True", "False");
  }

  private static long[] tuple(HeaderText text) throws FormatException {
    long[] counts = new long[NpyArray.MAX_RANK];
    int length = 0;
    text.expect('(');
    while (!text.accept(')')) {
      if (length == NpyArray.MAX_RANK) {
        throw text.bad("the shape has more than %d extents".formatted(NpyArray.MAX_RANK));
      }
      counts[length++] = text.count();
      // Python's tuple of one has a comma; without it, the parentheses mean nothing.
      if (length == 1) {
        text.expect(',');
      } else if (!text.accept(',')) {
        text.expect(')');
        break;
      }
    }
    return Arrays.copyOf(counts, length);
  }

  private static Element element(HeaderText text, String type) throws FormatException {
    for (Element element : Element.values()) {
      String orders = element.bytes == 1 ? "|<>" : "<>";
      if (type.length() == 3
          && orders.indexOf(type.charAt(0)) >= 0
          && type.substring(1).equalsIgnoreCase(element.name())
          && Character.isLowerCase(type.charAt(1))) {
        return element;
      }
    }
    throw text.bad(
        "elements of type %s; those read are f2, f4, f8, i2, i4, i8 after < or >, and"
                .formatted(HeaderText.quoted(type))
            + " |u1, |i1, |b1");
  }

  private static int[] extents(HeaderText text, long[] shape) throws FormatException {
    int[] extents = new int[shape.length];
    for (int i = 0; i < shape.length; i++) {
      extents[i] = (int) Math.min(shape[i], Integer.MAX_VALUE);
    }
    int count = NpyArray.elements(extents);
    if (count < 0 || count > MAX_COUNT || Arrays.stream(shape).max().orElse(0) > MAX_COUNT) {
      throw text.bad(
          "the shape %s has more than the %d elements that can be read"
              .formatted(HeaderText.described(shape), MAX_COUNT));
    }
    return extents;
  }

  private void requireBytes(long follow, Path file, String place) throws FormatException {
    String needed =
        "the shape %s of %d bytes each needs %d bytes"
            .formatted(Arrays.toString(shape), element.bytes, valueBytes());
    if (follow < valueBytes()) {
      throw new FormatException(
          file, place + "truncated: " + needed + ", but only %d follow".formatted(follow));
    }
    if (follow > valueBytes()) {
      throw new FormatException(
          file, place + needed + ", but %d more follow".formatted(follow - valueBytes()));
    }
  }

  /** Reads the values, row-major, from where the header ended. */
  NpyArray values(InputStream in) throws IOException {
    float[] values = new float[count];
    byte[] bytes = new byte[(int) Math.min(CHUNK_BYTES, valueBytes())];
    ByteBuffer chunk = ByteBuffer.wrap(bytes).order(order);
    int done = 0;
    while (done < count) {
      int wanted = Math.min(bytes.length / element.bytes, count - done);
      if (in.readNBytes(bytes, 0, wanted * element.bytes) < wanted * element.bytes) {
        throw new EOFException("it ends within its values");
      }
      for (int i = 0; i < wanted; i++) {
        values[done + i] = element.decoding.at(chunk, i * element.bytes);
      }
      done += wanted;
    }
    return new NpyArray(shape, columnMajor ? rowMajor(values) : values);
  }

  private float[] rowMajor(float[] columnMajorValues) {
    float[] values = new float[count];
    int[] step = new int[shape.length];
    int product = 1;
    for (int d = 0; d < shape.length && count > 0; d++) {
      step[d] = product;
      product *= shape[d];
    }
    int[] index = new int[shape.length];
    int from = 0;
    for (int i = 0; i < count; i++) {
      values[i] = columnMajorValues[from];
      for (int d = shape.length - 1; d >= 0; d--) {
        from += step[d];
        if (++index[d] < shape[d]) {
          break;
        }
        from -= step[d] * shape[d];
        index[d] = 0;
      }
    }
    return values;
  }
}
