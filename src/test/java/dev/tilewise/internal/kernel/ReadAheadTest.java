package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** That {@link ReadAhead} reads what it is told to, and gives out the lines it is told to. */
class ReadAheadTest {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  @Test
  void itReadsTheFirstAndTheLastLine() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = Memory.allocate(arena, 256);
      ReadAhead ahead = new ReadAhead();
      ahead.now(memory, 0, 256);
      ahead.now(memory, 192, 64);
      ahead.now(memory, 256, 0);
      assertThrows(IndexOutOfBoundsException.class, () -> ahead.now(memory, 0, 257));
      assertThrows(IndexOutOfBoundsException.class, () -> ahead.now(memory, -64, 64));
    }
  }

  @Test
  void onlyKernelMemory() {
    MemorySegment heap = MemorySegment.ofArray(new float[64]);
    assertThrows(IllegalArgumentException.class, () -> new ReadAhead().now(heap, 0, 64));
  }

  @Test
  void headsAreTheFirstNumbersOfLines() {
    try (Arena arena = Arena.ofShared()) {
      long filters = 3 * 64;
      MemorySegment memory = ReadAhead.allocate(arena, filters);
      for (int i = 0; i < 48; i++) {
        memory.setAtIndex(INT, i, 0x7FA0_0000 + i);
      }
      ReadAhead.writeHeads(memory, filters);
      // Where no kernel brings lines there are none.
      int lines = Lanes.BYTES == 64 ? 3 : 0;
      assertEquals(filters + 4L * lines, memory.byteSize());
      for (int line = 0; line < lines; line++) {
        assertEquals(0x7FA0_0000 + 16 * line, memory.get(INT, filters + 4L * line));
      }
    }
  }

  @Test
  void linesAreGivenOutInWholeTilesAsLongAsThereAreAny() {
    try (Arena arena = Arena.ofShared()) {
      long filters = 100 * 64;
      MemorySegment memory = ReadAhead.allocate(arena, filters);
      ReadAhead ahead = new ReadAhead();
      assertEquals(0, ahead.tiles(memory, 10, 5));
      ahead.during(memory, filters, 10 * 64, 35 * 64);
      assertEquals(filters, ahead.heads());
      assertEquals(0, ahead.tiles(memory.asSlice(0), 10, 5), "of other memory");
      assertEquals(0, ahead.tiles(memory, 0, 5), "without terms");
      assertEquals(2, ahead.tiles(memory, 10, 2));
      assertEquals(3, ahead.tiles(memory, 10, 5));
      assertEquals(10 * 64, ahead.take(20));
      assertEquals(30 * 64, ahead.take(10));
      assertEquals(0, ahead.tiles(memory, 10, 5));
      assertEquals(5, ahead.tiles(memory, 1, 9));
      ahead.nothing();
      assertEquals(0, ahead.tiles(memory, 1, 9));
    }
  }

  @Test
  void whatKernelsHaveNotBroughtIsReadInTheEnd() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = ReadAhead.allocate(arena, 10 * 64);
      ReadAhead ahead = new ReadAhead();
      ahead.rest();
      ahead.during(memory, 10 * 64, 0, 10 * 64);
      ahead.take(4);
      ahead.rest();
      assertEquals(0, ahead.tiles(memory, 1, 100));
      // A line beyond the memory: it is not asked for before, and cannot be read.
      ahead.during(memory, 10 * 64, memory.byteSize() - 64, 2 * 64);
      assertEquals(2, ahead.tiles(memory, 1, 100));
      assertThrows(IndexOutOfBoundsException.class, ahead::rest);
    }
  }
}
