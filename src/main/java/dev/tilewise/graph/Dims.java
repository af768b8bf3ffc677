package dev.tilewise.graph;

import dev.tilewise.Shape;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Extents of a value, slowest first, in the order files have: N, C, H, W for images, N, C for what
 * a dense layer makes, none for a single number. An extent may be 0: such a value is empty.
 */
public final class Dims {

  /** More than any file has; so many that a set of axes is a {@code long}. */
  private static final int MOST = 64;

  private final int[] extents;
  private final long elements;

  private Dims(int[] extents) {
    if (extents.length > MOST) {
      throw new IllegalArgumentException(
          "there must be at most " + MOST + " extents, not " + extents.length);
    }
    this.extents = extents;
    long product = 1;
    boolean empty = false;
    for (int extent : extents) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "extents must not be negative, not " + Arrays.toString(extents));
      }
      if (extent > 0 && product > Long.MAX_VALUE / Float.BYTES / extent) {
        throw new IllegalArgumentException(
            "extents " + Arrays.toString(extents) + " make 2^61 elements or more");
      }
      // Whether an empty value is possible does not depend on the order of its extents.
      product *= Math.max(1, extent);
      empty |= extent == 0;
    }
    elements = empty ? 0 : product;
  }

  /**
   * Extents.
   *
   * @param extents slowest first, not negative
   * @return the extents
   * @throws IllegalArgumentException if one is negative, those that are not 0 make 2^61 elements or
   *     more, or there are more than 64
   */
  public static Dims of(int... extents) {
    return new Dims(extents.clone());
  }

  /**
   * Extents of images.
   *
   * @param shape of a tensor
   * @return N, C, H, W
   */
  public static Dims of(Shape shape) {
    return of(shape.n(), shape.c(), shape.h(), shape.w());
  }

  /**
   * Number of extents.
   *
   * @return 0 for a single number
   */
  public int rank() {
    return extents.length;
  }

  /**
   * One extent.
   *
   * @param axis from 0 to rank - 1
   * @return the extent
   */
  public int get(int axis) {
    return extents[axis];
  }

  /**
   * All extents.
   *
   * @return a copy
   */
  public int[] toArray() {
    return extents.clone();
  }

  /**
   * Number of elements.
   *
   * @return the product
   */
  public long elements() {
    return elements;
  }

  /**
   * The same extents but for one.
   *
   * @param axis which
   * @param extent the other one
   * @return new extents
   */
  public Dims with(int axis, int extent) {
    int[] changed = extents.clone();
    changed[axis] = extent;
    return new Dims(changed);
  }

  /**
   * An axis that may be counted from the end.
   *
   * @param axis from -rank to rank - 1
   * @return from 0 to rank - 1
   * @throws IllegalArgumentException if there is no such axis
   */
  public int axis(long axis) {
    if (axis < -extents.length || axis >= extents.length) {
      throw new IllegalArgumentException("there is no axis " + axis + " in " + this);
    }
    return (int) (axis < 0 ? axis + extents.length : axis);
  }

  /** Number of elements of the axes from one to before another, for a message. */
  int product(String operation, int from, int to) {
    return new Dims(Arrays.copyOfRange(extents, from, to)).count(operation, this);
  }

  /**
   * Number of elements, as an extent.
   *
   * @param operation what a message begins with
   * @param of what has them
   */
  int count(String operation, Dims of) {
    if (elements > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          operation + ": " + this + " of " + of + " are more than one extent can be, 2^31 - 1");
    }
    return (int) elements;
  }

  /**
   * The extents of a tensor with these elements in this order: a row is n x c x 1 x w, a matrix n x
   * c, and what has more than four extents has the fastest ones merged.
   *
   * @return a shape
   * @throws IllegalArgumentException if the value is empty, or the merged ones are 2^31 or more
   */
  public Shape shape() {
    return switch (extents.length) {
      case 0 -> new Shape(1, 1, 1, 1);
      case 1 -> new Shape(1, extents[0], 1, 1);
      case 2 -> new Shape(extents[0], extents[1], 1, 1);
      case 3 -> new Shape(extents[0], extents[1], 1, extents[2]);
      default -> new Shape(extents[0], extents[1], extents[2], product("shape", 3, extents.length));
    };
  }

  /** Elements from one to the next along each axis, the last axis being the fastest. */
  long[] rowMajor() {
    long[] strides = new long[extents.length];
    long stride = 1;
    for (int axis = extents.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= extents[axis];
    }
    return strides;
  }

  /**
   * Elements from one to the next along each axis, in memory: channels are the fastest of three or
   * four axes, everything else is {@link #rowMajor}.
   */
  long[] dense() {
    if (extents.length != 3 && extents.length != 4) {
      return rowMajor();
    }
    long[] strides = new long[extents.length];
    strides[1] = 1;
    long stride = extents[1];
    for (int axis = extents.length - 1; axis > 1; axis--) {
      strides[axis] = stride;
      stride *= extents[axis];
    }
    strides[0] = stride;
    return strides;
  }

  /** Whether two sets of strides reach the same elements: an axis of one element has none. */
  boolean sameStrides(long[] a, long[] b) {
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] > 1 && a[axis] != b[axis]) {
        return false;
      }
    }
    return true;
  }

  /**
   * What two values make when each element of one meets one of the other: axes are aligned at the
   * end, and an axis of one element is repeated.
   *
   * @param other extents
   * @return the common extents
   * @throws IllegalArgumentException if they do not fit
   */
  public Dims broadcast(Dims other) {
    int rank = Math.max(rank(), other.rank());
    int[] common = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      int a = fromEnd(rank - axis);
      int b = other.fromEnd(rank - axis);
      if (a != b && a != 1 && b != 1) {
        throw new IllegalArgumentException(
            this + " and " + other + " cannot be repeated to common extents");
      }
      common[axis] = a == 1 ? b : a;
    }
    return new Dims(common);
  }

  private int fromEnd(int places) {
    return places > extents.length ? 1 : extents[extents.length - places];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Dims dims && Arrays.equals(extents, dims.extents);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(extents));
  }

  /** Such as {@code 1x3x224x224}; {@code scalar} without extents. */
  @Override
  public String toString() {
    return extents.length == 0
        ? "scalar"
        : Arrays.stream(extents).mapToObj(Integer::toString).collect(Collectors.joining("x"));
  }
}
