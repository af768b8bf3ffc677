package dev.tilewise;

import dev.tilewise.internal.kernel.MatrixTranspose;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.PagePlaces;
import dev.tilewise.internal.kernel.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A view of off-heap memory as four extents of floats. A tensor owns nothing: its memory lives as
 * long as the arena it came from, and using it later throws {@link IllegalStateException}.
 *
 * <p>Convolutions run fastest on memory that every thread may use ({@link Arena#ofShared}, {@link
 * Arena#ofAuto}, {@link Arena#global}); tensors in confined arenas or mapped files work too, at the
 * price of a copy.
 */
public final class Tensor {

  /** Alignment of allocated tensors, bytes: one cache line, one 512-bit vector. */
  public static final long ALIGNMENT = 64;

  private static final AtomicInteger ALLOCATED = new AtomicInteger();

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Side of the squares that are staged when a layout is converted: two of them stay in L1. */
  private static final int CONVERTED_SIDE = 64;

  private final MemorySegment segment;
  private final Shape shape;
  private final Layout layout;

  private Tensor(MemorySegment segment, Shape shape, Layout layout) {
    this.segment = segment;
    this.shape = shape;
    this.layout = layout;
  }

  /**
   * Allocates a tensor of zeros, aligned to {@value #ALIGNMENT} bytes.
   *
   * @param arena who owns the memory and decides when it ends
   * @param shape extents
   * @param layout order in memory
   * @return the tensor
   * @throws IllegalStateException if the arena is closed or belongs to another thread
   */
  public static Tensor allocate(Arena arena, Shape shape, Layout layout) {
    Objects.requireNonNull(arena, "arena");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(layout, "layout");
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("tensor: the arena for " + shape + " is closed");
    }
    int number = ALLOCATED.getAndIncrement();
    try {
      MemorySegment memory =
          arena.allocate(shape.bytes() + PagePlaces.room(shape.bytes()), ALIGNMENT);
      long start = PagePlaces.from(memory.address(), shape.bytes(), number) - memory.address();
      return new Tensor(memory.asSlice(start, shape.bytes()), shape, layout);
    } catch (WrongThreadException e) {
      throw new IllegalStateException(
          "tensor: the arena for " + shape + " is a confined one of another thread", e);
    }
  }

  /**
   * Wraps memory of the caller without a copy.
   *
   * @param segment off-heap memory of at least {@code shape.bytes()} bytes, aligned to 4; floats in
   *     the machine's byte order
   * @param shape extents
   * @param layout order in memory
   * @return the tensor, over the first {@code shape.bytes()} bytes
   * @throws IllegalArgumentException if the segment is on the heap, too small or misaligned
   * @throws IllegalStateException if its arena is closed
   */
  public static Tensor of(MemorySegment segment, Shape shape, Layout layout) {
    Objects.requireNonNull(segment, "segment");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(layout, "layout");
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "tensor: " + shape + " over a heap segment; use off-heap memory, or copy with copyFrom");
    }
    if (segment.byteSize() < shape.bytes()) {
      throw new IllegalArgumentException(
          "tensor: "
              + shape
              + " needs "
              + shape.bytes()
              + " bytes but the segment has "
              + segment.byteSize());
    }
    if (segment.address() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "tensor: " + shape + " over memory that is not aligned to " + Float.BYTES + " bytes");
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("tensor: " + shape + " over memory whose arena is closed");
    }
    return new Tensor(segment.asSlice(0, shape.bytes()), shape, layout);
  }

  /**
   * Allocates a tensor and fills it.
   *
   * @param arena who owns the memory
   * @param shape extents
   * @param layout order in memory, and of the values
   * @param values exactly {@code shape.elements()} floats in that order
   * @return the tensor
   * @throws IllegalArgumentException if the number of values is wrong
   */
  public static Tensor of(Arena arena, Shape shape, Layout layout, float... values) {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(values, "values");
    requireCount(shape, values.length);
    return allocate(arena, shape, layout).copyFrom(values, layout);
  }

  /**
   * The memory.
   *
   * @return a segment of exactly {@code shape().bytes()} bytes
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * The extents.
   *
   * @return the shape
   */
  public Shape shape() {
    return shape;
  }

  /**
   * The order in memory.
   *
   * @return the layout
   */
  public Layout layout() {
    return layout;
  }

  /**
   * The same memory, not to be written through this view.
   *
   * @return a read-only tensor
   */
  public Tensor asReadOnly() {
    return new Tensor(segment.asReadOnly(), shape, layout);
  }

  /**
   * One element.
   *
   * @param n image
   * @param c channel
   * @param y row
   * @param x column
   * @return its value
   * @throws IndexOutOfBoundsException if an index is outside its extent
   * @throws IllegalStateException if the arena is closed
   * @throws WrongThreadException if the arena belongs to another thread
   */
  public float get(int n, int c, int y, int x) {
    try {
      return segment.getAtIndex(FLOAT, layout.index(shape, n, c, y, x));
    } catch (IllegalStateException e) {
      throw closed(e);
    }
  }

  /**
   * Writes one element.
   *
   * @param n image
   * @param c channel
   * @param y row
   * @param x column
   * @param value its new value
   * @throws IndexOutOfBoundsException if an index is outside its extent
   * @throws IllegalStateException if the arena is closed
   * @throws WrongThreadException if the arena belongs to another thread
   * @throws IllegalArgumentException if the tensor is read-only
   */
  public void set(int n, int c, int y, int x, float value) {
    requireWritable();
    try {
      segment.setAtIndex(FLOAT, layout.index(shape, n, c, y, x), value);
    } catch (IllegalStateException e) {
      throw closed(e);
    }
  }

  private IllegalStateException closed(IllegalStateException e) {
    return new IllegalStateException("tensor: " + this + ": its arena is closed", e);
  }

  private void requireWritable() {
    if (segment.isReadOnly()) {
      throw new IllegalArgumentException("tensor: " + this + " is read-only");
    }
  }

  /**
   * Sets every element to one value.
   *
   * @param value the value
   * @return this
   * @throws IllegalArgumentException if the tensor is read-only
   */
  public Tensor fill(float value) {
    requireWritable();
    for (long i = 0; i < shape.elements(); i++) {
      segment.setAtIndex(FLOAT, i, value);
    }
    return this;
  }

  /**
   * Fills the tensor from an array.
   *
   * @param values exactly {@code shape().elements()} floats
   * @param order the layout of the array
   * @return this
   * @throws IllegalArgumentException if the number of values is wrong or the tensor is read-only
   */
  public Tensor copyFrom(float[] values, Layout order) {
    Objects.requireNonNull(values, "values");
    Objects.requireNonNull(order, "order");
    requireCount(shape, values.length);
    requireWritable();
    convert(MemorySegment.ofArray(values), order, segment, layout, shape);
    return this;
  }

  /**
   * Copies the elements of another tensor, converting the layout.
   *
   * @param source a tensor of the same shape
   * @return this
   * @throws IllegalArgumentException if the shapes differ, the tensor is read-only, or the layouts
   *     differ and the tensors overlap in memory; nothing is written then
   */
  public Tensor copyFrom(Tensor source) {
    Objects.requireNonNull(source, "source");
    if (!source.shape.equals(shape)) {
      throw new IllegalArgumentException(
          "tensor: cannot copy " + source.shape + " into " + shape + "; the shapes must be equal");
    }
    requireWritable();
    if (layout != source.layout
        && !shape.layoutsCoincide()
        && segment.asOverlappingSlice(source.segment).isPresent()) {
      throw new IllegalArgumentException(
          "tensor: cannot copy "
              + source
              + " into "
              + this
              + "; they overlap in memory and their layouts differ");
    }
    convert(source.segment, source.layout, segment, layout, shape);
    return this;
  }

  /**
   * The elements as an array.
   *
   * @param order the layout of the array
   * @return a new array
   * @throws IllegalArgumentException if there are 2^31 elements or more
   */
  public float[] toArray(Layout order) {
    Objects.requireNonNull(order, "order");
    if (shape.elements() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("tensor: " + shape + " does not fit a Java array");
    }
    float[] values = new float[(int) shape.elements()];
    convert(segment, layout, MemorySegment.ofArray(values), order, shape);
    return values;
  }

  static void convert(
      MemorySegment from, Layout fromLayout, MemorySegment to, Layout toLayout, Shape shape) {
    if (fromLayout == toLayout || shape.layoutsCoincide()) {
      MemorySegment.copy(from, 0, to, 0, shape.bytes());
      return;
    }
    // Per image a matrix of channels x pixels is transposed.
    long pixels = (long) shape.h() * shape.w();
    long rows = fromLayout == Layout.NCHW ? shape.c() : pixels;
    long columns = fromLayout == Layout.NCHW ? pixels : shape.c();
    boolean inPlace = Memory.isKernelMemory(from) && Memory.isKernelMemory(to);
    for (long n = 0; n < shape.n(); n++) {
      long image = n * rows * columns * Float.BYTES;
      if (inPlace && Math.max(rows, columns) <= Integer.MAX_VALUE) {
        MatrixTranspose.run(
            from,
            image,
            columns * Float.BYTES,
            (int) rows,
            (int) columns,
            to,
            image,
            rows * Float.BYTES);
      } else {
        transposeByTiles(from, to, image, rows, columns);
      }
    }
  }

  /** Any memory: squares are copied to where kernels work, and back. */
  private static void transposeByTiles(
      MemorySegment from, MemorySegment to, long image, long rows, long columns) {
    long side = CONVERTED_SIDE;
    long bytes = side * side * Float.BYTES;
    MemorySegment scratch = Scratch.ofThread(2 * bytes);
    for (long row = 0; row < rows; row += side) {
      int height = (int) Math.min(side, rows - row);
      for (long column = 0; column < columns; column += side) {
        int width = (int) Math.min(side, columns - column);
        for (int r = 0; r < height; r++) {
          long at = image + ((row + r) * columns + column) * Float.BYTES;
          MemorySegment.copy(from, at, scratch, r * side * Float.BYTES, (long) width * Float.BYTES);
        }
        long step = side * Float.BYTES;
        MatrixTranspose.run(scratch, 0, step, height, width, scratch, bytes, step);
        for (int c = 0; c < width; c++) {
          long at = image + ((column + c) * rows + row) * Float.BYTES;
          MemorySegment.copy(scratch, bytes + c * step, to, at, (long) height * Float.BYTES);
        }
      }
    }
  }

  private static void requireCount(Shape shape, long count) {
    if (count != shape.elements()) {
      throw new IllegalArgumentException(
          "tensor: " + shape + " has " + shape.elements() + " elements, not " + count);
    }
  }

  /** Shape and layout, such as {@code n1c64h56w56 NHWC}. */
  @Override
  public String toString() {
    return shape + " " + layout;
  }
}
