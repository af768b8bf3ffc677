package dev.tilewise.internal.random;

/**
 * Steele, Lea and Flood's generator: {@code z = mix(s += 0x9E3779B97F4A7C15)}.
 *
 * <p>Written out here because the JDK fixes the algorithm of none of its splittable generators, and
 * the same seed must give the same data and networks on every machine and release.
 */
public final class SplitMix64 {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  /** Starts the sequence of one seed. */
  public SplitMix64(long seed) {
    state = seed;
  }

  /** The generator of item {@code index} of a seeded family; items are independent. */
  public static SplitMix64 of(long seed, long index) {
    // Mixed, not added: states that differ by a multiple of GAMMA walk the same sequence.
    return new SplitMix64(mix(mix(seed) + index));
  }

  private static long mix(long value) {
    long z = value + GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The next 64 bits. */
  public long next() {
    long value = mix(state);
    state += GAMMA;
    return value;
  }

  /** Uniform in [-1, 1), a multiple of 2^-23: exact as a float. */
  public float nextSymmetric() {
    return (next() >> 40) * 0x1p-23f;
  }

  /** Uniform in 0..bound-1 (Lemire: the high half of a product, short intervals rejected). */
  public int below(int bound) {
    long product = (next() >>> 32) * bound;
    long threshold = (1L << 32) % bound;
    while ((product & 0xFFFFFFFFL) < threshold) {
      product = (next() >>> 32) * bound;
    }
    return (int) (product >>> 32);
  }

  /** Uniform in [low, high). */
  public double between(double low, double high) {
    return low + (high - low) * (next() >>> 11) * 0x1p-53;
  }

  /**
   * Nearly normal with mean 0 and variance 1, never beyond 3.47: the sum of four 16-bit uniforms,
   * which needs no logarithm and one draw.
   */
  public double normal() {
    long bits = next();
    long sum = (bits & 0xFFFF) + (bits >>> 16 & 0xFFFF) + (bits >>> 32 & 0xFFFF) + (bits >>> 48);
    // Four discrete uniforms on 0..65535: mean 131070, variance 4 (2^32 - 1) / 12.
    return (sum - 131070) / 37837.22723720648;
  }

  /** A Fisher-Yates permutation of 0..size-1. */
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
