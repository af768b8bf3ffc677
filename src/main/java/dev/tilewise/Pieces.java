package dev.tilewise;

import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Hands out one segment piece by piece. */
final class Pieces implements Arena {

  private final MemorySegment memory;
  private long next;

  Pieces(MemorySegment memory) {
    this.memory = memory;
  }

  /** At most what a piece takes, with its alignment. */
  static long bytes(long piece) {
    return Math.max(piece, Memory.ALIGNMENT) + Memory.ALIGNMENT;
  }

  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    long address = memory.address() + next;
    long start = next + Math.floorMod(-address, byteAlignment);
    MemorySegment piece = memory.asSlice(start, byteSize);
    next = start + byteSize;
    return piece;
  }

  @Override
  public MemorySegment.Scope scope() {
    return memory.scope();
  }

  /** Not supported: the segment has an owner. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("the memory belongs to another arena");
  }
}
