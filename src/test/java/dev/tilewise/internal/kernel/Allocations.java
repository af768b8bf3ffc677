package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Kernels allocate nothing, once they are compiled. */
final class Allocations {

  private Allocations() {}

  /** Runs until 200 calls have allocated nothing, for at most 20 seconds. */
  static void assertNone(String what, Runnable run) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + 20_000_000_000L;
    long allocated = Long.MAX_VALUE;
    while (allocated > 0) {
      assertTrue(System.nanoTime() < end, what + " allocates " + allocated + " bytes");
      allocated = -threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 200; i++) {
        run.run();
      }
      allocated += threads.getCurrentThreadAllocatedBytes();
    }
  }
}
