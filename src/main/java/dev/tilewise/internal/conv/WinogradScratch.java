package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Panel;
import dev.tilewise.internal.kernel.ReadAhead;
import java.lang.foreign.MemorySegment;

/**
 * One thread's blocks of a Winograd convolution, in the order in which they are filled. Where
 * threads work on a block together, they use V and M of one of them.
 */
final class WinogradScratch implements Forward.Scratch {

  /**
   * Floats before V: arrays that have pages of their own start 16 bytes into them, and vectors
   * should not cross lines of the cache.
   */
  static final int LEAD = (64 - 16) / Float.BYTES;

  /** Input rows under a line of tiles, then a row of zeros. */
  final MemorySegment strip;

  /** Transformed down the columns. */
  final MemorySegment half;

  /** V: for each product a plane of stacks of tiles. On the heap: docs/decisions/0002. */
  float[] v;

  /** M: for each product a plane of tiles times filters. */
  MemorySegment products;

  /** The part of U at work. */
  final Panel panel;

  /** Filters and sums of {@link FilteredTiles}, or the array of the panel. */
  final float[] work;

  /** Brings it into the caches. */
  final ReadAhead ahead = new ReadAhead();

  /** Whether kernels bring filters: no other thread reads the same ones, and they are far. */
  boolean alone;

  private final float[] ownV;
  private final MemorySegment ownProducts;

  /** Transformed back down the columns: for each output row and product, tiles times filters. */
  final MemorySegment halfOutputs;

  /** Filters of {@link FilteredTiles}. */
  final MemorySegment halfFilters;

  /** Outputs before they are pooled. */
  final MemorySegment outputs;

  /** Outputs of a last vector that is not full. */
  final float[] rest;

  /** Where rows start. */
  final long[] offsets;

  WinogradScratch(WinogradPlan plan, boolean pools, MemorySegment memory, ScratchArrays arrays) {
    long at = 0;
    ownProducts = memory.asSlice(at, plan.productBytes());
    at = end(at, ownProducts);
    half = memory.asSlice(at, plan.halfBytes());
    at = end(at, half);
    halfOutputs = memory.asSlice(at, plan.halfOutputBytes());
    at = end(at, halfOutputs);
    halfFilters = memory.asSlice(at, plan.halfFilterBytes());
    at = end(at, halfFilters);
    outputs = memory.asSlice(at, pools ? plan.pooledBytes() : 0);
    at = end(at, outputs);
    strip = memory.asSlice(at, plan.stripBytes());
    ownV = arrays.large(vFloats(plan));
    work = arrays.panel(plan.workFloats());
    panel = new Panel(work);
    rest = arrays.small(plan.across().m() * Lanes.COUNT);
    offsets = new long[plan.down().alpha()];
    use(this);
  }

  /** Takes V and M of another one, or its own. */
  void use(WinogradScratch of) {
    v = of.ownV;
    products = of.ownProducts;
  }

  private static long end(long at, MemorySegment slice) {
    return aligned(at + slice.byteSize());
  }

  /** Rounded up to where the next segment may start. */
  static long aligned(long bytes) {
    return (bytes + Memory.ALIGNMENT - 1) / Memory.ALIGNMENT * Memory.ALIGNMENT;
  }

  private static int vFloats(WinogradPlan plan) {
    return Math.addExact(plan.vFloats(), LEAD);
  }

  /** Bytes off the heap. */
  static long bytes(WinogradPlan plan, boolean pools) {
    return aligned(plan.productBytes())
        + aligned(plan.halfBytes())
        + aligned(plan.halfOutputBytes())
        + aligned(plan.halfFilterBytes())
        + (pools ? aligned(plan.pooledBytes()) : 0)
        + plan.stripBytes();
  }

  /** Bytes on the heap. */
  static long heapBytes(WinogradPlan plan) {
    return ((long) vFloats(plan) + plan.workFloats() + plan.across().m() * Lanes.COUNT)
            * Float.BYTES
        + (long) plan.down().alpha() * Long.BYTES;
  }
}
