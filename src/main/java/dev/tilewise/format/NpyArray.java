package dev.tilewise.format;

import java.util.Arrays;
import java.util.Objects;

/**
 * An array of single-precision values and its extents, row-major: the last index runs fastest. Two
 * are equal only if they share their arrays, so compare their parts.
 *
 * @param shape extents, slowest first; none for a single value; an extent may be 0
 * @param values the values; kept and given out, not copied
 */
public record NpyArray(int[] shape, float[] values) {

  /** The most extents of an array. */
  public static final int MAX_RANK = 32;

  /**
   * Checks that the values are those of the shape.
   *
   * @throws IllegalArgumentException if there are more than {@link #MAX_RANK} extents, one is
   *     negative, or their product is not the number of values
   */
  public NpyArray {
    Objects.requireNonNull(values, "values");
    shape = shape.clone();
    if (shape.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "npy: %d extents, at most %d are possible".formatted(shape.length, MAX_RANK));
    }
    if (elements(shape) != values.length) {
      throw new IllegalArgumentException(
          "npy: %d values do not have the shape %s"
              .formatted(values.length, Arrays.toString(shape)));
    }
  }

  /** The product of the extents; -1 if it is no {@code int}: see {@link HeaderText#product}. */
  static int elements(int[] shape) {
    long product = HeaderText.product(1, Arrays.stream(shape).asLongStream().toArray());
    return product > Integer.MAX_VALUE ? -1 : (int) product;
  }

  /**
   * The extents.
   *
   * @return a new array, slowest first
   */
  @Override
  public int[] shape() {
    return shape.clone();
  }

  /** The shape, such as {@code float32 [1, 3, 224, 224]}. */
  @Override
  public String toString() {
    return "float32 " + Arrays.toString(shape);
  }
}
