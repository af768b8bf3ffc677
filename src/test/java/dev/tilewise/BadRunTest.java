package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Wrong arguments of a run are one sentence with the numbers, and nothing is written. */
class BadRunTest {

  private static final ConvCase CASE = ConvCase.parse("n1c5h7w6 k17f3s1p1");
  private static final float UNTOUCHED = 123.25f;

  /** Everything a run takes, right; each test makes one thing wrong. */
  private static final class Call implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Arena planArena = Arena.ofShared();
    private final Arena workspaceArena = Arena.ofShared();
    private final Arena tensorArena = Arena.ofShared();
    private final Layout layout;
    private final Tensor goodY;
    private ConvPlan plan;
    private Tensor x;
    private Tensor residual;
    private Tensor y;
    private Workspace workspace;
    private Workers workers = Workers.serial();

    private Call(Algorithm algorithm, Layout layout) {
      this.layout = layout;
      ConvData data = ConvData.random(CASE, Values.UNIT, 1, ConvCases.Surround.NOTHING);
      plan = data.conv(algorithm).plan(CASE.input(), layout, planArena);
      x = Tensor.allocate(arena, CASE.input(), layout);
      residual = Tensor.allocate(arena, CASE.output(), layout);
      goodY = Tensor.allocate(arena, CASE.output(), layout).fill(UNTOUCHED);
      y = goodY;
      workspace = plan.workspace(workspaceArena);
    }

    private void run() {
      plan.run(x, residual, y, workspace, workers);
    }

