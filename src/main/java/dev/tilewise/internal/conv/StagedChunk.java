package dev.tilewise.internal.conv;

/**
 * Which chunk a thread has staged: threads that share a chunk's panels take several ranges of them,
 * one after the other.
 */
final class StagedChunk {

  private static final int NONE = -1;

  private int chunk = NONE;

  /** Another run begins, with other inputs. */
  void begin() {
    chunk = NONE;
  }

  /**
   * Whether a chunk must still be staged, which it then is.
   *
   * @param other of a run, from 0
   */
  boolean lacks(int other) {
    boolean lacks = chunk != other;
    chunk = other;
    return lacks;
  }
}
