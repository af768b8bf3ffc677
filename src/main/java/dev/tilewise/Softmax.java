package dev.tilewise;

import dev.tilewise.internal.kernel.SoftmaxColumns;

/**
 * Softmax over the channels of each pixel, or its logarithm, with the maximum subtracted first.
 *
 * <p>The sum is made of sixteen partial sums, of the channels c, c + 16, c + 32 and so on in order,
 * which are then added in halves; so neither threads nor vectors nor layout change a bit. A pixel
 * with a NaN, with an infinity, or with nothing but -infinity is NaN in every channel; beside
 * finite numbers -infinity has probability 0.
 */
public enum Softmax {
  /** {@code e^(x[c] - m) / sum of e^(x - m)}: numbers from 0 to 1 whose sum is 1. */
  PROBABILITIES(false),

  /** {@code x[c] - m - log(sum of e^(x - m))}. */
  LOG_PROBABILITIES(true);

  private final SoftmaxColumns kernel;

  Softmax(boolean logarithm) {
    kernel = new SoftmaxColumns(logarithm);
  }

  /**
   * The bound of the error that is proved in {@code docs/numerics.md}. For probabilities it is
   * relative to them; for logarithms it is absolute, apart from one rounding of x - m and one of
   * the result.
   *
   * @param channels how many
   * @param spread largest minus smallest input of the pixel; above 87 it counts as 87
   * @return the bound, for probabilities that are normal numbers
   */
  public static double errorBound(int channels, double spread) {
    if (channels < 1 || !(spread >= 0)) {
      throw new IllegalArgumentException(
          "softmax: the bound needs channels above 0 and a spread from 0, not channels="
              + channels
              + " spread="
              + spread);
    }
    double roundings = 2 * (Math.min(spread, 87) + 4) + (channels + 15L) / 16 + 4 + 2;
    double nu = roundings * 0x1p-24;
    return nu < 1 ? nu / (1 - nu) : Double.POSITIVE_INFINITY;
  }

  /**
   * Computes every pixel. Allocates nothing, unless a tensor is in a confined arena or a mapped
   * file: those are copied in each call.
   *
   * @param x inputs
   * @param y receives the results; x itself, or memory apart from it
   * @param workers who computes
   * @throws IllegalArgumentException if shapes or layouts differ, y is read-only, or y overlaps x
   *     without being it; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void run(Tensor x, Tensor y, Workers workers) {
    ColumnPass.run(this == PROBABILITIES ? "softmax" : "log_softmax", kernel, x, y, workers);
  }
}
