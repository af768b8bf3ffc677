package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One number for each channel, and behind the last channel the first ones again, so that a vector
 * may be read from any channel on.
 */
final class ChannelTable {

  private ChannelTable() {}

  static MemorySegment of(float[] numbers) {
    int length = numbers.length + Lanes.COUNT;
    MemorySegment table = Memory.allocate(Arena.ofAuto(), (long) length * Float.BYTES);
    for (int i = 0; i < length; i++) {
      table.setAtIndex(ValueLayout.JAVA_FLOAT, i, numbers[i % numbers.length]);
    }
    return table;
  }
}
