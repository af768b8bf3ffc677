package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/** What works on all channels of a pixel at once, for as many pixels as a vector has lanes. */
public interface ColumnKernel {

  /** Scratch of one run, bytes. */
  long scratchBytes(int channels);

  /**
   * One vector of pixels. All memory is kernel memory; offsets and steps are bytes.
   *
   * @param x inputs, a vector for each channel
   * @param xOff where the first starts
   * @param xStep from channel to channel
   * @param y receives the outputs; may be x at the same offset and step
   * @param yOff where the first starts
   * @param yStep from channel to channel
   * @param channels how many
   * @param scratch memory for the run
   * @param scratchOff where it starts
   */
  void run(
      MemorySegment x,
      long xOff,
      long xStep,
      MemorySegment y,
      long yOff,
      long yStep,
      int channels,
      MemorySegment scratch,
      long scratchOff);

  /** Whether {@link #row} is the better way for so many channels that are contiguous. */
  default boolean prefersRows(int channels) {
    return false;
  }

  /**
   * One pixel whose channels are contiguous, with the same bits.
   *
   * @param x inputs
   * @param xOff where they start
   * @param y receives the outputs; may be x at the same offset
   * @param yOff where they start
   * @param channels how many
   * @param scratch memory for the run
   * @param scratchOff where it starts
   */
  default void row(
      MemorySegment x,
      long xOff,
      MemorySegment y,
      long yOff,
      int channels,
      MemorySegment scratch,
      long scratchOff) {
    throw new UnsupportedOperationException("rows of " + this);
  }
}
