package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

class PoolPlanTest {

  private static final Set<String> OPERATIONS = Set.of("max", "avg", "global_avg", "global_max");

  @TestFactory
  Stream<DynamicTest> poolingIsThatOfTheReference() {
    return Vectors.tests(
        "pool2d",
        vector -> OPERATIONS.contains(vector.text("op")),
        vector -> {
          for (Layout layout : Layout.values()) {
            check(vector, layout);
          }
        });
  }

  private static void check(Vectors.Case vector, Layout layout) {
    Shape input =
        Shape.nchw(
            vector.integer("N"), vector.integer("C"), vector.integer("H"), vector.integer("W"));
    PoolPlan plan = pool(vector).plan(input, layout);
    assertEquals(vector.integer("OH"), plan.outputShape().h());
    assertEquals(vector.integer("OW"), plan.outputShape().w());
    float[] xs = vector.input("x").floats();
    float[] dys = vector.input("dy").floats();
    try (Arena arena = Arena.ofShared();
        Workers workers = Workers.of(2)) {
      Tensor x = Tensor.of(arena, input, layout, new float[xs.length]).copyFrom(xs, Layout.NCHW);
      Tensor y = Tensor.allocate(arena, plan.outputShape(), layout).fill(Float.NaN);
      plan.run(x, y, workers);
      // The scale of a mean's error is the mean of the magnitudes.
      Tensor magnitudes = Tensor.allocate(arena, input, layout);
      magnitudes.copyFrom(absolute(xs), Layout.NCHW);
      Tensor scale = Tensor.allocate(arena, plan.outputShape(), layout);
      plan.run(magnitudes, scale, workers);
      assertWithin(
          vector.expected("y"), y.toArray(Layout.NCHW), plan.errorBound(), scale, "y of " + plan);

      Tensor dy = Tensor.allocate(arena, plan.outputShape(), layout).copyFrom(dys, Layout.NCHW);
      Tensor dx = Tensor.allocate(arena, input, layout).fill(Float.NaN);
      plan.backward(x, dy, dx, workers);
      // Each of at most T overlapping windows adds one term, rounded when divided and when added.
      int overlaps = plan.outputShape().h() * plan.outputShape().w();
      dy.copyFrom(absolute(dys), Layout.NCHW);
      Tensor dxScale = Tensor.allocate(arena, input, layout);
      plan.backward(x, dy, dxScale, workers);
      assertWithin(
          vector.expected("dx"),
          dx.toArray(Layout.NCHW),
          (overlaps + 1) * 0x1p-24 * (1 + 0x1p-10),
          dxScale,
          "dx of " + plan);

      if (vector.hasExpected("argmax")) {
        long[] indices = new long[(int) plan.outputShape().elements()];
        plan.argmax(x, indices, workers);
        double[] expected = vector.expected("argmax").doubles();
        for (int i = 0; i < indices.length; i++) {
          assertEquals(expected[i], indices[i], "argmax[" + i + "] of " + plan);
        }
      }
    }
  }

  /** The scale was itself computed in float, with an error far below the 2^-10 that is added. */
  private static void assertWithin(
      Vectors.Values expected, float[] actual, double bound, Tensor scale, String what) {
    float[] scales = scale.toArray(Layout.NCHW);
    for (int i = 0; i < actual.length; i++) {
      double allowed = bound * scales[i] * (1 + 0x1p-10);
      assertEquals(expected.at(i), actual[i], allowed, what + " at " + i);
    }
  }

  private static float[] absolute(float[] values) {
    float[] magnitudes = values.clone();
    for (int i = 0; i < values.length; i++) {
      magnitudes[i] = Math.abs(values[i]);
    }
    return magnitudes;
  }

  private static Pool2d pool(Vectors.Case vector) {
    String op = vector.text("op");
    Pool2d.Kind kind = op.endsWith("max") ? Pool2d.Kind.MAX : Pool2d.Kind.AVERAGE;
    if (op.startsWith("global")) {
      return Pool2d.global(kind);
    }
    int[] window = vector.integers("kernel");
    int[] stride = vector.integers("stride");
    int[] pad = vector.integers("pad_tlbr");
    int[] dilation = vector.integers("dilation");
    Pool2d pool =
        Pool2d.of(kind, window[0], window[1])
            .stride(stride[0], stride[1])
            .padding(pad[0], pad[1], pad[2], pad[3])
            .dilation(dilation[0], dilation[1]);
    if (vector.has("count_include_pad")) {
      pool = pool.countIncludePad(vector.flag("count_include_pad"));
    }
    return vector.flag("ceil_mode") ? pool.ceilMode() : pool;
  }

