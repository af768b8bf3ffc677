package dev.tilewise.internal.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A convolution bound to extents and weights: immutable, shareable, cut into stages, and those into
 * units that any thread may compute in any order. All segments are kernel memory, NHWC.
 */
public interface Forward {

  /**
   * Stages of a run: all units of one are done before the next one begins.
   *
   * @param threads how many will share the units
   */
  int stages(int threads);

  /**
   * Number of independent units that a stage of a run is cut into. Cuts differ in speed only: no
   * bit of the output depends on them. Neighbouring units touch neighbouring memory.
   *
   * @param threads how many will share the units
   * @param stage from 0
   */
  int units(int threads, int stage);

  /** Native scratch of one thread, bytes. */
  long scratchBytes();

  /** On-heap scratch of one thread, bytes. */
  long heapBytes();

  /**
   * The scratch of one thread.
   *
   * @param memory {@link #scratchBytes} bytes
   * @param arrays of that thread
   */
  Scratch scratch(MemorySegment memory, ScratchArrays arrays);

  /**
   * Computes one unit of a stage.
   *
   * @param threads what {@link #stages} and {@link #units} were given for this run
   * @param stage from 0
   * @param unit from 0
   * @param units what {@link #units} gave for this stage
   * @param scratch of the calling thread, made by {@link #scratch}
   * @param common the scratch that all threads share what one stage leaves to the next in
   * @param x input
   * @param residual added before the activation, with K channels and no others; or null
   * @param y output, of which only the channels of the {@link Destination} are touched
   */
  void run(
      int threads,
      int stage,
      int unit,
      int units,
      Scratch scratch,
      Scratch common,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y);

  /**
   * The same convolution with other weights.
   *
   * @param weights {@code [K, C/groups, FH, FW]}, any kind of memory
   * @param bias K floats, or null
   * @param arena owns the packed weights, but for arrays on the heap
   */
  Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena);

  /**
   * The same convolution, of which each output is the largest of 2x2, rows and columns that are
   * left over being dropped; with the same packed weights. Its runs take no residual.
   *
   * @param pooled where the maxima go
   * @return nothing if this one cannot take them before it writes
   */
  default Optional<Forward> maxPooled(Destination pooled) {
    return Optional.empty();
  }

  /** Largest number of roundings that one term of a sum passes through. */
  int roundings();

  /**
   * How much larger than the sum of the magnitudes of all terms what is rounded can be: 1 unless an
   * algorithm computes with differences. If it is more, a term's magnitude is that of the largest
   * input of its channel times the largest weight of its filter and channel.
   */
  default double amplification() {
    return 1;
  }

  /** Memory of the plan's arena: the plan ends with it. The packed weights may be on the heap. */
  MemorySegment packed();

  /** Size of the packed weights, on the heap or off it. */
  long packedBytes();

  /** Tile, vector width, panels: one line for a reader. */
  String describe();

  /** Scratch of one thread; each algorithm has its own. */
  interface Scratch {

    /** Before the first unit of a run: forgets what it holds of an earlier one. */
    default void begin() {}
  }
}
