package dev.tilewise;

/** How a convolution is computed. */
public enum Algorithm {
  /** The plan takes the cheapest of those that apply. */
  AUTO,
  /** Register tiles over the input in place: the fastest general algorithm. */
  DIRECT,
  /** Winograd's F(2, r): tiles of 2 x 2 outputs; filters 3x3 and 5x5, stride 1. */
  WINOGRAD_F2,
  /** Winograd's F(4, r): tiles of 4 x 4 outputs; filters 3x3 and 5x5, stride 1. */
  WINOGRAD_F4,
  /** Winograd's F(6, 3): tiles of 6 x 6 outputs; filters 3x3, stride 1. */
  WINOGRAD_F6,
  /** Patches copied into a matrix, then a matrix product: the textbook's way, to compare with. */
  IM2COL,
  /** Plain loops: the definition, to compare with. */
  NAIVE
}
