package dev.tilewise;

/**
 * The derived bound of docs/numerics.md, as a test may use it.
 *
 * @param relative the plan's bound, of {@code |bias| + sum |x| |w| + |residual|}
 * @param terms of the sum
 */
record ErrorBound(double relative, long terms) {

  static ErrorBound of(ConvPlan plan) {
    return new ErrorBound(plan.errorBound(), plan.extents().geometry().sumLength() + 2L);
  }

  /**
   * The largest error of one output. Besides the plan's bound: each fused multiply-add that
   * underflows errs by at most half the smallest float, 2^-150; the double reference itself errs by
   * at most 2^-53 of the scale per addition.
   *
   * @param scale of that output
   */
  double at(double scale) {
    return relative * scale + terms * 0x1p-150 + terms * 0x1p-53 * scale;
  }
}
