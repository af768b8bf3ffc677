package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCases.Surround;
import dev.tilewise.ConvCases.Trial;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.domains.Domain;

/**
 * Outputs that go into some channels of a deeper tensor ({@link Conv2d#into}): the bits are those
 * of a tensor of their own, and nothing else is written.
 */
@Tag("widths")
class DeeperOutputTest {

  private static final String[] CASES = {
    // Tiles: fewer filters than lanes, ragged panels, groups, blocks of the sum, strides.
    "n3c12h7w6 k1f3p1",
    "n1c20h9w9 k5f5s1p2",
    "n1c200h5w5 k37f3s1p1",
    "n2c24h8w7 k34g2f3p1",
    "n3c16h11w9 k48f3s2p1",
    "n1c64h12w12 k48f3s1p1",
    "n1c6h9w9 k20f3p2d2",
    // 1x1 filters: stacks, ragged vectors, blocks of the sum, groups, too few filters.
    "n3c40h13w13 k56f1",
    "n1c32h13w13 k24f1",
    "n1c1056h8w9 k20f1",
    "n1c64h9w9 k48g2f1s1",
    "n1c16h9w9 k3f1",
    // Few channels: bands, lines of columns, single pixels.
    "n3c3h20w20 k32f3s2p1",
    "n1c1h12w12 k20f5s1p2",
    "n2c4h17w9 k35f3p1",
    // Depthwise: 3x3, half-page strides, five columns, tap by tap, several filters to a channel.
    "n3c24h9w9 k24g24f3s1p1",
    "n1c512h7w7 k512g512f3s1p1",
    "n1c40h9w9 k40g40f3s2p1",
    "n1c32h12w12 k32g32f5s1p2",
    "n1c32h13w13 k32g32f5s2p2",
    "n1c32h11w11 k32g32f3x4p1d2",
    "n1c16h7w7 k48g16f3p1",
    // Winograd: cuts, phases of a stride, lattices of a dilation.
    "n2c16h14w11 k19f3p1",
    "n1c8h12w12 k17f5p2s2",
    "n1c8h13w10 k33f3p2d2"
  };

  /** Memory that kernels write in place, and memory of which a copy is written. */
  private static final Setting[] SETTINGS = {
    Setting.PLAIN,
    Setting.PLAIN.withThreads(2),
    new Setting(Layout.NHWC, 2, MemoryKind.MAPPED, MemoryKind.CONFINED, MemoryKind.MAPPED, 3),
  };

  /** Channels before and after: none on either side, a few, whole vectors. */
  private static final int[][] BESIDES = {{0, 1}, {1, 0}, {5, 3}, {32, 64}};

