package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Large buffers of consecutive steps start at different places of a page, and do not meet. */
class BufferPlacesTest {

  private static final long PAGES = 98 * 4096;

  @Test
  void inputsAndOutputsOfAChainStartElsewhere() {
    for (boolean share : new boolean[] {true, false}) {
      List<Buffer> chain = new ArrayList<>();
      for (int step = 0; step < 12; step++) {
        Buffer buffer = new Buffer(step % 5 == 4 ? 2 * PAGES : PAGES);
        buffer.touch(step);
        buffer.touch(step + 1);
        chain.add(buffer);
      }
      long end = Compiler.plan(chain, share);
      for (int step = 0; step < 12; step++) {
        Buffer own = chain.get(step);
        assertTrue(own.offset >= 0 && own.offset % 64 == 0 && own.offset + own.bytes <= end);
        if (step > 0) {
          Buffer before = chain.get(step - 1);
          long distance = Math.floorMod(own.offset - before.offset, 2048L);
          assertTrue(distance >= 384 && distance <= 2048 - 384, distance + " bytes");
          assertTrue(
              own.offset + own.bytes <= before.offset
                  || before.offset + before.bytes <= own.offset);
        }
      }
    }
  }

  @Test
  void theLargestSetIsThatOfOneStep() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      List<Buffer> buffers = new ArrayList<>();
      for (int i = random.nextInt(12); i >= 0; i--) {
        Buffer buffer = new Buffer(random.nextInt(100));
        int step = random.nextInt(10);
        buffer.touch(step);
        buffer.touch(random.nextInt(5) == 0 ? Integer.MAX_VALUE - 1 : step + random.nextInt(4));
        buffers.add(buffer);
      }
      long largest = 0;
      for (int step = 0; step < 15; step++) {
        int now = step;
        largest =
            Math.max(
                largest,
                buffers.stream()
                    .filter(buffer -> buffer.first <= now && now <= buffer.last)
                    .mapToLong(buffer -> buffer.bytes)
                    .sum());
      }
      assertEquals(largest, Compiler.largestLive(buffers));
    }
  }
}
