package dev.tilewise.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Shape;
import dev.tilewise.Workers;
import dev.tilewise.nn.Network;
import dev.tilewise.nn.Parameter;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SgdTest {

  /** More than one unit of work, and a tail behind the last vector. */
  private static final int SIZE = 40_001;

  private static Parameter weights() {
    Network network = Network.sequential(Shape.image(1, 1, SIZE)).dense(1).build(3);
    return network.parameter("dense1.weight");
  }

  private static void setGradient(Parameter parameter, Random random) {
    for (int i = 0; i < SIZE; i++) {
      float value = (float) random.nextGaussian();
      parameter.gradient().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
  }

  /** The documented formula, each operation a fused multiply-add, bit for bit. */
  @Test
  void stepsFollowTheFormulaForAnyNumberOfThreads() {
    for (int threads = 1; threads <= 3; threads++) {
      for (float[] s : new float[][] {{0.1f, 0, 0}, {0.01f, 0.9f, 0}, {0.05f, 0.5f, 0.001f}}) {
        Parameter parameter = weights();
        Sgd sgd = Sgd.momentum(s[0], s[1]).weightDecay(s[2]);
        float[] w = parameter.values();
        float[] v = new float[SIZE];
        Random random = new Random(1);
        try (Workers workers = Workers.of(threads)) {
          for (int step = 0; step < 3; step++) {
            setGradient(parameter, random);
            float[] g = parameter.gradients();
            sgd.step(List.of(parameter), workers);
            for (int i = 0; i < SIZE; i++) {
              v[i] = Math.fma(s[1], v[i], Math.fma(s[2], w[i], g[i]));
              w[i] = Math.fma(-s[0], v[i], w[i]);
            }
          }
        }
        float[] actual = parameter.values();
        for (int i = 0; i < SIZE; i++) {
          assertEquals(w[i], actual[i], sgd + " at " + i);
        }
      }
    }
  }

  @Test
  void wrongArgumentsAreNamed() {
    refuses("not -1.0", () -> Sgd.of(-1));
    refuses("not NaN", () -> Sgd.of(Float.NaN));
    refuses("not Infinity", () -> Sgd.of(Float.POSITIVE_INFINITY));
    refuses("not Infinity", () -> Sgd.of(1).weightDecay(Float.POSITIVE_INFINITY));
    refuses("momentum 0 to 1, not 1.5", () -> Sgd.momentum(1, 1.5f));
    refuses(
        "weight decay must be finite and not negative, not -0.5",
        () -> Sgd.of(1).weightDecay(-0.5f));
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith("sgd: ") && message.contains(part), message);
  }
}
