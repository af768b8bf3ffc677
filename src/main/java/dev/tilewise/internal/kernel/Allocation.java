package dev.tilewise.internal.kernel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Bytes that the calling thread has allocated on the heap: compiled kernels allocate none. */
public final class Allocation {

  private Allocation() {}

  /** Since the thread began, or 0 where that is not known. */
  public static long bytes() {
    try {
      return ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads
              && threads.isThreadAllocatedMemorySupported()
          ? threads.getCurrentThreadAllocatedBytes()
          : 0;
    } catch (UnsupportedOperationException | LinkageError e) {
      // A runtime without the module jdk.management.
      return 0;
    }
  }
}
