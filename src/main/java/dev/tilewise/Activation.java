package dev.tilewise;

/**
 * What a convolution does to each output last: {@code y < lo ? lo : y > hi ? hi : y}. NaN passes
 * through, and so does a zero of either sign where it is a limit.
 *
 * @param lo lower limit, may be negative infinity
 * @param hi upper limit, may be positive infinity
 */
public record Activation(float lo, float hi) {

  /** No change. */
  public static final Activation IDENTITY =
      new Activation(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /** Rectified linear unit: {@code max(0, y)}. */
  public static final Activation RELU = new Activation(0, Float.POSITIVE_INFINITY);

  /** ReLU that saturates at 6. */
  public static final Activation RELU6 = new Activation(0, 6);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a limit is NaN or lo is above hi
   */
  public Activation {
    if (!(lo <= hi)) {
      throw new IllegalArgumentException(
          "activation: clamp needs lo <= hi and no NaN, not lo=" + lo + " hi=" + hi);
    }
  }

  /**
   * A clamp.
   *
   * @param lo lower limit
   * @param hi upper limit
   * @return the activation
   */
  public static Activation clamp(float lo, float hi) {
    return new Activation(lo, hi);
  }

  /**
   * Whether every value passes unchanged.
   *
   * @return true if the limits are the infinities
   */
  public boolean isIdentity() {
    return lo == Float.NEGATIVE_INFINITY && hi == Float.POSITIVE_INFINITY;
  }

  /**
   * The function itself.
   *
   * @param y a value
   * @return the clamped value
   */
  public float apply(float y) {
    return y < lo ? lo : y > hi ? hi : y;
  }

  @Override
  public String toString() {
    if (isIdentity()) {
      return "identity";
    }
    return equals(RELU) ? "relu" : equals(RELU6) ? "relu6" : "clamp[" + lo + ", " + hi + "]";
  }
}
