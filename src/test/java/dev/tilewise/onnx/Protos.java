package dev.tilewise.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.List;

/** Small models as messages of the format. */
final class Protos {

  private Protos() {}

  static TensorProto floats(String name, long[] dims, float... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT.getNumber());
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    for (float value : values) {
      tensor.addFloatData(value);
    }
    return tensor.build();
  }

  /** Small numbers, all different. */
  static TensorProto weights(String name, long... dims) {
    long count = 1;
    for (long dim : dims) {
      count *= dim;
    }
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 17 + 1) / 16f;
    }
    return floats(name, dims, values);
  }

  static TensorProto integers(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(DataType.INT64.getNumber())
            .addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    return tensor.build();
  }

  static TensorProto raw(String name, DataType type, long[] dims, byte... bytes) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(bytes));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  static NodeProto.Builder node(String op, List<String> inputs, String... outputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .setName(op + "_" + outputs[0])
        .addAllInput(inputs)
        .addAllOutput(List.of(outputs));
  }

  static AttributeProto attribute(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  static AttributeProto word(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  static ValueInfoProto value(String name, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : dims) {
      TensorShapeProto.Dimension.Builder one = shape.addDimBuilder();
      if (dim < 0) {
        one.setDimParam("size" + -dim);
      } else {
        one.setDimValue(dim);
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(DataType.FLOAT.getNumber())
                        .setShape(shape)))
        .build();
  }

  static ModelProto model(long opset, GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build();
  }

  /** Convolution, normalisation, pooling, a dense layer. */
  static ModelProto network() {
    return model(
        13,
        GraphProto.newBuilder()
            .addInput(value("x", -1, 2, 6, 6))
            .addInitializer(weights("w", 3, 2, 3, 3))
            .addInitializer(weights("b", 3))
            .addInitializer(weights("scale", 3))
            .addInitializer(weights("dense", 4, 27))
            .addInitializer(integers("rows", 0, -1))
            .addNode(
                node("Conv", List.of("x", "w", "b"), "c")
                    .addAttribute(attribute("pads", 1, 1, 1, 1)))
            .addNode(node("BatchNormalization", List.of("c", "scale", "b", "b", "scale"), "n"))
            .addNode(node("Relu", List.of("n"), "r"))
            .addNode(
                node("MaxPool", List.of("r"), "p")
                    .addAttribute(attribute("kernel_shape", 2, 2))
                    .addAttribute(attribute("strides", 2, 2)))
            .addNode(node("Reshape", List.of("p", "rows"), "f"))
            .addNode(
                node("Gemm", List.of("f", "dense"), "g")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("transB")
                            .setType(AttributeType.INT)
                            .setI(1)))
            .addNode(node("Softmax", List.of("g"), "y"))
            .addOutput(value("y", -1, 4)));
  }

  /** Arithmetic of extents, and what makes many elements of few numbers. */
  static ModelProto shapes() {
    return model(
        13,
        GraphProto.newBuilder()
            .addInput(value("x", 1, 2, 3, 4))
            .addInitializer(integers("two", 2))
            .addInitializer(integers("zero", 0))
            .addInitializer(integers("one", 1))
            .addInitializer(integers("pads", 0, 0, 1, 1, 0, 0, 1, 1))
            .addInitializer(integers("repeats", 1, 2, 1, 1))
            .addInitializer(floats("scales", new long[] {4}, 1, 1, 2, 2))
            .addNode(node("Shape", List.of("x"), "s"))
            .addNode(node("Gather", List.of("s", "two"), "rows"))
            .addNode(node("Mul", List.of("rows", "two"), "more"))
            .addNode(
                node("Concat", List.of("one", "two", "more", "two"), "extents")
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("axis")
                            .setType(AttributeType.INT)
                            .setI(0)))
            .addNode(node("ConstantOfShape", List.of("extents"), "filled"))
            .addNode(
                node("Reshape", List.of("filled", "s"), "summand")
                    .clearInput()
                    .addAllInput(List.of("x", "s")))
            .addNode(node("Pad", List.of("summand", "pads"), "padded"))
            .addNode(node("Tile", List.of("padded", "repeats"), "tiled"))
            .addNode(
                node("Resize", List.of("tiled", "", "scales"), "resized")
                    .addAttribute(word("mode", "linear")))
            .addNode(node("Slice", List.of("resized", "zero", "two", "one"), "part"))
            .addNode(node("Expand", List.of("one", "extents"), "ones"))
            .addNode(node("ReduceSum", List.of("ones"), "total"))
            .addNode(node("Add", List.of("part", "total"), "y"))
            .addOutput(value("y", 1, 2, 10, 12))
            .addOutput(value("filled", 1, 2, 6, 2)));
  }
}
