package dev.tilewise.nn;

import dev.tilewise.internal.kernel.ArrayArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Memory that is used again: training packs the same filters after every step, and neither the
 * garbage collector nor a shared arena, whose closing takes tens of microseconds, should see that.
 * After {@link #recycle} the requests of the round before are answered with the same memory and the
 * same arrays, zeroed.
 */
final class RecycledArena implements ArrayArena {

  private final Arena owner = Arena.ofAuto();
  private final List<MemorySegment> blocks = new ArrayList<>();
  private final List<float[]> arrays = new ArrayList<>();
  private int next;
  private int nextArray;

  /** Begins a round. Nothing allocated before may be in use any more. */
  void recycle() {
    next = 0;
    nextArray = 0;
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

  @Override
  public float[] floats(int length) {
    if (nextArray < arrays.size() && arrays.get(nextArray).length == length) {
      float[] array = arrays.get(nextArray++);
      Arrays.fill(array, 0);
      return array;
    }
    arrays.subList(nextArray, arrays.size()).clear();
    arrays.add(new float[length]);
    return arrays.get(nextArray++);
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
