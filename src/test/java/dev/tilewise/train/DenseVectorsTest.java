package dev.tilewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.ConvBackward;
import dev.tilewise.ConvCase;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.nn.Network;
import dev.tilewise.nn.Training;
import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A dense layer, softmax and cross-entropy against PyTorch's in double. The loss is computed in
 * double, so that every error comes from the float sums of the layer: with the published bound b,
 *
 * <pre>
 * scores   e = b * (|bias| + sum |x||w|), the largest of its row
 * p        e / 2: the derivatives of one probability add up to at most 1 / 2 in magnitude
 * loss     2 A e: those of a sample's loss to at most twice its target weight A
 * dscores  A e / 2, and the rounding to float
 * dx       the bound relative to sum |dscores||w|, and the error of the dscores times |w|; dw and db likewise
 * </pre>
 */
class DenseVectorsTest {

  @TestFactory
  Stream<DynamicTest> denseAndCrossEntropyAreThoseOfTheReference() {
    return Vectors.tests("dense_softmax_xent", vector -> new DenseVectorsTest().check(vector));
  }

  private static final double UNIT = 0x1p-24;

  /** What the double references themselves and higher orders of e may add, relative. */
  private static final double SLACK = 1 + 0x1p-10;

  private int samples;
  private int inputs;
  private int outputs;
  private float[] x;
  private float[] w;
  private ConvBackward backward;

  private void check(Vectors.Case vector) {
    samples = vector.integer("N");
    inputs = vector.integer("D");
    outputs = vector.integer("K");
    x = vector.input("x").floats();
    w = vector.input("w").floats();
    Network network = Network.sequential(Shape.image(1, 1, inputs)).dense(outputs).build(0);
    network.parameter("dense1.weight").set(w);
    network.parameter("dense1.bias").set(vector.input("b").floats());
    Shape batch = network.inputShape().withBatch(samples);
    Tensor images = Tensor.of(Arena.ofAuto(), batch, Layout.NHWC, x);
    Training training = network.training(samples);
    Tensor scores = training.forward(images, Workers.serial());
    backward = ConvBackward.of(extents(), Layout.NHWC);

    double[] errors = scoreErrors(vector.input("b").floats());
    boolean plain = vector.text("op").equals("dense");
    assertWithin(vector.expected(plain ? "y" : "logits"), scores.toArray(Layout.NHWC), errors);
    double[] slopeErrors = new double[samples * outputs];
    if (plain) {
      training.gradient().copyFrom(vector.input("dy").floats(), Layout.NHWC);
    } else {
      slopeErrors = checkLoss(vector, training, scores, errors);
    }
    training.backward(Workers.serial());
    checkGradients(vector, network, training.gradient(), slopeErrors);
  }