  @TestFactory
  Stream<DynamicTest> vectorsAndTailsAgreeWithPlainLoops() {
    return IntStream.range(0, 100)
        .mapToObj(seed -> DynamicTest.dynamicTest("seed " + seed, () -> agrees(seed)));
  }

  /**
   * Values from {-1, 0, 1, NaN} make ties and NaN frequent; means of them in this order are exact
   * in the loop, too.
   */
  private static void agrees(int seed) {
    Random random = new Random(seed);
    // The first draws of neighbouring seeds are alike.
    Pool2d.Kind kind = seed % 2 == 0 ? Pool2d.Kind.MAX : Pool2d.Kind.AVERAGE;
    int fh = 1 + random.nextInt(4);
    int fw = 1 + random.nextInt(4);
    Shape input =
        Shape.nchw(
            1 + random.nextInt(3),
            1 + random.nextInt(40),
            fh + random.nextInt(6),
            fw + random.nextInt(6));
    Pool2d pool =
        Pool2d.of(kind, fh, fw)
            .stride(1 + random.nextInt(3), 1 + random.nextInt(3))
            .padding(random.nextInt(fh), random.nextInt(fw), random.nextInt(fh), random.nextInt(fw))
            .countIncludePad(random.nextBoolean());
    pool = random.nextBoolean() ? pool.ceilMode() : pool;
    assertEquals(pool.toString(), Pool2d.parse(pool.toString()).toString());
    // The one that was read makes the numbers that are compared.
    pool = Pool2d.parse(pool.toString());
    PoolPlan plan = pool.plan(input, Layout.NHWC);
    boolean nan = random.nextBoolean();
    float[] x = new float[(int) input.elements()];
    for (int i = 0; i < x.length; i++) {
      x[i] = nan && random.nextInt(10) == 0 ? Float.NaN : random.nextInt(3) - 1;
    }
    try (Arena arena = Arena.ofShared();
        Workers three = Workers.of(3)) {
      Tensor in = Tensor.of(arena, input, Layout.NHWC, x);
      Tensor out = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC);
      plan.run(in, out, three);
      PlainPooling plain = new PlainPooling(pool, plan, in);
      assertArrayEquals(plain.run(), out.toArray(Layout.NCHW), 0, plan.toString());
      if (kind == Pool2d.Kind.MAX) {
        long[] indices = new long[(int) plan.outputShape().elements()];
        plan.argmax(in, indices, three);
        assertArrayEquals(plain.argmax(), indices, plan.toString());
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> outputsInADeeperTensorAreThoseOfOneOfTheirOwn() {
    return IntStream.range(0, 60)
        .mapToObj(seed -> DynamicTest.dynamicTest("seed " + seed, () -> goesDeeper(seed)));
  }

  /** Forward, the maxima's places, the gradient; in memory that is used in place and in copies. */
  private static void goesDeeper(int seed) {
    Random random = new Random(seed);
    Pool2d.Kind kind = seed % 2 == 0 ? Pool2d.Kind.MAX : Pool2d.Kind.AVERAGE;
    Pool2d pool =
        seed % 5 == 0
            ? Pool2d.global(kind)
            : Pool2d.of(kind, 3, 3).stride(1 + random.nextInt(3)).padding(random.nextInt(2));
    int channels = 1 + random.nextInt(40);
    Shape input =
        Shape.nchw(1 + random.nextInt(3), channels, 3 + random.nextInt(7), 3 + random.nextInt(7));
    int first = random.nextInt(20);
    int depth = first + channels + random.nextInt(20);
    PoolPlan dense = pool.plan(input, Layout.NHWC);
    PoolPlan plan = pool.into(depth, first).plan(input, Layout.NHWC);
    MemoryKind memory = seed % 3 == 0 ? MemoryKind.MAPPED : MemoryKind.SHARED;
    Setting setting = new Setting(Layout.NHWC, 2, memory, memory, memory, 0);
    MemoryKind.reset();
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined()) {
      Tensor x = FencedTensor.allocate(memory, shared, confined, input, setting).tensor();
      for (int i = 0; i < input.elements(); i++) {
        x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
      }
      FencedTensor deep =
          FencedTensor.allocate(memory, shared, confined, plan.outputShape(), setting);
      Tensor y = deep.tensor();
      plan.run(x, y, setting.workers());
      assertEquals("none", deep.damage(), plan.toString());
      Tensor own = Tensor.allocate(shared, dense.outputShape(), Layout.NHWC);
      dense.run(x, own, Workers.serial());
      assertChannels(own, y, first, plan);
      if (kind == Pool2d.Kind.MAX) {
        long[] places = new long[(int) dense.outputShape().elements()];
        long[] expected = places.clone();
        plan.argmax(x, places, setting.workers());
        dense.argmax(x, expected, Workers.serial());
        assertArrayEquals(expected, places, plan.toString());
      }
      Tensor dx = FencedTensor.allocate(memory, shared, confined, input, setting).tensor();
      Tensor expected = Tensor.allocate(shared, input, Layout.NHWC);
      plan.backward(x, y, dx, setting.workers());
      dense.backward(x, own, expected, Workers.serial());
      ConvRun.sameBits(plan.toString(), expected.toArray(Layout.NHWC), dx.toArray(Layout.NHWC));
    }
  }

  /** The others hold what they held before. */
  private static void assertChannels(Tensor own, Tensor deep, int first, PoolPlan plan) {
    int count = own.shape().c();
    int depth = deep.shape().c();
    for (int i = 0; i < deep.shape().elements(); i++) {
      int channel = i % depth - first;
      int actual = deep.segment().getAtIndex(ValueLayout.JAVA_INT, i);
      int expected =
          channel >= 0 && channel < count
              ? own.segment().getAtIndex(ValueLayout.JAVA_INT, i / depth * count + channel)
              : FencedTensor.MARK;
      assertEquals(expected, actual, plan + ", channel " + channel + " of pixel " + i / depth);
    }
  }

  @Test
  void outputsMustFitIntoTheDeeperTensor() {
    Shape input = Shape.image(4, 4, 3);
    Pool2d pool = Pool2d.max(2);
    assertEquals(Shape.image(2, 2, 8), pool.into(8, 5).outputShape(input));
    refuses("1 output channel from channel -1 on do not fit into 8", () -> pool.into(8, -1));
    refuses("from channel 8 on do not fit into 8", () -> pool.into(8, 8));
    refuses(
        "3 output channels from channel 6 on do not fit into 8: the first one may be 0 to 5",
        () -> pool.into(8, 6).outputShape(input));
    refuses("do not fit into 2: at least 3", () -> pool.into(2, 0).plan(input, Layout.NHWC));
    refuses(
        "outputs go into channels 5 to 7 of 8, which takes NHWC, not NCHW",
        () -> pool.into(8, 5).plan(input, Layout.NCHW));
    PoolPlan plan = pool.into(8, 5).plan(input, Layout.NHWC);
    Tensor x = Tensor.allocate(Arena.ofAuto(), input, Layout.NHWC);
    Tensor own = Tensor.allocate(Arena.ofAuto(), Shape.image(2, 2, 3), Layout.NHWC);
    refuses("output is n1c3h2w2, not n1c8h2w2", () -> plan.run(x, own, Workers.serial()));
    refuses("needs 12 indices, not 32", () -> plan.argmax(x, new long[32], Workers.serial()));
  }

  /** The definition, one output at a time. */
  private record PlainPooling(Pool2d pool, PoolPlan plan, Tensor x) {

    float[] run() {
      float[] values = new float[(int) plan.outputShape().elements()];
      each((at, window) -> values[at] = window.value());
      return values;
    }

    long[] argmax() {
      long[] indices = new long[(int) plan.outputShape().elements()];
      each((at, window) -> indices[at] = window.index);
      return indices;
    }

    interface Consumer {
      void accept(int at, PlainWindow window);
    }

    private void each(Consumer consumer) {
      Shape out = plan.outputShape();
      int at = 0;
      for (int n = 0; n < out.n(); n++) {
        for (int c = 0; c < out.c(); c++) {
          for (int oy = 0; oy < out.h(); oy++) {
            for (int ox = 0; ox < out.w(); ox++) {
              consumer.accept(at++, new PlainWindow(pool, x, n, c, oy, ox));
            }
          }
        }
      }
    }
  }

  /**
   * One window of the definition; extents are read from the description's name, as a person would.
   */
  private static final class PlainWindow {
    private float max = Float.NEGATIVE_INFINITY;
    private long index = -1;
    private float total;
    private int cells;
    private int counted;
    private final boolean wantsMax;
    private final boolean countsPadding;

    PlainWindow(Pool2d pool, Tensor x, int n, int c, int oy, int ox) {
      var g = pool.geometry(x.shape());
      wantsMax = pool.kind() == Pool2d.Kind.MAX;
      countsPadding = pool.countsPadding();
      for (int fy = 0; fy < g.fh(); fy++) {
        int iy = oy * g.sh() - g.pt() + fy;
        float row = 0;
        for (int fx = 0; fx < g.fw(); fx++) {
          int ix = ox * g.sw() - g.pl() + fx;
          boolean inside = iy >= 0 && iy < g.h() && ix >= 0 && ix < g.w();
          counted += iy < g.h() + pool.bottom() && ix < g.w() + pool.right() ? 1 : 0;
          if (inside) {
            row += take(x.get(n, c, iy, ix), (long) iy * g.w() + ix);
          }
        }
        total += row;
      }
    }

    private float take(float value, long at) {
      cells++;
      if (index < 0 || value > max || (Float.isNaN(value) && !Float.isNaN(max))) {
        max = value;
        index = at;
      }
      return value;
    }

    float value() {
      return wantsMax ? max : total / (countsPadding ? counted : cells);
    }
  }

  @Test
  void aMaximumPassesItsGradientToTheFirstOfEqualValues() {
    PoolPlan plan = Pool2d.max(2).plan(Shape.image(4, 2, 1), Layout.NCHW);
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.of(arena, plan.inputShape(), Layout.NCHW, 5, 5, 0, Float.NaN, 5, 5, 9, 9);
      Tensor dy = Tensor.of(arena, plan.outputShape(), Layout.NCHW, 3, 4);
      Tensor dx = Tensor.allocate(arena, plan.inputShape(), Layout.NCHW);
      plan.backward(x, dy, dx, Workers.serial());
      assertArrayEquals(new float[] {3, 0, 0, 4, 0, 0, 0, 0}, dx.toArray(Layout.NCHW), 0);
    }
  }

