package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Factors of a kernel and lines behind them that it may be told to bring. Their heads are other
 * numbers than the lines begin with, so that one sees which lines were brought.
 */
final class FollowedFilters {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final long LINE = 64;

  final MemorySegment memory;
  final ReadAhead ahead = new ReadAhead();
  private final long filters;
  private final long firstLine;
  private final long lines;
  private final int[] before;

  /**
   * Some factors and at most 150 lines.
   *
   * @param arena owns the memory
   * @param random of everything else
   * @param factors of the kernel
   * @param at where they begin
   */
  FollowedFilters(Arena arena, SplittableRandom random, float[] factors, long at) {
    firstLine = (at + 4L * factors.length + LINE - 1) / LINE * LINE;
    long most = random.nextInt(150);
    filters = firstLine + most * LINE;
    memory = ReadAhead.allocate(arena, filters);
    for (long i = 0; i < memory.byteSize(); i += 4) {
      memory.set(INT, i, random.nextInt());
    }
    MemorySegment.copy(factors, 0, memory, FLOAT, at, factors.length);
    lines = random.nextInt((int) most + 1);
    ahead.during(memory, filters, firstLine, lines * LINE);
    before = memory.toArray(INT);
  }

  /** Of a kernel that ran some tiles of so many terms: all lines it had tiles for, no others. */
  void assertBrought(boolean brings, int terms, int tiles, String message) {
    long brought = brings ? Math.min(lines / terms, tiles) * terms : 0;
    for (long line = 0; line < brought; line++) {
      long at = firstLine + line * LINE;
      before[(int) (at / 4)] = memory.get(INT, filters + at / LINE * 4);
    }
    for (int i = 0; i < before.length; i++) {
      assertEquals(before[i], memory.get(INT, 4L * i), message + ": " + i + " of " + brought);
    }
  }
}
