package dev.tilewise;

/** How a convolution is computed. */
public enum Algorithm {
  /**
   * The plan takes the cheapest of those that apply and are accurate enough ({@link
   * Conv2d#tolerance}); IM2COL and NAIVE only where there is no other. May depend on the batch, the
   * processor and {@link Conv2d#coldFilters}.
   */
  AUTO,
  /** Register tiles over the input in place: the fastest general algorithm. */
  DIRECT,
  /**
   * Winograd's F(2, r): tiles of 2 x 2 outputs from fewer multiplications than taps, at a known
   * error. For filters of 2 to 9 taps a stride in at least one dimension; any stride or dilation,
   * any groups.
   */
  WINOGRAD_F2,
  /** Winograd's F(3, r): tiles of 3 x 3 outputs, 2 to 8 taps a stride. */
  WINOGRAD_F3,
  /** Winograd's F(4, r): tiles of 4 x 4 outputs, 2 to 7 taps a stride. */
  WINOGRAD_F4,
  /** Winograd's F(5, r): tiles of 5 x 5 outputs, 2 to 6 taps a stride. */
  WINOGRAD_F5,
  /** Winograd's F(6, r): tiles of 6 x 6 outputs, 2 to 5 taps a stride. */
  WINOGRAD_F6,
  /** Patches copied into a matrix, then a matrix product: the textbook's way, to compare with. */
  IM2COL,
  /** Plain loops: the definition, to compare with. */
  NAIVE
}
