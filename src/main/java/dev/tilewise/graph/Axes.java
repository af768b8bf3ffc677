package dev.tilewise.graph;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Orders and sets of axes. */
final class Axes {

  private Axes() {}

  static boolean isIdentity(int... axes) {
    for (int i = 0; i < axes.length; i++) {
      if (axes[i] != i) {
        return false;
      }
    }
    return true;
  }

  /** All axes in order, but one goes to the end. */
  static int[] last(int rank, int axis) {
    return IntStream.concat(IntStream.range(0, rank).filter(i -> i != axis), IntStream.of(axis))
        .toArray();
  }

  static int[] inverse(int... axes) {
    int[] inverse = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      inverse[axes[i]] = i;
    }
    return inverse;
  }

  /** Which axes are named; all if none is. */
  static boolean[] mark(Dims dims, int... axes) {
    boolean[] marked = new boolean[dims.rank()];
    Arrays.fill(marked, axes.length == 0);
    for (int axis : axes) {
      marked[dims.axis(axis)] = true;
    }
    return marked;
  }

  static int[] reducedLast(boolean... reduced) {
    IntStream kept = IntStream.range(0, reduced.length).filter(i -> !reduced[i]);
    return IntStream.concat(kept, IntStream.range(0, reduced.length).filter(i -> reduced[i]))
        .toArray();
  }

  static Dims kept(Dims dims, boolean[] reduced, boolean asOnes) {
    return Dims.of(
        IntStream.range(0, reduced.length)
            .filter(i -> asOnes || !reduced[i])
            .map(i -> reduced[i] ? 1 : dims.get(i))
            .toArray());
  }

  /** The extents of the reduced axes. */
  static Dims reduced(Dims dims, boolean... reduced) {
    return Dims.of(
        IntStream.range(0, reduced.length).filter(i -> reduced[i]).map(dims::get).toArray());
  }

  /** Whether height and width are reduced, and nothing else. */
  static boolean arePixels(Dims dims, boolean... reduced) {
    return dims.rank() == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  }
}
