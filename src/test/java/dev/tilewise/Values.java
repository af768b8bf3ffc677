package dev.tilewise;

import java.util.SplittableRandom;

/** Kinds of random numbers. */
public enum Values {
  /** Whole numbers of -4 .. 4: sums of up to 2^20 products are exact in float. */
  INTEGERS {
    @Override
    float draw(SplittableRandom random) {
      return random.nextInt(-4, 5);
    }
  },

  /** Uniform in [-1, 1), with all 24 bits. */
  UNIT {
    @Override
    float draw(SplittableRandom random) {
      return (random.nextInt(1 << 24) - (1 << 23)) * 0x1p-23f;
    }
  },

  /** Magnitudes of 2^-40 .. 2^40, and zeros of both signs: most terms are lost in the rounding. */
  WIDE {
    @Override
    float draw(SplittableRandom random) {
      float value = Math.scalb(UNIT.draw(random), random.nextInt(-40, 41));
      return random.nextInt(8) == 0 ? Math.copySign(0f, value) : value;
    }
  },

  /** Magnitudes around 2^-70: products underflow, gradually and completely. */
  TINY {
    @Override
    float draw(SplittableRandom random) {
      return Math.scalb(UNIT.draw(random), random.nextInt(-80, -60));
    }
  },

  /**
   * Mostly ordinary, with NaN, infinities, zeros of both signs and the largest and smallest floats.
   */
  SPECIAL {
    @Override
    float draw(SplittableRandom random) {
      return switch (random.nextInt(64)) {
        case 0 -> Float.NaN;
        case 1 -> Float.POSITIVE_INFINITY;
        case 2 -> Float.NEGATIVE_INFINITY;
        case 3 -> 0f;
        case 4, 5 -> -0f;
        case 6 -> Float.MAX_VALUE;
        case 7 -> -Float.MAX_VALUE;
        case 8 -> Float.MIN_VALUE;
        default -> UNIT.draw(random);
      };
    }
  };

  abstract float draw(SplittableRandom random);

  float[] array(SplittableRandom random, long count) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = draw(random);
    }
    return values;
  }
}
