package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A function of one float, twice: {@link #at} in plain Java, and {@link #run} in vectors, with the
 * identical operations in the identical order, so with the identical bits. NaN goes to NaN.
 *
 * <p>Each family writes its polynomials out in its own loop. A method shared by several loops would
 * take and return vectors, and C2 boxes those whenever it does not inline the method, which it
 * refuses once the method has been compiled alone; {@code CurveTest} compares every loop with its
 * plain twin bit for bit instead.
 */
public interface Curve {

  /** The function of one float. */
  float at(float x);

  /**
   * The function of a run of floats. Both are kernel memory; offsets are bytes.
   *
   * @param x arguments
   * @param xOff where they start
   * @param y receives the values; may be x at the same offset
   * @param yOff where they start
   * @param count floats
   */
  void run(MemorySegment x, long xOff, MemorySegment y, long yOff, int count);
}
