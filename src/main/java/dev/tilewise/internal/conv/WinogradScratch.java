package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.winograd.Codelet;
import java.lang.foreign.MemorySegment;

/** One thread's blocks of a Winograd convolution, in the order in which they are filled. */
final class WinogradScratch implements Forward.Scratch {

  /** Input rows under a line of tiles, then a row of zeros. */
  final float[] strip;

  /** Transformed down the columns. */
  final float[] half;

  /** V: for each product a plane of tiles times channels. */
  final float[] v;

  /** M: for each product a plane of tiles times filters. */
  final MemorySegment products;

  /** Transformed back down the columns: for each output row and product, tiles times filters. */
  final float[] halfOutputs;

  /** Outputs of a last vector that is not full. */
  final float[] rest;

  /** Where the tiles' rows start in a plane of V. */
  final int[] vRows;

  /** Where they start in a plane of M, bytes; for the range of panels at work. */
  final long[] mRows;

  final int[] offsets;

  WinogradScratch(Geometry g, WinogradPlan plan, MemorySegment products) {
    this.products = products;
    Codelet codelet = plan.codelet();
    strip = new float[stripFloats(g, plan)];
    half = new float[plan.codelet().alpha() * plan.halfStep()];
    v = new float[vFloats(plan)];
    halfOutputs = new float[halfOutputFloats(plan)];
    rest = new float[codelet.m() * Lanes.COUNT];
    vRows = new int[plan.maxTiles()];
    mRows = new long[plan.maxTiles()];
    offsets = new int[codelet.alpha()];
  }

  private static int stripFloats(Geometry g, WinogradPlan plan) {
    int rows = plan.codelet().alpha() + 1;
    return Math.toIntExact((long) rows * plan.stripColumns() * g.c() + Lanes.COUNT);
  }

  private static int vFloats(WinogradPlan plan) {
    int alpha = plan.codelet().alpha();
    return Math.toIntExact((long) alpha * alpha * plan.planeV() + Lanes.COUNT);
  }

  private static int halfOutputFloats(WinogradPlan plan) {
    Codelet codelet = plan.codelet();
    return Math.multiplyExact(codelet.m() * codelet.alpha() * plan.tilesAtOnce(), plan.paddedK());
  }

  /** Bytes on the heap. */
  static long heapBytes(Geometry g, WinogradPlan plan) {
    long floats =
        (long) stripFloats(g, plan) + plan.codelet().alpha() * plan.halfStep() + vFloats(plan);
    floats += halfOutputFloats(plan) + (long) plan.codelet().m() * Lanes.COUNT;
    return floats * Float.BYTES
        + plan.maxTiles() * (long) (Integer.BYTES + Long.BYTES)
        + (long) plan.codelet().alpha() * Integer.BYTES;
  }
}
