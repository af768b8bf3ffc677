package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.ReadAhead;
import java.lang.foreign.MemorySegment;

/** One thread's staged pixels. */
final class PointwiseScratch implements Forward.Scratch {

  static final int NONE = -1;

  /** The blocks' sums of one tile. */
  final MemorySegment sums;

  /** Rows of pixels that do not lie at equal distances. */
  final MemorySegment gathered;

  /** Stacks of pixels. On the heap: docs/decisions/0002. */
  final float[] staged;

  /** Brings panels into the caches. */
  final ReadAhead ahead = new ReadAhead();

  /** Whether no other thread reads the same filters meanwhile. */
  boolean alone;

  /** One past the last panel of the units that this thread will probably take. */
  int endPanel;

  /** The panel of all groups that this thread has multiplied with last, or {@link #NONE}. */
  int panel;

  /** The one that comes meanwhile, or {@link #NONE}. */
  int coming;

  /** Which pixels are staged or gathered. */
  final StagedChunk staging = new StagedChunk();

  /** Where each pixel's channels start in the input, bytes. */
  final long[] inputs;

  PointwiseScratch(PointwisePlan plan, MemorySegment memory, ScratchArrays arrays) {
    sums = memory.asSlice(0, plan.sumsBytes());
    gathered = memory.asSlice(WinogradScratch.aligned(sums.byteSize()), plan.gatheredBytes());
    staged = arrays.large(plan.stagedLength());
    inputs = new long[plan.chunkPixels()];
  }

  @Override
  public void begin() {
    staging.begin();
    panel = NONE;
    coming = NONE;
    ahead.nothing();
  }

  /** Bytes off the heap. */
  static long bytes(PointwisePlan plan) {
    return WinogradScratch.aligned(plan.sumsBytes()) + plan.gatheredBytes();
  }

  /** Bytes on the heap. */
  static long heapBytes(PointwisePlan plan) {
    return (long) plan.stagedLength() * Float.BYTES + (long) plan.chunkPixels() * Long.BYTES;
  }
}
