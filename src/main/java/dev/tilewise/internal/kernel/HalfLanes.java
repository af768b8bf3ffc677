package dev.tilewise.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Half of the widest vectors, where those are of 512 bits. A processor that executes one fused
 * multiply-add of 512 bits or two of 256 bits in a cycle loads one scalar to all 16 lanes or two to
 * 8, so that the halves are as fast with two factors for a scalar as whole vectors with four.
 */
final class HalfLanes {

  /** Whether there are halves. */
  static final boolean EXIST = Lanes.COUNT == 16;

  static final VectorSpecies<Float> SPECIES = EXIST ? FloatVector.SPECIES_256 : Lanes.SPECIES;

  /** Floats in one. */
  static final int COUNT = SPECIES.length();

  /** Bytes of one. */
  static final int BYTES = COUNT * Float.BYTES;

  private HalfLanes() {}
}
