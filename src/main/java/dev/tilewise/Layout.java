package dev.tilewise;

/** The order of a tensor's four extents in memory, slowest first. */
public enum Layout {
  /** Planes: all values of one channel are contiguous. */
  NCHW,
  /** Depth columns: the C values at one pixel are contiguous. What the kernels work on. */
  NHWC;

  /**
   * Position of one element, counted in elements from the start of a tensor.
   *
   * @param shape the tensor's shape
   * @param n image
   * @param c channel
   * @param y row
   * @param x column
   * @return the element index, computed in {@code long}
   * @throws IndexOutOfBoundsException if an index is outside its extent
   */
  public long index(Shape shape, int n, int c, int y, int x) {
    // As unsigned numbers negative ones are too large.
    if (Integer.compareUnsigned(n, shape.n()) >= 0
        || Integer.compareUnsigned(c, shape.c()) >= 0
        || Integer.compareUnsigned(y, shape.h()) >= 0
        || Integer.compareUnsigned(x, shape.w()) >= 0) {
      throw new IndexOutOfBoundsException(
          "tensor: there is no element n="
              + n
              + " c="
              + c
              + " y="
              + y
              + " x="
              + x
              + " in "
              + shape);
    }
    return this == NCHW
        ? (((long) n * shape.c() + c) * shape.h() + y) * shape.w() + x
        : (((long) n * shape.h() + y) * shape.w() + x) * shape.c() + c;
  }
}
