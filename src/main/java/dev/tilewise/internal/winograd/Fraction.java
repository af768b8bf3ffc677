package dev.tilewise.internal.winograd;

import java.math.BigInteger;

/**
 * An exact fraction in lowest terms.
 *
 * @param numerator any integer
 * @param denominator positive
 */
public record Fraction(BigInteger numerator, BigInteger denominator)
    implements Comparable<Fraction> {

  /** 0. */
  public static final Fraction ZERO = of(0);

  /** 1. */
  public static final Fraction ONE = of(1);

  /** Brings to lowest terms. */
  public Fraction {
    if (denominator.signum() == 0) {
      throw new ArithmeticException(numerator + " / 0");
    }
    BigInteger common = numerator.gcd(denominator);
    if (denominator.signum() < 0) {
      common = common.negate();
    }
    numerator = numerator.divide(common);
    denominator = denominator.divide(common);
  }

  /** An integer. */
  public static Fraction of(long value) {
    return of(value, 1);
  }

  /** A quotient. */
  public static Fraction of(long numerator, long denominator) {
    return new Fraction(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
  }

  /** Sum. */
  public Fraction plus(Fraction other) {
    return new Fraction(
        numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
        denominator.multiply(other.denominator));
  }

  /** Difference. */
  public Fraction minus(Fraction other) {
    return plus(other.negate());
  }

  /** Product. */
  public Fraction times(Fraction other) {
    return new Fraction(
        numerator.multiply(other.numerator), denominator.multiply(other.denominator));
  }

  /** Quotient. */
  public Fraction over(Fraction other) {
    return new Fraction(
        numerator.multiply(other.denominator), denominator.multiply(other.numerator));
  }

  /** The other sign. */
  public Fraction negate() {
    return new Fraction(numerator.negate(), denominator);
  }

  /** Magnitude. */
  public Fraction abs() {
    return new Fraction(numerator.abs(), denominator);
  }

  /** Whether it is 0. */
  public boolean isZero() {
    return numerator.signum() == 0;
  }

  /** The nearest double, if numerator and denominator are doubles themselves. */
  public double doubleValue() {
    return numerator.doubleValue() / denominator.doubleValue();
  }

  @Override
  public int compareTo(Fraction other) {
    return minus(other).numerator.signum();
  }

  @Override
  public String toString() {
    return denominator.equals(BigInteger.ONE)
        ? numerator.toString()
        : numerator + "/" + denominator;
  }
}
