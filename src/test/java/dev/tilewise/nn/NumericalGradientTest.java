package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Gradients of whole networks. A network without softmax is piecewise linear in each of its
 * parameters, so a difference within one piece is the derivative. All numbers are multiples of 2^-8
 * below 2^16, so that float and double are both exact, and gradients are compared with ==. An
 * element is left out if the slopes on its two sides differ: there a piece ends.
 */
class NumericalGradientTest {

  private static final double WIDTH = 0x1p-12;

  @TestFactory
  Stream<DynamicTest> gradientsAreTheNumericalDerivatives() {
    Shape image = Shape.image(9, 8, 2);
    return Stream.of(
            Network.sequential(image).conv(3, 3).relu().dense(3),
            Network.sequential(image).conv(4, 3, 2, 1).relu().maxPool(2).dense(3).relu().dense(2),
            Network.sequential(image).conv(3, 2).maxPool(3, 2, 1).relu().conv(2, 2, 1, 1).dense(2),
            Network.sequential(image).avgPool(2).locallyConnected(3, 2, 1, 1).relu().dense(2),
            Network.sequential(image).locallyConnected(2, 3, 2, 0).relu().conv(3, 2).dense(2),
            Network.sequential(image)
                .conv(ConvCase.parse("n1c2h8w9 k4g2f3x2s1x2p1x0d2x1"))
                .relu()
                .avgPool(2, 2, 1)
                .dense(3),
            Network.sequential(image).conv(3, 1).relu().dense(16).dense(2),
            Network.sequential(Shape.image(4, 4, 2)).conv(3, 3, 1, 1).relu().globalAvgPool())
        .map(
            builder ->
                DynamicTest.dynamicTest(
                    builder.build(0).layers().toString(), () -> check(builder.build(0))));
  }

  private static void check(Network network) {
    Random random = new Random(11);
    int depth = 0;
    for (Parameter parameter : network.parameters()) {
      boolean bias = parameter.name().endsWith("bias");
      depth += bias ? 1 : 0;
      // Odd multiples of a fraction that no earlier layer has: sums are never 0, where the relu
      // bends.
      double fraction = Math.scalb(1.0, -depth);
      parameter.fill(() -> (float) (bias ? random.nextInt(3) + fraction : random.nextInt(5) - 2));
    }
    int batch = 2;
    Shape shape = network.inputShape().withBatch(batch);
    Tensor x = integers(shape, random);
    Training training = network.training(batch);
    Tensor y = training.forward(x, Workers.serial());
    Tensor dy = training.gradient().copyFrom(integers(y.shape(), random));
    float[] slopes = dy.toArray(Layout.NCHW);
    training.backward(Workers.serial());

    double[][][] values = values(network.layers());
    float[] images = x.toArray(Layout.NCHW);
    int tested = 0;
    int asked = 0;
    for (int layer = 0; layer < values.length; layer++) {
      for (int p = 0; p < values[layer].length; p++) {
        Parameter parameter = network.layers().get(layer).parameters().get(p);
        float[] gradients = parameter.gradients();
        for (int trial = 0; trial < 12; trial++) {
          int i = random.nextInt(gradients.length);
          double[] target = values[layer][p];
          double value = target[i];
          double middle = loss(network, values, images, slopes);
          target[i] = value + WIDTH;
          double up = (loss(network, values, images, slopes) - middle) / WIDTH;
          target[i] = value - WIDTH;
          double down = (middle - loss(network, values, images, slopes)) / WIDTH;
          target[i] = value;
          asked++;
          if (up == down) {
            tested++;
            assertEquals(up, gradients[i], parameter + " at " + i);
          }
        }
      }
    }
    assertTrue(tested * 2 > asked, tested + " of " + asked + " were tested");
  }

  private static Tensor integers(Shape shape, Random random) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(7) - 3;
    }
    return Pass.allocate(shape).copyFrom(values, Layout.NCHW);
  }

  private static double[][][] values(List<Layer> layers) {
    double[][][] values = new double[layers.size()][][];
    for (int layer = 0; layer < values.length; layer++) {
      List<Parameter> parameters = layers.get(layer).parameters();
      values[layer] = new double[parameters.size()][];
      for (int p = 0; p < parameters.size(); p++) {
        values[layer][p] = doubles(parameters.get(p).values(), 0, (int) parameters.get(p).size());
      }
    }
    return values;
  }

  private static double[] doubles(float[] values, int from, int count) {
    double[] copy = new double[count];
    for (int i = 0; i < count; i++) {
      copy[i] = values[from + i];
    }
    return copy;
  }

  /** The sum of y * dy over the batch. */
  private static double loss(Network network, double[][][] values, float[] images, float[] slopes) {
    int size = (int) network.inputShape().elements();
    double total = 0;
    int at = 0;
    for (int from = 0; from < images.length; from += size) {
      double[] image = doubles(images, from, size);
      for (double y : PlainNetwork.run(network.layers(), values, image)) {
        total += y * slopes[at++];
      }
    }
    return total;
  }
}
