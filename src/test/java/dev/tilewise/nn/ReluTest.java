package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ReluTest {

  @TestFactory
  Stream<DynamicTest> isExactlyTheReference() {
    return Vectors.tests(
        "activation",
        vector -> vector.text("op").equals("relu"),
        vector -> {
          float[] x = vector.input("x").floats();
          float[][] actual = run(x, vector.input("dy").floats());
          for (int i = 0; i < x.length; i++) {
            assertEquals(vector.expected("y").at(i), actual[0][i], "y[" + i + "]");
            assertEquals(vector.expected("dx").at(i), actual[1][i], "dx[" + i + "]");
          }
        });
  }

  /** The outputs and the gradients of the inputs. */
  private static float[][] run(float[] x, float[] dy) {
    Shape shape = Shape.image(x.length, 1, 1);
    Arena arena = Arena.ofAuto();
    Tensor in = Tensor.of(arena, shape, Layout.NHWC, x);
    Tensor slope = Tensor.of(arena, shape, Layout.NHWC, dy);
    Tensor y = Pass.allocate(shape);
    Tensor dx = Pass.allocate(shape);
    Step step = new ReluStep();
    step.forward(in, y, Workers.serial());
    step.backward(in, y, slope, dx, Workers.serial());
    return new float[][] {y.toArray(Layout.NHWC), dx.toArray(Layout.NHWC)};
  }

  @Test
  void zeroHasNoSlopeAndNaNPasses() {
    // More than one vector of any machine and a tail.
    for (int at : new int[] {0, 64}) {
      for (float special : new float[] {0, -0f, Float.NaN}) {
        float[] x = new float[67];
        float[] dy = new float[67];
        x[at] = special;
        dy[at] = 3;
        float[][] actual = run(x, dy);
        assertEquals(special, actual[0][at]);
        assertEquals(Float.isNaN(special) ? 3 : 0, actual[1][at]);
      }
    }
  }

  @Test
  void unitsOfWorkCoverEverything() {
    float[] x = new float[100_000];
    float[] dy = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 3 - 1;
      dy[i] = i;
    }
    float[][] actual = run(x, dy);
    for (int i = 0; i < x.length; i++) {
      assertEquals(Math.max(0, x[i]), actual[0][i]);
      assertEquals(x[i] > 0 ? dy[i] : 0, actual[1][i]);
    }
  }
}