  /** Runs into a deeper tensor, and returns the channels that outputs go into. */
  private static float[] deeper(
      Algorithm algorithm, ConvData data, Setting setting, int before, int after) {
    MemoryKind.reset();
    ConvCase e = data.extents();
    int depth = before + e.k() + after;
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined()) {
      ConvPlan plan = data.conv(algorithm).into(depth, before).plan(e.input(), Layout.NHWC, shared);
      FencedTensor x = FencedTensor.allocate(setting.input(), shared, confined, e.input(), setting);
      x.write(data.x());
      FencedTensor y =
          FencedTensor.allocate(setting.output(), shared, confined, plan.outputShape(), setting);
      Tensor residual = null;
      if (data.residual() != null) {
        residual =
            FencedTensor.allocate(setting.residual(), shared, confined, e.output(), setting)
                .write(data.residual())
                .tensor();
      }
      Workspace workspace = plan.workspace(shared, setting.threads());
      String what = algorithm + " " + e + " " + setting + " into " + before + " of " + depth;
      // The second run finds the outputs of the first.
      float[] first = null;
      for (int run = 0; run < 2; run++) {
        plan.run(x.tensor(), residual, y.tensor(), workspace, setting.workers());
        assertEquals("none", y.damage(), what);
        assertEquals("none", damageBeside(y.tensor(), before, e.k()), what);
        float[] outputs = channels(y.tensor(), before, e.k());
        if (first != null) {
          ConvRun.sameBits(what + ", second run", first, outputs);
        }
        first = outputs;
      }
      return first;
    }
  }

  /** The first written channel that is not one of count from {@code first} on. */
  private static String damageBeside(Tensor y, int first, int count) {
    MemorySegment memory = y.segment();
    int depth = y.shape().c();
    for (long i = 0; i < memory.byteSize() / Float.BYTES; i++) {
      long channel = i % depth;
      if ((channel < first || channel >= first + count)
          && memory.getAtIndex(ValueLayout.JAVA_INT, i) != FencedTensor.MARK) {
        return "channel " + channel + " of pixel " + i / depth;
      }
    }
    return "none";
  }

  private static float[] channels(Tensor y, int first, int count) {
    int depth = y.shape().c();
    float[] all = y.segment().toArray(ValueLayout.JAVA_FLOAT);
    float[] some = new float[all.length / depth * count];
    for (int i = 0; i < some.length; i++) {
      some[i] = all[i / count * depth + first + i % count];
    }
    return some;
  }

  @Example
  void everyAlgorithmWritesItsChannelsAlone() {
    int seed = 0;
    for (String name : CASES) {
      ConvCase e = ConvCase.parse(name);
      for (Algorithm algorithm : ConvRun.all(e)) {
        seed++;
        boolean added = seed % 2 == 0;
        Surround surround = new Surround(true, added, Activation.clamp(-0.75f, 1.5f));
        check(algorithm, ConvData.random(e, Values.UNIT, seed, surround), seed);
        ConvData plain = ConvData.random(e, Values.UNIT, seed, Surround.NOTHING);
        check(algorithm, added ? plain : plain.withResidual(residual(plain)), seed + 1);
      }
    }
  }

  private static float[] residual(ConvData data) {
    return Values.UNIT.array(new SplittableRandom(7), data.extents().output().elements());
  }

  private static void check(Algorithm algorithm, ConvData data, int seed) {
    float[] dense = ConvRun.run(algorithm, data);
    for (Setting setting : SETTINGS) {
      int[] besides = BESIDES[Math.floorMod(seed + setting.threads(), BESIDES.length)];
      float[] some = deeper(algorithm, data, setting, besides[0], besides[1]);
      ConvRun.sameBits(algorithm + " " + data.extents(), dense, some);
    }
  }

  @Property(tries = 300)
  @Domain(ConvCases.class)
  void randomConvolutionsWriteTheirChannelsAlone(@ForAll Trial trial) {
    SplittableRandom random = new SplittableRandom(trial.seed());
    ConvData data = trial.data();
    List<Algorithm> algorithms = ConvRun.quickAlgorithms(trial.extents());
    List<Algorithm> all = ConvRun.all(trial.extents());
    algorithms.add(all.get(random.nextInt(all.size())));
    for (Algorithm algorithm : algorithms) {
      int before = random.nextInt(20);
      int after = random.nextInt(20);
      float[] dense = ConvRun.run(algorithm, data);
      Setting setting = trial.setting().with(Layout.NHWC);
      ConvRun.sameBits(
          algorithm + " " + trial, dense, deeper(algorithm, data, setting, before, after));
    }
  }

  /** Where pixels lie half a page apart, depthwise convolution may gather its input. */
  @Example
  void halfPageStridesOfDeeperTensorsChangeNoBit() {
    ConvCase e = ConvCase.parse("n1c512h7w7 k512g512f3s1p1");
    Surround surround = new Surround(true, true, Activation.RELU);
    ConvData data = ConvData.random(e, Values.UNIT, 11, surround);
    float[] dense = ConvRun.run(Algorithm.DIRECT, data);
    for (int[] besides : new int[][] {{512, 0}, {0, 512}, {512, 512}, {256, 256}, {4, 4}}) {
      ConvRun.sameBits(
          "half a page",
          dense,
          deeper(Algorithm.DIRECT, data, Setting.PLAIN, besides[0], besides[1]));
    }
  }

  /** The branches of an inception module, each with its own plan, on threads of their own. */
  @Example
  void partsOfAConcatenationMayBeWrittenAtTheSameTime() throws InterruptedException {
    String[] names = {"n2c32h14w14 k24f1", "n2c32h14w14 k37f3p1", "n2c32h14w14 k5f5p2"};
    int depth = 24 + 37 + 5 + 32;
    Surround surround = new Surround(true, false, Activation.RELU);
    try (Arena arena = Arena.ofShared()) {
      Shape shape = Shape.nchw(2, depth, 14, 14);
      Tensor y = Tensor.allocate(arena, shape, Layout.NHWC).fill(Float.NaN);
      ConvData[] branches = new ConvData[names.length];
      Runnable[] runs = new Runnable[names.length + 1];
      int[] firsts = new int[names.length];
      int first = 0;
      for (int i = 0; i < names.length; i++) {
        ConvCase e = ConvCase.parse(names[i]);
        branches[i] = ConvData.random(e, Values.UNIT, i, surround);
        firsts[i] = first;
        Conv2d conv = branches[i].conv(Algorithm.AUTO).into(depth, first);
        ConvPlan plan = conv.plan(e.input(), Layout.NHWC, arena);
        Tensor x = Tensor.of(arena, e.input(), Layout.NHWC, branches[i].x());
        runs[i] = () -> plan.run(x, y, plan.workspace(Arena.ofAuto()), Workers.serial());
        first += e.k();
      }
      Shape input = Shape.nchw(2, 32, 14, 14);
      Tensor x = Tensor.of(arena, input, Layout.NHWC, branches[0].x());
      Pool2d pool = Pool2d.max(3).stride(1).padding(1);
      PoolPlan pooling = pool.into(depth, first).plan(input, Layout.NHWC);
      runs[names.length] = () -> pooling.run(x, y, Workers.serial());
      ConvPlanTest.elsewhere(runs);
      for (int i = 0; i < names.length; i++) {
        float[] some = channels(y, firsts[i], branches[i].extents().k());
        ConvRun.sameBits(names[i], ConvRun.run(Algorithm.AUTO, branches[i]), some);
      }
      Tensor pooled = Tensor.allocate(arena, input, Layout.NHWC);
      pool.plan(input, Layout.NHWC).run(x, pooled, Workers.serial());
      ConvRun.sameBits("pool", pooled.toArray(Layout.NHWC), channels(y, first, 32));
    }
  }

  @Example
  void aPlanIntoADeeperTensorSaysSo() {
    ConvCase e = ConvCase.parse("n2c5h9w8 k19f3s1p1");
    ConvData data = ConvData.random(e, Values.UNIT, 1, Surround.NOTHING);
    for (Algorithm algorithm : ConvRun.all(e)) {
      Conv2d conv = data.conv(algorithm);
      ConvPlan dense = conv.plan(e.input(), Layout.NHWC, Arena.ofAuto());
      ConvPlan plan = conv.into(64, 32).plan(e.input(), Layout.NHWC, Arena.ofAuto());
      assertEquals(Shape.nchw(2, 64, 9, 8), plan.outputShape());
      assertEquals(Shape.nchw(2, 19, 9, 8), plan.residualShape());
      assertEquals(plan.residualShape(), dense.outputShape());
      assertEquals(dense.errorBound(), plan.errorBound());
      String text = plan.explain();
      assertTrue(text.contains("go into channels 32 to 50 of 64 of n2c64h9w8"), text);
      assertTrue(dense.explain().contains("go into all 19 channels"), dense.explain());
      assertTrue(plan.toString().endsWith(algorithm + " into channels 32 to 50 of 64"), plan + "");
      Workspace workspace = plan.workspace(Arena.ofAuto());
      assertEquals(plan.workspaceBytes(), workspace.bytes(), plan + "");
    }
  }

  @Example
  void aPlanWithOtherWeightsWritesTheSameChannels() {
    ConvCase e = ConvCase.parse("n1c5h9w8 k19f3s1p1");
    ConvData data = ConvData.random(e, Values.UNIT, 1, Surround.NOTHING);
    ConvData other = ConvData.random(e, Values.UNIT, 2, Surround.NOTHING);
    for (Algorithm algorithm : ConvRun.all(e)) {
      try (Arena arena = Arena.ofShared()) {
        ConvPlan plan = data.conv(algorithm).into(30, 4).plan(e.input(), Layout.NHWC, arena);
        ConvPlan rebound = plan.withFilter(other.filter(), arena);
        Tensor x = Tensor.of(arena, e.input(), Layout.NHWC, other.x());
        Tensor y = Tensor.allocate(arena, rebound.outputShape(), Layout.NHWC).fill(8);
        rebound.run(x, y, plan.workspace(arena), Workers.serial());
        ConvRun.sameBits(algorithm + " rebound", ConvRun.run(algorithm, other), channels(y, 4, 19));
        ConvRun.sameBits("before", ConvRun.filled(72 * 4, 8), channels(y, 0, 4));
        ConvRun.sameBits("after", ConvRun.filled(72 * 7, 8), channels(y, 23, 7));
      }
    }
  }

  @Example
  void aPlanIntoADeeperTensorCanBeWarmedUp() {
    ConvCase e = ConvCase.parse("n1c8h9w8 k19f3s1p1");
    ConvData data = ConvData.random(e, Values.UNIT, 1, Surround.NOTHING);
    Conv2d conv = data.conv(Algorithm.AUTO).into(64, 32);
    ConvPlan plan = conv.plan(e.input(), Layout.NHWC, Arena.ofAuto());
    assertTrue(WarmUp.of(Duration.ofMillis(20), plan).runs() > 0);
  }

  @Example
  void wrongRangesAreNamed() {
    ConvCase e = ConvCase.parse("n1c5h9w8 k19f3s1p1");
    Conv2d conv = ConvData.random(e, Values.UNIT, 1, Surround.NOTHING).conv(Algorithm.AUTO);
    refused(
        "conv2d: 19 output channels from channel -1 on do not fit into 64: the first one may be 0"
            + " to 45",
        () -> conv.into(64, -1));
    refused(
        "conv2d: 19 output channels from channel 46 on do not fit into 64: the first one may be 0"
            + " to 45",
        () -> conv.into(64, 46));
    refused(
        "conv2d: 19 output channels from channel 2147483647 on do not fit into 2147483647: the"
            + " first one may be 0 to 2147483628",
        () -> conv.into(Integer.MAX_VALUE, Integer.MAX_VALUE));
    refused(
        "conv2d: 19 output channels from channel 0 on do not fit into 18: at least 19 are needed",
        () -> conv.into(18, 0));
    refused(
        "conv2d: outputs go into channels 0 to 18 of 20, which takes NHWC, not NCHW",
        () -> conv.into(20, 0).plan(e.input(), Layout.NCHW, Arena.ofAuto()));
    // All channels are no deeper tensor.
    assertEquals(
        e.output(), conv.into(19, 0).plan(e.input(), Layout.NCHW, Arena.ofAuto()).outputShape());
  }

  private static void refused(String message, Supplier<Object> call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::get).getMessage());
  }

  @Example
  void aRunTakesADeepOutputAndAResidualOfItsOwnDepth() {
    ConvCase e = ConvCase.parse("n1c5h9w8 k19f3s1p1");
    Conv2d conv = ConvData.random(e, Values.UNIT, 1, Surround.NOTHING).conv(Algorithm.AUTO);
    try (Arena arena = Arena.ofShared()) {
      ConvPlan plan = conv.into(20, 1).plan(e.input(), Layout.NHWC, arena);
      Tensor x = Tensor.allocate(arena, e.input(), Layout.NHWC);
      Tensor dense = Tensor.allocate(arena, e.output(), Layout.NHWC);
      Tensor deep = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC);
      Tensor another = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC);
      Workspace workspace = plan.workspace(arena);
      Workers serial = Workers.serial();
      refused(
          "conv2d: output is n1c19h9w8 but the plan takes n1c20h9w8; " + e,
          () -> {
            plan.run(x, dense, workspace, serial);
            return dense;
          });
      refused(
          "conv2d: residual is n1c20h9w8 but the plan takes n1c19h9w8; " + e,
          () -> {
            plan.run(x, deep, another, workspace, serial);
            return dense;
          });
      plan.run(x, dense, deep, workspace, serial);
    }
  }
}
