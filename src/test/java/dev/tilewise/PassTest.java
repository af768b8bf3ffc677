package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * What all passes over a tensor have in common: the same bits for every layout, kind of memory,
 * number of threads and batch, in place and not; no allocation; and refusals that write nothing.
 */
@Tag("widths")
class PassTest {

  /** A pass over one tensor. */
  @FunctionalInterface
  private interface Pass {
    void run(Tensor x, Tensor y, Workers workers);
  }

  private record Named(String name, Pass pass) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static float[] numbers(int channels, int seed) {
    return Values.UNIT.array(new SplittableRandom(seed), channels);
  }

  private static PerChannel affine(int channels) {
    return PerChannel.affine(numbers(channels, 1), numbers(channels, 2));
  }

  /** Passes over so many channels. */
  private static List<Named> passes(int channels) {
    return List.of(
        new Named("gelu", Elementwise.GELU::run),
        new Named("add", (x, y, workers) -> Elementwise.add(x, x, y, workers)),
        new Named("multiply", (x, y, workers) -> Elementwise.multiply(x, x, y, workers)),
        new Named("affine", affine(channels)::run),
        new Named("prelu", PerChannel.prelu(numbers(channels, 3))::run),
        new Named("softmax", Softmax.PROBABILITIES::run),
        new Named("log_softmax", Softmax.LOG_PROBABILITIES::run),
        new Named("lrn", Lrn.of(5, 1e-2f, 0.75f, 1)::run));
  }

  private static Stream<DynamicTest> tests(Shape shape, Consumer<Named> test) {
    return passes(shape.c()).stream()
        .map(pass -> DynamicTest.dynamicTest(pass + " " + shape, () -> test.accept(pass)));
  }

  /**
   * One pixel, one channel, blocks with ragged ends, more channels than a vector has lanes, rows of
   * softmax, several units.
   */
  private static final List<Shape> SHAPES =
      List.of(
          Shape.nchw(1, 1, 1, 1),
          Shape.nchw(2, 1, 5, 7),
          Shape.nchw(3, 10, 1, 1),
          Shape.nchw(2, 3, 7, 7),
          Shape.nchw(1, 16, 4, 4),
          Shape.nchw(2, 37, 3, 11),
          Shape.nchw(2, 70, 2, 3),
          Shape.nchw(1, 1000, 1, 1),
          Shape.nchw(2, 24, 61, 67));

  @TestFactory
  Stream<DynamicTest> nothingChangesTheBits() {
    return SHAPES.stream().flatMap(shape -> tests(shape, pass -> sameBits(shape, pass)));
  }

