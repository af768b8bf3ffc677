package dev.tilewise.internal.conv;

/** One thread's staged input rows. On the heap: docs/decisions/0002. */
final class StripScratch implements Forward.Scratch {

  final float[] staged;

  StripScratch(StripPlan plan, ScratchArrays arrays) {
    staged = arrays.large(plan.stagedLength());
  }

  /** Bytes on the heap. */
  static long heapBytes(StripPlan plan) {
    return (long) plan.stagedLength() * Float.BYTES;
  }
}
