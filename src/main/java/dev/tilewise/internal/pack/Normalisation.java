package dev.tilewise.internal.pack;

/**
 * Batch normalisation with fixed statistics, {@code gamma (x - mean) / sqrt(variance + epsilon) +
 * beta}, as a factor and a summand of each channel, computed in double and rounded once.
 *
 * @param scale the factors
 * @param shift the summands
 */
public record Normalisation(float[] scale, float[] shift) {

  /**
   * Turns arrays of one length into factors and summands.
   *
   * @throws IllegalArgumentException if a variance plus epsilon is not above 0, or a factor or a
   *     summand is no finite float
   */
  public static Normalisation of(
      float[] gamma, float[] beta, float[] mean, float[] variance, double epsilon) {
    float[] scale = new float[gamma.length];
    float[] shift = new float[gamma.length];
    for (int c = 0; c < gamma.length; c++) {
      if (!(variance[c] + epsilon > 0)) {
        throw new IllegalArgumentException(
            "batch_norm: channel "
                + c
                + " has variance "
                + variance[c]
                + " and epsilon is "
                + epsilon
                + "; their sum must be above 0");
      }
      double factor = gamma[c] / Math.sqrt(variance[c] + epsilon);
      scale[c] = (float) factor;
      shift[c] = (float) (beta[c] - mean[c] * factor);
      if (!Float.isFinite(scale[c]) || !Float.isFinite(shift[c])) {
        throw new IllegalArgumentException(
            "batch_norm: channel "
                + c
                + " has gamma "
                + gamma[c]
                + ", beta "
                + beta[c]
                + ", mean "
                + mean[c]
                + ", variance "
                + variance[c]
                + " and epsilon is "
                + epsilon
                + "; they make the factor "
                + scale[c]
                + " and the summand "
                + shift[c]
                + ", which must be finite");
      }
    }
    return new Normalisation(scale, shift);
  }
}
