package dev.tilewise;

import dev.tilewise.internal.kernel.LrnColumns;

/**
 * Local response normalisation across channels, of AlexNet and GoogLeNet:
 *
 * <pre>{@code
 * y[c] = x[c] / (k + alpha / size * s[c])^beta,   s[c] = sum of x^2 over channels c - size/2 .. c + (size-1)/2
 * }</pre>
 *
 * where channels that are not there are left out. The sum is taken in the order of channels, and
 * the power is {@code exp(-beta * log(...))}; so neither threads nor vectors nor layout change a
 * bit. {@code docs/numerics.md} has the error. Immutable.
 */
public final class Lrn {

  private final int size;
  private final float alpha;
  private final float beta;
  private final float k;
  private final LrnColumns kernel;

  private Lrn(int size, float alpha, float beta, float k) {
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
    kernel = new LrnColumns(size, (float) ((double) alpha / size), beta, k);
  }

  /**
   * A normalisation.
   *
   * @param size channels of the window
   * @param alpha factor of the mean of squares
   * @param beta exponent
   * @param k summand
   * @return the normalisation
   * @throws IllegalArgumentException unless size is above 0, alpha and beta are finite and not
   *     negative, and k is finite and at least the smallest normal float
   */
  public static Lrn of(int size, float alpha, float beta, float k) {
    if (size < 1) {
      throw new IllegalArgumentException("lrn: size must be above 0, not " + size);
    }
    if (!(alpha >= 0) || !(beta >= 0) || Float.isInfinite(alpha) || Float.isInfinite(beta)) {
      throw new IllegalArgumentException(
          "lrn: alpha and beta must be finite and not negative, not alpha="
              + alpha
              + " beta="
              + beta);
    }
    if (!(k >= Float.MIN_NORMAL) || k == Float.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "lrn: k must be finite and at least " + Float.MIN_NORMAL + ", not " + k);
    }
    return new Lrn(size, alpha, beta, k);
  }

  /**
   * Normalises every pixel. Squares are summed as floats: where inputs of 1.8e19 and more in
   * magnitude make them overflow, results are 0 or NaN. Allocates nothing, unless a tensor is in a
   * confined arena or a mapped file: those are copied in each call.
   *
   * @param x inputs
   * @param y receives the results; x itself, or memory apart from it
   * @param workers who computes
   * @throws IllegalArgumentException if shapes or layouts differ, y is read-only, or y overlaps x
   *     without being it; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void run(Tensor x, Tensor y, Workers workers) {
    ColumnPass.run("lrn", kernel, x, y, workers);
  }

  /** Its numbers. */
  @Override
  public String toString() {
    return "lrn size=" + size + " alpha=" + alpha + " beta=" + beta + " k=" + k;
  }
}
