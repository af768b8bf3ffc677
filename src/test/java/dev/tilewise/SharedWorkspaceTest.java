package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Plans that share scratch find what others left in it: nothing of that may reach an output. */
class SharedWorkspaceTest {

  private static final List<String> CASES =
      List.of(
          "n1c16h20w20 k24f3s1p1",
          "n2c7h9w13 k20f3s2p1",
          "n1c3h30w30 k16f7s2p3",
          "n1c40h14w14 k33f1",
          "n1c64h13w13 k64f3s1p1",
          "n1c32h12w12 k32g32f3s1p1",
          "n1c32h12w12 k32g32f5s2p2",
          "n1c24h15w15 k24g4f3p1",
          "n1c30h10w11 k35f5p2",
          "n1c20h12w12 k50f5",
          "n1c1500h2w2 k17f1",
          "n1c9h17w17 k40f3d2p2");

  @Test
  void whatOthersLeaveInScratchDoesNotMatter() {
    List<ConvPlan> plans = new ArrayList<>();
    for (String text : CASES) {
      ConvCase extents = ConvCase.parse(text);
      for (Algorithm algorithm : Algorithm.values()) {
        try {
          plans.add(
              data(extents).conv(algorithm).plan(extents.input(), Layout.NHWC, Arena.ofAuto()));
        } catch (IllegalArgumentException doesNotApply) {
          assertEquals("conv2d", doesNotApply.getMessage().substring(0, 6));
        }
      }
    }
    List<Workspace> shared = Workspace.shared(plans, Arena.ofAuto(), 1);
    for (int i = 0; i < plans.size(); i++) {
      ConvPlan plan = plans.get(i);
      float[] values = data(plan.extents()).x();
      Tensor x = Tensor.of(Arena.ofAuto(), plan.inputShape(), Layout.NHWC, values);
      float[] alone = run(plan, x, plan.workspace(Arena.ofAuto()));
      for (int other = 0; other < plans.size(); other += 5) {
        ConvPlan before = plans.get(other);
        Tensor nothing = Tensor.allocate(Arena.ofAuto(), before.inputShape(), Layout.NHWC);
        run(before, nothing.fill(Float.NaN), shared.get(other));
        assertArrayEquals(alone, run(plan, x, shared.get(i)), plan + " after " + before);
      }
    }
  }

  private static ConvData data(ConvCase extents) {
    ConvCases.Surround surround = new ConvCases.Surround(true, false, Activation.IDENTITY);
    return ConvData.random(extents, Values.UNIT, 1, surround);
  }

  private static float[] run(ConvPlan plan, Tensor x, Workspace workspace) {
    Tensor y = Tensor.allocate(Arena.ofAuto(), plan.outputShape(), Layout.NHWC);
    plan.run(x, y, workspace, Workers.serial());
    return y.toArray(Layout.NHWC);
  }

  @Test
  void aNumberOfThreadsIsNeeded() {
    assertThrows(
        IllegalArgumentException.class, () -> Workspace.shared(List.of(), Arena.ofAuto(), 0));
  }
}
