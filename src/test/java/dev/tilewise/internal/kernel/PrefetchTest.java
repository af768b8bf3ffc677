package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** That {@link Prefetch} reads what it is told to, and nothing else. */
class PrefetchTest {

  @Test
  void itReadsTheFirstAndTheLastLine() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = Memory.allocate(arena, 256);
      Prefetch prefetch = new Prefetch();
      prefetch.lines(memory, 0, 256);
      prefetch.lines(memory, 192, 64);
      prefetch.lines(memory, 256, 0);
      assertThrows(IndexOutOfBoundsException.class, () -> prefetch.lines(memory, 0, 257));
      assertThrows(IndexOutOfBoundsException.class, () -> prefetch.lines(memory, -64, 64));
    }
  }

  @Test
  void onlyKernelMemory() {
    MemorySegment heap = MemorySegment.ofArray(new float[64]);
    assertThrows(IllegalArgumentException.class, () -> new Prefetch().lines(heap, 0, 64));
  }
}
