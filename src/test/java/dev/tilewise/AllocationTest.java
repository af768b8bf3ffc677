package dev.tilewise;

import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A run allocates nothing once it is compiled: not the caller, not a member of the team. The count
 * is of bytes on the heap, so it also finds vectors that C2 failed to keep in registers.
 */
class AllocationTest {

  /**
   * Rows read in place in one block; a first layer; blocked sums with a ragged last panel; a large
   * filter; depthwise of every kind: 3x3, half-page strides, five columns, strides, tap by tap,
   * several filters to a channel; 1x1 filters that end within a vector, and few of them; one
   * channel; filters that each run transforms.
   */
  private static final List<ConvCase> CASES =
      List.of(
          ConvCase.parse("n1c64h12w12 k48f3s1p1"),
          ConvCase.parse("n1c3h20w20 k32f3s2p1"),
          ConvCase.parse("n1c200h5w5 k37f3s1p1"),
          ConvCase.parse("n1c20h9w9 k17f5s1p2"),
          ConvCase.parse("n1c24h9w9 k24g24f3s1p1"),
          ConvCase.parse("n1c40h13w13 k56f1"),
          ConvCase.parse("n1c32h13w13 k24f1"),
          ConvCase.parse("n1c96h13w13 k32f1"),
          ConvCase.parse("n1c1h12w12 k20f5s1p2"),
          ConvCase.parse("n1c3h16w16 k6f3s1p1"),
          ConvCase.parse("n1c512h7w7 k512g512f3s1p1"),
          ConvCase.parse("n1c40h9w9 k40g40f3s2p1"),
          ConvCase.parse("n1c128h9w9 k128g128f3s2p1"),
          ConvCase.parse("n1c32h12w12 k32g32f5s1p2"),
          ConvCase.parse("n1c32h13w13 k32g32f5s2p2"),
          ConvCase.parse("n1c32h11w11 k32g32f3x4p1d2"),
          ConvCase.parse("n1c16h7w7 k48g16f3p1"),
          ConvCase.parse("n1c70h7w7 k32f3p1"));

  private static final MemoryKind[] KINDS = {MemoryKind.SHARED, MemoryKind.CONFINED};

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Cases that are run in every layout and kind of memory. */
  private static final int STAGED = 4;

  private static final int BATCH = 20;

  /** Of runs of the naive loop, each of which takes as long as hundreds of the others. */
  private static final int NAIVE_BATCH = 2;

  private static final long DEADLINE_NANOS = 30_000_000_000L;

  private static Workers pair;
  private static long[] members;

  @BeforeAll
  static void startTeam() {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    pair = Workers.of(2);
    Set<Thread> started = new HashSet<>(Thread.getAllStackTraces().keySet());
    started.removeAll(before);
    members =
        started.stream()
            .filter(thread -> thread.getName().startsWith("tilewise"))
            .mapToLong(Thread::threadId)
            .toArray();
  }

  @AfterAll
  static void endTeam() {
    pair.close();
  }

  @TestFactory
  Stream<DynamicTest> aWarmRunAllocatesNothing() {
    List<DynamicTest> tests = new ArrayList<>();
    for (ConvCase extents : CASES) {
      for (Algorithm algorithm : algorithms(extents)) {
        // Kernels know no layouts and no kinds of memory: what stages them is the same for all.
        boolean all = CASES.indexOf(extents) < STAGED;
        all &= !ConvRun.WINOGRAD.contains(algorithm) || extents == CASES.get(0);
        for (Layout layout : all ? Layout.values() : new Layout[] {Layout.NHWC}) {
          for (MemoryKind kind : all ? KINDS : new MemoryKind[] {MemoryKind.SHARED}) {
            for (int threads = 1; threads <= 2; threads++) {
              Setting setting = new Setting(layout, threads, kind, kind, kind, 0);
              tests.add(
                  DynamicTest.dynamicTest(
                      algorithm + " " + extents + " " + layout + " " + kind + " x" + threads,
                      () -> check(extents, algorithm, setting)));
            }
          }
        }
      }
    }
    return tests.stream();
  }

