package dev.tilewise.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * One named array of a safetensors file: row-major, little-endian, without gaps. Two are equal only
 * if they share shape array and memory, so compare their parts.
 *
 * @param name its name
 * @param dtype what its elements are
 * @param shape extents, slowest first; none for a single element; an extent may be 0
 * @param data its bytes: a view, not a copy; of a file that was opened, read-only and not aligned
 */
public record StoredTensor(String name, Dtype dtype, long[] shape, MemorySegment data) {

  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort F16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat NATIVE = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /**
   * Checks that the bytes are those of the shape.
   *
   * @throws IllegalArgumentException if an extent is negative, the extents that are not 0 make 2^63
   *     bytes or more, or the bytes are not as many as the data
   */
  public StoredTensor {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(data, "data");
    shape = shape.clone();
    long bytes = bytes(dtype, shape);
    if (bytes != data.byteSize()) {
      throw new IllegalArgumentException(
          "tensor: %s of shape %s in %s cannot have %d bytes of data%s"
              .formatted(
                  HeaderText.quoted(name),
                  HeaderText.described(shape),
                  dtype,
                  data.byteSize(),
                  bytes < 0 ? "" : "; it needs " + bytes));
    }
  }

  /**
   * A tensor of single-precision values.
   *
   * @param name its name
   * @param values the elements, row-major; kept, not copied, where the machine is little-endian
   * @param shape extents, slowest first
   * @return the tensor
   * @throws IllegalArgumentException if the shape does not have that many elements
   */
  public static StoredTensor of(String name, float[] values, long... shape) {
    MemorySegment data = MemorySegment.ofArray(values);
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Float.BYTES)]);
      MemorySegment.copy(values, 0, data, F32, 0, values.length);
    }
    return new StoredTensor(name, Dtype.F32, shape, data);
  }

  /** The size of the data; -1 if there is none: see {@link HeaderText#product}. */
  static long bytes(Dtype dtype, long[] shape) {
    return HeaderText.product(dtype.bytes(), shape);
  }

  /**
   * The extents.
   *
   * @return a new array, slowest first
   */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /**
   * The number of elements.
   *
   * @return the product of the extents
   */
  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /**
   * The elements in single precision: exact for F32, F16 and BF16; F64 is rounded to the nearest,
   * to infinity beyond the largest float. Loops over a mapped file are slower than over memory, and
   * kernels do not work on one: this copies once.
   *
   * @return a new array, row-major
   * @throws IllegalArgumentException if the elements are not floating-point numbers, or 2^31 - 8 or
   *     more
   */
  public float[] floats() {
    requireFloating();
    if (elements() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "tensor: the %d elements of %s do not fit a Java array"
              .formatted(elements(), HeaderText.quoted(name)));
    }
    float[] values = new float[(int) elements()];
    copyTo(MemorySegment.ofArray(values));
    return values;
  }

  /**
   * Copies the elements in single precision, as {@link #floats} does, into memory of the caller,
   * such as that of a {@code Tensor}.
   *
   * @param floats where to: at least 4 bytes for each element; floats in the machine's byte order
   * @throws IllegalArgumentException if the elements are not floating-point numbers, or the memory
   *     is too small or read-only; nothing is written then
   */
  public void copyTo(MemorySegment floats) {
    requireFloating();
    long count = elements();
    if (floats.byteSize() / Float.BYTES < count || floats.isReadOnly()) {
      throw new IllegalArgumentException(
          "tensor: %s needs %d writable floats, not %d bytes%s"
              .formatted(
                  HeaderText.quoted(name),
                  count,
                  floats.byteSize(),
                  floats.isReadOnly() ? " that are read-only" : ""));
    }
    switch (dtype) {
      case F64 -> {
        for (long i = 0; i < count; i++) {
          floats.set(NATIVE, i * Float.BYTES, (float) data.get(F64, i * Double.BYTES));
        }
      }
      case F16 -> {
        for (long i = 0; i < count; i++) {
          float value = Float.float16ToFloat(data.get(F16, i * Short.BYTES));
          floats.set(NATIVE, i * Float.BYTES, value);
        }
      }
      case BF16 -> {
        for (long i = 0; i < count; i++) {
          float value = Float.intBitsToFloat(data.get(F16, i * Short.BYTES) << Short.SIZE);
          floats.set(NATIVE, i * Float.BYTES, value);
        }
      }
      default -> MemorySegment.copy(data, F32, 0, floats, NATIVE, 0, count);
    }
  }

  private void requireFloating() {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(
          "tensor: %s is %s, not one of F64, F32, F16, BF16"
              .formatted(HeaderText.quoted(name), dtype));
    }
  }

  /** Name, type and shape, such as {@code "conv1.weight" F32 [64, 3, 7, 7]}. */
  @Override
  public String toString() {
    return HeaderText.quoted(name) + " " + dtype + " " + HeaderText.described(shape);
  }
}
