package dev.tilewise.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SoftmaxCrossEntropyTest {

  private static Tensor rows(int samples, float... values) {
    Shape shape = Shape.nchw(samples, values.length / samples, 1, 1);
    return Tensor.of(Arena.ofAuto(), shape, Layout.NHWC, values);
  }

  @Test
  void equalScoresLoseTheLogarithmOfTheNumberOfClasses() {
    Tensor gradient = rows(1, 0, 0, 0, 0);
    double loss = SoftmaxCrossEntropy.mean().loss(rows(1, 7, 7, 7, 7), new int[] {2}, gradient);
    assertEquals(Math.log(4), loss, 0x1p-50);
    assertArrayEquals(
        new float[] {0.25f, 0.25f, -0.75f, 0.25f}, gradient.toArray(Layout.NHWC), 0x1p-24f);
  }

  @Test
  void tensorsOfAnotherThreadsOrAClosedArenaAreNamed() throws InterruptedException {
    SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean();
    Tensor own = rows(1, 0, 0);
    Tensor[] foreign = new Tensor[1];
    Shape shape = own.shape();
    Thread owner =
        new Thread(() -> foreign[0] = Tensor.allocate(Arena.ofConfined(), shape, Layout.NCHW));
    owner.start();
    owner.join();
    Tensor closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = Tensor.allocate(arena, shape, Layout.NCHW);
    }
    for (Tensor bad : new Tensor[] {foreign[0], closed}) {
      String words = bad == closed ? "is closed" : "confined arena of another thread";
      for (Executable call :
          new Executable[] {
            () -> loss.loss(bad, new int[] {0}, null),
            () -> loss.loss(own, new int[] {0}, bad),
            () -> loss.loss(bad, new float[][] {{1, 0}}, null)
          }) {
        String message = assertThrows(IllegalStateException.class, call).getMessage();
        assertTrue(message.contains(words), message);
      }
    }
  }

  @Test
  void largeScoresDoNotOverflow() {
    Tensor gradient = rows(1, 0, 0);
    double loss = SoftmaxCrossEntropy.sum().loss(rows(1, 3e38f, -3e38f), new int[] {1}, gradient);
    assertEquals((double) 3e38f - -3e38f, loss, 0x1p80);
    assertArrayEquals(new float[] {1, -1}, gradient.toArray(Layout.NHWC), 0);
    assertArrayEquals(
        new double[] {1, 0}, SoftmaxCrossEntropy.probabilities(new float[] {3e38f, -3e38f}));
  }

  @Test
  void anImpossibleClassThatIsNoTargetLosesNothing() {
    Tensor scores = rows(1, 0, Float.NEGATIVE_INFINITY);
    assertEquals(0, SoftmaxCrossEntropy.sum().loss(scores, new int[] {0}, null));
  }

  @Test
  void oneHotProbabilitiesAreLabels() {
    Tensor scores = rows(2, 1, 2, 3, -1, 0.5f, 0);
    SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean().labelSmoothing(0.1);
    Tensor a = rows(2, new float[6]);
    Tensor b = rows(2, new float[6]);
    double labels = loss.loss(scores, new int[] {2, 0}, a);
    double probabilities = loss.loss(scores, new float[][] {{0, 0, 1}, {1, 0, 0}}, b);
    // Both are sums of six terms in double.
    assertEquals(labels, probabilities, 0x1p-49);
    assertArrayEquals(a.toArray(Layout.NHWC), b.toArray(Layout.NHWC), 0x1p-24f);
  }

  /**
   * Central differences of width h err by at most h^2 / 6 times the third derivative, which for a
   * softmax is below 1 for each unit of target weight, and by the rounding of the two losses, 2^-48
   * / h. With h = 2^-16 both are below 2^-30.
   */
  @Test
  void gradientsAreTheNumericalDerivatives() {
    Random random = new Random(3);
    SoftmaxCrossEntropy[] losses = {
      SoftmaxCrossEntropy.mean(),
      SoftmaxCrossEntropy.sum().labelSmoothing(0.2),
      SoftmaxCrossEntropy.mean().classWeights(0.5f, 2, 1, 0.25f).labelSmoothing(0.125)
    };
    for (SoftmaxCrossEntropy loss : losses) {
      float[] z = new float[12];
      for (int i = 0; i < z.length; i++) {
        // Multiples of the width: adding it is exact.
        z[i] = Math.round(random.nextGaussian() * 0x1p10) * 0x1p-10f;
      }
      float[][] t = {{0.25f, 0.25f, 0, 0.5f}, {1, 0, 0, 0}, {0, 0.5f, 0.5f, 0}};
      int[] labels = {3, 0, 1};
      Tensor byLabels = rows(3, new float[12]);
      Tensor byProbabilities = rows(3, new float[12]);
      loss.loss(rows(3, z), labels, byLabels);
      loss.loss(rows(3, z), t, byProbabilities);
      for (int i = 0; i < z.length; i++) {
        float value = z[i];
        z[i] = value + 0x1p-16f;
        double up = loss.loss(rows(3, z), labels, null);
        double upT = loss.loss(rows(3, z), t, null);
        z[i] = value - 0x1p-16f;
        double down = loss.loss(rows(3, z), labels, null);
        double downT = loss.loss(rows(3, z), t, null);
        z[i] = value;
        // The gradient itself, at most 2, is rounded to float.
        double tolerance = 0x1p-30 + 0x1p-24;
        assertEquals((up - down) * 0x1p15, byLabels.get(i / 4, i % 4, 0, 0), tolerance);
        assertEquals((upT - downT) * 0x1p15, byProbabilities.get(i / 4, i % 4, 0, 0), tolerance);
      }
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean();
    Tensor scores = rows(2, 1, 2, 3, 4);
    refuses("label 2 is not one of 2", () -> loss.loss(scores, new int[] {0, 2}, null));
    refuses("1 targets", () -> loss.loss(scores, new int[] {0}, null));
    refuses("3 probabilities", () -> loss.loss(scores, new float[2][3], null));
    refuses("gradient is n1", () -> loss.loss(scores, new int[] {0, 1}, rows(1, 1, 2, 3, 4)));
    refuses("1 class weights", () -> loss.classWeights(1).loss(scores, new int[] {0, 1}, null));
    refuses("smoothing 0 to 1, not 1.5", () -> loss.labelSmoothing(1.5));
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith("cross-entropy: ") && message.contains(part), message);
  }

  @Test
  void classWeightsAreNumbersThatAreNotNegative() {
    SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean();
    refuses("class weight of class 1 must not be negative", () -> loss.classWeights(1, -1));
    refuses("not NaN", () -> loss.classWeights(Float.NaN, 1));
    refuses("not Infinity", () -> loss.classWeights(Float.POSITIVE_INFINITY, 1));
    refuses("none of 2 classes", () -> loss.classWeights(0, 0));
  }

  @Test
  void probabilitiesAreNumbersThatAreNotNegative() {
    SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean();
    Tensor scores = rows(1, 1, 2);
    refuses("class 1", () -> loss.loss(scores, new float[][] {{1, -0.5f}}, null));
    refuses("not NaN", () -> loss.loss(scores, new float[][] {{Float.NaN, 1}}, null));
    refuses("none of 2 classes", () -> loss.loss(scores, new float[][] {{0, 0}}, null));
  }
}