  /** Outputs that go into a deeper tensor: each algorithm, in place and staged. */
  @TestFactory
  Stream<DynamicTest> aWarmRunIntoADeeperTensorAllocatesNothing() {
    List<DynamicTest> tests = new ArrayList<>();
    for (int i : new int[] {0, 1, 2, 4, 5, 13}) {
      ConvCase extents = CASES.get(i);
      for (Algorithm algorithm : i == 0 ? ConvRun.all(extents) : List.of(Algorithm.DIRECT)) {
        for (MemoryKind kind : KINDS) {
          Setting setting = new Setting(Layout.NHWC, 2, kind, kind, kind, 0);
          tests.add(
              DynamicTest.dynamicTest(
                  algorithm + " " + extents + " " + kind,
                  () -> check(extents, algorithm, setting, extents.k() + 9, 5)));
        }
      }
    }
    return tests.stream();
  }

  /** Everything else that runs, on tensors in place and on those that are copied. */
  @TestFactory
  Stream<DynamicTest> aWarmRunOfAnotherOperationAllocatesNothing() {
    Shape shape = new Shape(2, 17, 16, 16);
    float[] numbers = new float[shape.c()];
    Arrays.fill(numbers, 0.5f);
    PerChannel affine = PerChannel.affine(numbers, numbers);
    PerChannel prelu = PerChannel.prelu(numbers);
    Lrn lrn = Lrn.of(5, 1e-4f, 0.75f, 1);
    List<DynamicTest> tests = new ArrayList<>();
    for (Layout layout : Layout.values()) {
      for (MemoryKind kind : KINDS) {
        for (int threads = 1; threads <= 2; threads++) {
          Setting setting = new Setting(layout, threads, kind, kind, kind, 0);
          for (Pool2d pool : List.of(Pool2d.max(2), Pool2d.average(3).stride(2))) {
            PoolPlan plan = pool.plan(shape, layout);
            tests.add(test(setting, pool.toString(), shape, plan.outputShape(), plan::run));
          }
          tests.add(test(setting, "affine", shape, shape, affine::run));
          tests.add(test(setting, "prelu", shape, shape, prelu::run));
          tests.add(test(setting, "gelu", shape, shape, Elementwise.GELU::run));
          tests.add(test(setting, "add", shape, shape, (x, y, w) -> Elementwise.add(x, x, y, w)));
          if (kind == MemoryKind.SHARED) {
            tests.add(test(setting, "softmax", shape, shape, Softmax.PROBABILITIES::run));
            tests.add(test(setting, "lrn", shape, shape, lrn::run));
          }
        }
      }
    }
    return tests.stream();
  }

  /** One step of each kind, inputs and outputs in either layout. */
  @TestFactory
  Stream<DynamicTest> aWarmRunOfAGraphAllocatesNothing() {
    Shape shape = new Shape(2, 17, 16, 16);
    float[] numbers = new float[17 * 17 * 9];
    Arrays.fill(numbers, 0.01f);
    List<DynamicTest> tests = new ArrayList<>();
    for (Layout layout : Layout.values()) {
      for (int threads = 1; threads <= 2; threads++) {
        GraphBuilder b = new GraphBuilder();
        Value x = b.input("x", Dims.of(shape));
        Value weights = b.constant("w", Dims.of(17, 17, 3, 3), numbers);
        Value y = b.relu(b.conv(x, weights, null, ConvSettings.UNIT.padding(1, 1, 1, 1)));
        y = b.softmax(b.add(b.pool(y, Pool2d.max(3).stride(1).padding(1)), x), 1, false);
        CompiledGraph graph =
            b.output(y).build().compile(CompileOptions.fastest().threads(threads));
        List<Tensor> inputs = Arrays.asList(new Tensor[1]);
        List<Tensor> outputs = Arrays.asList(new Tensor[1]);
        tests.add(
            test(
                new Setting(layout, threads, KINDS[0], KINDS[0], KINDS[0], 0),
                "graph",
                shape,
                shape,
                (in, out, workers) -> {
                  inputs.set(0, in);
                  outputs.set(0, out);
                  graph.run(inputs, outputs, workers);
                }));
      }
    }
    return tests.stream();
  }

