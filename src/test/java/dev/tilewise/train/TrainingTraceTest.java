package dev.tilewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.ConvCase;
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
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Twenty steps of gradient descent against the same in double.
 *
 * <p>One pass sums at most n products on the way from an input through the scores to a gradient.
 * Each rounding errs by at most u = 2^-24, and roundings that are independent add up to 6 sqrt(n) u
 * at most but for one chance in 10^8 (Higham and Mary, A new approach to probabilistic rounding
 * error analysis, 2019). That is relative to sums of magnitudes, which are some times larger than
 * the sums; the worst case of one sign, n u, is larger by sqrt(n) / 6, so it is not exceeded by the
 * factor 6 for the short sums of these networks. A tensor is compared at the scale of its largest
 * element.
 *
 * <p>A step adds the error of its gradient times the learning rate to the weights and hardly
 * changes the errors they have: at these learning rates, descent does not stretch distances. So
 * errors grow by one pass's share with each step.
 */
class TrainingTraceTest {

  private static final Map<String, String> PARAMETERS =
      new TreeMap<>(
          Map.of(
              "conv1.w", "conv1.weight",
              "conv1.b", "conv1.bias",
              "conv2.w", "conv2.weight",
              "conv2.b", "conv2.bias",
              "fc.w", "dense1.weight",
              "fc.b", "dense1.bias"));

  @TestFactory
  Stream<DynamicTest> everyStepIsThatOfTheReference() {
    return Vectors.tests(
        "training_trace",
        vector -> vector.option("optimizer").get("type").asText().equals("sgd"),
        TrainingTraceTest::check);
  }

  private static void check(Vectors.Case vector) {
    Network network = network(vector);
    Sgd sgd = optimizer(vector);
    Shape batch = network.inputShape().withBatch(vector.integer("batch"));
    Training training = network.training(batch.n());
    double[] losses = vector.expected("loss").doubles();
    double pass = passError(vector, network);
    try (Arena arena = Arena.ofShared();
        Workers workers = Workers.of(2)) {
      Tensor images = Tensor.allocate(arena, batch, Layout.NHWC);
      for (int step = 0; step < losses.length; step++) {
        int[] labels = load(vector, step, images);
        Tensor scores = training.forward(images, workers);
        double loss = SoftmaxCrossEntropy.mean().loss(scores, labels, training.gradient());
        assertEquals(losses[step], loss, (step + 1) * pass * losses[step], "loss " + step);
        training.backward(workers);
        if (step == 0) {
          assertClose(vector, "logits0", scores.toArray(Layout.NCHW), pass);
          PARAMETERS.forEach(
              (theirs, ours) ->
                  assertClose(
                      vector, "grad0_" + theirs, network.parameter(ours).gradients(), pass));
        }
        sgd.step(network.parameters(), workers);
        if (step == 0) {
          compareWeights(vector, network, "step1_", pass);
        }
      }
    }
    compareWeights(vector, network, "final_", losses.length * pass);
  }

  private static Network network(Vectors.Case vector) {
    Shape image = Shape.nchw(1, vector.integer("C"), vector.integer("H"), vector.integer("W"));
    Network network =
        Network.sequential(image)
            .conv(ConvCase.parse(image + " k" + vector.integer("C1") + "f5p2"))
            .relu()
            .maxPool(2)
            .conv(vector.integer("C2"), 3)
            .relu()
            .maxPool(2)
            .dense(vector.integer("classes"))
            .build(0);
    PARAMETERS.forEach(
        (theirs, ours) -> network.parameter(ours).set(vector.input("init_" + theirs).floats()));
    return network;
  }

  private static Sgd optimizer(Vectors.Case vector) {
    var settings = vector.option("optimizer");
    float rate = (float) settings.get("lr").doubleValue();
    return Sgd.momentum(rate, (float) settings.get("momentum").doubleValue())
        .weightDecay((float) settings.get("weight_decay").doubleValue());
  }

  /** Step t takes the images from t * B mod M on; bytes are divided by 256, exactly. */
  private static int[] load(Vectors.Case vector, int step, Tensor images) {
    boolean bytes = vector.hasInput("x_u8");
    float[] all = vector.input(bytes ? "x_u8" : "x").floats();
    int size = all.length / vector.integer("M");
    int batch = images.shape().n();
    int first = step * batch % vector.integer("M");
    float[] some = Arrays.copyOfRange(all, first * size, (first + batch) * size);
    for (int i = 0; bytes && i < some.length; i++) {
      some[i] /= 256;
    }
    images.copyFrom(some, Layout.NCHW);
    return Arrays.copyOfRange(vector.input("labels").integers(), first, first + batch);
  }

  /**
   * 6 sqrt(n) u, with n the terms of all sums on the way forward and back, the gradient's over
   * pixels among them.
   */
  private static double passError(Vectors.Case vector, Network network) {
    long forward = 0;
    for (String weight : new String[] {"conv1.weight", "conv2.weight", "dense1.weight"}) {
      int[] extents = network.parameter(weight).extents();
      forward += network.parameter(weight).size() / extents[0];
    }
    long back = vector.integer("classes") + 9L * vector.integer("C2");
    long pixels = (long) vector.integer("batch") * vector.integer("H") * vector.integer("W");
    long blocked = 256 + pixels / 256;
    return 6 * Math.sqrt(forward + back + blocked) * 0x1p-24;
  }

  private static void compareWeights(
      Vectors.Case vector, Network network, String prefix, double error) {
    PARAMETERS.forEach(
        (theirs, ours) ->
            assertClose(vector, prefix + theirs, network.parameter(ours).values(), error));
  }

  private static void assertClose(Vectors.Case vector, String name, float[] actual, double error) {
    double[] expected = vector.expected(name).doubles();
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], error * scale, name + " at " + i);
    }
  }
}
