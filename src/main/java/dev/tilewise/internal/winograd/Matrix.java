package dev.tilewise.internal.winograd;

import java.util.Arrays;

/** A matrix of exact fractions. */
public final class Matrix {

  private final Fraction[][] rows;
  private final int columns;

  private Matrix(Fraction[][] rows, int columns) {
    this.rows = rows;
    this.columns = columns;
  }

  /** All zeros. */
  static Matrix zeros(int rows, int columns) {
    Fraction[][] all = new Fraction[rows][columns];
    for (Fraction[] row : all) {
      Arrays.fill(row, Fraction.ZERO);
    }
    return new Matrix(all, columns);
  }

  /**
   * Rows of decimal numbers or fractions such as {@code "1 -1.5 0 1/4"}, one string each.
   *
   * @param rows as many numbers in each
   */
  static Matrix parse(String... rows) {
    Matrix matrix = zeros(rows.length, rows[0].trim().split(" +").length);
    for (int i = 0; i < rows.length; i++) {
      String[] numbers = rows[i].trim().split(" +");
      for (int j = 0; j < matrix.columns; j++) {
        matrix.rows[i][j] = number(numbers[j]);
      }
    }
    return matrix;
  }

  private static Fraction number(String text) {
    int slash = text.indexOf('/');
    if (slash >= 0) {
      return Fraction.of(
          Long.parseLong(text.substring(0, slash)), Long.parseLong(text.substring(slash + 1)));
    }
    java.math.BigDecimal decimal = new java.math.BigDecimal(text);
    Fraction scale =
        new Fraction(
            java.math.BigInteger.TEN.pow(Math.max(0, decimal.scale())), java.math.BigInteger.ONE);
    return new Fraction(
            decimal.movePointRight(Math.max(0, decimal.scale())).toBigIntegerExact(),
            java.math.BigInteger.ONE)
        .over(scale);
  }

  /** Number of rows. */
  public int rows() {
    return rows.length;
  }

  /** Number of columns. */
  public int columns() {
    return columns;
  }

  /** An entry. */
  public Fraction at(int row, int column) {
    return rows[row][column];
  }

  void set(int row, int column, Fraction value) {
    rows[row][column] = value;
  }

  /** The product of this and another. */
  Matrix times(Matrix other) {
    Matrix product = zeros(rows.length, other.columns);
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < other.columns; j++) {
        Fraction sum = Fraction.ZERO;
        for (int k = 0; k < columns; k++) {
          sum = sum.plus(rows[i][k].times(other.rows[k][j]));
        }
        product.rows[i][j] = sum;
      }
    }
    return product;
  }

  /** Magnitudes. */
  Matrix abs() {
    Matrix magnitudes = zeros(rows.length, columns);
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns; j++) {
        magnitudes.rows[i][j] = rows[i][j].abs();
      }
    }
    return magnitudes;
  }

  /** The sum of a row. */
  Fraction rowSum(int row) {
    Fraction sum = Fraction.ZERO;
    for (Fraction value : rows[row]) {
      sum = sum.plus(value);
    }
    return sum;
  }

  /** Entries that are not zero in the fullest row: roundings of a chain of multiply-adds. */
  int longestRow() {
    int most = 0;
    for (Fraction[] row : rows) {
      int count = 0;
      for (Fraction value : row) {
        count += value.isZero() ? 0 : 1;
      }
      most = Math.max(most, count);
    }
    return most;
  }

  /** Row by row, the nearest doubles. */
  public double[][] doubles() {
    double[][] values = new double[rows.length][columns];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns; j++) {
        values[i][j] = rows[i][j].doubleValue();
      }
    }
    return values;
  }

  /** All entries, row by row. */
  float[] floats() {
    float[] values = new float[rows.length * columns];
    for (int i = 0; i < values.length; i++) {
      double value = rows[i / columns][i % columns].doubleValue();
      values[i] = (float) value;
      if (values[i] != value) {
        throw new AssertionError(value + " is not a float");
      }
    }
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Matrix matrix && Arrays.deepEquals(rows, matrix.rows);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(rows);
  }

  @Override
  public String toString() {
    return Arrays.deepToString(rows);
  }
}
