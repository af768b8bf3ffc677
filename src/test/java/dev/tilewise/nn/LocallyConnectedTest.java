package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LocallyConnectedTest {

  @TestFactory
  Stream<DynamicTest> outputsAndGradientsAreThoseOfTheReference() {
    return Vectors.tests("locally_connected2d", LocallyConnectedTest::check);
  }

  private static void check(Vectors.Case vector) {
    ConvCase extents = extents(vector);
    LocallyConnected layer = layer(extents);
    layer.parameters().get(0).set(vector.input("w").floats());
    layer.parameters().get(1).set(vector.input("b").floats());
    Tensor x = Pass.allocate(extents.input());
    x.copyFrom(vector.input("x").floats(), Layout.NCHW);
    Tensor dy = Pass.allocate(extents.output());
    dy.copyFrom(vector.input("dy").floats(), Layout.NCHW);
    Tensor y = Pass.allocate(extents.output()).fill(Float.NaN);
    Tensor dx = Pass.allocate(extents.input()).fill(Float.NaN);
    Step step = layer.step(extents.n(), false);
    try (Workers workers = Workers.of(2)) {
      step.forward(x, y, workers);
      step.backward(x, y, dy, dx, workers);
    }
    PlainLocal scale = new PlainLocal(extents, layer, x, dy, true);
    int terms = extents.c() * extents.fh() * extents.fw();
    int taps = extents.fh() * extents.fw();
    assertWithin(vector.expected("y"), y.toArray(Layout.NCHW), scale.y, terms + 1);
    assertWithin(vector.expected("dx"), dx.toArray(Layout.NCHW), scale.dx, extents.k() + taps);
    float[] dw = layer.parameters().get(0).gradients();
    assertWithin(vector.expected("dw"), dw, scale.dw, extents.n());
    float[] db = layer.parameters().get(1).gradients();
    assertWithin(vector.expected("db"), db, scale.db, extents.n());
  }

  /**
   * A term passes through so many roundings, each of at most 2^-24; products underflow by at most
   * 2^-150.
   */
  private static void assertWithin(
      Vectors.Values expected, float[] actual, double[] scale, int roundings) {
    double nu = roundings * 0x1p-24;
    for (int i = 0; i < actual.length; i++) {
      double allowed = nu / (1 - nu) * scale[i] + roundings * 0x1p-150;
      assertEquals(expected.at(i), actual[i], allowed, "element " + i);
    }
  }

  private static ConvCase extents(Vectors.Case vector) {
    int[] stride = vector.integers("stride");
    int[] pad = vector.integers("pad_hw");
    int[] dilation = vector.integers("dilation");
    return new ConvCase(
        vector.integer("N"),
        vector.integer("C"),
        vector.integer("H"),
        vector.integer("W"),
        vector.integer("K"),
        1,
        vector.integer("FH"),
        vector.integer("FW"),
        stride[0],
        stride[1],
        pad[0],
        pad[1],
        pad[0],
        pad[1],
        dilation[0],
        dilation[1]);
  }

  private static LocallyConnected layer(ConvCase extents) {
    LayerSpec spec = LayerSpec.of(LayerSpec.Kind.LOCALLY_CONNECTED, extents);
    Layer layer = spec.layer("local1", extents.withBatch(1).input());
    layer.parameters().forEach(Parameter::allocate);
    return (LocallyConnected) layer;
  }

  /** The definition in double, of the values or of their magnitudes. */
  private static final class PlainLocal {
    private final double[] y;
    private final double[] dx;
    private final double[] dw;
    private final double[] db;

    PlainLocal(ConvCase e, LocallyConnected layer, Tensor x, Tensor dy, boolean magnitudes) {
      float[] w = layer.parameters().get(0).values();
      float[] b = layer.parameters().get(1).values();
      y = new double[(int) e.output().elements()];
      dx = new double[(int) e.input().elements()];
      dw = new double[w.length];
      db = new double[b.length];
      int terms = e.c() * e.fh() * e.fw();
      for (int i = 0; i < y.length; i++) {
        int ox = i % e.ow();
        int oy = i / e.ow() % e.oh();
        int k = i / e.ow() / e.oh() % e.k();
        int n = i / e.ow() / e.oh() / e.k();
        double slope = magnitude(dy.get(n, k, oy, ox), magnitudes);
        int pixel = oy * e.ow() + ox;
        y[i] += magnitude(b[k * e.oh() * e.ow() + pixel], magnitudes);
        db[k * e.oh() * e.ow() + pixel] += slope;
        for (int term = 0; term < terms; term++) {
          int c = term / e.fw() / e.fh();
          int iy = oy * e.sh() - e.pt() + term / e.fw() % e.fh() * e.dh();
          int ix = ox * e.sw() - e.pl() + term % e.fw() * e.dw();
          if (iy < 0 || iy >= e.h() || ix < 0 || ix >= e.w()) {
            continue;
          }
          int from = ((n * e.c() + c) * e.h() + iy) * e.w() + ix;
          int weight = (pixel * e.k() + k) * terms + term;
          double input = magnitude(x.get(n, c, iy, ix), magnitudes);
          y[i] += input * magnitude(w[weight], magnitudes);
          dx[from] += slope * magnitude(w[weight], magnitudes);
          dw[weight] += slope * input;
        }
      }
    }

    private static double magnitude(float value, boolean wanted) {
      return wanted ? Math.abs(value) : value;
    }
  }

  /** Integers are exact, whatever the order of summation. */
  @Test
  void integersAreExactForAnyNumberOfThreads() {
    ConvCase extents = ConvCase.parse("n37c5h6w7 k35f3x2s1x2p1");
    LocallyConnected layer = layer(extents);
    Random random = new Random(5);
    layer.parameters().forEach(p -> p.fill(() -> (float) (random.nextInt(7) - 3)));
    Tensor x = integers(Pass.allocate(extents.input()), random);
    Tensor dy = integers(Pass.allocate(extents.output()), random);
    Tensor y = Pass.allocate(extents.output());
    Tensor dx = Pass.allocate(extents.input());
    PlainLocal exact = new PlainLocal(extents, layer, x, dy, false);
    for (int threads = 1; threads <= 3; threads++) {
      try (Workers workers = Workers.of(threads)) {
        Step step = layer.step(extents.n(), false);
        step.forward(x, y, workers);
        step.backward(x, y, dy, dx, workers);
      }
      assertEqual(exact.y, y.toArray(Layout.NCHW));
      assertEqual(exact.dx, dx.toArray(Layout.NCHW));
      assertEqual(exact.dw, layer.parameters().get(0).gradients());
      assertEqual(exact.db, layer.parameters().get(1).gradients());
    }
  }

  private static Tensor integers(Tensor t, Random random) {
    float[] values = new float[(int) t.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return t.copyFrom(values, Layout.NCHW);
  }

  private static void assertEqual(double[] expected, float[] actual) {
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected[i], actual[i], "element " + i);
    }
  }

  @Test
  void withTiedWeightsItIsAConvolution() {
    ConvCase extents = ConvCase.parse("n2c3h8w7 k5f3s2p1");
    Random random = new Random(1);
    float[] w = new float[5 * 27];
    float[] b = new float[5];
    for (int i = 0; i < w.length; i++) {
      w[i] = random.nextInt(9) - 4;
    }
    for (int k = 0; k < 5; k++) {
      b[k] = k;
    }
    LocallyConnected layer = layer(extents);
    int[] next = new int[2];
    int pixels = extents.oh() * extents.ow();
    layer.parameters().get(0).fill(() -> w[next[0]++ % w.length]);
    layer.parameters().get(1).fill(() -> b[next[1]++ / pixels]);
    Tensor x = integers(Pass.allocate(extents.input()), random);
    Tensor y = Pass.allocate(extents.output());
    layer.step(2, false).forward(x, y, Workers.serial());

    Filter filter = Filter.of(w, 5, 3, 3, 3).withBias(b);
    ConvPlan plan = Conv2d.of(extents, filter).plan(extents.input(), Layout.NHWC, Arena.ofAuto());
    Tensor shared = Pass.allocate(extents.output());
    plan.run(x, shared, plan.workspace(Arena.ofAuto()), Workers.serial());
    assertArrayEquals(shared.toArray(Layout.NCHW), y.toArray(Layout.NCHW), 0);
  }
}
