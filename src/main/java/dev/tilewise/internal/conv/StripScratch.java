package dev.tilewise.internal.conv;

/** One thread's staged input rows and stacked windows. On the heap: docs/decisions/0002. */
final class StripScratch implements Forward.Scratch {

  final float[] staged;
  final float[] stacks;

  StripScratch(StripPlan plan, ScratchArrays arrays) {
    staged = arrays.large(plan.stagedLength());
    stacks = arrays.panel(plan.stacksLength());
  }

  /** Bytes on the heap. */
  static long heapBytes(StripPlan plan) {
    return ((long) plan.stagedLength() + plan.stacksLength()) * Float.BYTES;
  }
}
