package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.conv.NaiveBackward;
import dev.tilewise.internal.conv.NaiveConvolution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

class ConvBackwardTest {

  @TestFactory
  Stream<DynamicTest> kernelsKeepTheOrderOfSummationOfTheDefinitionBitForBit() {
    return BackwardProblem.tests(
        200,
        seed -> {
          Random random = new Random(seed);
          ConvCase extents = BackwardProblem.randomCase(random);
          BackwardProblem p = BackwardProblem.of(extents, () -> (float) random.nextGaussian());
          assertBitsOfTheDefinition(p, 1);
        });
  }

  @TestFactory
  Stream<DynamicTest> infiniteGradientsDoNotMeetThePadding() {
    return BackwardProblem.tests(
        60,
        seed -> {
          Random random = new Random(seed);
          ConvCase extents = BackwardProblem.randomCase(random);
          BackwardProblem p =
              BackwardProblem.of(
                  extents,
                  () ->
                      random.nextInt(20) == 0
                          ? Float.POSITIVE_INFINITY
                          : (float) random.nextGaussian());
          assertBitsOfTheDefinition(p, 1);
        });
  }

  /** Compares every {@code step}-th gradient. */
  private static void assertBitsOfTheDefinition(BackwardProblem p, int step) {
    ConvCase e = p.extents();
    NaiveBackward naive = p.naive();
    try (Arena arena = Arena.ofShared()) {
      float[] dx = p.dx(arena, Layout.NHWC, Workers.serial());
      for (int i = 0; i < dx.length; i += step) {
        int pixel = i / e.c();
        int n = pixel / e.w() / e.h();
        float exact = naive.dataAt(n, i % e.c(), pixel / e.w() % e.h(), pixel % e.w());
        assertSameBits(exact, dx[i], e + " dx[" + i + "]");
      }
      float[] dw = p.dw(arena, Layout.NHWC, Workers.serial());
      int taps = e.fh() * e.fw();
      for (int i = 0; i < p.w().length; i += step) {
        int filter = i / taps;
        int tap = i % taps;
        float exact =
            naive.filterAt(filter / e.groupC(), filter % e.groupC(), tap / e.fw(), tap % e.fw());
        assertSameBits(exact, dw[i], e + " dw[" + i + "]");
      }
      for (int k = 0; k < e.k(); k++) {
        assertSameBits(naive.biasAt(k), dw[p.w().length + k], e + " db[" + k + "]");
      }
    }
  }

  private static void assertSameBits(float expected, float actual, String what) {
    assertEquals(Float.floatToIntBits(expected), Float.floatToIntBits(actual), what);
  }

  @Test
  void longSumsAreCutIntoTheBlocksOfTheDefinition() {
    Random random = new Random(7);
    // 1,600 filters are three blocks of the sum for dx; 2 x 12 x 13 pixels are two blocks of the
    // sum for dw, and 1600 x 700
    // weights more than one wave holds.
    ConvCase extents = ConvCase.parse("n2c700h12w13 k1600f1");
    BackwardProblem p = BackwardProblem.of(extents, () -> (float) random.nextGaussian());
    assertBitsOfTheDefinition(p, 9973);
  }

  @TestFactory
  Stream<DynamicTest> bitsDependNeitherOnThreadsNorLayoutNorMemoryKind() {
    return BackwardProblem.tests(
        60,
        seed -> {
          Random random = new Random(seed);
          BackwardProblem p =
              BackwardProblem.of(
                  BackwardProblem.randomCase(random), () -> (float) random.nextGaussian());
          try (Arena shared = Arena.ofShared();
              Arena confined = Arena.ofConfined();
              Workers three = Workers.of(3)) {
            float[] dx = p.dx(shared, Layout.NHWC, Workers.serial());
            float[] dw = p.dw(shared, Layout.NHWC, Workers.serial());
            assertArrayEquals(dx, p.dx(shared, Layout.NCHW, three), 0);
            assertArrayEquals(dw, p.dw(shared, Layout.NCHW, three), 0);
            assertArrayEquals(dx, p.dx(confined, Layout.NHWC, three), 0);
            assertArrayEquals(dw, p.dw(confined, Layout.NHWC, three), 0);
          }
        });
  }

  @Test
  void aBatchHasTheBitsOfItsImages() {
    Random random = new Random(3);
    BackwardProblem batch =
        BackwardProblem.of(
            ConvCase.parse("n5c6h7w8 k9f3x2s2x1p1"), () -> (float) random.nextGaussian());
    try (Arena arena = Arena.ofShared()) {
      float[] dx = batch.dx(arena, Layout.NHWC, Workers.serial());
      int in = batch.x().length / 5;
      int out = batch.dy().length / 5;
      for (int n = 0; n < 5; n++) {
        BackwardProblem one =
            new BackwardProblem(
                batch.extents().withBatch(1),
                Arrays.copyOfRange(batch.x(), n * in, (n + 1) * in),
                batch.w(),
                Arrays.copyOfRange(batch.dy(), n * out, (n + 1) * out));
        assertArrayEquals(
            Arrays.copyOfRange(dx, n * in, (n + 1) * in),
            one.dx(arena, Layout.NHWC, Workers.serial()),
            0);
      }
    }
  }

  /** {@code <conv(x, w), dy> = <x, dx> = <w, dw>}, exactly: all numbers are integers below 2^24. */
  @TestFactory
  Stream<DynamicTest> gradientsAreTheAdjointsOfTheConvolution() {
    return BackwardProblem.tests(
        100,
        seed -> {
          Random random = new Random(seed);
          BackwardProblem p =
              BackwardProblem.of(
                  BackwardProblem.randomCase(random), () -> (float) (random.nextInt(7) - 3));
          try (Arena arena = Arena.ofShared()) {
            double forward = forwardProduct(p, p.x(), p.w());
            assertEquals(forward, dot(p.x(), p.dx(arena, Layout.NHWC, Workers.serial())));
            assertEquals(forward, dot(p.w(), p.dw(arena, Layout.NHWC, Workers.serial())));
          }
        });
  }

