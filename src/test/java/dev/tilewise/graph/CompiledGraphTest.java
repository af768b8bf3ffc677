package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.Layout;
import dev.tilewise.Pool2d;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.random.SplitMix64;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompiledGraphTest {

  private static final SplitMix64 RANDOM = new SplitMix64(7);

  private static float[] random(long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = RANDOM.nextSymmetric();
    }
    return values;
  }

  /** Two residual blocks with batch normalisation, branches that are joined, a dense layer. */
  private static Graph residual(int batch, int side) {
    GraphBuilder b = new GraphBuilder();
    SplitMix64 random = new SplitMix64(3);
    Value x = b.input("x", Dims.of(batch, 3, side, side));
    Value stem = b.relu(norm(b, conv(b, x, 16, 3, 1, random), random));
    Value left = b.relu(norm(b, conv(b, stem, 16, 3, 1, random), random));
    Value right = norm(b, conv(b, left, 16, 3, 1, random), random);
    Value sum = b.relu(b.add(right, stem));
    Value p = b.pool(sum, Pool2d.max(2));
    Value one = b.relu(conv(b, p, 24, 1, 0, random));
    Value three = b.relu(conv(b, p, 40, 3, 1, random));
    Value both = b.concat(1, List.of(one, three, p));
    int n = both.dims().product("test", 1, 4);
    Value w = b.constant("w", Dims.of(10, n), values(random, 10 * n));
    Value scores = b.dense(b.flatten(both), w, b.constant("b", Dims.of(10), values(random, 10)));
    return b.output(b.softmax(scores, 1, false)).output(scores).build();
  }

  private static float[] values(SplitMix64 random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextSymmetric() / 4;
    }
    return values;
  }

  private static Value conv(GraphBuilder b, Value x, int k, int f, int p, SplitMix64 random) {
    int c = x.dims().get(1);
    Value w = b.constant("w", Dims.of(k, c, f, f), values(random, k * c * f * f));
    return b.conv(x, w, null, ConvSettings.UNIT.padding(p));
  }

  private static Value norm(GraphBuilder b, Value x, SplitMix64 random) {
    int c = x.dims().get(1);
    Dims dims = Dims.of(c);
    float[] variance = values(random, c);
    for (int i = 0; i < c; i++) {
      variance[i] += 1;
    }
    return b.batchNorm(
        x,
        b.constant("g", dims, values(random, c)),
        b.constant("b", dims, values(random, c)),
        b.constant("m", dims, values(random, c)),
        b.constant("v", dims, variance),
        1e-5);
  }

  @Test
  void compiledIsPlainWithinRounding() {
    Graph graph = residual(2, 12);
    float[] image = random(2 * 3 * 12 * 12);
    List<float[]> plain =
        graph.compile(CompileOptions.plain()).run(List.of(image), Workers.serial());
    CompiledGraph compiled = graph.compile(CompileOptions.fastest().poison(true));
    List<float[]> fast = compiled.run(List.of(image), Workers.serial());
    List<float[]> again = compiled.run(List.of(image), Workers.serial());
    assertArrayEquals(fast.get(1), again.get(1));
    for (int i = 0; i < 20; i++) {
      assertEquals(plain.get(1)[i], fast.get(1)[i], 1e-4, graph.summary() + compiled.explain());
    }
    assertTrue(compiled.explain().contains("residual"), compiled.explain());
  }

  /** A pooling that alone reads a convolution is taken by it, into a concatenation too. */
  @Test
  void convolutionsTakeTheMaximaOfPairs() {
    for (Algorithm algorithm : new Algorithm[] {Algorithm.WINOGRAD_F4, Algorithm.DIRECT}) {
      CompileOptions options = CompileOptions.fastest().algorithm(algorithm).poison(true);
      SplitMix64 random = new SplitMix64(9);
      GraphBuilder b = new GraphBuilder();
      Value x = b.input("x", Dims.of(2, 8, 13, 14));
      Value shared = b.relu(conv(b, x, 24, 3, 1, random));
      Value pooled = b.pool(b.relu(conv(b, shared, 16, 3, 1, random)), Pool2d.max(2).stride(2));
      Value ofShared = b.pool(shared, Pool2d.max(2).stride(2));
      Value whole = b.concat(1, List.of(ofShared, pooled));
      Value last = b.pool(conv(b, whole, 8, 3, 1, random), Pool2d.max(2).stride(2).ceilMode());
      Value odd = b.pool(conv(b, x, 8, 3, 1, random), Pool2d.max(2).stride(2).ceilMode());
      Graph graph = b.output(whole).output(last).output(odd).build();
      float[] image = random(2 * 8 * 13 * 14);
      List<float[]> apart =
          graph.compile(options.fuse(false)).run(List.of(image), Workers.serial());
      CompiledGraph compiled = graph.compile(options);
      List<float[]> fused = compiled.run(List.of(image), Workers.serial());
      for (int i = 0; i < apart.size(); i++) {
        // The sign of a zero may differ.
        assertArrayEquals(apart.get(i), fused.get(i), Float.MIN_VALUE, compiled.explain());
      }
      int taken = compiled.explain().split("taken by", -1).length - 1;
      assertEquals(algorithm == Algorithm.DIRECT ? 0 : 1, taken, compiled.explain());
    }
  }

  @Test
  void viewsAreTheElementsTheySayTheyAre() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(1, 4, 2, 3));
    Value shuffled =
        b.reshape(
            b.transpose(b.reshape(x, Dims.of(1, 2, 2, 2, 3)), 0, 2, 1, 3, 4), Dims.of(1, 4, 2, 3));
    Value back = b.slice(shuffled, 3, 2, -1, 3);
    Value rows = b.flatten(x);
    CompiledGraph graph = b.output(back).output(rows).build().compile();
    float[] in = new float[24];
    for (int i = 0; i < 24; i++) {
      in[i] = i;
    }
    List<float[]> out = graph.run(List.of(in), Workers.serial());
    assertArrayEquals(in, out.get(1));
    float[] expected = new float[24];
    int[] channels = {0, 2, 1, 3};
    for (int c = 0; c < 4; c++) {
      for (int y = 0; y < 2; y++) {
        for (int column = 0; column < 3; column++) {
          expected[c * 6 + y * 3 + column] = in[channels[c] * 6 + y * 3 + 2 - column];
        }
      }
    }
    assertArrayEquals(expected, out.get(0));
  }

  @Test
  void inputsWithoutElementsAreTaken() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(2, 0, 3));
    Value y = b.input("y", Dims.of(2, 3));
    CompiledGraph graph = b.output(b.reshape(x, Dims.of(0, 6))).output(b.relu(y)).build().compile();
    List<float[]> out =
        graph.run(List.of(new float[0], new float[] {1, -1, 2, -2, 3, -3}), Workers.serial());
    assertEquals(0, out.get(0).length);
    assertArrayEquals(new float[] {1, 0, 2, 0, 3, 0}, out.get(1));
  }

  @Test
  void reservedNamesStayFree() {
    GraphBuilder b = new GraphBuilder().reserve(List.of("relu1"));
    Value x = b.input("x", Dims.of(2));
    Value first = b.relu(x);
    assertEquals("relu2", first.name());
    assertEquals("relu1", b.name(b.relu(first), "relu1").name());
  }

  @Test
  void foldingIsLimited() {
    GraphBuilder b = new GraphBuilder().limitFolding(40);
    Value one = b.constant("one", Dims.of(1), 1);
    assertEquals(10, b.expand(one, Dims.of(10)).dims().elements());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> b.expand(one, Dims.of(1 << 30)));
    assertTrue(e.getMessage().contains("more than may be computed in advance"), e.getMessage());
  }

  @Test
  void bordersCutNoMoreThanThereIs() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(3));
    int[] most = {Integer.MAX_VALUE};
    int[] least = {Integer.MIN_VALUE};
    assertThrows(IllegalArgumentException.class, () -> b.pad(x, most, least, 0));
    assertThrows(IllegalArgumentException.class, () -> b.pad(x, new int[] {-4}, new int[] {4}, 0));
    assertEquals(Dims.of(1), b.pad(x, new int[] {-3}, new int[] {1}, 0).dims());
    Value image = b.input("image", Dims.of(1, 1, 3, 3));
    Value w = b.constant("w", Dims.of(1, 1, 3, 3), new float[9]);
    ConvSettings wide = ConvSettings.UNIT.dilation(1 << 30, 1).padding(1);
    assertThrows(IllegalArgumentException.class, () -> b.convTranspose(image, w, null, wide, 1, 1));
  }

  /** Memory is shared, here with NaN: what is left in the inputs must not be measured. */
  @Test
  void profilesHaveInputsOfTheirOwn() throws ReflectiveOperationException {
    CompiledGraph graph = residual(1, 8).compile(CompileOptions.fastest().poison(true));
    graph.profile(3, Workers.serial());
    Field memory = CompiledGraph.class.getDeclaredField("outputMemory");
    memory.setAccessible(true);
    for (Object output : (List<?>) memory.get(graph)) {
      for (float value : ((Tensor) output).toArray(Layout.NCHW)) {
        assertTrue(Float.isFinite(value), "an output is " + value);
      }
    }
  }

  /** An explanation once grew with the square of the inputs, a table with the longest name. */
  @Test
  void explanationsStayShort() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(1, 1));
    Value y = b.input("y", Dims.of(1, 2));
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      parts.add(i % 2 == 0 ? x : y);
    }
    Value all = b.name(b.concat(1, parts), "n".repeat(5_000));
    Value last = all;
    for (int i = 0; i < 50; i++) {
      last = b.unary(last, PlainFunction.NEG);
    }
    Graph graph = b.output(last).build();
    assertTrue(graph.summary().length() < 20_000);
    String explained = graph.compile().explain();
    assertTrue(explained.contains("; and more") && explained.length() < 20_000, explained);
  }

  @Test
  void aBorderIsJoinedOnlyIfItFits() {
    GraphBuilder b = new GraphBuilder();
    Value none = b.input("none", Dims.of(1, 1, 0, 1));
    Value w = b.constant("w", Dims.of(1, 1, 1, 1), 2);
    Value padded = b.pad(none, new int[] {0, 0, 1, 0}, new int[4], 0);
    Graph empty = b.output(b.conv(padded, w, null, ConvSettings.UNIT)).build();
    assertArrayEquals(new float[] {0}, empty.compile().run());
    GraphBuilder far = new GraphBuilder();
    Value x = far.input("x", Dims.of(1, 1, 1, 1));
    Value wide = far.pad(x, new int[] {0, 0, 3, 0}, new int[4], 0);
    ConvSettings most =
        ConvSettings.UNIT.stride(Integer.MAX_VALUE, 1).padding(Integer.MAX_VALUE - 2, 0, 0, 0);
    Graph graph = far.output(far.conv(wide, w, null, most)).build();
    assertArrayEquals(graph.compile(CompileOptions.plain()).run(3), graph.compile().run(3));
  }
}
