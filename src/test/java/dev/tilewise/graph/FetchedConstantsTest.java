package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Constants that are fetched when a graph is compiled are as good as those in memory. */
class FetchedConstantsTest {

  private static final int FILTERS = 20;
  private static final int DEPTH = 3;
  private static final Dims IMAGE = Dims.of(1, DEPTH, 9, 9);

  private final List<MemorySegment> fetched = new ArrayList<>();

  private static float[] random(long seed, long count) {
    Random random = new Random(seed);
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(0.5f, 2);
    }
    return values;
  }

  private Value constant(GraphBuilder b, boolean fetches, String name, int... extents) {
    Dims dims = Dims.of(extents);
    float[] values = random(name.hashCode(), dims.elements());
    if (!fetches) {
      return b.constant(name, dims, values);
    }
    return b.constant(
        name,
        dims,
        arena -> {
          MemorySegment made = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
          fetched.add(made);
          return made;
        });
  }

  private Value norm(GraphBuilder b, boolean fetches, String name, Value x) {
    int channels = x.dims().get(1);
    return b.batchNorm(
        x,
        constant(b, fetches, name + " gamma", channels),
        constant(b, fetches, name + " beta", channels),
        constant(b, fetches, name + " mean", channels),
        constant(b, fetches, name + " variance", channels),
        1e-5);
  }

  /** Scales before and after convolutions, a dense layer over an image, a summand. */
  private Graph graph(boolean fetches) {
    GraphBuilder b = new GraphBuilder();
    Value x = norm(b, fetches, "first", b.input("x", IMAGE));
    Value filters = constant(b, fetches, "filters", FILTERS, DEPTH, 3, 3);
    Value bias = constant(b, fetches, "bias", FILTERS);
    Value y = norm(b, fetches, "second", b.conv(x, filters, bias, ConvSettings.UNIT));
    y = b.add(y, constant(b, fetches, "summand", y.dims().toArray()));
    Value flat = b.flatten(y);
    Value weights = constant(b, fetches, "weights", 5, flat.dims().get(1));
    return b.output(b.dense(flat, weights, constant(b, fetches, "offsets", 5))).build();
  }

  @Test
  void theyMakeTheSameResults() {
    float[] image = random(1, IMAGE.elements());
    for (CompileOptions options : List.of(CompileOptions.fastest(), CompileOptions.plain())) {
      float[] expected = graph(false).compile(options).run(image);
      assertArrayEquals(expected, graph(true).compile(options).run(image));
    }
  }

  @Test
  void nobodyKeepsThem() {
    CompiledGraph compiled = graph(true).compile();
    compiled.run(random(1, IMAGE.elements()));
    assertEquals(true, fetched.size() >= 12, "fetched " + fetched.size());
    for (MemorySegment made : fetched) {
      assertFalse(made.scope().isAlive());
    }
  }

  @Test
  void tooFewBytesAreNamed() {
    GraphBuilder b = new GraphBuilder();
    Value filters =
        b.constant("w", Dims.of(2, DEPTH, 1, 1), arena -> arena.allocate(20, Float.BYTES));
    Value y = b.conv(b.input("x", IMAGE), filters, null, ConvSettings.UNIT);
    Graph graph = b.output(y).build();
    IllegalStateException e = assertThrows(IllegalStateException.class, graph::compile);
    assertEquals("w: 2x3x1x1 takes 24 bytes, not 20", e.getMessage());
  }

  @Test
  void memoryThatStaysMayBeGivenToo() {
    GraphBuilder b = new GraphBuilder();
    MemorySegment stays = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2);
    Value sum = b.add(b.input("x", Dims.of(2)), b.constant("c", Dims.of(2), arena -> stays));
    assertArrayEquals(new float[] {11, 22}, b.output(sum).build().compile().run(10, 20));
  }
}
