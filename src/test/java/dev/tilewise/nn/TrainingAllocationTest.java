package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * Once compiled, the kernels of a pass forward and back keep their vectors in registers: a step of
 * some millions of multiply-adds leaves on the heap only views and tasks. One boxed vector for each
 * of its 10,000 and more kernel calls would already be over the limit.
 */
class TrainingAllocationTest {

  private static final long LIMIT = 1 << 18;
  private static final long DEADLINE_NANOS = 30_000_000_000L;

  @Test
  void aWarmStepBoxesNoVector() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Network network =
        Network.sequential(Shape.image(16, 16, 3))
            .conv(20, 5, 1, 2)
            .relu()
            .maxPool(2)
            .conv(24, 3)
            .avgPool(2)
            .locallyConnected(18, 2, 1, 0)
            .relu()
            .dense(10)
            .build(1);
    Training training = network.training(16);
    Tensor images = Pass.allocate(network.inputShape().withBatch(16)).fill(0.5f);
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + DEADLINE_NANOS;
    while (least > LIMIT && System.nanoTime() < end) {
      long before = threads.getCurrentThreadAllocatedBytes();
      training.forward(images, Workers.serial());
      training.gradient().fill(1);
      training.backward(Workers.serial());
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertTrue(least <= LIMIT, least + " bytes in a warm step");
  }

  /**
   * A first layer, 1x1 filters and a dense layer, which is one: a million bytes packed each time.
   */
  @Test
  void weightsThatChangeArePackedIntoTheSameMemory() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Network network =
        Network.sequential(Shape.image(12, 12, 3))
            .conv(16, 3, 1, 1)
            .conv(64, 1)
            .maxPool(6)
            .dense(512)
            .dense(512)
            .build(1);
    Training training = network.training(16);
    Tensor images = Pass.allocate(network.inputShape().withBatch(16)).fill(0.5f);
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + DEADLINE_NANOS;
    while (least > LIMIT && System.nanoTime() < end) {
      long before = threads.getCurrentThreadAllocatedBytes();
      network.parameters().forEach(Parameter::changed);
      training.forward(images, Workers.serial());
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertTrue(least <= LIMIT, least + " bytes in a warm pass with new weights");
  }
}
