package dev.tilewise.train;

import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.internal.kernel.Memory;
import java.util.Arrays;
import java.util.Objects;

/**
 * Softmax and cross-entropy in one, computed in double with {@link StrictMath}, so that the result
 * is the same everywhere. With scores z of K classes, {@code p = softmax(z)} and target weights
 * {@code a}:
 *
 * <pre>{@code
 * loss of a sample      = - sum over k of a[k] * log p[k]
 * gradient of z[j]      = p[j] * (sum over k of a[k]) - a[j]
 * a[k], label y         = (1 - s) * w[y] * (k == y) + s / K * w[k]       s: label smoothing, w: class weights, usually 1
 * a[k], probabilities t = w[k] * ((1 - s) * t[k] + s / K)
 * }</pre>
 *
 * The mean over a batch divides by its size, or with labels and class weights by the sum of the
 * weights of the labels; as PyTorch does.
 */
public final class SoftmaxCrossEntropy {

  private final double smoothing;
  private final float[] classWeights;
  private final boolean mean;

  private SoftmaxCrossEntropy(double smoothing, float[] classWeights, boolean mean) {
    this.smoothing = smoothing;
    this.classWeights = classWeights;
    this.mean = mean;
  }

  /**
   * The mean over a batch.
   *
   * @return the loss without smoothing and class weights
   */
  public static SoftmaxCrossEntropy mean() {
    return new SoftmaxCrossEntropy(0, null, true);
  }

  /**
   * The sum over a batch.
   *
   * @return the loss without smoothing and class weights
   */
  public static SoftmaxCrossEntropy sum() {
    return new SoftmaxCrossEntropy(0, null, false);
  }

