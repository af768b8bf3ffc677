package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.Workers;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Transposed convolutions of small integers, compared with their definition by {@code ==}. */
class TransposedTest {

  private static final int CASES = 600;

  private final Random random = new Random(8);

  private float[] integers(long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(7) - 3;
    }
    return values;
  }

  /** Extents of one case: 4 axes, rows having a line of 1. */
  private record Case(
      int n,
      int c,
      int h,
      int w,
      int perGroup,
      int fh,
      int fw,
      ConvSettings s,
      int down,
      int across) {

    int oh() {
      return (h - 1) * s.sh() + s.dh() * (fh - 1) + 1 - s.pt() - s.pb() + down;
    }

    int ow() {
      return (w - 1) * s.sw() + s.dw() * (fw - 1) + 1 - s.pl() - s.pr() + across;
    }

    /** Each input adds its products to the outputs that it meets. */
    float[] defined(float[] x, float[] weights, float[] bias) {
      int k = perGroup * s.groups();
      float[] y = new float[n * k * oh() * ow()];
      for (int i = 0; i < y.length; i++) {
        y[i] = bias == null ? 0 : bias[i / (oh() * ow()) % k];
      }
      int depth = c / s.groups();
      for (int i = 0; i < x.length; i++) {
        int column = i % w;
        int row = i / w % h;
        int channel = i / w / h % c;
        int image = i / w / h / c;
        for (int t = 0; t < perGroup * fh * fw; t++) {
          int oy = row * s.sh() + t / fw % fh * s.dh() - s.pt();
          int ox = column * s.sw() + t % fw * s.dw() - s.pl();
          int filter = channel / depth * perGroup + t / fw / fh;
          if (oy >= 0 && oy < oh() && ox >= 0 && ox < ow()) {
            y[((image * k + filter) * oh() + oy) * ow() + ox] +=
                x[i] * weights[channel * perGroup * fh * fw + t];
          }
        }
      }
      return y;
    }
  }

  private Case next(boolean rows) {
    int groups = 1 + random.nextInt(3);
    boolean dilated = random.nextInt(4) == 0;
    ConvSettings s =
        new ConvSettings(
            rows ? 1 : 1 + random.nextInt(4),
            1 + random.nextInt(4),
            rows ? 0 : random.nextInt(5),
            random.nextInt(5),
            rows ? 0 : random.nextInt(3),
            random.nextInt(3),
            dilated && !rows ? 2 : 1,
            dilated ? 1 + random.nextInt(2) : 1,
            groups);
    return new Case(
        1 + random.nextInt(2),
        groups * (1 + random.nextInt(5)),
        rows ? 1 : 1 + random.nextInt(6),
        1 + random.nextInt(9),
        1 + random.nextInt(6),
        rows ? 1 : 1 + random.nextInt(5),
        1 + random.nextInt(5),
        s,
        rows ? 0 : random.nextInt(5),
        random.nextInt(5));
  }

  private void check(Case c, boolean rows) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", rows ? Dims.of(c.n, c.c, c.w) : Dims.of(c.n, c.c, c.h, c.w));
    Dims filters = rows ? Dims.of(c.c, c.perGroup, c.fw) : Dims.of(c.c, c.perGroup, c.fh, c.fw);
    float[] weights = integers(filters.elements());
    int k = c.perGroup * c.s.groups();
    float[] bias = random.nextBoolean() ? integers(k) : null;
    int[] more = rows ? new int[] {c.across} : new int[] {c.down, c.across};
    Value y =
        b.convTranspose(
            x,
            b.constant("w", filters, weights),
            bias == null ? null : b.constant("bias", Dims.of(k), bias),
            c.s,
            more);
    boolean clamped = random.nextBoolean();
    Graph graph = b.output(clamped ? b.relu(y) : y).build();
    assertEquals(x.dims().elements() * c.perGroup * c.fh * c.fw, graph.multiplyAdds());
    assertEquals(weights.length + (bias == null ? 0 : k), graph.parameterCount());
    float[] in = integers(x.dims().elements());
    float[] expected = c.defined(in, weights, bias);
    for (int i = 0; i < expected.length && clamped; i++) {
      expected[i] = Math.max(0, expected[i]);
    }
    CompileOptions direct = CompileOptions.fastest().algorithm(Algorithm.DIRECT).poison(true);
    assertArrayEquals(expected, graph.compile(CompileOptions.plain()).run(in), 0, c::toString);
    assertArrayEquals(expected, graph.compile(direct).run(in), 0, c::toString);
  }

  @Test
  void everyInputIsAddedWhereItsTapsMeetTheOutput() {
    int phases = 0;
    for (int i = 0; i < CASES; i++) {
      boolean rows = i % 4 == 0;
      Case c = next(rows);
      if (c.oh() > 0 && c.ow() > 0) {
        check(c, rows);
        boolean near = c.s.dh() == 1 && c.s.dw() == 1 && (c.s.sh() > 1 || c.s.sw() > 1);
        phases += near && c.s.sh() <= c.fh && c.s.sw() <= c.fw ? 1 : 0;
      }
    }
    assertTrue(phases > CASES / 5, phases + " cases by phases");
  }

  private Value doubled(GraphBuilder b) {
    Value w = b.constant("w", Dims.of(8, 16, 2, 2), integers(8 * 16 * 4));
    Value x = b.input("x", Dims.of(1, 8, 4, 4));
    return b.convTranspose(x, w, null, ConvSettings.UNIT.stride(2, 2), 0, 0);
  }

  @Test
  void outputsGoIntoTheConcatenationThatReadsThem() {
    GraphBuilder b = new GraphBuilder();
    Value side = b.relu(b.input("side", Dims.of(1, 16, 8, 8)));
    Graph graph = b.output(b.concat(1, List.of(doubled(b), side))).build();
    long copies =
        graph.compile().profile(1, Workers.serial()).stream()
            .filter(step -> step.what().startsWith("copies"))
            .count();
    assertEquals(2, copies, "the outputs of all phases, and relu's");
  }

  @Test
  void outputsAreClampedBeforeTheyArePutBesideOneAnother() {
    GraphBuilder b = new GraphBuilder();
    String explained = b.output(b.relu(doubled(b))).build().compile().explain();
    assertTrue(explained.contains("part of conv_transpose1"), explained);
  }

  /** Nearly all of which the padding cuts: there is no room for it, and no need if it is a line. */
  @Test
  void aFarStrideOverConstantsIsRefused() {
    GraphBuilder b = new GraphBuilder();
    int far = 1 << 30;
    Value w = b.constant("w", Dims.of(1, 1, 1, 1), 5);
    Value two = b.constant("two", Dims.of(1, 1, 2, 1), 2, 3);
    ConvSettings cut = ConvSettings.UNIT.stride(far, 1).padding(far / 2, 0, far / 2, 0);
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(two, w, null, cut, 0, 0));
    Value one = b.constant("one", Dims.of(1, 1, 1, 1), 2);
    ConvSettings any = ConvSettings.UNIT.stride(far, far);
    assertArrayEquals(new float[] {10}, b.convTranspose(one, w, null, any, 0, 0).floats());
  }

  @Test
  void noLinesMakeTheFiltersReach() {
    GraphBuilder b = new GraphBuilder();
    Value none = b.input("none", Dims.of(1, 2, 0, 3));
    Value w = b.constant("w", Dims.of(2, 2, 2, 2), integers(16));
    Value bias = b.constant("b", Dims.of(2), 3, 4);
    Value y = b.convTranspose(none, w, bias, ConvSettings.UNIT.stride(2, 2), 2, 0);
    assertEquals(Dims.of(1, 2, 2, 6), y.dims());
    float[] made = b.output(y).build().compile().run();
    for (int i = 0; i < made.length; i++) {
      assertEquals(i < 12 ? 3 : 4, made[i]);
    }
  }

  /** Their part of it has no axes that can be seen as the input's. */
  @Test
  void reshapedPixelsGoIntoAConcatenation() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(2, 6));
    Value y = b.constant("y", Dims.of(4, 1, 1, 1), 90, 91, 92, 93);
    Value turned = b.reshape(b.transpose(x, 1, 0), Dims.of(4, 3, 1, 1));
    Graph graph = b.output(b.concat(1, List.of(turned, y))).build();
    float[] in = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
    float[] expected = {0, 10, 1, 90, 11, 2, 12, 91, 3, 13, 4, 92, 14, 5, 15, 93};
    assertArrayEquals(expected, graph.compile().run(in));
    assertArrayEquals(expected, graph.compile(CompileOptions.plain()).run(in));
  }

  @Test
  void constantsAreSpreadToo() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.constant("x", Dims.of(1, 64, 16, 16), integers(64 * 256));
    Value w = b.constant("w", Dims.of(64, 2, 3, 3), integers(64 * 18));
    Value y = b.convTranspose(x, w, null, ConvSettings.UNIT.stride(5, 5), 0, 0);
    assertTrue(y.isConstant());
    assertEquals(Dims.of(1, 2, 78, 78), y.dims());
  }

  @Test
  void whatDoesNotFitIsNamed() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(1, 4, 3, 3));
    Value w = b.constant("w", Dims.of(4, 2, 2, 2), new float[32]);
    for (ConvSettings s :
        new ConvSettings[] {
          ConvSettings.UNIT.padding(2), ConvSettings.UNIT.groups(3), ConvSettings.UNIT.stride(0, 1)
        }) {
      assertThrows(IllegalArgumentException.class, () -> b.convTranspose(x, w, null, s, 0, 0));
    }
    Value bias = b.constant("b", Dims.of(3), 1, 2, 3);
    ConvSettings unit = ConvSettings.UNIT;
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(x, w, bias, unit, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(x, w, null, unit, 0));
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(x, x, null, unit, 0, 0));
    Value flat = b.input("flat", Dims.of(1, 1));
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(flat, flat, null, unit));
  }
}
