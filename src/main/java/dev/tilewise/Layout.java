package dev.tilewise;

import java.util.Objects;

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
    Objects.checkIndex(n, shape.n());
    Objects.checkIndex(c, shape.c());
    Objects.checkIndex(y, shape.h());
    Objects.checkIndex(x, shape.w());
    return this == NCHW
        ? (((long) n * shape.c() + c) * shape.h() + y) * shape.w() + x
        : (((long) n * shape.h() + y) * shape.w() + x) * shape.c() + c;
  }
}
