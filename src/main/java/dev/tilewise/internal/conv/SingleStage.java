package dev.tilewise.internal.conv;

import java.lang.foreign.MemorySegment;

/** A convolution that is cut into units at once. */
interface SingleStage extends Forward {

  /**
   * Number of independent units.
   *
   * @param threads how many will share them
   */
  int units(int threads);

  /**
   * Computes one unit.
   *
   * @param threads how many share the units
   * @param unit from 0
   * @param units what {@link #units} gave for this run
   * @param scratch of the calling thread
   * @param x input
   * @param residual as for {@link Forward#run}
   * @param y output
   */
  void run(
      int threads,
      int unit,
      int units,
      Scratch scratch,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y);

  @Override
  default int stages(int threads) {
    return 1;
  }

  @Override
  default int units(int threads, int stage) {
    return units(threads);
  }

  @Override
  default void run(
      int threads,
      int stage,
      int unit,
      int units,
      Scratch scratch,
      Scratch common,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    run(threads, unit, units, scratch, x, residual, y);
  }
}
