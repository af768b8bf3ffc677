package dev.tilewise.internal.conv;

/**
 * The arrays on the heap that scratches of one thread have in common: whoever runs has them all,
 * and finds nothing in them. Those who need the longest ask first, so that all get the same.
 */
public final class ScratchArrays {

  private float[] large = {};
  private float[] small = {};
  private float[] panel = {};

  /** None yet. */
  public ScratchArrays() {}

  /** For what is staged or transformed. */
  float[] large(int length) {
    if (large.length < length) {
      large = new float[length];
    }
    return large;
  }

  /** For a vector or two, apart from {@link #large}. */
  float[] small(int length) {
    if (small.length < length) {
      small = new float[length];
    }
    return small;
  }

  /** For the factors at work, or stacked windows of a strip. */
  float[] panel(int length) {
    if (panel.length < length) {
      panel = new float[length];
    }
    return panel;
  }
}
