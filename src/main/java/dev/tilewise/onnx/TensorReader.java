package dev.tilewise.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.tilewise.graph.Dims;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.IntToLongFunction;

/**
 * Reads the values of a tensor, which a file has as little-endian bytes, as typed numbers, or in a
 * file beside it. What a tensor claims to have is compared with what is there before anything is
 * allocated.
 */
final class TensorReader {

  private static final ValueLayout.OfShort SHORT = little(ValueLayout.JAVA_SHORT_UNALIGNED);
  private static final ValueLayout.OfInt INT = little(ValueLayout.JAVA_INT_UNALIGNED);
  private static final ValueLayout.OfLong LONG = little(ValueLayout.JAVA_LONG_UNALIGNED);
  private static final ValueLayout.OfFloat FLOAT = little(ValueLayout.JAVA_FLOAT_UNALIGNED);
  private static final ValueLayout.OfDouble DOUBLE = little(ValueLayout.JAVA_DOUBLE_UNALIGNED);

  /** Bytes of tensors that are mapped for themselves, when they are needed. */
  private static final long LARGE = 64 << 10;

  private final ExternalData external;
  private final FilePart model;

  /**
   * Of a model.
   *
   * @param external its other files
   * @param model its mapped file, null if it is in memory
   */
  TensorReader(ExternalData external, FilePart model) {
    this.external = external;
    this.model = model;
  }

  @SuppressWarnings("unchecked")
  private static <T extends ValueLayout> T little(T layout) {
    return (T) layout.withOrder(ByteOrder.LITTLE_ENDIAN);
  }

  /** An extent of a file as an int. */
  static int extent(String name, long extent) {
    if (extent < 0 || extent > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + ": the extent " + extent + " is not between 0 and " + Integer.MAX_VALUE);
    }
    return (int) extent;
  }

  OnnxTensor read(TensorProto tensor) throws IOException {
    String name = "tensor " + tensor.getName();
    int[] extents = new int[tensor.getDimsCount()];
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = extent(name, tensor.getDims(axis));
    }
    Dims dims = Dims.of(extents);
    DataType type = DataType.forNumber(tensor.getDataType());
    if (type == null || width(type) == 0) {
      throw new IllegalArgumentException(
          name
              + ": elements of type "
              + (type == null ? tensor.getDataType() : type)
              + " are not supported");
    }
    boolean elsewhere = tensor.getDataLocation() == DataLocation.EXTERNAL;
    if (!elsewhere && !tensor.hasRawData()) {
      return typed(name, tensor, type, dims);
    }
    long claimed = dims.elements() * width(type);
    FilePart part;
    if (elsewhere) {
      part = external.part(name, tensor.getExternalDataList(), claimed);
    } else {
      MemorySegment bytes = MemorySegment.ofBuffer(tensor.getRawData().asReadOnlyByteBuffer());
      require(name, dims, type, claimed, bytes.byteSize(), "bytes");
      // Without Unsafe protobuf copies what it reads.
      if (model == null || !bytes.isNative() || bytes.byteSize() < LARGE) {
        return raw(type, dims, bytes);
      }
      part = model.part(bytes);
    }
    if (type == DataType.FLOAT && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
      return new OnnxTensor(dims, part::map, null);
    }
    try (Arena arena = Arena.ofShared()) {
      return raw(type, dims, part.map(arena));
    }
  }

  private static void require(
      String name, Dims dims, DataType type, long claimed, long there, String what) {
    if (claimed != there) {
      throw new IllegalArgumentException(
          name + " of " + dims + " " + type + " takes " + claimed + " " + what + ", not " + there);
    }
  }

  /** Bytes of an element; 0 for those that are not read. */
  private static int width(DataType type) {
    return switch (type) {
      case BOOL, INT8, UINT8 -> Byte.BYTES;
      case FLOAT16, BFLOAT16, INT16, UINT16 -> Short.BYTES;
      case FLOAT, INT32, UINT32 -> Integer.BYTES;
      case DOUBLE, INT64, UINT64 -> Long.BYTES;
      default -> 0;
    };
  }

  private static OnnxTensor raw(DataType type, Dims dims, MemorySegment from) {
    return switch (type) {
      case FLOAT -> {
        boolean asIs = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        yield asIs ? OnnxTensor.floats(dims, from) : floats(dims, i -> from.getAtIndex(FLOAT, i));
      }
      case FLOAT16 -> floats(dims, i -> Float.float16ToFloat(from.getAtIndex(SHORT, i)));
      case BFLOAT16 -> floats(dims, i -> fromBfloat16(from.getAtIndex(SHORT, i)));
      case DOUBLE -> floats(dims, i -> (float) from.getAtIndex(DOUBLE, i));
      case INT8, BOOL -> integers(dims, i -> from.get(ValueLayout.JAVA_BYTE, i));
      case UINT8 -> integers(dims, i -> from.get(ValueLayout.JAVA_BYTE, i) & 0xFFL);
      case INT16 -> integers(dims, i -> from.getAtIndex(SHORT, i));
      case UINT16 -> integers(dims, i -> from.getAtIndex(SHORT, i) & 0xFFFFL);
      case INT32 -> integers(dims, i -> from.getAtIndex(INT, i));
      case UINT32 -> integers(dims, i -> from.getAtIndex(INT, i) & 0xFFFF_FFFFL);
      default -> integers(dims, i -> from.getAtIndex(LONG, i));
    };
  }

  private static OnnxTensor typed(String name, TensorProto tensor, DataType type, Dims dims) {
    int there =
        switch (type) {
          case FLOAT -> tensor.getFloatDataCount();
          case DOUBLE -> tensor.getDoubleDataCount();
          case INT64 -> tensor.getInt64DataCount();
          case UINT32, UINT64 -> tensor.getUint64DataCount();
          default -> tensor.getInt32DataCount();
        };
    require(name, dims, type, dims.elements(), there, "elements");
    return switch (type) {
      case FLOAT -> floats(dims, i -> tensor.getFloatData((int) i));
      case DOUBLE -> floats(dims, i -> (float) tensor.getDoubleData((int) i));
      case FLOAT16 -> floats(dims, i -> Float.float16ToFloat((short) tensor.getInt32Data((int) i)));
      case BFLOAT16 -> floats(dims, i -> fromBfloat16((short) tensor.getInt32Data((int) i)));
      case INT64 -> integers(dims, tensor::getInt64Data);
      case UINT32, UINT64 -> integers(dims, tensor::getUint64Data);
      default -> integers(dims, tensor::getInt32Data);
    };
  }

  private static float fromBfloat16(short bits) {
    return Float.intBitsToFloat(bits << Short.SIZE);
  }

  private interface FloatAt {
    float get(long i);
  }

  private static OnnxTensor floats(Dims dims, FloatAt source) {
    MemorySegment values = Arena.ofAuto().allocate(dims.elements() * Float.BYTES, Long.BYTES);
    for (long i = 0; i < dims.elements(); i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, source.get(i));
    }
    return OnnxTensor.floats(dims, values);
  }

  private static OnnxTensor integers(Dims dims, IntToLongFunction source) {
    long[] values = new long[Math.toIntExact(dims.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = source.applyAsLong(i);
    }
    return new OnnxTensor(dims, null, values);
  }
}
