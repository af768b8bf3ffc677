package dev.tilewise.internal.conv;

/** Where the tiles of a block lie in V: of each product, for each vector of channels a vector. */
interface TilePlaces {

  /** Where each tile's first vector is. */
  int[] starts();

  /** From vector to vector of each tile. */
  int[] steps();
}
