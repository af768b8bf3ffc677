package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Maxima of 2x2 outputs taken by the convolution are those that a pooling takes of its outputs. */
@Tag("widths")
class MaxPooledTest {

  private static final float OTHERS = -3;

  @ParameterizedTest
  @CsvSource({
    "n1c16h24w24 k32f3p1, WINOGRAD_F6",
    "n2c8h15w17 k40f3p1, WINOGRAD_F4",
    // Fewer filters than a vector has lanes, and not in whole vectors.
    "n1c5h13w9 k3f3p1, WINOGRAD_F2",
    "n1c12h9w31 k21f3, WINOGRAD_F6",
    // Rests with smaller tiles, groups, a stride, many tiles in a line, lines of several blocks.
    "n1c64h56w56 k64f3p1, WINOGRAD_F6",
    "n2c32h14w14 k96g2f3p1, WINOGRAD_F4",
    "n1c16h29w27 k32f3s2p1, WINOGRAD_F4",
    "n1c8h6w300 k16f3p1, WINOGRAD_F6",
    "n1c64h40w200 k80f5p2, WINOGRAD_F4"
  })
  void maximaAreThoseOfTheOutputs(String text, Algorithm algorithm) {
    for (boolean ordinary : new boolean[] {true, false}) {
      ConvCase e = ConvCase.parse(text);
      ConvCases.Surround surround = new ConvCases.Surround(true, false, Activation.RELU);
      ConvData data = ConvData.random(e, Values.UNIT, 3, surround);
      float[] x = data.x();
      if (!ordinary) {
        x[x.length / 3] = Float.NaN;
        x[x.length / 2] = Float.NEGATIVE_INFINITY;
      }
      for (Layout layout : Layout.values()) {
        compare(e, data.conv(algorithm), x, layout, e.k(), 0);
      }
      compare(e, data.conv(algorithm), x, Layout.NHWC, e.k() + 7, 5);
    }
  }

  private static void compare(
      ConvCase e, Conv2d conv, float[] image, Layout layout, int depth, int first) {
    try (Arena arena = Arena.ofShared();
        Workers team = Workers.of(3)) {
      ConvPlan plan = conv.plan(e.input(), layout, arena);
      Pool2d pairs = Pool2d.max(2).stride(2).into(depth, first);
      PoolPlan pool = pairs.plan(plan.outputShape(), layout);
      ConvPlan pooled = plan.maxPooled(depth, first).orElseThrow();
      assertEquals(pool.outputShape(), pooled.outputShape());
      Tensor x = Tensor.allocate(arena, plan.inputShape(), layout);
      Tensor between = Tensor.allocate(arena, plan.outputShape(), layout);
      Tensor expected = Tensor.allocate(arena, pool.outputShape(), layout);
      Tensor actual = Tensor.allocate(arena, pool.outputShape(), layout);
      for (int i = 0; i < image.length; i++) {
        x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, image[i]);
      }
      for (Workers workers : new Workers[] {Workers.serial(), team}) {
        fill(expected);
        fill(actual);
        plan.run(x, between, plan.workspace(arena), workers);
        pool.run(between, expected, workers);
        Workspace workspace = pooled.workspace(arena);
        for (int run = 0; run < 2; run++) {
          pooled.run(x, actual, workspace, workers);
          String what = pooled + ", " + workers + ", run " + run;
          ConvRun.sameBits(what, floats(expected), floats(actual));
        }
      }
    }
  }

  private static void fill(Tensor tensor) {
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, OTHERS);
    }
  }

  private static float[] floats(Tensor tensor) {
    return tensor.segment().toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void otherWeightsArePooledToo() {
    ConvCase e = ConvCase.parse("n1c8h12w12 k16f3p1");
    ConvCases.Surround surround = new ConvCases.Surround(true, false, Activation.RELU);
    ConvData one = ConvData.random(e, Values.UNIT, 1, surround);
    ConvData other = ConvData.random(e, Values.UNIT, 2, surround);
    try (Arena arena = Arena.ofShared()) {
      ConvPlan plan = plan(one, Algorithm.WINOGRAD_F4, arena);
      ConvPlan direct = plan(other, Algorithm.WINOGRAD_F4, arena).maxPooled(16, 0).orElseThrow();
      ConvPlan changed =
          plan.maxPooled(16, 0)
              .orElseThrow()
              .withFilter(other.conv(Algorithm.WINOGRAD_F4).filter(), arena);
      Tensor x = Tensor.allocate(arena, plan.inputShape(), Layout.NHWC);
      for (int i = 0; i < one.x().length; i++) {
        x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, one.x()[i]);
      }
      Tensor expected = Tensor.allocate(arena, direct.outputShape(), Layout.NHWC);
      Tensor actual = Tensor.allocate(arena, changed.outputShape(), Layout.NHWC);
      direct.run(x, expected, direct.workspace(arena), Workers.serial());
      changed.run(x, actual, changed.workspace(arena), Workers.serial());
      ConvRun.sameBits("other weights", floats(expected), floats(actual));
    }
  }

  @Test
  void whatCannotBePooledSaysSo() {
    ConvCases.Surround surround = new ConvCases.Surround(true, false, Activation.RELU);
    ConvData data = ConvData.random(ConvCase.parse("n1c8h12w12 k16f3p1"), Values.UNIT, 1, surround);
    ConvData lattices =
        ConvData.random(ConvCase.parse("n1c8h12w12 k16f3p2d2"), Values.UNIT, 1, surround);
    ConvData line = ConvData.random(ConvCase.parse("n1c8h3w12 k16f3"), Values.UNIT, 1, surround);
    try (Arena arena = Arena.ofShared()) {
      for (Algorithm algorithm :
          new Algorithm[] {
            Algorithm.DIRECT, Algorithm.NAIVE, Algorithm.IM2COL, Algorithm.WINOGRAD_F3
          }) {
        assertEquals(Optional.empty(), plan(data, algorithm, arena).maxPooled(16, 0));
      }
      assertFalse(plan(lattices, Algorithm.WINOGRAD_F4, arena).maxPooled(16, 0).isPresent());
      assertFalse(plan(line, Algorithm.WINOGRAD_F4, arena).maxPooled(16, 0).isPresent());
      ConvPlan plan = plan(data, Algorithm.WINOGRAD_F4, arena);
      assertThrows(IllegalArgumentException.class, () -> plan.maxPooled(16, 1));
      ConvPlan pooled = plan.maxPooled(16, 0).orElseThrow();
      assertFalse(pooled.maxPooled(16, 0).isPresent());
      assertTrue(pooled.explain().contains("2x2"), pooled.explain());
      Tensor x = Tensor.allocate(arena, pooled.inputShape(), Layout.NHWC);
      Tensor y = Tensor.allocate(arena, pooled.outputShape(), Layout.NHWC);
      Tensor residual = Tensor.allocate(arena, pooled.residualShape(), Layout.NHWC);
      Workspace own = pooled.workspace(arena);
      Workspace others = plan.workspace(arena);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> pooled.run(x, residual, y, own, Workers.serial()))
              .getMessage();
      assertTrue(message.contains("residual"), message);
      assertThrows(
          IllegalArgumentException.class, () -> pooled.run(x, y, others, Workers.serial()));
    }
  }

  private static ConvPlan plan(ConvData data, Algorithm algorithm, Arena arena) {
    return data.conv(algorithm).plan(data.extents().input(), Layout.NHWC, arena);
  }
}