    @Override
    public void close() {
      for (Arena a : new Arena[] {arena, planArena, workspaceArena, tensorArena}) {
        if (a.scope().isAlive()) {
          a.close();
        }
      }
    }
  }

  private static void rejected(
      Class<? extends RuntimeException> type, Consumer<Call> wrong, String... parts) {
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      for (Layout layout : Layout.values()) {
        try (Call call = new Call(algorithm, layout)) {
          wrong.accept(call);
          RuntimeException thrown = assertThrows(type, call::run, algorithm + " " + layout);
          String message = String.valueOf(thrown.getMessage());
          for (String part : parts) {
            assertTrue(
                message.contains(part),
                algorithm + " " + layout + ": no \"" + part + "\": " + message);
          }
          assertTrue(message.startsWith("conv2d: "), message);
          untouched(algorithm + " " + layout, call.goodY);
        }
      }
    }
  }

  private static void untouched(String what, Tensor y) {
    for (float value : y.segment().toArray(ValueLayout.JAVA_FLOAT)) {
      assertEquals(UNTOUCHED, value, what);
    }
  }

  private static final Class<IllegalArgumentException> ARGUMENT = IllegalArgumentException.class;
  private static final Class<IllegalStateException> STATE = IllegalStateException.class;

  @Test
  void theRightCallIsRight() {
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      try (Call call = new Call(algorithm, Layout.NCHW)) {
        assertDoesNotThrow(call::run);
      }
    }
  }

  @Test
  void shapesMustBeThoseOfThePlan() {
    Shape wrong = Shape.nchw(1, 5, 6, 7);
    rejected(
        ARGUMENT,
        c -> c.x = Tensor.allocate(c.arena, wrong, c.layout),
        "input",
        "n1c5h6w7",
        "n1c5h7w6");
    rejected(
        ARGUMENT,
        c -> c.y = Tensor.allocate(c.arena, wrong, c.layout),
        "output",
        "n1c5h6w7",
        "n1c17h7w6");
    rejected(
        ARGUMENT,
        c -> c.residual = Tensor.allocate(c.arena, wrong, c.layout),
        "residual",
        "n1c5h6w7",
        "n1c17h7w6");
  }

  @Test
  void layoutsMustBeThatOfThePlan() {
    rejected(ARGUMENT, c -> c.x = turned(c, CASE.input()), "input", "NCHW", "NHWC");
    rejected(ARGUMENT, c -> c.y = turned(c, CASE.output()), "output", "NCHW", "NHWC");
    rejected(ARGUMENT, c -> c.residual = turned(c, CASE.output()), "residual", "NCHW", "NHWC");
  }

  private static Tensor turned(Call c, Shape shape) {
    return Tensor.allocate(c.arena, shape, c.layout == Layout.NCHW ? Layout.NHWC : Layout.NCHW);
  }

  @Test
  void theOutputMustBeWritable() {
    rejected(ARGUMENT, c -> c.y = c.y.asReadOnly(), "output", "n1c17h7w6", "read-only");
  }

  @Test
  void theOutputMustNotOverlapTheInput() {
    rejected(ARGUMENT, c -> c.x = Tensor.of(c.goodY.segment(), CASE.input(), c.layout), "overlap");
    // By one float, from either side.
    long bytes = CASE.output().bytes() + CASE.input().bytes() - Float.BYTES;
    rejected(ARGUMENT, c -> overlap(c, bytes, 0, CASE.input().bytes() - Float.BYTES), "overlap");
    rejected(ARGUMENT, c -> overlap(c, bytes, CASE.output().bytes() - Float.BYTES, 0), "overlap");
  }

  private static void overlap(Call c, long bytes, long xOff, long yOff) {
    MemorySegment memory = c.arena.allocate(bytes, Float.BYTES);
    c.x = Tensor.of(memory.asSlice(xOff), CASE.input(), c.layout);
    c.y = Tensor.of(memory.asSlice(yOff), CASE.output(), c.layout);
  }

  @Test
  void theOutputMustNotOverlapTheResidual() {
    rejected(ARGUMENT, c -> c.residual = c.y, "output", "overlap", "residual");
  }

  @Test
  void arenasMustBeOpen() {
    rejected(STATE, c -> c.x = closed(c, CASE.input()), "input", "closed");
    rejected(STATE, c -> c.y = closed(c, CASE.output()), "output", "closed");
    rejected(STATE, c -> c.residual = closed(c, CASE.output()), "residual", "closed");
    rejected(STATE, c -> c.planArena.close(), "closed");
    rejected(STATE, c -> c.workspaceArena.close(), "workspace", "closed");
  }

  private static Tensor closed(Call c, Shape shape) {
    Tensor t = Tensor.allocate(c.tensorArena, shape, c.layout);
    c.tensorArena.close();
    return t;
  }

  @Test
  void confinedTensorsMustBelongToTheCaller() {
    rejected(STATE, c -> c.x = foreign(CASE.input(), c.layout), "input", "another thread");
    rejected(STATE, c -> c.y = foreign(CASE.output(), c.layout), "output", "another thread");
    rejected(STATE, c -> c.residual = foreign(CASE.output(), c.layout), "residual", "another");
  }

  private static Tensor foreign(Shape shape, Layout layout) {
    AtomicReference<Tensor> made = new AtomicReference<>();
    try {
      ConvPlanTest.elsewhere(() -> made.set(Tensor.allocate(Arena.ofConfined(), shape, layout)));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return made.get();
  }

  @Test
  void theWorkspaceMustBeThePlansOwn() {
    rejected(
        ARGUMENT,
        c -> c.workspace = other(CASE, c).workspace(c.arena),
        "workspace belongs to the plan of n1c5h7w6 k17f3s1p1");
    ConvCase smaller = ConvCase.parse("n1c1h1w1 k1f1");
    rejected(
        ARGUMENT,
        c -> c.workspace = other(smaller, c).workspace(c.arena),
        "workspace belongs to the plan of n1c1h1w1 k1f1",
        "bytes",
        "plan.workspace(arena)");
  }

  @Test
  void aForeignWorkspaceIsRefusedWithBothSizes() {
    try (Arena arena = Arena.ofShared()) {
      ConvPlan[] plans = new ConvPlan[2];
      String[] cases = {"n1c16h9w9 k32f3p1", "n1c16h20w20 k48f3p1"};
      for (int i = 0; i < plans.length; i++) {
        ConvCase e = ConvCase.parse(cases[i]);
        ConvData data = ConvData.random(e, Values.UNIT, 2, ConvCases.Surround.NOTHING);
        plans[i] = data.conv(Algorithm.WINOGRAD_F4).plan(e.input(), Layout.NHWC, arena);
      }
      Tensor x = Tensor.allocate(arena, plans[1].inputShape(), Layout.NHWC);
      Tensor y = Tensor.allocate(arena, plans[1].outputShape(), Layout.NHWC);
      Workspace foreign = plans[0].workspace(arena);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> plans[1].run(x, y, foreign, Workers.serial()))
              .getMessage();
      assertTrue(message.contains("has " + foreign.bytes() + " bytes"), message);
      assertTrue(message.contains("needs " + plans[1].workspaceBytes()), message);
    }
  }

  private static ConvPlan other(ConvCase extents, Call c) {
    ConvData data = ConvData.random(extents, Values.UNIT, 2, ConvCases.Surround.NOTHING);
    return data.conv(Algorithm.DIRECT).plan(extents.input(), c.layout, c.arena);
  }

  @Test
  void aWorkspaceServesOneRunAtATime() {
    rejected(STATE, c -> c.workspace.acquire(), "workspace is in use");
  }

  @Test
  void aFailedRunLeavesTheWorkspaceFree() {
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      try (Call call = new Call(algorithm, Layout.NHWC)) {
        Workers team = Workers.of(2);
        team.close();
        call.workers = team;
        String message = assertThrows(STATE, call::run).getMessage();
        assertEquals("workers: the team is closed", message);
        untouched(algorithm.name(), call.goodY);
        call.workers = Workers.serial();
        assertDoesNotThrow(call::run);
      }
    }
  }

  @Test
  void aWorkspaceHasAtLeastOneThread() {
    try (Call call = new Call(Algorithm.AUTO, Layout.NHWC)) {
      String message =
          assertThrows(ARGUMENT, () -> call.plan.workspace(call.arena, 0)).getMessage();
      assertEquals("conv2d: a workspace is for 1 to 1024 threads, not 0", message);
    }
  }

  @Test
  void nothingMayBeNullButTheResidual() {
    for (int missing = 0; missing < 4; missing++) {
      try (Call call = new Call(Algorithm.AUTO, Layout.NHWC)) {
        call.x = missing == 0 ? null : call.x;
        call.y = missing == 1 ? null : call.y;
        call.workspace = missing == 2 ? null : call.workspace;
        call.workers = missing == 3 ? null : call.workers;
        assertThrows(NullPointerException.class, call::run);
        untouched("argument " + missing, call.goodY);
      }
    }
  }

  @Test
  void anotherFiltersBiasMustBeReadable() {
    ConvData data = ConvData.random(CASE, Values.UNIT, 1, ConvCases.Surround.NOTHING);
    ConvPlan plan = ConvRun.plan(Algorithm.AUTO, data, Layout.NHWC);
    Arena arena = Arena.ofShared();
    MemorySegment weights = Arena.ofAuto().allocate(4L * 17 * 5 * 9);
    Filter filter = Filter.of(weights, 17, 5, 3, 3).withBias(arena.allocate(4L * 17));
    arena.close();
    Throwable thrown = assertThrows(STATE, () -> plan.withFilter(filter, Arena.ofAuto()));
    assertEquals("conv2d: the arena of the filter's bias is closed", thrown.getMessage());
  }

  @Test
  void closedMemoryMakesNoPlan() {
    Arena arena = Arena.ofShared();
    MemorySegment weights = arena.allocate(4L * 17 * 5 * 9);
    Filter filter = Filter.of(weights, 17, 5, 3, 3);
    arena.close();
    for (Algorithm algorithm : ConvRun.all(CASE)) {
      Conv2d conv = Conv2d.of(CASE, filter).algorithm(algorithm);
      Throwable thrown =
          assertThrows(STATE, () -> conv.plan(CASE.input(), Layout.NHWC, Arena.ofAuto()));
      assertEquals("conv2d: the arena of the filter's weights is closed", thrown.getMessage());
      ConvData data = ConvData.random(CASE, Values.UNIT, 1, ConvCases.Surround.NOTHING);
      ConvPlan plan = ConvRun.plan(algorithm, data, Layout.NHWC);
      assertThrows(STATE, () -> plan.withFilter(filter, Arena.ofAuto()));
      Conv2d open = data.conv(algorithm);
      Throwable late = assertThrows(STATE, () -> open.plan(CASE.input(), Layout.NHWC, arena));
      assertEquals("conv2d: the arena for the packed filters is closed", late.getMessage());
      late = assertThrows(STATE, () -> plan.withFilter(open.filter(), arena));
      assertEquals("conv2d: the arena for the packed filters is closed", late.getMessage());
      assertThrows(NullPointerException.class, () -> plan.withFilter(open.filter(), null));
    }
  }

  @Test
  void closingAnArenaDuringARunIsAnExceptionOfThatRun() throws InterruptedException {
    ConvCase large = ConvCase.parse("n1c32h64w64 k64f3s1p1");
    ConvData data = ConvData.random(large, Values.UNIT, 1, ConvCases.Surround.NOTHING);
    for (Algorithm algorithm : ConvRun.algorithms(large)) {
      for (int repeat = 0; repeat < 5; repeat++) {
        Arena arena = Arena.ofShared();
        ConvPlan plan = data.conv(algorithm).plan(large.input(), Layout.NHWC, Arena.ofAuto());
        Workspace workspace = plan.workspace(Arena.ofAuto(), 2);
        Tensor x = Tensor.allocate(arena, large.input(), Layout.NHWC);
        Tensor y = Tensor.allocate(arena, large.output(), Layout.NHWC);
        Thread closer = new Thread(arena::close);
        assertThrows(
            STATE,
            () -> {
              closer.start();
              while (true) {
                plan.run(x, y, workspace, Setting.PLAIN.withThreads(2).workers());
              }
            });
        // The JVM interrupts a thread whose access it ends; that is not what is tested here.
        Thread.interrupted();
        closer.join();
      }
    }
  }
}