  /** What takes a tensor and makes another. */
  @FunctionalInterface
  private interface Operation {
    void run(Tensor x, Tensor y, Workers workers);
  }

  private static DynamicTest test(
      Setting setting, String name, Shape input, Shape output, Operation operation) {
    return DynamicTest.dynamicTest(
        name + " " + setting,
        () -> {
          try (Arena shared = Arena.ofShared();
              Arena confined = Arena.ofConfined()) {
            Tensor x = tensor(setting, shared, confined, input).fill(0.5f);
            Tensor y = tensor(setting, shared, confined, output);
            Workers workers = setting.threads() == 1 ? Workers.serial() : pair;
            untilNothingIsAllocated(
                name + " " + setting, BATCH, () -> operation.run(x, y, workers));
          }
        });
  }

  /** Groups are nothing but more units to Winograd's kernels. */
  private static List<Algorithm> algorithms(ConvCase extents) {
    return extents.groups() == 1 ? ConvRun.all(extents) : ConvRun.algorithms(extents);
  }

  private static void check(ConvCase extents, Algorithm algorithm, Setting setting) {
    check(extents, algorithm, setting, extents.k(), 0);
  }

  private static void check(
      ConvCase extents, Algorithm algorithm, Setting setting, int depth, int first) {
    ConvCases.Surround all = new ConvCases.Surround(true, true, Activation.RELU);
    ConvData data = ConvData.random(extents, Values.UNIT, 1, all);
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined()) {
      Conv2d conv = data.conv(algorithm).into(depth, first).coldFilters(extents.k() % 2 == 0);
      ConvPlan plan = conv.plan(extents.input(), setting.layout(), shared);
      Tensor x = tensor(setting, shared, confined, extents.input());
      Tensor residual = tensor(setting, shared, confined, plan.residualShape());
      Tensor y = tensor(setting, shared, confined, plan.outputShape());
      Workspace workspace = plan.workspace(shared, setting.threads());
      Workers workers = setting.threads() == 1 ? Workers.serial() : pair;
      x.copyFrom(data.x(), Layout.NHWC);
      // The epilogue has a path with and one without a residual.
      untilNothingIsAllocated(
          algorithm + " " + extents + " " + setting,
          algorithm == Algorithm.NAIVE ? NAIVE_BATCH : BATCH,
          () -> {
            plan.run(x, residual, y, workspace, workers);
            plan.run(x, y, workspace, workers);
          });
    }
  }

  private static Tensor tensor(Setting setting, Arena shared, Arena confined, Shape shape) {
    return Tensor.of(
        setting.input().allocate(shared, confined, shape.bytes()), shape, setting.layout());
  }

  /** Passes at the first two batches in a row without a byte. */
  private static void untilNothingIsAllocated(String name, int batch, Runnable run) {
    long end = System.nanoTime() + DEADLINE_NANOS;
    int clean = 0;
    long[] allocated = new long[members.length + 1];
    while (clean < 2) {
      measure(run, batch, allocated);
      long total = 0;
      for (long bytes : allocated) {
        total += bytes;
      }
      clean = total == 0 ? clean + 1 : 0;
      if (clean == 0 && System.nanoTime() > end) {
        fail(name + ": bytes in " + batch + " runs, caller first: " + Arrays.toString(allocated));
      }
    }
  }

  private static void measure(Runnable run, int batch, long[] allocated) {
    for (int i = 0; i < members.length; i++) {
      allocated[i + 1] = -THREADS.getThreadAllocatedBytes(members[i]);
    }
    allocated[0] = -THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < batch; i++) {
      run.run();
    }
    allocated[0] += THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < members.length; i++) {
      allocated[i + 1] += THREADS.getThreadAllocatedBytes(members[i]);
    }
  }
}
