package dev.tilewise.graph;

/** {@code erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x}. */
final class ErrorFunction {

  /** From here on 1 - erf(x) is below half a unit in the last place of 1 as a double. */
  private static final double ONE = 6;

  private ErrorFunction() {}

  /**
   * {@code 2 / sqrt(pi) * exp(-x^2) * sum 2^n x^(2n+1) / (1 * 3 * ... * (2n+1))}: all terms have
   * one sign, so nothing is lost.
   */
  static double at(double x) {
    if (!(Math.abs(x) < ONE)) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
  }
}
