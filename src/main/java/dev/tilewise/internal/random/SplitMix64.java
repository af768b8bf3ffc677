package dev.tilewise.internal.random;

/**
 * Steele, Lea and Flood's generator: {@code z = mix(s += 0x9E3779B97F4A7C15)}. Written out because
 * the JDK promises the numbers of none of its splittable generators, and a seed must give the same
 * network on every machine and release.
 */
public final class SplitMix64 {

  private long state;

  /** Starts the sequence of one seed. */
  public SplitMix64(long seed) {
    state = seed;
  }

  /** The next 64 bits. */
  public long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [-1, 1), a multiple of 2^-23: exact as a float. */
  public float nextSymmetric() {
    return (next() >> 40) * 0x1p-23f;
  }

  /** Uniform in 0 .. bound-1, up to a bias of bound / 2^32. */
  public int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /** A random order of 0 .. size-1 (Fisher and Yates). */
  public int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
