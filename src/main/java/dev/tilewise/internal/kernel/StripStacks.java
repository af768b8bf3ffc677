package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;

import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;

/**
 * Copies windows of a strip into stacks, for {@link OutputTile#stacked}: for each vector of terms
 * the windows one after the other. A run of terms is cut where a vector of terms ends.
 *
 * <p>Each piece is copied as a whole vector. What it writes too much lies where a later piece, the
 * next window or the next vector of terms is written: the order of the copies is that of the
 * places. So the arrays need room for one vector more.
 */
public final class StripStacks {

  private final int terms;
  private final int[] from;
  private final int[] to;
  private final int[] ends;

  /**
   * Pieces.
   *
   * @param runs terms of a window, one run after the other
   */
  public StripStacks(StripRuns runs) {
    terms = runs.count() * runs.length();
    IntStream.Builder sources = IntStream.builder();
    IntStream.Builder places = IntStream.builder();
    ends = new int[(terms + COUNT - 1) / COUNT];
    int pieces = 0;
    for (int term = 0; term < terms; ) {
      int left = Math.min(runs.length() - term % runs.length(), COUNT - term % COUNT);
      sources.add(term / runs.length() * runs.aStep() + term % runs.length());
      places.add(term % COUNT);
      ends[term / COUNT] = ++pieces;
      term += left;
    }
    from = sources.build().toArray();
    to = places.build().toArray();
  }

  /** Terms of a window. */
  public int terms() {
    return terms;
  }

  /** Floats of a stacked window: whole vectors. */
  public int depth() {
    return ends.length * COUNT;
  }

  /**
   * Copies.
   *
   * @param a the strip
   * @param aOff the first window's first term
   * @param pitch from window to window
   * @param height windows of a stack
   * @param stacks how many, of {@code height * depth()} floats each
   * @param d receives the stacks
   */
  public void copy(float[] a, int aOff, int pitch, int height, int stacks, float[] d) {
    int at = 0;
    int first = aOff;
    for (int stack = 0; stack < stacks; stack++) {
      int piece = 0;
      for (int end : ends) {
        int window = first;
        for (int m = 0; m < height; m++) {
          for (int i = piece; i < end; i++) {
            FloatVector.fromArray(SPECIES, a, window + from[i]).intoArray(d, at + to[i]);
          }
          window += pitch;
          at += COUNT;
        }
        piece = end;
      }
      first += height * pitch;
    }
  }
}
