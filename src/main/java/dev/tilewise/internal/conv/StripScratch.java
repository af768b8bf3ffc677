package dev.tilewise.internal.conv;

import java.lang.foreign.MemorySegment;

/**
 * One thread's staged input rows and stacked windows, on the heap (docs/decisions/0002), and a tile
 * that is computed aside.
 */
final class StripScratch implements Forward.Scratch {

  final float[] staged;
  final float[] stacks;
  final MemorySegment aside;

  StripScratch(StripPlan plan, MemorySegment memory, ScratchArrays arrays) {
    aside = memory.asSlice(0, plan.asideBytes());
    staged = arrays.large(plan.stagedLength());
    stacks = arrays.panel(plan.stacksLength());
  }

  /** Bytes on the heap. */
  static long heapBytes(StripPlan plan) {
    return ((long) plan.stagedLength() + plan.stacksLength()) * Float.BYTES;
  }
}
