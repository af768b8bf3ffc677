package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Activation;
import dev.tilewise.Pool2d;
import dev.tilewise.Workers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random graphs with values shared at random: compiled, with dead memory poisoned, they are what
 * they are node by node. The numbers are near 1 and the graphs short, so that a difference of
 * summation is far below 1e-3 of the largest number, and a mistake is above.
 */
class RandomGraphsTest {

  private static final int GRAPHS = 400;
  private static final double TOLERANCE = 1e-3;

  private final Random random = new Random(20);

  private float[] numbers(long count, double scale) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  private Value constant(GraphBuilder b, double scale, int... extents) {
    Dims dims = Dims.of(extents);
    return b.constant("c", dims, numbers(dims.elements(), scale));
  }

  private Value conv(GraphBuilder b, Value x) {
    int c = x.dims().get(1);
    int groups = random.nextInt(4) == 0 ? c : 1;
    int k = random.nextBoolean() ? c : groups * (1 + random.nextInt(18));
    int f = random.nextBoolean() ? 3 : 1 + random.nextInt(2);
    Value w = constant(b, 1 / Math.sqrt(c / groups * f * f), k, c / groups, f, f);
    Value bias = random.nextBoolean() ? constant(b, 0.5, k) : null;
    ConvSettings s =
        ConvSettings.UNIT
            .stride(1 + random.nextInt(5) / 4, 1)
            .padding(random.nextBoolean() ? f / 2 : 0)
            .groups(groups);
    return b.conv(x, w, bias, s);
  }

  private Value two(GraphBuilder b, Value x, List<Value> all) {
    List<Value> same = all.stream().filter(v -> v.dims().equals(x.dims())).toList();
    Value other = same.get(random.nextInt(same.size()));
    return switch (random.nextInt(4)) {
      case 0 -> b.multiply(x, other);
      case 1 -> b.max(other, x);
      case 2 -> b.add(other, x);
      default -> b.add(x, other);
    };
  }

  private Value concat(GraphBuilder b, Value x, List<Value> all) {
    int axis = random.nextInt(3) == 0 ? random.nextInt(4) : 1;
    List<Value> fitting =
        all.stream().filter(v -> v.dims().with(axis, x.dims().get(axis)).equals(x.dims())).toList();
    List<Value> parts = new ArrayList<>(List.of(x));
    for (int i = random.nextInt(3); i >= 0; i--) {
      parts.add(fitting.get(random.nextInt(fitting.size())));
    }
    Collections.shuffle(parts, random);
    return b.concat(axis, parts);
  }

  /** A value of four axes again, but for the dense layer's. */
  private Value step(GraphBuilder b, Value x, List<Value> all) {
    Dims d = x.dims();
    int c = d.get(1);
    return switch (random.nextInt(13)) {
      case 0, 1, 2 -> conv(b, x);
      case 3 -> b.relu(x);
      case 4 -> b.activation(x, Activation.clamp(-0.5f, 0.7f));
      case 5 -> b.affine(x, constant(b, 1, c), constant(b, 0.5, c));
      case 6, 7 -> two(b, x, all);
      case 8, 9 -> concat(b, x, all);
      case 10 -> b.pool(x, Pool2d.max(2).stride(1));
      case 11 -> b.slice(x, 1, c - 1, -1, 1 + random.nextInt(c));
      default -> {
        Value rows = b.dense(b.flatten(x), constant(b, 0.1, c, d.product("test", 1, 4)), null);
        yield b.reshape(rows, Dims.of(d.get(0), c, 1, 1));
      }
    };
  }

  @Test
  void compiledGraphsAreTheirNodesOneByOne() {
    for (int i = 0; i < GRAPHS; i++) {
      GraphBuilder b = new GraphBuilder();
      Dims dims = Dims.of(1 + random.nextInt(2), 1 + random.nextInt(20), 4 + random.nextInt(9), 8);
      List<Value> all = new ArrayList<>(List.of(b.input("x", dims)));
      for (int nodes = 3 + random.nextInt(12); nodes > 0; nodes--) {
        Value x = all.get(Math.max(0, all.size() - 1 - random.nextInt(3)));
        if (x.dims().get(2) > 3 && x.dims().get(3) > 3 && x.dims().elements() < 20_000) {
          all.add(step(b, x, all));
        }
      }
      b.output(all.get(all.size() - 1)).output(all.get(random.nextInt(all.size())));
      check(b.build(), numbers(dims.elements(), 1));
    }
  }

  private static void check(Graph graph, float[] x) {
    List<float[]> in = List.of(x);
    List<float[]> plain = graph.compile(CompileOptions.plain()).run(in, Workers.serial());
    CompiledGraph compiled = graph.compile(CompileOptions.fastest().poison(true));
    List<float[]> fast = compiled.run(in, Workers.serial());
    List<float[]> again = compiled.run(in, Workers.serial());
    for (int output = 0; output < plain.size(); output++) {
      assertArrayEquals(fast.get(output), again.get(output));
      double largest = 0.01;
      double worst = 0;
      for (int i = 0; i < plain.get(output).length; i++) {
        largest = Math.max(largest, Math.abs(plain.get(output)[i]));
        double difference = Math.abs(plain.get(output)[i] - fast.get(output)[i]);
        worst = Double.isNaN(difference) ? Double.NaN : Math.max(worst, difference);
      }
      assertTrue(worst <= TOLERANCE * largest, graph.summary() + compiled.explain() + worst);
    }
  }
}
