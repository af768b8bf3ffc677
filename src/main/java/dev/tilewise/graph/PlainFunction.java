package dev.tilewise.graph;

import java.util.function.DoubleUnaryOperator;

/**
 * Functions of one number that {@link dev.tilewise.Elementwise} has not: computed in double,
 * element by element, and rounded once. Networks take them now and then, where speed does not
 * matter.
 */
public enum PlainFunction {
  /** The magnitude. */
  ABS(Math::abs),
  /** The negative. */
  NEG(x -> -x),
  /** The square root. */
  SQRT(Math::sqrt),
  /** The cube root. */
  CBRT(StrictMath::cbrt),
  /** One by the square root. */
  RSQRT(x -> 1 / Math.sqrt(x)),
  /** One by the number. */
  RECIPROCAL(x -> 1 / x),
  /** The next integer below. */
  FLOOR(Math::floor),
  /** The next integer above. */
  CEIL(Math::ceil),
  /** The nearest integer, the even one of two. */
  ROUND(Math::rint),
  /** The number without its fraction; 0 for NaN, at most the largest {@code long}. */
  TRUNCATE(x -> (double) (long) x),
  /** 0 for 0, and 1 for everything else. */
  NOT_ZERO(x -> x == 0 ? 0 : 1),
  /** -1, 0 or 1. */
  SIGN(Math::signum),
  /** The sine. */
  SIN(StrictMath::sin),
  /** The cosine. */
  COS(StrictMath::cos),
  /** The error function. */
  ERF(ErrorFunction::at);

  private final DoubleUnaryOperator function;

  PlainFunction(DoubleUnaryOperator function) {
    this.function = function;
  }

  float at(float x) {
    return (float) function.applyAsDouble(x);
  }
}
