package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory of the calling thread for the time of one unit of work, as large as any unit has asked
 * for. The garbage collector owns it.
 */
public final class Scratch {

  private static final long SMALLEST = 1 << 16;

  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  private MemorySegment memory = Memory.allocate(Arena.ofAuto(), SMALLEST);

  private Scratch() {}

  /**
   * The thread's memory. Its content is what the last unit left.
   *
   * @param bytes how many are needed at least
   * @return kernel memory, aligned
   */
  public static MemorySegment ofThread(long bytes) {
    Scratch mine = OF_THREAD.get();
    if (mine.memory.byteSize() < bytes) {
      mine.memory = Memory.allocate(Arena.ofAuto(), bytes);
    }
    return mine.memory;
  }
}
