package dev.tilewise.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the messages of an ONNX file into an {@link OnnxGraph}. */
final class ModelFile {

  /** What one protocol buffer can be; larger models keep their weights in other files. */
  private static final long LARGEST = Integer.MAX_VALUE;

  private final Path file;
  private final TensorReader tensors;

  private ModelFile(Path file, FilePart whole) {
    this.file = file;
    this.tensors = new TensorReader(new ExternalData(file), whole);
  }

  static OnnxGraph read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new OnnxException(file.toString(), "is a directory, not a model file");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size == 0 || size > LARGEST) {
        throw new OnnxException(
            file.toString(), size + " bytes are no ONNX model: 1 to " + LARGEST + " would be");
      }
      FilePart whole = FilePart.of(file, channel, 0, size);
      return read(file, whole.bytes(), whole);
    } catch (NoSuchFileException e) {
      throw new OnnxException(file.toString(), "no such file", e);
    }
  }

  /** Reads a model that is in memory already; what it refers to is in the file's folder. */
  static OnnxGraph read(Path file, MemorySegment bytes) throws IOException {
    return read(file, bytes, null);
  }

  private static OnnxGraph read(Path file, MemorySegment bytes, FilePart whole) throws IOException {
    // The strings of bytes in the messages stay where they are, in the mapped file.
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer()).newCodedInput();
    in.enableAliasing(true);
    try {
      return new ModelFile(file, whole).graph(ModelProto.parseFrom(in));
    } catch (InvalidProtocolBufferException e) {
      throw new OnnxException(
          file.toString(), "no ONNX model, or damaged: its fields cannot be told apart", e);
    } catch (IllegalArgumentException e) {
      throw new OnnxException(file.toString(), e.getMessage(), e);
    }
  }

  private OnnxGraph graph(ModelProto model) throws IOException {
    if (!model.hasGraph()) {
      throw new OnnxException(file.toString(), "no ONNX model: there is no graph in it");
    }
    GraphProto graph = model.getGraph();
    if (graph.getSparseInitializerCount() > 0) {
      throw new OnnxException(file.toString(), "sparse initializers are not supported");
    }
    Map<String, OnnxTensor> initializers = new HashMap<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      if (initializers.put(tensor.getName(), tensors.read(tensor)) != null) {
        throw new OnnxException(
            file.toString(), "there are two initializers named " + tensor.getName());
      }
    }
    List<OnnxNode> nodes = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      nodes.add(node(node));
    }
    return new OnnxGraph(
        file.toString(),
        graph.getInputList().stream().map(ModelFile::input).toList(),
        graph.getOutputList().stream().map(ValueInfoProto::getName).toList(),
        nodes,
        initializers,
        opsets(model),
        model.getProducerName());
  }

  private static Map<String, Long> opsets(ModelProto model) {
    Map<String, Long> opsets = new HashMap<>();
    for (OperatorSetIdProto set : model.getOpsetImportList()) {
      opsets.put(domain(set.getDomain()), set.getVersion());
    }
    return opsets;
  }

  private static String domain(String name) {
    return "ai.onnx".equals(name) ? "" : name;
  }

  private static OnnxGraph.Input input(ValueInfoProto value) {
    TypeProto type = value.getType();
    if (!type.hasTensorType() || !type.getTensorType().hasShape()) {
      return new OnnxGraph.Input(value.getName(), null, null);
    }
    TensorShapeProto shape = type.getTensorType().getShape();
    int[] extents = new int[shape.getDimCount()];
    List<String> names = new ArrayList<>();
    for (int axis = 0; axis < extents.length; axis++) {
      TensorShapeProto.Dimension dim = shape.getDim(axis);
      extents[axis] = OnnxGraph.OPEN;
      if (dim.hasDimValue() && dim.getDimValue() >= 0) {
        extents[axis] = TensorReader.extent(value.getName(), dim.getDimValue());
      }
      names.add(dim.getDimParam());
    }
    return new OnnxGraph.Input(value.getName(), extents, names);
  }

  private OnnxNode node(NodeProto node) throws IOException {
    Map<String, Object> attributes = new HashMap<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      try {
        attributes.put(attribute.getName(), value(attribute));
      } catch (IllegalArgumentException e) {
        throw new OnnxException(
            file.toString(),
            node.getOpType() + " \"" + node.getName() + "\": " + e.getMessage(),
            e);
      }
    }
    return new OnnxNode(
        node.getOpType(),
        domain(node.getDomain()),
        node.getName(),
        List.copyOf(node.getInputList()),
        List.copyOf(node.getOutputList()),
        attributes);
  }

  private Object value(AttributeProto attribute) throws IOException {
    return switch (type(attribute)) {
      case FLOAT -> attribute.getF();
      case INT -> attribute.getI();
      case STRING -> attribute.getS().toStringUtf8();
      case TENSOR -> tensors.read(attribute.getT());
      case FLOATS -> List.copyOf(attribute.getFloatsList());
      case INTS -> List.copyOf(attribute.getIntsList());
      case STRINGS -> attribute.getStringsList().stream().map(ByteString::toStringUtf8).toList();
      default -> OnnxNode.Unread.ATTRIBUTE;
    };
  }

  /** The kind of an attribute; the first files did not say it. */
  private static AttributeProto.AttributeType type(AttributeProto attribute) {
    if (attribute.getType() != AttributeProto.AttributeType.UNDEFINED) {
      return attribute.getType();
    }
    if (attribute.hasF()) {
      return AttributeProto.AttributeType.FLOAT;
    }
    if (attribute.hasI()) {
      return AttributeProto.AttributeType.INT;
    }
    if (attribute.hasS()) {
      return AttributeProto.AttributeType.STRING;
    }
    if (attribute.hasT()) {
      return AttributeProto.AttributeType.TENSOR;
    }
    if (attribute.getFloatsCount() > 0) {
      return AttributeProto.AttributeType.FLOATS;
    }
    return attribute.getIntsCount() > 0
        ? AttributeProto.AttributeType.INTS
        : AttributeProto.AttributeType.UNDEFINED;
  }
}
