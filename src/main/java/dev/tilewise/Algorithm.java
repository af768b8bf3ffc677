package dev.tilewise;

/** How a convolution is computed. */
public enum Algorithm {
  /** The plan takes the cheapest of those that apply. */
  AUTO,
  /** Register tiles over the input in place: the fastest general algorithm. */
  DIRECT,
  /** Patches copied into a matrix, then a matrix product: the textbook's way, to compare with. */
  IM2COL,
  /** Plain loops: the definition, to compare with. */
  NAIVE
}
