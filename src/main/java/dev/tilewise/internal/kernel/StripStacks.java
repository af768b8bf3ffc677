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
   * @param height windows of a stack: 5 or 4
   * @param stacks how many, of {@code height * depth()} floats each
   * @param d receives the stacks
   */
  public void copy(float[] a, int aOff, int pitch, int height, int stacks, float[] d) {
    int at = 0;
    int first = aOff;
    for (int stack = 0; stack < stacks; stack++) {
      int piece = 0;
      for (int end : ends) {
        // Calls without loops: around a few vectors a loop costs more than what it does.
        int window = first + from[piece];
        switch (end - piece) {
          case 1 -> one(a, pitch, height, d, at, window);
          case 2 -> two(a, pitch, height, d, at, window, step(piece, 1), to[piece + 1]);
          case 3 ->
              three(
                  a,
                  pitch,
                  height,
                  d,
                  at,
                  window,
                  step(piece, 1),
                  to[piece + 1],
                  step(piece, 2),
                  to[piece + 2]);
          default -> pieces(a, pitch, height, d, at, first, piece, end);
        }
        at += height * COUNT;
        piece = end;
      }
      first += height * pitch;
    }
  }

  /** From a piece to one of the next in a window. */
  private int step(int piece, int next) {
    return from[piece + next] - from[piece];
  }

  private void pieces(
      float[] a, int pitch, int height, float[] d, int at, int first, int piece, int end) {
    for (int m = 0; m < height; m++) {
      for (int i = piece; i < end; i++) {
        FloatVector.fromArray(SPECIES, a, first + m * pitch + from[i])
            .intoArray(d, at + m * COUNT + to[i]);
      }
    }
  }

  private static void one(float[] a, int pitch, int height, float[] d, int at, int f0) {
    int from = f0;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + COUNT);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 2 * COUNT);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 3 * COUNT);
    if (height > 4) {
      from += pitch;
      FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 4 * COUNT);
    }
  }

  private static void two(
      float[] a, int pitch, int height, float[] d, int at, int f0, int f1, int t1) {
    int from = f0;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + t1);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + COUNT + t1);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 2 * COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 2 * COUNT + t1);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 3 * COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 3 * COUNT + t1);
    if (height > 4) {
      from += pitch;
      FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 4 * COUNT);
      FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 4 * COUNT + t1);
    }
  }

  private static void three(
      float[] a, int pitch, int height, float[] d, int at, int f0, int f1, int t1, int f2, int t2) {
    int from = f0;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + t1);
    FloatVector.fromArray(SPECIES, a, from + f2).intoArray(d, at + t2);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + COUNT + t1);
    FloatVector.fromArray(SPECIES, a, from + f2).intoArray(d, at + COUNT + t2);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 2 * COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 2 * COUNT + t1);
    FloatVector.fromArray(SPECIES, a, from + f2).intoArray(d, at + 2 * COUNT + t2);
    from += pitch;
    FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 3 * COUNT);
    FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 3 * COUNT + t1);
    FloatVector.fromArray(SPECIES, a, from + f2).intoArray(d, at + 3 * COUNT + t2);
    if (height > 4) {
      from += pitch;
      FloatVector.fromArray(SPECIES, a, from).intoArray(d, at + 4 * COUNT);
      FloatVector.fromArray(SPECIES, a, from + f1).intoArray(d, at + 4 * COUNT + t1);
      FloatVector.fromArray(SPECIES, a, from + f2).intoArray(d, at + 4 * COUNT + t2);
    }
  }
}