  /**
   * Mixes the targets with the uniform distribution.
   *
   * @param share of the uniform distribution, in 0 .. 1
   * @return a new loss
   * @throws IllegalArgumentException if the share is outside
   */
  public SoftmaxCrossEntropy labelSmoothing(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("cross-entropy: label smoothing 0 to 1, not " + share);
    }
    return new SoftmaxCrossEntropy(share, classWeights, mean);
  }

  /**
   * Gives classes different weights.
   *
   * @param weights one for each class
   * @return a new loss
   * @throws IllegalArgumentException if a weight is negative, infinite or NaN, or all are 0
   */
  public SoftmaxCrossEntropy classWeights(float... weights) {
    Objects.requireNonNull(weights, "weights");
    requireWeights("class weight", weights);
    return new SoftmaxCrossEntropy(smoothing, weights.clone(), mean);
  }

  /**
   * The loss of a batch with labels, and its gradient.
   *
   * @param scores one row of class scores for each sample: any shape whose batch is the number of
   *     samples
   * @param labels the class of each sample
   * @param gradient receives the gradient of the loss; null if it is not wanted; of the shape of
   *     the scores
   * @return the loss
   * @throws IllegalArgumentException if there are not as many labels as samples, a label is no
   *     class, there are not as many class weights as classes, or the gradient has another shape;
   *     nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public double loss(Tensor scores, int[] labels, Tensor gradient) {
    Objects.requireNonNull(scores, "scores");
    Objects.requireNonNull(labels, "labels");
    int classes = check(scores, labels.length, gradient);
    for (int label : labels) {
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException(
            "cross-entropy: label " + label + " is not one of " + classes + " classes");
      }
    }
    double divisor = 0;
    for (int label : labels) {
      divisor += mean ? weight(label) : 0;
    }
    Targets targets =
        (n, a) -> {
          for (int k = 0; k < classes; k++) {
            a[k] = smoothing / classes * weight(k);
          }
          a[labels[n]] += (1 - smoothing) * weight(labels[n]);
        };
    return loss(scores, targets, mean ? divisor : 1, gradient);
  }

  /**
   * The loss of a batch with target probabilities, and its gradient.
   *
   * @param scores one row of class scores for each sample: any shape whose batch is the number of
   *     samples
   * @param probabilities for each sample a probability of each class
   * @param gradient receives the gradient of the loss; null if it is not wanted; of the shape of
   *     the scores
   * @return the loss
   * @throws IllegalArgumentException if there are not as many probabilities as scores or not as
   *     many class weights as classes, a probability is negative, infinite or NaN, all of a sample
   *     are 0, or the gradient has another shape; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public double loss(Tensor scores, float[][] probabilities, Tensor gradient) {
    Objects.requireNonNull(scores, "scores");
    Objects.requireNonNull(probabilities, "probabilities");
    int classes = check(scores, probabilities.length, gradient);
    for (float[] row : probabilities) {
      if (row.length != classes) {
        throw new IllegalArgumentException(
            "cross-entropy: " + row.length + " probabilities for " + classes + " classes");
      }
      requireWeights("probability", row);
    }
    Targets targets =
        (n, a) -> {
          for (int k = 0; k < classes; k++) {
            double target = (1 - smoothing) * probabilities[n][k] + smoothing / classes;
            a[k] = weight(k) * target;
          }
        };
    return loss(scores, targets, mean ? probabilities.length : 1, gradient);
  }

  /**
   * The probabilities that scores stand for.
   *
   * @param scores of one sample
   * @return their softmax, stable for large scores
   */
  public static double[] probabilities(float[] scores) {
    Objects.requireNonNull(scores, "scores");
    double[] p = new double[scores.length];
    double logSum = logSumOfExponentials(scores, 0, scores.length);
    for (int k = 0; k < p.length; k++) {
      p[k] = StrictMath.exp(scores[k] - logSum);
    }
    return p;
  }

  private static void requireWeights(String what, float[] values) {
    boolean positive = false;
    for (int k = 0; k < values.length; k++) {
      if (!(values[k] >= 0 && values[k] < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "cross-entropy: the "
                + what
                + " of class "
                + k
                + " must not be negative and must be finite, not "
                + values[k]);
      }
      positive |= values[k] > 0;
    }
    if (!positive) {
      throw new IllegalArgumentException(
          "cross-entropy: the " + what + " of none of " + values.length + " classes is positive");
    }
  }

  /** Fills in the target weights of one sample. */
  private interface Targets {
    void of(int n, double[] a);
  }

  private double weight(int k) {
    return classWeights == null ? 1 : classWeights[k];
  }

  private int check(Tensor scores, int samples, Tensor gradient) {
    int classes = (int) (scores.shape().elements() / scores.shape().n());
    if (samples != scores.shape().n()) {
      throw new IllegalArgumentException(
          "cross-entropy: " + samples + " targets for scores of " + scores.shape());
    }
    if (classWeights != null && classWeights.length != classes) {
      throw new IllegalArgumentException(
          "cross-entropy: " + classWeights.length + " class weights for " + classes + " classes");
    }
    if (gradient != null && !gradient.shape().equals(scores.shape())) {
      throw new IllegalArgumentException(
          "cross-entropy: gradient is " + gradient.shape() + ", not " + scores.shape());
    }
    Memory.requireAccess("cross-entropy", "scores", scores, scores.segment());
    if (gradient != null) {
      Memory.requireAccess("cross-entropy", "gradient", gradient, gradient.segment());
    }
    return classes;
  }

  private static double loss(Tensor scores, Targets targets, double divisor, Tensor gradient) {
    float[] z = scores.toArray(Layout.NCHW);
    int samples = scores.shape().n();
    int classes = z.length / samples;
    double[] a = new double[classes];
    float[] slope = new float[gradient == null ? 0 : z.length];
    double total = 0;
    for (int n = 0; n < samples; n++) {
      targets.of(n, a);
      double sumOfTargets = Arrays.stream(a).reduce(0, Double::sum);
      double logSum = logSumOfExponentials(z, n * classes, classes);
      for (int k = 0; k < classes; k++) {
        double logP = z[n * classes + k] - logSum;
        // A class that is no target adds nothing, even if its probability is 0.
        total -= a[k] == 0 ? 0 : a[k] * logP;
        if (gradient != null) {
          double exact = StrictMath.exp(logP) * sumOfTargets - a[k];
          slope[n * classes + k] = (float) (exact / divisor);
        }
      }
    }
    if (gradient != null) {
      gradient.copyFrom(slope, Layout.NCHW);
    }
    return total / divisor;
  }

  /** {@code log sum exp z}, without overflow. */
  private static double logSumOfExponentials(float[] z, int from, int count) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = from; k < from + count; k++) {
      largest = Math.max(largest, z[k]);
    }
    double sum = 0;
    for (int k = from; k < from + count; k++) {
      sum += StrictMath.exp(z[k] - largest);
    }
    return largest + StrictMath.log(sum);
  }
}