  /**
   * The sum of y * dy is linear in each x and each w, so that a central difference of any width is
   * the derivative, up to rounding in double: 2^-53 for each of the at most 2^16 operations,
   * relative to the sum of magnitudes.
   */
  @TestFactory
  Stream<DynamicTest> exactGradientsAreTheNumericalDerivatives() {
    return BackwardProblem.tests(
        40,
        seed -> {
          Random random = new Random(seed);
          BackwardProblem p =
              BackwardProblem.of(
                  BackwardProblem.randomCase(random), () -> random.nextFloat() - 0.5f);
          ConvCase e = p.extents();
          double tolerance = 0x1p-37 * (e.macs() + 1);
          int i = random.nextInt(p.x().length);
          double dx =
              p.naive()
                  .exactDataAt(
                      i / (e.c() * e.w() * e.h()),
                      i % e.c(),
                      i / e.c() / e.w() % e.h(),
                      i / e.c() % e.w());
          assertEquals(slope(p.x(), i, () -> forwardProduct(p, p.x(), p.w())), dx, tolerance);
          int j = random.nextInt(p.w().length);
          int taps = e.fh() * e.fw();
          double dw =
              p.naive()
                  .exactFilterAt(
                      j / taps / e.groupC(), j / taps % e.groupC(), j % taps / e.fw(), j % e.fw());
          assertEquals(slope(p.w(), j, () -> forwardProduct(p, p.x(), p.w())), dw, tolerance);
        });
  }

  private static double slope(float[] values, int i, Supplier<Double> function) {
    float value = values[i];
    values[i] = value + 1;
    float up = values[i];
    double high = function.get();
    values[i] = value - 1;
    double width = (double) up - values[i];
    double low = function.get();
    values[i] = value;
    return (high - low) / width;
  }

  /** The sum of y * dy in double. */
  private static double forwardProduct(BackwardProblem p, float[] x, float[] w) {
    ConvCase e = p.extents();
    NaiveConvolution naive =
        new NaiveConvolution(
            e.geometry(), MemorySegment.ofArray(x), MemorySegment.ofArray(w), null);
    double total = 0;
    int i = 0;
    for (int n = 0; n < e.n(); n++) {
      for (int oy = 0; oy < e.oh(); oy++) {
        for (int ox = 0; ox < e.ow(); ox++) {
          for (int k = 0; k < e.k(); k++) {
            total += naive.exactAt(n, k, oy, ox) * p.dy()[i++];
          }
        }
      }
    }
    return total;
  }

  private static double dot(float[] a, float[] b) {
    double total = 0;
    for (int i = 0; i < a.length; i++) {
      total += (double) a[i] * b[i];
    }
    return total;
  }

  @Test
  void wrongArgumentsAreNamedAndNothingIsWritten() {
    ConvCase e = ConvCase.parse("n2c3h6w5 k4f3p1");
    ConvBackward backward = ConvBackward.of(e, Layout.NHWC);
    Filter filter = Filter.of(new float[4 * 3 * 9], 4, 3, 3, 3);
    Workers serial = Workers.serial();
    try (Arena arena = Arena.ofShared()) {
      Tensor dy = Tensor.allocate(arena, e.output(), Layout.NHWC).fill(1);
      Tensor dx = Tensor.allocate(arena, e.input(), Layout.NHWC).fill(7);
      Tensor small = Tensor.allocate(arena, Shape.nchw(2, 3, 5, 5), Layout.NHWC);
      Tensor planes = Tensor.allocate(arena, e.output(), Layout.NCHW);
      refuses("dx is n2c3h5w5", () -> backward.data(dy, filter, small, serial));
      refuses("dy is NCHW", () -> backward.data(planes, filter, dx, serial));
      refuses("read-only", () -> backward.data(dy, filter, dx.asReadOnly(), serial));
      Filter other = Filter.of(new float[4 * 3], 4, 3, 1, 1);
      refuses("k4c3f1x1", () -> backward.data(dy, other, dx, serial));
      MemorySegment inDx = dx.segment().asSlice(4, filter.weights().byteSize());
      Filter shared = Filter.of(inDx, 4, 3, 3, 3);
      refuses("dx and filter overlap", () -> backward.data(dy, shared, dx, serial));
      float[] dw = new float[4 * 3 * 9];
      refuses("dWeights must have 108", () -> backward.filter(dx, dy, new float[9], null, serial));
      refuses("dBias must have 4", () -> backward.filter(dx, dy, dw, new float[3], serial));
      MemorySegment within = dx.segment().asSlice(0, 108 * Float.BYTES);
      refuses("overlap", () -> backward.filter(dx, dy, within, null, serial));
      for (float value : dx.toArray(Layout.NHWC)) {
        assertEquals(7, value);
      }
    }
    try (Arena arena = Arena.ofShared()) {
      Tensor dx = Tensor.allocate(arena, e.input(), Layout.NHWC);
      Tensor closed;
      try (Arena gone = Arena.ofShared()) {
        closed = Tensor.allocate(gone, e.output(), Layout.NHWC);
      }
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class, () -> backward.data(closed, filter, dx, serial));
      assertTrue(thrown.getMessage().contains("dy is closed"), thrown.getMessage());
    }
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.startsWith("conv2d") && message.contains(part), message);
  }
}
