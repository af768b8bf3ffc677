package dev.tilewise.zoo;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompiledGraph;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run of a whole network allocates nothing once it is compiled, and refuses wrong tensors. */
class ZooAllocationTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int RUNS = 5;
  private static final long DEADLINE_NANOS = 60_000_000_000L;

  /** The smallest side that all layers take. */
  private static int side(Zoo network) {
    return switch (network) {
      case LENET5 -> 28;
      case GOOGLENET -> 64;
      case ALEXNET -> 67;
      case UNET -> 188;
      default -> 32;
    };
  }

  /** These have steps of all kinds among them. */
  @ParameterizedTest
  @EnumSource(names = {"LENET5", "ALEXNET", "GOOGLENET", "RESNET18", "MOBILENET_V2"})
  void aWarmRunAllocatesNothing(Zoo network) {
    CompiledGraph graph = network.graph(1, side(network), side(network), 7).compile();
    try (Arena arena = Arena.ofShared()) {
      List<Tensor> in = List.of(tensor(graph.inputs().get(0).dims().shape(), arena));
      List<Tensor> out = List.of(tensor(graph.outputs().get(0).dims().shape(), arena));
      long end = System.nanoTime() + DEADLINE_NANOS;
      for (int clean = 0; clean < 2; ) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < RUNS; i++) {
          graph.run(in, out, Workers.serial());
        }
        long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
        clean = bytes == 0 ? clean + 1 : 0;
        if (bytes > 0 && System.nanoTime() > end) {
          fail(network + ": " + bytes + " bytes in " + RUNS + " runs");
        }
      }
    }
  }

  private static Tensor tensor(Shape shape, Arena arena) {
    return Tensor.allocate(arena, shape, Layout.NHWC);
  }

  @Test
  void wrongTensorsAreRefusedWithTheRightShape() {
    CompiledGraph graph = Zoo.LENET5.graph(2, 7).compile();
    Tensor in;
    try (Arena arena = Arena.ofShared()) {
      in = tensor(new Shape(2, 1, 28, 28), arena);
      Tensor out = tensor(new Shape(2, 10, 1, 1), arena);
      graph.run(List.of(in), List.of(out), Workers.serial());
      refuses(
          graph, List.of(out), List.of(out), "image 2x1x28x28 must be n2c1h28w28, not n2c10h1w1");
      refuses(
          graph, List.of(in), List.of(in), "probabilities 2x10 must be n2c10h1w1, not n2c1h28w28");
      refuses(graph, List.of(in, in), List.of(out), "it has 1 inputs [image 2x1x28x28], not 2");
      refuses(graph, List.of(in), List.of(), "it has 1 outputs [probabilities 2x10], not 0");
    }
    try (Arena arena = Arena.ofShared()) {
      Tensor out = tensor(new Shape(2, 10, 1, 1), arena);
      Tensor closed = in;
      assertThrows(
          IllegalStateException.class,
          () -> graph.run(List.of(closed), List.of(out), Workers.serial()));
    }
    String message =
        assertThrows(IllegalArgumentException.class, () -> graph.run(new float[28])).getMessage();
    assertTrue(message.contains("takes 1568 floats, not 28"), message);
  }

  private static void refuses(
      CompiledGraph graph, List<Tensor> in, List<Tensor> out, String words) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> graph.run(in, out, Workers.serial()))
            .getMessage();
    assertTrue(message.contains(words), message);
  }
}