  private ConvCase extents() {
    return new ConvCase(samples, inputs, 1, 1, outputs, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
  }

  private double[] scoreErrors(float[] bias) {
    double[] errors = new double[samples * outputs];
    for (int i = 0; i < errors.length; i++) {
      double scale = Math.abs(bias[i % outputs]);
      for (int d = 0; d < inputs; d++) {
        scale += Math.abs((double) x[i / outputs * inputs + d] * w[i % outputs * inputs + d]);
      }
      // One chain over the inputs, at most 768 of them, begun with the bias.
      errors[i] = inputs * UNIT * SLACK * scale;
    }
    return errors;
  }

  /** Returns the errors of the gradient. */
  private double[] checkLoss(
      Vectors.Case vector, Training training, Tensor scores, double[] errors) {
    boolean mean = vector.text("reduction").equals("mean");
    SoftmaxCrossEntropy loss = mean ? SoftmaxCrossEntropy.mean() : SoftmaxCrossEntropy.sum();
    loss = loss.labelSmoothing(vector.number("label_smoothing"));
    float[] weights = new float[outputs];
    Arrays.fill(weights, 1);
    if (vector.flag("class_weight")) {
      weights = vector.input("class_weight").floats();
      loss = loss.classWeights(weights);
    }
    double value;
    double divisor = mean ? samples : 1;
    if (vector.text("target_kind").equals("index")) {
      int[] labels = vector.input("labels").integers();
      value = loss.loss(scores, labels, training.gradient());
      divisor = 0;
      for (int label : labels) {
        divisor += weights[label];
      }
      divisor = mean ? divisor : 1;
    } else {
      float[] flat = vector.input(targets(vector)).floats();
      float[][] targets = new float[samples][];
      Arrays.setAll(targets, n -> Arrays.copyOfRange(flat, n * outputs, (n + 1) * outputs));
      value = loss.loss(scores, targets, training.gradient());
    }
    double largestWeight = 0;
    for (float weight : weights) {
      largestWeight = Math.max(largestWeight, weight);
    }
    return compareLoss(vector, training, scores, errors, value, largestWeight / divisor);
  }

  /** The target matrix is the one input that has no other name. */
  private static String targets(Vectors.Case vector) {
    Set<String> others = Set.of("x", "w", "b", "labels", "class_weight");
    return vector.json().get("in").properties().stream()
        .map(Map.Entry::getKey)
        .filter(name -> !others.contains(name))
        .findFirst()
        .orElseThrow();
  }

  private double[] compareLoss(
      Vectors.Case vector,
      Training training,
      Tensor scores,
      double[] errors,
      double loss,
      double targetWeight) {
    float[] z = scores.toArray(Layout.NHWC);
    float[] slopes = training.gradient().toArray(Layout.NHWC);
    double[] slopeErrors = new double[errors.length];
    double lossError = 0x1p-40;
    for (int n = 0; n < samples; n++) {
      int row = n * outputs;
      double e = Arrays.stream(errors, row, row + outputs).max().orElseThrow() * SLACK;
      lossError += 2 * targetWeight * e;
      double[] p = SoftmaxCrossEntropy.probabilities(Arrays.copyOfRange(z, row, row + outputs));
      for (int k = 0; k < outputs; k++) {
        assertEquals(
            vector.expected("prob").at(row + k), p[k], e / 2 + 0x1p-50, "prob " + (row + k));
        slopeErrors[row + k] = targetWeight * e / 2 + UNIT * Math.abs(slopes[row + k]);
      }
    }
    assertEquals(vector.expected("loss").at(0), loss, lossError, "loss");
    assertWithin(vector.expected("dlogits"), slopes, slopeErrors);
    return slopeErrors;
  }

  private void checkGradients(
      Vectors.Case vector, Network network, Tensor slopes, double[] slopeErrors) {
    Filter filter = Filter.of(w, outputs, inputs, 1, 1);
    Tensor dx = Tensor.allocate(Arena.ofAuto(), extents().input(), Layout.NHWC);
    backward.data(slopes, filter, dx, Workers.serial());
    float[] dy = slopes.toArray(Layout.NHWC);
    double[] dxErrors = new double[x.length];
    double[] dwErrors = new double[w.length];
    double[] dbErrors = new double[outputs];
    for (int n = 0; n < samples; n++) {
      for (int k = 0; k < outputs; k++) {
        double slope = Math.abs(dy[n * outputs + k]);
        double error = slopeErrors[n * outputs + k] * SLACK;
        double own = backward.filterErrorBound() * slope + error;
        dbErrors[k] += own;
        for (int d = 0; d < inputs; d++) {
          double weight = Math.abs(w[k * inputs + d]);
          dxErrors[n * inputs + d] += (backward.dataErrorBound() * slope + error) * weight;
          dwErrors[k * inputs + d] += own * Math.abs(x[n * inputs + d]);
        }
      }
    }
    assertWithin(vector.expected("dx"), dx.toArray(Layout.NHWC), dxErrors);
    float[] dw = network.parameter("dense1.weight").gradients();
    assertWithin(vector.expected("dw"), dw, dwErrors);
    assertWithin(vector.expected("db"), network.parameter("dense1.bias").gradients(), dbErrors);
  }

  private static void assertWithin(Vectors.Values expected, float[] actual, double[] errors) {
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected.at(i), actual[i], errors[i] + 0x1p-140, "element " + i);
    }
  }
}