  private static void sameBits(Shape shape, Named pass) {
    SplittableRandom random = new SplittableRandom(shape.hashCode());
    float[] values = Values.SPECIAL.array(random, shape.elements());
    for (int i = 0; i < values.length; i++) {
      values[i] *= 8;
    }
    float[] expected = null;
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined();
        Workers pair = Workers.of(2)) {
      for (Layout layout : Layout.values()) {
        for (MemoryKind kind : MemoryKind.values()) {
          for (Workers workers : new Workers[] {Workers.serial(), pair}) {
            for (boolean inPlace : new boolean[] {false, true}) {
              Setting setting = new Setting(layout, 1, kind, kind, kind, inPlace ? 3 : 0);
              FencedTensor x =
                  FencedTensor.allocate(kind, shared, confined, shape, setting).write(values);
              FencedTensor y =
                  inPlace
                      ? x
                      : FencedTensor.allocate(MemoryKind.SHARED, shared, confined, shape, setting);
              pass.pass.run(x.tensor(), y.tensor(), workers);
              String what = pass + " " + shape + " " + setting + " in place " + inPlace;
              assertEquals("none", y.damage(), what);
              float[] got = y.read();
              expected = expected == null ? got : expected;
              assertArrayEquals(expected, got, what);
            }
          }
        }
      }
    } finally {
      MemoryKind.reset();
    }
    imagesAreIndependent(shape, pass, values, expected);
  }

  private static void imagesAreIndependent(
      Shape shape, Named pass, float[] values, float[] expected) {
    int image = values.length / shape.n();
    for (int n = 0; n < shape.n(); n++) {
      float[] one = java.util.Arrays.copyOfRange(values, n * image, (n + 1) * image);
      Tensor x = Tensor.of(Arena.ofAuto(), shape.withBatch(1), Layout.NHWC, one);
      pass.pass.run(x, x, Workers.serial());
      assertArrayEquals(
          java.util.Arrays.copyOfRange(expected, n * image, (n + 1) * image),
          x.toArray(Layout.NHWC),
          pass + " image " + n);
    }
  }

  @TestFactory
  Stream<DynamicTest> aWarmPassAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Stream<DynamicTest> all = Stream.empty();
    for (Shape shape :
        new Shape[] {Shape.nchw(2, 10, 7, 9), Shape.nchw(1, 70, 5, 5), Shape.nchw(1, 24, 40, 40)}) {
      for (Layout layout : Layout.values()) {
        all =
            Stream.concat(
                all,
                tests(
                    shape,
                    pass -> {
                      Tensor x = Tensor.allocate(Arena.ofAuto(), shape, layout).fill(0.5f);
                      Tensor y = Tensor.allocate(Arena.ofAuto(), shape, layout);
                      long end = System.nanoTime() + 30_000_000_000L;
                      int clean = 0;
                      while (clean < 2) {
                        long bytes = -threads.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 20; i++) {
                          pass.pass.run(x, y, Workers.serial());
                        }
                        bytes += threads.getCurrentThreadAllocatedBytes();
                        clean = bytes == 0 ? clean + 1 : 0;
                        if (bytes > 0 && System.nanoTime() > end) {
                          fail(pass + " " + shape + " " + layout + ": " + bytes + " bytes");
                        }
                      }
                    }));
      }
    }
    return all;
  }

  private static final float UNTOUCHED = 123.25f;

  @TestFactory
  Stream<DynamicTest> badTensorsAreRefusedAndNothingIsWritten() {
    Shape shape = Shape.nchw(2, 4, 3, 5);
    return tests(
        shape,
        pass -> {
          try (Arena arena = Arena.ofShared()) {
            Tensor x = Tensor.allocate(arena, shape, Layout.NHWC);
            Tensor y = Tensor.allocate(arena, shape, Layout.NHWC).fill(UNTOUCHED);
            Workers serial = Workers.serial();
            refuses(
                "output is n1c4h3w5, not n2c4h3w5",
                () -> {
                  Tensor other = Tensor.allocate(arena, shape.withBatch(1), Layout.NHWC);
                  pass.pass.run(x, other, serial);
                });
            refuses(
                "output is NCHW, not NHWC",
                () -> pass.pass.run(x, Tensor.allocate(arena, shape, Layout.NCHW), serial));
            refuses("the output is read-only", () -> pass.pass.run(x, y.asReadOnly(), serial));
            MemorySegment both = arena.allocate(shape.bytes() + 4, 64);
            Tensor left = Tensor.of(both, shape, Layout.NHWC);
            Tensor right = Tensor.of(both.asSlice(4), shape, Layout.NHWC);
            refuses("overlap in memory", () -> pass.pass.run(left, right, serial));
            assertThrows(NullPointerException.class, () -> pass.pass.run(x, y, null));
            Arena gone = Arena.ofShared();
            Tensor dead = Tensor.allocate(gone, shape, Layout.NHWC);
            gone.close();
            assertThrows(IllegalStateException.class, () -> pass.pass.run(dead, y, serial));
            assertThrows(IllegalStateException.class, () -> pass.pass.run(x, dead, serial));
            for (float value : y.toArray(Layout.NHWC)) {
              assertEquals(UNTOUCHED, value);
            }
            // The input may be read-only, and x may be y.
            pass.pass.run(x.asReadOnly(), y, serial);
            pass.pass.run(x, x, serial);
          }
        });
  }

  private static void refuses(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part) && !message.contains("\n"), message);
  }

  @Test
  void wrongNumbersAreRefusedInOneSentence() {
    refuses("elu: alpha must be finite, not NaN", () -> Elementwise.elu(Float.NaN));
    refuses("celu: alpha must be above 0", () -> Elementwise.celu(0));
    refuses("celu: alpha must be above 0", () -> Elementwise.celu(1e-45f));
    refuses("leaky_relu: alpha must be finite", () -> Elementwise.leakyRelu(1f / 0));
    refuses("thresholded_relu: alpha", () -> Elementwise.thresholdedRelu(Float.NaN));
    refuses("hard_sigmoid: beta", () -> Elementwise.hardSigmoid(1, Float.NaN));
    refuses("prelu: slope has 0 channels; at least 1", () -> PerChannel.prelu());
    float[] two = {1, 2};
    float[] three = {1, 2, 3};
    refuses("affine: shift has 3 channels; the others have 2", () -> PerChannel.affine(two, three));
    refuses("batch_norm: mean has 3", () -> PerChannel.batchNorm(two, two, three, two, 0));
    refuses(
        "batch_norm: channel 1 has variance -1.0",
        () -> PerChannel.batchNorm(two, two, two, new float[] {1, -1}, 1e-5));
    float[] zero = {0};
    refuses(
        "batch_norm: channel 0 has gamma 1.0E30",
        () -> PerChannel.batchNorm(new float[] {1e30f}, zero, zero, zero, 1e-30));
    float[] large = {1e20f};
    refuses(
        "the summand -Infinity, which must be finite",
        () -> PerChannel.batchNorm(large, new float[] {5}, large, new float[] {1}, 0));
    refuses("lrn: size must be above 0, not 0", () -> Lrn.of(0, 1, 1, 1));
    refuses("lrn: alpha and beta", () -> Lrn.of(1, -1, 1, 1));
    refuses("lrn: alpha and beta", () -> Lrn.of(1, 1, 1f / 0, 1));
    refuses("lrn: k must be", () -> Lrn.of(1, 1, 1, 0));
    refuses("softmax: the bound needs", () -> Softmax.errorBound(0, 1));
    Tensor x = Tensor.allocate(Arena.ofAuto(), Shape.image(2, 2, 3), Layout.NCHW);
    refuses(
        "affine: input has 3 channels but there are numbers for 2",
        () -> affine(2).run(x, x, Workers.serial()));
    assertThrows(IndexOutOfBoundsException.class, () -> affine(2).apply(2, 1));
  }

  @Test
  void memoryOfAnotherThreadIsRefused() throws InterruptedException {
    Shape shape = Shape.image(2, 2, 3);
    try (Arena confined = Arena.ofConfined()) {
      Tensor x = Tensor.allocate(confined, shape, Layout.NHWC);
      Tensor y = Tensor.allocate(Arena.ofAuto(), shape, Layout.NHWC);
      Throwable[] thrown = new Throwable[1];
      Thread other =
          new Thread(
              () -> {
                try {
                  Elementwise.TANH.run(x, y, Workers.serial());
                } catch (IllegalStateException e) {
                  thrown[0] = e;
                }
              });
      other.start();
      other.join();
      assertTrue(String.valueOf(thrown[0]).contains("confined arena of another thread"));
    }
  }

  @Test
  void functionsAreEqualIfTheyAndTheirNumbersAre() {
    assertEquals(Elementwise.elu(0.5f), Elementwise.elu(0.5f));
    assertEquals(Elementwise.elu(0.5f).hashCode(), Elementwise.elu(0.5f).hashCode());
    assertNotEquals(Elementwise.elu(0.5f), Elementwise.elu(0.25f));
    assertEquals(Elementwise.RELU, Elementwise.of(Activation.RELU));
    assertEquals("elu(0.5)", Elementwise.elu(0.5f).toString());
  }

  @Test
  void whatAFunctionSaysIsReadAgain() throws IllegalAccessException {
    List<Elementwise> functions =
        new ArrayList<>(
            List.of(
                Elementwise.elu(-0.5f),
                Elementwise.celu(1e-30f),
                Elementwise.leakyRelu(3e30f),
                Elementwise.thresholdedRelu(Float.MIN_VALUE),
                Elementwise.hardSigmoid(-0f, 1 / 3f),
                Elementwise.of(Activation.IDENTITY),
                Elementwise.of(Activation.clamp(Float.NEGATIVE_INFINITY, -1.1f))));
    for (Field field : Elementwise.class.getFields()) {
      functions.add((Elementwise) field.get(null));
    }
    assertEquals(7 + 16, functions.size());
    for (Elementwise function : functions) {
      assertEquals(function, Elementwise.parse(function.toString()));
    }
    for (String text : List.of("", "elu", "elu()", "elu(1", "elu(a)", "elu(1.0, 1.0)", "gelu(1)")) {
      assertThrows(IllegalArgumentException.class, () -> Elementwise.parse(text), text);
    }
    assertThrows(IllegalArgumentException.class, () -> Elementwise.parse("celu(0)"));
  }

  @Test
  void anActivationOfConvolutionsIsTheSameFunction() {
    Activation clamp = Activation.clamp(-0.5f, 2);
    for (float x : new float[] {-3, -0.5f, -0f, 0, 1, 2, 3, Float.NaN}) {
      assertEquals(clamp.apply(x), Elementwise.of(clamp).apply(x));
    }
  }

  @Test
  void aPassWithinAPassIsIndependent() {
    Shape shape = Shape.image(8, 8, 4);
    Tensor x = Tensor.allocate(Arena.ofAuto(), shape, Layout.NHWC).fill(1);
    Tensor[] y = new Tensor[4];
    java.util.Arrays.setAll(y, i -> Tensor.allocate(Arena.ofAuto(), shape, Layout.NHWC));
    try (Workers pair = Workers.of(2)) {
      pair.run(y.length, (unit, slot) -> Elementwise.EXP.run(x, y[unit], pair));
    }
    for (Tensor one : y) {
      assertEquals(Elementwise.EXP.apply(1), one.get(0, 3, 7, 7));
    }
  }
}
