package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/** A function of one float for each channel, in plain Java and, with the same bits, in vectors. */
public interface ChannelCurve {

  /** Number of channels. */
  int channels();

  /** The function of one float of a channel. */
  float at(int channel, float x);

  /**
   * Floats of one channel. All memory is kernel memory; offsets are bytes.
   *
   * @param channel whose
   * @param x arguments
   * @param xOff where they start
   * @param y receives the values; may be x at the same offset
   * @param yOff where they start
   * @param count floats
   */
  void plane(int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count);

  /**
   * Floats of depth columns, one channel after the other and round again.
   *
   * @param channel of the first float
   * @param x arguments
   * @param xOff where they start
   * @param y receives the values; may be x at the same offset
   * @param yOff where they start
   * @param count floats
   */
  void columns(int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count);
}
