package dev.tilewise.internal.kernel;

/**
 * What every loop with an exponential in it shares: the constants, and the steps in plain Java.
 *
 * <pre>{@code
 * e^x = 2^n * (1 + q),   n = round(x / ln 2),   r = x - n ln 2,   q = e^r - 1 = r + r^2 Q(r)
 * }</pre>
 *
 * Adding {@link #ROUND} leaves n in the low bits of the sum, already with the bias of an exponent,
 * so that a shift makes the power of two.
 */
final class Exp {

  static final float LOG2_E = 0x1.715476p0f;

  /** Upper 16 bits of ln 2: its product with |n| below 256 is exact. */
  static final float LN2_HIGH = 0x1.62e4p-1f;

  static final float LN2_LOW = 0x1.7f7d1cp-20f;

  /** Rounds to a whole number n; the sum's low bits are n + 127. */
  static final float ROUND = 0x1.8p23f + 127;

  /** Rounds to a whole number n; the sum's low bits are n + 254: for two powers of two. */
  static final float ROUND_TWICE = 0x1.8p23f + 254;

  /** Bits of a float's mantissa. */
  static final int MANTISSA = 23;

  /** Q: largest error 1.4e-8 of q, for |r| up to 1.0005 ln 2 / 2. */
  static final float Q0 = 0x1.fffffep-2f;

  static final float Q1 = 0x1.5554b4p-3f;
  static final float Q2 = 0x1.5556f2p-5f;
  static final float Q3 = 0x1.12254ap-7f;
  static final float Q4 = 0x1.6b9c68p-10f;

  /** Above it e^x is infinite, and n is 128 at most. */
  static final float HIGHEST = 89;

  /** Below it |x| e^x is zero. */
  static final float LOWEST = -112;

  private Exp() {}

  /** r, from the rounded sum t of x. */
  static float rest(float x, float n) {
    return Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
  }

  /** e^r - 1. */
  static float q(float r) {
    float q = Math.fma(r, Q4, Q3);
    q = Math.fma(r, q, Q2);
    q = Math.fma(r, q, Q1);
    q = Math.fma(r, q, Q0);
    return Math.fma(r * r, q, r);
  }

  /** 2^n, from x + {@link #ROUND}. */
  static float power(float t) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(t) << MANTISSA);
  }

  /** 2^floor(n / 2), from x + {@link #ROUND_TWICE}. */
  static float lowerPower(float t) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(t) >>> 1 << MANTISSA);
  }

  /** 2^ceil(n / 2), from x + {@link #ROUND_TWICE}. */
  static float upperPower(float t) {
    int bits = Float.floatToRawIntBits(t);
    return Float.intBitsToFloat(bits - (bits >>> 1) << MANTISSA);
  }
}
