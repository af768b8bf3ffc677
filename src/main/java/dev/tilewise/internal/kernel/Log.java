package dev.tilewise.internal.kernel;

/** What every loop with a logarithm in it shares: {@code log1p(f) = f + f^2 L(f)}. */
final class Log {

  static final float LN2 = 0x1.62e43p-1f;

  /** Bits of the smallest mantissa, 2/3 rounded up. */
  static final int TWO_THIRDS = 0x3f2aaaab;

  /** Makes subnormal numbers normal: 2 to the {@link #SCALE_EXPONENT}. */
  static final float SCALE = 0x1p25f;

  static final float SCALE_EXPONENT = 25;

  /** L: largest error 4.7e-9 of log1p(f), for |f| up to 1/3. */
  static final float L0 = -0.5f;

  static final float L1 = 0x1.555506p-2f;
  static final float L2 = -0x1.fffefap-3f;
  static final float L3 = 0x1.99d05p-3f;
  static final float L4 = -0x1.559c66p-3f;
  static final float L5 = 0x1.1ed562p-3f;
  static final float L6 = -0x1.f332b8p-4f;
  static final float L7 = 0x1.1e6ccap-3f;
  static final float L8 = -0x1.07c48ap-3f;

  private Log() {}

  /** log(1 + f) for |f| up to 1/3. */
  static float log1p(float f) {
    float p = Math.fma(f, L8, L7);
    p = Math.fma(f, p, L6);
    p = Math.fma(f, p, L5);
    p = Math.fma(f, p, L4);
    p = Math.fma(f, p, L3);
    p = Math.fma(f, p, L2);
    p = Math.fma(f, p, L1);
    p = Math.fma(f, p, L0);
    return Math.fma(f * f, p, f);
  }
}
