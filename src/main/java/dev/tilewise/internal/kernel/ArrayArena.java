package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;

/** An arena that has arrays on the heap, too, and may use them again. */
public interface ArrayArena extends Arena {

  /**
   * An array of zeros.
   *
   * @param length floats
   */
  float[] floats(int length);

  /**
   * An array of zeros: the arena's, if it has any, else the garbage collector's.
   *
   * @param arena any arena
   * @param length floats
   */
  static float[] floats(Arena arena, int length) {
    return arena instanceof ArrayArena arrays ? arrays.floats(length) : new float[length];
  }
}
