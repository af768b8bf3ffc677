package dev.tilewise.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The vectors of this machine. */
public final class Lanes {

  /** The widest vectors the hardware has. */
  public static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Floats in one vector. */
  public static final int COUNT = SPECIES.length();

  /** Its binary logarithm. */
  public static final int SHIFT = Integer.numberOfTrailingZeros(COUNT);

  /** Bytes of one vector. */
  public static final int BYTES = COUNT * Float.BYTES;

  private Lanes() {}
}
