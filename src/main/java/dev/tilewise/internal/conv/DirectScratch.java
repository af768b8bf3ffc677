package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Panel;
import java.lang.foreign.MemorySegment;

/** Tables and staged windows of one part of what a thread computes. */
final class DirectScratch {

  /** Partial sums of tiles. */
  final MemorySegment sums;

  /** A panel without the terms that a border lacks. */
  final MemorySegment compacted;

  /** Staged windows, or the strip that they lie in. */
  final float[] staged;

  /** Where this part's start, floats. */
  int stagedStart;

  /** How many there are. */
  int pixels;

  /** Where each window starts in {@link #staged}. */
  final int[] rows;

  /** Where each window starts in the input, bytes; gathered only. */
  final long[] inputs;

  /** Where each pixel's outputs start, bytes. */
  final long[] outputs;

  /** Where each pixel's residual starts, bytes: the same array where that is the same. */
  final long[] residuals;

  /** The panel at work: packed weights, or {@link #compacted}. */
  MemorySegment panel;

  /** Where it starts, bytes. */
  long panelOff;

  /** Whether it is {@link #compacted}. */
  boolean compact;

  /** The same for stacked tiles. */
  final Panel factors;

  /** Whether these are all terms, or else those that are present. */
  boolean whole;

  final Destination destination;
  final long oh;
  final long ow;

  private DirectScratch(
      int place,
      Geometry g,
      Destination destination,
      DirectPlan plan,
      MemorySegment memory,
      ScratchArrays arrays) {
    this.destination = destination;
    sums = memory.asSlice(0, plan.sumsBytes());
    compacted = memory.asSlice(plan.sumsBytes(), plan.compactBytes());
    staged = arrays.large(plan.stagedLength());
    factors = new Panel(arrays.panel(plan.copiedFloats()));
    rows = new int[plan.maxRows(place)];
    inputs = new long[plan.maxRows(place)];
    outputs = new long[plan.maxRows(place)];
    residuals = destination.isDense(g.k()) ? outputs : new long[plan.maxRows(place)];
    oh = g.oh();
    ow = g.ow();
  }

  /**
   * The scratches of the parts that are staged together, which have all but the tables in common.
   */
  static final class Together implements Forward.Scratch {

    final DirectScratch[] parts;

    final StagedChunk staging = new StagedChunk();

    private Together(DirectScratch[] parts) {
      this.parts = parts;
    }

    @Override
    public void begin() {
      staging.begin();
    }
  }

  /**
   * Of one thread.
   *
   * @param g extents
   * @param destination where outputs go
   * @param plan what is staged
   * @param memory for sums
   * @param arrays for what is staged
   */
  static Together of(
      Geometry g,
      Destination destination,
      DirectPlan plan,
      MemorySegment memory,
      ScratchArrays arrays) {
    DirectScratch[] parts = new DirectScratch[plan.partsTogether()];
    for (int part = 0; part < parts.length; part++) {
      parts[part] = new DirectScratch(part, g, destination, plan, memory, arrays);
    }
    return new Together(parts);
  }

  /** Bytes of one thread on the heap. */
  static long heapBytes(Geometry g, Destination destination, DirectPlan plan) {
    int tables = destination.isDense(g.k()) ? 2 : 3;
    long rows = 0;
    for (int place = 0; place < plan.partsTogether(); place++) {
      rows += plan.maxRows(place);
    }
    return ((long) plan.stagedLength() + plan.copiedFloats()) * Float.BYTES
        + rows * (Integer.BYTES + tables * Long.BYTES);
  }

  /** Repeats the last pixel in the rows that a last tile has too many. */
  void repeatLast(int end) {
    for (int i = pixels; i < end; i++) {
      rows[i] = rows[pixels - 1];
      outputs[i] = outputs[pixels - 1];
    }
  }
}
