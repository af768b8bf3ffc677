package dev.tilewise.internal.conv;

/**
 * Heights of stacks of pixels that differ by one, so that together they hold every number of pixels
 * from some number on, with no row too many.
 *
 * @param usual pixels of most stacks
 * @param other pixels of the few that make up for what is left
 */
public record StackHeights(int usual, int other) {

  /** For 32 registers: docs/decisions/0016. */
  public static final StackHeights EIGHT_AND_NINE = new StackHeights(8, 9);

  /** For 16 registers: docs/decisions/0018. */
  public static final StackHeights FIVE_AND_FOUR = new StackHeights(5, 4);

  /** Of a pair. */
  public StackHeights {
    if (usual < 1 || other < 1 || Math.abs(usual - other) != 1) {
      throw new IllegalArgumentException("heights " + usual + " and " + other);
    }
  }

  /** Stacks of the other height among so many pixels: as few as leave whole stacks. */
  int others(long pixels) {
    int rest = (int) (pixels % usual);
    return other > usual ? rest : (usual - rest) % usual;
  }

  /** Stacks of the usual height among so many pixels. */
  int usuals(int pixels) {
    return (pixels - other * others(pixels)) / usual;
  }

  /** Whether so many pixels are stacks of the two. */
  boolean fit(long pixels) {
    return pixels >= (long) other * others(pixels);
  }

  /**
   * So many usual stacks can be cut anew, whatever number of pixels, fewer than one, comes on top.
   */
  int leastStacks() {
    return usual - 1;
  }
}
