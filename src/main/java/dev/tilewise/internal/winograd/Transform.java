package dev.tilewise.internal.winograd;

import java.util.List;

/**
 * F(m, r): m outputs of a filter with r taps from m + r - 1 multiplications,
 *
 * <pre>{@code
 * y = AT ((G g) * (BT d)),   y[i] = sum over k of d[i + k] g[k]
 * }</pre>
 *
 * by Toom and Cook's interpolation: at m + r - 2 points and at infinity (A. L. Toom 1963, S. A.
 * Cook 1966; for convolution S. Winograd, Arithmetic Complexity of Computations, 1980). Everything
 * is exact, and the identity above is verified for all d and g when a transform is made: a wrong
 * one cannot exist. docs/winograd.md derives the matrices.
 */
public final class Transform {

  private final int m;
  private final int r;
  private final List<Fraction> points;
  private final Matrix at;
  private final Matrix g;
  private final Matrix bt;

  /**
   * Makes and proves a transform.
   *
   * @param m outputs
   * @param r taps
   * @param points m + r - 2 different numbers
   */
  public Transform(int m, int r, List<Fraction> points) {
    if (m < 1
        || r < 1
        || points.size() != m + r - 2
        || points.stream().distinct().count() != points.size()) {
      throw new IllegalArgumentException(
          "F(" + m + ", " + r + ") needs " + (m + r - 2) + " different points, not " + points);
    }
    this.m = m;
    this.r = r;
    this.points = List.copyOf(points);
    int last = points.size();
    at = Matrix.zeros(m, last + 1);
    g = Matrix.zeros(last + 1, r);
    bt = Matrix.zeros(last + 1, last + 1);
    for (int j = 0; j < last; j++) {
      Fraction power = Fraction.ONE;
      Fraction scale = scale(j);
      for (int i = 0; i < Math.max(m, r); i++) {
        if (i < m) {
          at.set(i, j, power);
        }
        if (i < r) {
          g.set(j, i, power.over(scale));
        }
        power = power.times(points.get(j));
      }
      setRow(j, product(j));
    }
    at.set(m - 1, last, Fraction.ONE);
    g.set(last, r - 1, Fraction.ONE);
    setRow(last, product(last));
    prove();
  }

  /** The product of the differences between a point and all others. */
  private Fraction scale(int j) {
    Fraction scale = Fraction.ONE;
    for (int l = 0; l < points.size(); l++) {
      if (l != j) {
        scale = scale.times(points.get(j).minus(points.get(l)));
      }
    }
    return scale;
  }

  /** Coefficients of the product of (x - p) over all points p but one, the constant first. */
  private Fraction[] product(int without) {
    Fraction[] coefficients = new Fraction[points.size() + 1];
    java.util.Arrays.fill(coefficients, Fraction.ZERO);
    coefficients[0] = Fraction.ONE;
    for (int l = 0; l < points.size(); l++) {
      if (l == without) {
        continue;
      }
      for (int i = points.size(); i >= 0; i--) {
        Fraction shifted = i == 0 ? Fraction.ZERO : coefficients[i - 1];
        coefficients[i] = shifted.minus(points.get(l).times(coefficients[i]));
      }
    }
    return coefficients;
  }

  private void setRow(int row, Fraction[] values) {
    for (int i = 0; i < values.length; i++) {
      bt.set(row, i, values[i]);
    }
  }

  /** Both sides are bilinear in d and g, so they agree if they do for every pair of units. */
  private void prove() {
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < r; k++) {
        for (int t = 0; t < alpha(); t++) {
          Fraction sum = Fraction.ZERO;
          for (int j = 0; j < alpha(); j++) {
            sum = sum.plus(at.at(i, j).times(g.at(j, k)).times(bt.at(j, t)));
          }
          if (!sum.equals(t == i + k ? Fraction.ONE : Fraction.ZERO)) {
            throw new AssertionError(
                "F("
                    + m
                    + ", "
                    + r
                    + ") at "
                    + points
                    + " is wrong for y"
                    + i
                    + " g"
                    + k
                    + " d"
                    + t);
          }
        }
      }
    }
  }

  /** Outputs. */
  public int m() {
    return m;
  }

  /** Taps. */
  public int r() {
    return r;
  }

  /** Multiplications, m + r - 1, which is also the number of inputs. */
  public int alpha() {
    return m + r - 1;
  }

  /** The finite points. */
  public List<Fraction> points() {
    return points;
  }

  /** From products to outputs, m x alpha. */
  public Matrix at() {
    return at;
  }

  /** From taps, alpha x r. */
  public Matrix g() {
    return g;
  }

  /** From inputs, alpha x alpha. */
  public Matrix bt() {
    return bt;
  }

  /**
   * The worst-case amplification in one dimension: how much larger than sum |d| |g| the magnitudes
   * inside can be when all |d| are equal and all |g| are,
   *
   * <pre>{@code
   * max over i of sum over j of |AT|[i, j] * |G|[j].sum * |BT|[j].sum / r
   * }</pre>
   *
   * Two dimensions square it.
   */
  public Fraction amplification() {
    return amplification(at.abs(), bt.abs());
  }

  /** The same with the magnitudes of a factored evaluation of AT and BT. */
  Fraction amplification(Matrix outputs, Matrix inputs) {
    Matrix taps = g.abs();
    Fraction worst = Fraction.ZERO;
    for (int i = 0; i < m; i++) {
      Fraction sum = Fraction.ZERO;
      for (int j = 0; j < alpha(); j++) {
        sum = sum.plus(outputs.at(i, j).times(taps.rowSum(j)).times(inputs.rowSum(j)));
      }
      worst = sum.compareTo(worst) > 0 ? sum : worst;
    }
    return worst.over(Fraction.of(r));
  }

  @Override
  public String toString() {
    return "F(" + m + ", " + r + ") at " + points;
  }
}
