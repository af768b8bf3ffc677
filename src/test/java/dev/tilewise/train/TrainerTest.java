package dev.tilewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Shape;
import dev.tilewise.Workers;
import dev.tilewise.nn.Network;
import dev.tilewise.nn.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TrainerTest {

  /** Bright bars, upright (class 0) or lying (class 1), with noise. */
  private record Bars(int size, long seed) implements Examples {

    @Override
    public Shape shape() {
      return Shape.image(8, 8, 1);
    }

    @Override
    public int label(int i) {
      return i % 2;
    }

    @Override
    public void pixels(int i, float[] to, int offset) {
      Random random = new Random((seed * 1_000_003 + i) * 0x9E3779B97F4A7C15L);
      int line = random.nextInt(8);
      for (int p = 0; p < 64; p++) {
        boolean bar = (label(i) == 0 ? p % 8 : p / 8) == line;
        to[offset + p] = (bar ? 1 : 0) + 0.3f * random.nextFloat();
      }
    }
  }

  private static Network network() {
    return Network.sequential(Shape.image(8, 8, 1))
        .conv(4, 3, 1, 1)
        .relu()
        .maxPool(2)
        .dense(8)
        .relu()
        .dense(2)
        .build(1);
  }

  @Test
  void learnsToTellUprightFromLying() {
    Network network = network();
    List<EpochResult> results =
        Trainer.of(network)
            .optimizer(Sgd.momentum(0.05f, 0.9f))
            .batchSize(16)
            .fit(new Bars(400, 1), new Bars(100, 2), 6);
    EpochResult last = results.getLast();
    assertEquals(6, last.epoch());
    assertTrue(last.testAccuracy() >= 0.98, last.toString());
    assertTrue(last.loss() < results.getFirst().loss(), last.toString());
    Evaluation evaluation = Trainer.evaluate(network, new Bars(100, 2), Workers.serial());
    assertEquals(last.testAccuracy(), evaluation.accuracy());
    int[][] confusion = evaluation.confusion();
    assertEquals(50, confusion[0][0] + confusion[0][1]);
    assertEquals(50, confusion[1][0] + confusion[1][1]);
    assertEquals(evaluation.accuracy() * 100, confusion[0][0] + confusion[1][1], 1e-9);
  }

  /** 50 images in batches of 16 leave a last batch of 2. */
  @Test
  void aSeedGivesTheSameBitsForAnyNumberOfThreads() {
    List<float[]> once = weightsAfter(1, 7);
    for (int threads = 1; threads <= 3; threads++) {
      List<float[]> again = weightsAfter(threads, 7);
      for (int i = 0; i < once.size(); i++) {
        assertArrayEquals(once.get(i), again.get(i), 0);
      }
    }
    assertFalse(Arrays.equals(once.getFirst(), weightsAfter(1, 8).getFirst()));
  }

  private static List<float[]> weightsAfter(int threads, long seed) {
    Network network = network();
    try (Workers workers = Workers.of(threads)) {
      Trainer.of(network).batchSize(16).seed(seed).workers(workers).fit(new Bars(50, 1), 2);
    }
    return network.parameters().stream().map(Parameter::values).toList();
  }

  @Test
  void theListenerHearsEveryBatchAndEpoch() {
    List<String> heard = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void batch(int epoch, int batch, int batches, double loss) {
            heard.add(epoch + "." + batch + "/" + batches);
          }

          @Override
          public void epoch(EpochResult result) {
            heard.add("epoch " + result.epoch());
          }
        };
    Trainer.of(network()).batchSize(20).listener(listener).fit(new Bars(50, 1), 2);
    assertEquals(
        List.of("1.1/3", "1.2/3", "1.3/3", "epoch 1", "2.1/3", "2.2/3", "2.3/3", "epoch 2"), heard);
  }

  @Test
  void manyClassesAreTrainedAndTestedWithoutTheirConfusions() {
    Network many = Network.sequential(Shape.image(8, 8, 1)).dense(100_000).build(1);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Trainer.evaluate(many, new Bars(2, 1), Workers.serial()))
            .getMessage();
    assertTrue(message.contains("at most 10000 classes, not of 100000"), message);
    Bars bars = new Bars(2, 1);
    Trainer trainer = Trainer.of(many).optimizer(Sgd.of(0.01f));
    double accuracy = trainer.fit(bars, bars, 1).getFirst().testAccuracy();
    assertTrue(accuracy >= 0 && accuracy <= 1, "accuracy " + accuracy);
  }

  @Test
  void theLearningRateDecaysAfterEachEpoch() {
    Sgd sgd = Sgd.of(0.5f);
    Trainer.of(network()).optimizer(sgd).learningRateDecay(0.5f).fit(new Bars(10, 1), 3);
    assertEquals(0.0625f, sgd.learningRate());
  }

  @Test
  void aLossThatIsNoNumberEndsTheTraining() {
    Trainer trainer = Trainer.of(network()).optimizer(Sgd.of(1e30f)).batchSize(4);
    String message =
        assertThrows(DivergedException.class, () -> trainer.fit(new Bars(40, 1), 5)).getMessage();
    assertTrue(message.contains("lower the learning rate"), message);
  }

  @Test
  void examplesThatDoNotFitAreNamed() {
    Network other = Network.sequential(Shape.image(7, 8, 1)).dense(2).build(0);
    assertRefused("images are n1c1h8w8", () -> Trainer.of(other).fit(new Bars(4, 1), 1));
    Network one = Network.sequential(Shape.image(8, 8, 1)).dense(1).build(0);
    assertRefused("image 1 has label 1", () -> Trainer.of(one).fit(new Bars(4, 1), 1));
    assertRefused("no image", () -> Trainer.evaluate(one, new Bars(0, 1), Workers.serial()));
    assertRefused("positive, not 0", () -> Trainer.of(one).batchSize(0));
    assertRefused("epochs must not be", () -> Trainer.of(network()).fit(new Bars(4, 1), -1));
    assertRefused("decay 0 to 1, not 2.0", () -> Trainer.of(one).learningRateDecay(2));
  }

  private static void assertRefused(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void scoresThatAreNoNumbersAreWrong() {
    Network network = network();
    float[] bias = {Float.NaN, 0};
    network.parameter("dense2.bias").set(bias);
    Evaluation evaluation = Trainer.evaluate(network, new Bars(10, 1), Workers.serial());
    assertEquals(0, evaluation.accuracy());
    assertArrayEquals(new int[2], evaluation.confusion()[0]);
  }
}
