package dev.tilewise.internal.conv;

import java.lang.foreign.MemorySegment;

/** One thread's view of a unit's pixels. */
final class PointwiseScratch implements Forward.Scratch {

  /** The blocks' sums of one tile. */
  final MemorySegment sums;

  /** Pixels of a chunk one behind the other, if they are not so in the input. */
  final MemorySegment gathered;

  /** Where the unit's pixels are. */
  MemorySegment pixels;

  /** The first one's first channel, bytes. */
  long first;

  /** From pixel to pixel, bytes. */
  long pitch;

  PointwiseScratch(PointwisePlan plan, MemorySegment memory) {
    sums = memory.asSlice(0, plan.sumsBytes());
    gathered = memory.asSlice(plan.sumsBytes(), plan.gatheredBytes());
  }
}
