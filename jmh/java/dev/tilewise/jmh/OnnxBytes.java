package dev.tilewise.jmh;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The few messages of the ONNX format that models need, written as protocol buffers. Numbers of
 * fields are those of onnx.proto3.
 */
final class OnnxBytes {

  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private static final int FLOAT_TENSOR = 1;
  private static final int INT64_TENSOR = 7;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_INTS = 7;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A model: IR version 8, operator set 13. */
  static byte[] model(OnnxBytes graph) {
    OnnxBytes operators = new OnnxBytes().text(1, "").number(2, 13);
    return new OnnxBytes().number(1, 8).message(8, operators).message(7, graph).bytes();
  }

  /** A node with one output; attributes are to be added. */
  static OnnxBytes node(String operator, String output, String... inputs) {
    OnnxBytes node = new OnnxBytes();
    for (String input : inputs) {
      node.text(1, input);
    }
    return node.text(2, output).text(4, operator);
  }

  /** An attribute of a node. */
  OnnxBytes attribute(String name, long... values) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    for (long value : values) {
      attribute.number(8, value);
    }
    return message(5, attribute.number(20, ATTRIBUTE_INTS));
  }

  /** An attribute of a node, a single number. */
  OnnxBytes attribute(String name, long value) {
    return message(5, new OnnxBytes().text(1, name).number(3, value).number(20, ATTRIBUTE_INT));
  }

  /** An attribute of a node, a single number with a fraction. */
  OnnxBytes attribute(String name, float value) {
    OnnxBytes attribute = new OnnxBytes().text(1, name);
    attribute.varint((long) 2 << 3 | FIXED32);
    int bits = Float.floatToRawIntBits(value);
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      attribute.bytes.write(bits >>> shift);
    }
    return message(5, attribute.number(20, ATTRIBUTE_FLOAT));
  }

  /** The type of an input or output. */
  static OnnxBytes value(String name, long... dims) {
    OnnxBytes shape = new OnnxBytes();
    for (long dim : dims) {
      shape.message(1, new OnnxBytes().number(1, dim));
    }
    OnnxBytes tensor = new OnnxBytes().number(1, FLOAT_TENSOR).message(2, shape);
    return new OnnxBytes().text(1, name).message(2, new OnnxBytes().message(1, tensor));
  }

  /** A constant. */
  static OnnxBytes tensor(String name, byte[] littleEndian, long... dims) {
    OnnxBytes tensor = new OnnxBytes();
    for (long dim : dims) {
      tensor.number(1, dim);
    }
    return tensor.number(2, FLOAT_TENSOR).text(8, name).data(9, littleEndian);
  }

  /** A constant of integers, in one dimension. */
  static OnnxBytes integers(String name, long... values) {
    OnnxBytes tensor = new OnnxBytes().number(1, values.length).number(2, INT64_TENSOR);
    for (long value : values) {
      tensor.number(7, value);
    }
    return tensor.text(8, name);
  }

  OnnxBytes message(int field, OnnxBytes message) {
    return data(field, message.bytes());
  }

  OnnxBytes text(int field, String text) {
    return data(field, text.getBytes(StandardCharsets.UTF_8));
  }

  OnnxBytes number(int field, long value) {
    varint((long) field << 3 | VARINT);
    varint(value);
    return this;
  }

  private OnnxBytes data(int field, byte[] data) {
    varint((long) field << 3 | LENGTH_DELIMITED);
    varint(data.length);
    bytes.writeBytes(data);
    return this;
  }

  private void varint(long value) {
    long rest = value;
    for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
      bytes.write((int) (rest & 0x7F) | 0x80);
    }
    bytes.write((int) rest);
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
