package dev.tilewise.nn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that is used again: training packs the same filters after every step, and neither the
 * garbage collector nor a shared arena, whose closing takes tens of microseconds, should see that.
 * After {@link #recycle} the requests of the round before are answered with the same memory,
 * zeroed.
 */
final class RecycledArena implements Arena {

  private final Arena owner = Arena.ofAuto();
  private final List<MemorySegment> blocks = new ArrayList<>();
  private int next;

  /** Begins a round. Nothing allocated before may be in use any more. */
  void recycle() {
    next = 0;
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    if (next < blocks.size() && serves(blocks.get(next), byteSize, byteAlignment)) {
      return blocks.get(next++).fill((byte) 0);
    }
    // The requests differ from those of the round before: forget what is left of it.
    blocks.subList(next, blocks.size()).clear();
    blocks.add(owner.allocate(byteSize, byteAlignment));
    return blocks.get(next++);
  }

  private static boolean serves(MemorySegment block, long byteSize, long byteAlignment) {
    return block.byteSize() == byteSize && block.address() % byteAlignment == 0;
  }

  @Override
  public MemorySegment.Scope scope() {
    return owner.scope();
  }

  /** Not supported, as in every automatic arena. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("the garbage collector owns this memory");
  }
}
