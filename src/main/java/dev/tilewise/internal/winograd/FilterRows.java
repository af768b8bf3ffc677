package dev.tilewise.internal.winograd;

/**
 * G of F(4, 3) in single precision: rows of sums that need no factor but powers of two, and the
 * factor of each row, by which the products' sums are multiplied in the end.
 */
public final class FilterRows {

  private static final int COUNT = 6;

  private static final float[] FACTORS = products(factors());

  private FilterRows() {}

  /** The factors, if rows times factors are G. */
  private static Fraction[] factors() {
    Matrix rows = Matrix.parse("1 0 0", "1 1 1", "1 -1 1", "4 2 1", "1 -2 4", "0 0 1");
    Matrix g = Codelet.of(4, 3).transform().g();
    Fraction[] factors = new Fraction[COUNT];
    for (int i = 0; i < factors.length; i++) {
      int tap = i < 5 ? 0 : 2;
      factors[i] = g.at(i, tap).over(rows.at(i, tap));
      for (int x = 0; x < 3; x++) {
        if (!rows.at(i, x).times(factors[i]).equals(g.at(i, x))) {
          throw new AssertionError("row " + i + " of the filters' transform is another one");
        }
      }
    }
    return factors;
  }

  private static float[] products(Fraction[] factors) {
    float[] products = new float[COUNT * COUNT];
    for (int i = 0; i < products.length; i++) {
      products[i] = (float) factors[i / COUNT].times(factors[i % COUNT]).doubleValue();
    }
    return products;
  }

  /**
   * Of a product.
   *
   * @param product row by row
   */
  public static float factor(int product) {
    return FACTORS[product];
  }

  /** A row of sums, each operation rounded once. */
  static float sum(int row, float g0, float g1, float g2) {
    return switch (row) {
      case 0 -> g0;
      case 1 -> g0 + g2 + g1;
      case 2 -> g0 + g2 - g1;
      case 3 -> Math.fma(4f, g0, g2) + (g1 + g1);
      case 4 -> Math.fma(4f, g2, g0) - (g1 + g1);
      case 5 -> g2;
      default -> throw new IllegalArgumentException("there is no row " + row);
    };
  }
}