  @Test
  void theTextbooksPoolingKeepsTheDepth() {
    Shape volume = Shape.image(224, 224, 64);
    assertEquals(Shape.image(112, 112, 64), Pool2d.max(2).outputShape(volume));
    assertEquals(
        Shape.image(27, 27, 96), Pool2d.max(3).stride(2).outputShape(Shape.image(55, 55, 96)));
  }

  @Test
  void wrongArgumentsAreNamed() {
    Shape input = Shape.image(4, 4, 3);
    refuses("window must be positive, not 0", () -> Pool2d.max(0));
    refuses("stride must be positive, not 1x0", () -> Pool2d.max(2).stride(1, 0));
    refuses("padding must not be negative", () -> Pool2d.max(2).padding(-1));
    refuses("larger than the padded input's 4", () -> Pool2d.max(5).outputShape(input));
    refuses("lie in the padding", () -> Pool2d.max(2).padding(2).outputShape(input));
    PoolPlan plan = Pool2d.average(2).plan(input, Layout.NHWC);
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.allocate(arena, input, Layout.NHWC);
      Tensor y = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC).fill(7);
      Workers serial = Workers.serial();
      refuses("has no argmax", () -> plan.argmax(x, new long[12], serial));
      refuses("output is n1c3h4w4, not n1c3h2w2", () -> plan.run(x, x, serial));
      refuses("read-only", () -> plan.run(x, y.asReadOnly(), serial));
      refuses("overlap", () -> plan.run(x, Tensor.of(x.segment(), y.shape(), Layout.NHWC), serial));
      assertEquals(7, y.get(0, 0, 0, 0));
    }
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith("pool2d") && message.contains(part), message);
  }

  /** Behind 2^24 a float no longer counts in ones. */
  @Test
  void theMaximumOfAVeryLargeWindowIsFound() {
    Shape input = Shape.image(4100, 4100, 1);
    PoolPlan plan = Pool2d.global(Pool2d.Kind.MAX).plan(input, Layout.NHWC);
    int place = (1 << 24) + 1;
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.allocate(arena, input, Layout.NHWC);
      x.set(0, 0, place / 4100, place % 4100, 1);
      long[] index = new long[1];
      plan.argmax(x, index, Workers.serial());
      assertEquals(place, index[0]);
      Tensor dy = Tensor.allocate(arena, plan.outputShape(), Layout.NHWC).fill(3);
      Tensor dx = Tensor.allocate(arena, input, Layout.NHWC);
      plan.backward(x, dy, dx, Workers.serial());
      assertEquals(3, dx.get(0, 0, place / 4100, place % 4100));
    }
  }

  @Test
  void aMaximumAmongTooManyTapsHasNoPlace() {
    Shape input = Shape.image(1 << 16, 1 << 16, 1);
    PoolPlan plan = Pool2d.global(Pool2d.Kind.MAX).plan(input, Layout.NHWC);
    Tensor any = Tensor.allocate(Arena.ofAuto(), Shape.image(1, 1, 1), Layout.NHWC);
    Workers serial = Workers.serial();
    refuses("4294967296 taps", () -> plan.argmax(any, new long[1], serial));
    refuses("4294967296 taps", () -> plan.backward(any, any, any, serial));
  }

  @Test
  void theErrorBoundOfAVeryLargeWindowIsNotNegative() {
    Pool2d pool = Pool2d.of(Pool2d.Kind.AVERAGE, 1 << 30, 1 << 30).padding(1 << 29);
    PoolPlan plan = pool.stride(1 << 30).plan(Shape.image(1, 1, 1), Layout.NHWC);
    assertTrue(plan.errorBound() > 0, plan + ": " + plan.errorBound());
  }

  @Test
  void ceilModeLeavesOutWindowsBehindTheInput() {
    Pool2d pool = Pool2d.max(1).stride(3).ceilMode();
    assertEquals(Shape.image(2, 2, 1), pool.padding(0, 0, 0, 1).outputShape(Shape.image(6, 6, 1)));
    assertEquals(Shape.image(2, 2, 1), pool.padding(0, 0, 8, 8).outputShape(Shape.image(6, 6, 1)));
  }

  @Test
  void ceilModeAddsAWindowForWhatIsLeftOver() {
    Shape input = Shape.image(6, 6, 1);
    assertEquals(Shape.image(2, 2, 1), Pool2d.max(3).stride(2).outputShape(input));
    assertEquals(Shape.image(3, 3, 1), Pool2d.max(3).stride(2).ceilMode().outputShape(input));
  }

  @Test
  void manyThreadsMayRunOnePlanOfPlanesAtOnce() {
    Shape input = new Shape(2, 5, 8, 8);
    PoolPlan plan = Pool2d.max(2).plan(input, Layout.NCHW);
    List<Boolean> all =
        IntStream.range(0, 200)
            .parallel()
            .mapToObj(
                i -> {
                  Tensor x = Tensor.allocate(Arena.ofAuto(), input, Layout.NCHW).fill(i);
                  Tensor y = Tensor.allocate(Arena.ofAuto(), plan.outputShape(), Layout.NCHW);
                  plan.run(x, y, Workers.serial());
                  float[] expected = new float[(int) plan.outputShape().elements()];
                  Arrays.fill(expected, i);
                  return Arrays.equals(expected, y.toArray(Layout.NCHW));
                })
            .toList();
    assertEquals(Collections.nCopies(200, true), all);
  }

  @Test
  void extentsBeyondAnIntAreRefused() {
    int max = Integer.MAX_VALUE;
    Pool2d wide = Pool2d.of(Pool2d.Kind.MAX, 1, 3).dilation(1, max).padding(0, max, 0, max);
    refuses(
        "4294967293 pixels beyond the input's width",
        () -> wide.stride(1, max).ceilMode().outputShape(Shape.image(2, 1, 1)));
    refuses("too many", () -> Pool2d.max(1).outputShape(Shape.nchw(1 << 16, 1, 1 << 16, 1)));
  }

  @Test
  void aGlobalWindowTakesNoStridePaddingOrDilation() {
    Pool2d global = Pool2d.global(Pool2d.Kind.AVERAGE);
    refuses("takes no stride", () -> global.stride(2));
    refuses("takes no padding", () -> global.padding(3));
    refuses("takes no dilation", () -> global.dilation(2, 2));
  }
}
