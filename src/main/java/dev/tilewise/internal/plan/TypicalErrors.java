package dev.tilewise.internal.plan;

import dev.tilewise.internal.winograd.Codelet;

/**
 * The largest errors seen, relative to {@code sum |x| |w|} of an output, over five seeds of normal
 * and of positive data, on layers of 1 to 256 channels (docs/winograd.md, which says how to repeat
 * it). AUTO counts with {@link #MARGIN} times as much, and a test rings above that.
 */
final class TypicalErrors {

  /** From the largest seen to what is counted with. */
  static final double MARGIN = 1.4;

  /** Sums in order, without a transform. */
  private static final double SUM = 2.0e-6;

  /**
   * With so few channels and phases some output's {@code sum |x| |w|} is small beside its
   * neighbours', which the tile rounds as well.
   */
  private static final int FEW_CHANNELS = 12;

  /** Seen with three channels: up to 2.5 times as much as with twelve or more; eight, 1.7. */
  private static final double OF_FEW_CHANNELS = 2.5;

  private static final int VERY_FEW_CHANNELS = 3;

  /** Seen with one channel: 6 to 12 times as much. */
  private static final double OF_VERY_FEW_CHANNELS = 12;

  /** In two dimensions, by m from 2 and r from 2 on; one dimension alone stays below. */
  private static final double[][] ERRORS = {
    {2.0e-6, 2.1e-6, 2.5e-6, 2.5e-6, 2.2e-6, 5.9e-6, 4.1e-6, 1.5e-5}, // F(2, 2) to F(2, 9)
    {1.7e-6, 3.6e-6, 1.7e-6, 3.1e-6, 2.1e-6, 6.4e-6, 2.1e-5}, // F(3, 2) to F(3, 8)
    {3.4e-6, 2.8e-6, 4.3e-6, 3.2e-6, 6.6e-6, 3.5e-5}, // F(4, 2) to F(4, 7)
    {2.9e-6, 4.7e-6, 7.1e-6, 1.9e-5, 3.0e-5}, // F(5, 2) to F(5, 6)
    {1.3e-5, 5.6e-6, 3.5e-5, 5.2e-5}, // F(6, 2) to F(6, 5)
  };

  private TypicalErrors() {}

  /** Of algorithms that add terms in order. */
  static double ofSums() {
    return MARGIN * SUM;
  }

  /**
   * Of a transform.
   *
   * @param codelet of one dimension; the larger one counts
   * @param depth channels of a group times phases
   */
  static double of(Codelet codelet, int depth) {
    double seen = codelet.r() == 1 ? SUM : ERRORS[codelet.m() - 2][codelet.r() - 2];
    return MARGIN * seen * ofChannels(depth);
  }

  private static double ofChannels(int depth) {
    if (depth >= FEW_CHANNELS) {
      return 1;
    }
    return depth >= VERY_FEW_CHANNELS ? OF_FEW_CHANNELS : OF_VERY_FEW_CHANNELS;
  }
}
