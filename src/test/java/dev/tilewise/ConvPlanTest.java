package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ConvPlanTest {

  private static final ConvCase CASE = ConvCase.parse("n2c5h9w8 k19f3s1p1");
  private static final ConvCases.Surround PLAIN = ConvCases.Surround.NOTHING;

  private static ConvData data(ConvCase extents, long seed) {
    return ConvData.random(extents, Values.UNIT, seed, PLAIN);
  }

  @Test
  void autoTakesAnAlgorithmAndExplainsAll() {
    ConvPlan plan = ConvRun.plan(Algorithm.AUTO, data(CASE, 1), Layout.NHWC);
    assertNotEquals(Algorithm.AUTO, plan.algorithm());
    String text = plan.explain();
    for (Algorithm algorithm : Algorithm.values()) {
      assertTrue(algorithm == Algorithm.AUTO || text.contains(algorithm.name()), text);
    }
    for (String part :
        new String[] {
          "n2c5h9w8 k19f3s1p1", "taken", "bytes", "error bound", "identity", "typical error"
        }) {
      assertTrue(text.contains(part), part + " is missing in " + text);
    }
  }

  @Test
  void aRequestedAlgorithmIsTaken() {
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      assertEquals(algorithm, ConvRun.plan(algorithm, data(CASE, 1), Layout.NHWC).algorithm());
    }
  }

  @Test
  void everyAlgorithmButAutoApplies() {
    List<Algorithm> all = new ArrayList<>(List.of(Algorithm.values()));
    all.remove(Algorithm.AUTO);
    assertTrue(ConvRun.all(CASE).containsAll(all), ConvRun.all(CASE) + "");
  }

  /** Outputs that lie in the padding altogether read no row, however far apart rows would be. */
  @Test
  void outputsFarInThePaddingArePlannedToo() {
    for (String text :
        new String[] {
          "n1c16h8w8 k8f1p1d1x1073741824",
          "n1c64h8w8 k8f1s1x20000000p0x60000000",
          "n1c8h8w8 k8f3s1x300000000p1x900000000"
        }) {
      ConvCase extents = ConvCase.parse(text);
      ConvData data = data(extents, 1);
      float[] expected = ConvRun.run(Algorithm.NAIVE, data);
      ConvRun.sameBits(text, expected, ConvRun.run(Algorithm.DIRECT, data));
    }
  }

  @Test
  void aPlanKnowsItsShapes() {
    ConvPlan plan = ConvRun.plan(Algorithm.AUTO, data(CASE, 1), Layout.NCHW);
    assertEquals(CASE.input(), plan.inputShape());
    assertEquals(Shape.nchw(2, 19, 9, 8), plan.outputShape());
    assertEquals(CASE, plan.extents());
    assertEquals(Layout.NCHW, plan.layout());
  }

  @Test
  void theErrorBoundIsTheFormulaOfItsRoundings() {
    double u = 0x1p-24;
    // 45 terms in one block: each passes through at most 45 roundings, and one more for the
    // residual.
    double bound = ConvRun.plan(Algorithm.NAIVE, data(CASE, 1), Layout.NHWC).errorBound();
    assertEquals(46 * u / (1 - 46 * u), bound, Math.ulp(bound));
    // 3000 terms in 3 blocks of 1008, 1008 and 984: 1008 + 2 + 1.
    ConvCase deep = ConvCase.parse("n1c3000h1w1 k1f1");
    double blocked = ConvRun.plan(Algorithm.NAIVE, data(deep, 1), Layout.NHWC).errorBound();
    assertEquals(1011 * u / (1 - 1011 * u), blocked, Math.ulp(blocked));
  }

  @Test
  void theWorkspaceIsAsLargeAsAnnounced() {
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      for (Layout layout : Layout.values()) {
        ConvPlan plan = ConvRun.plan(algorithm, data(CASE, 1), layout);
        try (Arena arena = Arena.ofShared()) {
          Tensor x = Tensor.allocate(arena, plan.inputShape(), layout);
          Tensor y = Tensor.allocate(arena, plan.outputShape(), layout);
          Workspace workspace = plan.workspace(arena);
          plan.run(x, y, workspace, Workers.serial());
          assertEquals(plan.workspaceBytes(), workspace.bytes(), plan.toString());
          Workspace wide = plan.workspace(arena, 3);
          plan.run(x, y, wide, Workers.serial());
          assertEquals(plan.workspaceBytes() + 2 * plan.bytesPerThread(), wide.bytes());
        }
      }
    }
  }

  @Test
  void weightsAreReadWhenThePlanIsMade() {
    ConvData data = data(CASE, 5);
    float[] expected = data.naive();
    for (Algorithm algorithm : ConvRun.algorithms(CASE)) {
      float[] weights = data.weights().clone();
      ConvData own = data.withWeights(CASE, weights);
      ConvPlan plan = ConvRun.plan(algorithm, own, Layout.NHWC);
      Arrays.fill(weights, Float.NaN);
      try (UnitRun run = new UnitRun(plan.forward(), 1)) {
        ConvRun.same(algorithm, "weights", expected, run.of(data));
      }
    }
  }

  @Test
  void weightsOfAnyMemoryKindGiveTheSameBits() {
    ConvData data = data(CASE, 6);
    for (Algorithm algorithm : ConvRun.algorithms(CASE)) {
      float[] expected = ConvRun.run(algorithm, data);
      try (Arena shared = Arena.ofShared();
          Arena confined = Arena.ofConfined()) {
        for (MemoryKind kind : MemoryKind.values()) {
          MemoryKind.reset();
          long bytes = 4L * data.weights().length;
          // Odd addresses: filters need no alignment.
          MemorySegment memory = kind.allocate(shared, confined, bytes + 1).asSlice(1);
          MemorySegment.copy(MemorySegment.ofArray(data.weights()), 0, memory, 0, bytes);
          Filter filter = Filter.of(memory.asReadOnly(), 19, 5, 3, 3);
          ConvPlan plan =
              Conv2d.of(CASE, filter).algorithm(algorithm).plan(CASE.input(), Layout.NHWC, shared);
          try (UnitRun run = new UnitRun(plan.forward(), 1)) {
            ConvRun.sameBits(algorithm + " " + kind, expected, run.of(data));
          }
        }
      }
    }
  }

  @Test
  void aPlanFromAConfinedArenaRunsOnEveryThread() throws InterruptedException {
    ConvData data = data(CASE, 7);
    float[] expected = data.naive();
    for (Algorithm algorithm : ConvRun.algorithms(CASE)) {
      try (Arena confined = Arena.ofConfined()) {
        ConvPlan plan = data.conv(algorithm).plan(CASE.input(), Layout.NHWC, confined);
        Workspace workspace = plan.workspace(confined, 2);
        Tensor x = Tensor.of(Arena.ofAuto(), CASE.input(), Layout.NHWC, data.x());
        Tensor y = Tensor.allocate(Arena.ofAuto(), CASE.output(), Layout.NHWC);
        elsewhere(() -> plan.run(x, y, workspace, Workers.serial()));
        ConvRun.same(algorithm, "elsewhere", expected, y.toArray(Layout.NHWC));
      }
    }
  }

  @Test
  void onePlanServesManyThreadsAtOnce() throws InterruptedException {
    for (Algorithm algorithm : ConvRun.algorithms(CASE)) {
      ConvData[] inputs = new ConvData[4];
      ConvPlan plan = ConvRun.plan(algorithm, data(CASE, 0), Layout.NHWC);
      Runnable[] runs = new Runnable[inputs.length];
      for (int i = 0; i < runs.length; i++) {
        ConvData mine = data(CASE, 0).withInput(CASE, data(CASE, 10 + i).x());
        float[] expected = mine.naive();
        runs[i] =
            () -> {
              Workspace workspace = plan.workspace(Arena.ofAuto());
              Tensor x = Tensor.of(Arena.ofAuto(), CASE.input(), Layout.NHWC, mine.x());
              Tensor y = Tensor.allocate(Arena.ofAuto(), CASE.output(), Layout.NHWC);
              for (int repeat = 0; repeat < 50; repeat++) {
                y.fill(Float.NaN);
                plan.run(x, y, workspace, Workers.serial());
                ConvRun.same(algorithm, "shared plan", expected, y.toArray(Layout.NHWC));
              }
            };
      }
      elsewhere(runs);
    }
  }

  @Test
  void aTensorIsInputAndResidualAtOnce() {
    ConvCase square = ConvCase.parse("n1c6h5w5 k6f3p1");
    ConvData data = data(square, 9);
    ConvData added = data.withResidual(data.x());
    for (Algorithm algorithm : ConvRun.algorithms(square)) {
      try (Arena arena = Arena.ofShared()) {
        ConvPlan plan = data.conv(algorithm).plan(square.input(), Layout.NHWC, arena);
        Tensor x = Tensor.of(arena, square.input(), Layout.NHWC, data.x()).asReadOnly();
        Tensor y = Tensor.allocate(arena, square.output(), Layout.NHWC);
        plan.run(x, x, y, plan.workspace(arena), Workers.serial());
        ConvRun.same(algorithm, "x + conv(x)", added.naive(), y.toArray(Layout.NHWC));
      }
    }
  }

  @Test
  void adjacentTensorsDoNotOverlap() {
    ConvData data = data(CASE, 11);
    MemorySegment memory =
        Arena.ofAuto().allocate(CASE.input().bytes() + CASE.output().bytes(), 64);
    Tensor x = Tensor.of(memory, CASE.input(), Layout.NHWC).copyFrom(data.x(), Layout.NHWC);
    Tensor y = Tensor.of(memory.asSlice(CASE.input().bytes()), CASE.output(), Layout.NHWC);
    ConvPlan plan = ConvRun.plan(Algorithm.DIRECT, data, Layout.NHWC);
    plan.run(x, y, plan.workspace(Arena.ofAuto()), Workers.serial());
    ConvRun.sameNumbers("adjacent", data.naive(), y.toArray(Layout.NHWC));
    assertArrayEquals(data.x(), x.segment().toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void workspacesServePlansThatDifferInTheirWeightsOnly() {
    ConvData first = data(CASE, 12);
    ConvData second = first.withWeights(CASE, data(CASE, 13).weights());
    for (Algorithm algorithm : ConvRun.algorithms(CASE)) {
      ConvPlan plan = ConvRun.plan(algorithm, first, Layout.NHWC);
      ConvPlan other = plan.withFilter(second.filter(), Arena.ofAuto());
      Workspace workspace = plan.workspace(Arena.ofAuto());
      Tensor x = Tensor.of(Arena.ofAuto(), CASE.input(), Layout.NHWC, first.x());
      Tensor y = Tensor.allocate(Arena.ofAuto(), CASE.output(), Layout.NHWC);
      other.run(x, y, workspace, Workers.serial());
      ConvRun.same(algorithm, "second", second.naive(), y.toArray(Layout.NHWC));
      plan.run(x, y, workspace, Workers.serial());
      ConvRun.same(algorithm, "first", first.naive(), y.toArray(Layout.NHWC));
    }
    ConvPlan plan = ConvRun.plan(Algorithm.DIRECT, first, Layout.NHWC);
    Filter tooSmall = Filter.of(new float[19 * 5], 19, 5, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> plan.withFilter(tooSmall, Arena.ofAuto()));
  }

  /** Runs tasks at once, each on a thread of its own, and passes on what they throw. */
  static void elsewhere(Runnable... tasks) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Runnable task : tasks) {
      Thread thread = new Thread(task);
      thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertNull(thrown.get());
  }
}
