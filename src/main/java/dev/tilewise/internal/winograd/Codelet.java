package dev.tilewise.internal.winograd;

import java.util.ArrayList;
import java.util.List;

/**
 * The vector code of a transform in one dimension, lanes along the channels: written out for the
 * sizes that matter, driven by the matrices for the rest.
 */
public final class Codelet {

  /** More products lose too much accuracy. */
  public static final int MOST_PRODUCTS = 10;

  private static final Codelet[][] MADE = new Codelet[MOST_PRODUCTS + 1][MOST_PRODUCTS + 1];

  private final Transform transform;
  private final InputCode input;
  private final OutputCode output;
  private final double amplification;

  private Codelet(int m, int r) {
    transform = new Transform(m, r, points(m + r - 1));
    input = inputCode(transform);
    output = outputCode(transform);
    if (!product(input.factors()).equals(transform.bt())
        || !product(output.factors()).equals(transform.at())) {
      throw new AssertionError("the codelet of " + transform + " computes something else");
    }
    amplification =
        transform
            .amplification(magnitudes(output.factors()), magnitudes(input.factors()))
            .doubleValue();
  }

  /** Whether there is an F(m, r): one output of one tap, or fewer multiplications than taps. */
  public static boolean exists(int m, int r) {
    return m == 1 && r == 1 || m >= 2 && r >= 2 && m + r - 1 <= MOST_PRODUCTS;
  }

  /**
   * The codelet of F(m, r), proved when it is first asked for.
   *
   * @param m outputs
   * @param r taps
   */
  public static synchronized Codelet of(int m, int r) {
    if (!exists(m, r)) {
      throw new IllegalArgumentException("there is no F(" + m + ", " + r + ")");
    }
    if (MADE[m][r] == null) {
      MADE[m][r] = new Codelet(m, r);
    }
    return MADE[m][r];
  }

  /**
   * The finite points for a number of products: of those tried, with the least amplification
   * (docs/winograd.md). All are sums of few powers of two, so the coefficients are floats.
   */
  static List<Fraction> points(int alpha) {
    String text =
        switch (alpha) {
          case 1 -> "";
          case 2 -> "0";
          case 3 -> "0 1";
          case 4 -> "0 1 -1";
          case 5 -> "0 1 -1 2";
          case 6 -> "0 1 -1 0.5 -2";
          case 7 -> "0 1 0.5 -0.5 -1.5 3";
          case 8 -> "0 1 -1 2 -2 0.5 -0.5";
          case 9 -> "0 1 0.5 2 -0.25 -1.5 -0.75 -3";
          case 10 -> "0 0.25 -0.25 1.5 -1.5 0.75 -0.75 3 -3";
          default -> throw new IllegalArgumentException("no points for " + alpha + " products");
        };
    List<Fraction> points = new ArrayList<>();
    for (int i = 0; !text.isEmpty() && i < alpha - 1; i++) {
      points.add(Matrix.parse(text).at(0, i));
    }
    return points;
  }

  private static InputCode inputCode(Transform transform) {
    return switch (transform.alpha()) {
      case 1 -> new Input1();
      case 4 -> new Input4();
      case 5 -> new Input5();
      case 6 -> new Input6();
      case 7 -> new Input7();
      case 8 -> new Input8();
      default -> new AnyInput(transform.bt());
    };
  }

  private static OutputCode outputCode(Transform transform) {
    // Both numbers as one: 406 is four outputs of six products.
    return switch (100 * transform.m() + transform.alpha()) {
      case 101 -> new Output1x1();
      case 204 -> new Output2x4();
      case 405 -> new Output4x5();
      case 206 -> new Output2x6();
      case 306 -> new Output3x6();
      case 406 -> new Output4x6();
      case 507 -> new Output5x7();
      case 208 -> new Output2x8();
      case 408 -> new Output4x8();
      case 508 -> new Output5x8();
      case 608 -> new Output6x8();
      default -> new AnyOutput(transform.at());
    };
  }

  private static Matrix product(List<Matrix> factors) {
    return factors.size() == 1 ? factors.get(0) : factors.get(1).times(factors.get(0));
  }

  private static Matrix magnitudes(List<Matrix> factors) {
    return product(factors.stream().map(Matrix::abs).toList());
  }

  /** The matrices. */
  public Transform transform() {
    return transform;
  }

  /** Outputs of a tile. */
  public int m() {
    return transform.m();
  }

  /** Taps. */
  public int r() {
    return transform.r();
  }

  /** Inputs and products of a tile. */
  public int alpha() {
    return transform.alpha();
  }

  /**
   * How much larger than {@code r max|d| max|g|} for each channel the magnitudes inside this
   * dimension can be, with the codelet's own order of evaluation. Two dimensions multiply theirs.
   */
  public double amplification() {
    return amplification;
  }

  /** The code for BT. */
  public InputCode input() {
    return input;
  }

  /** The code for AT. */
  public OutputCode output() {
    return output;
  }

  /** Roundings of a term in the transforms of its input and of its output. */
  public int roundings() {
    if (alpha() == 1) {
      return 0;
    }
    int count = 0;
    for (Matrix factor : input.factors()) {
      count += factor.longestRow();
    }
    for (Matrix factor : output.factors()) {
      count += factor.longestRow();
    }
    return count;
  }

  @Override
  public String toString() {
    return "F(" + m() + ", " + r() + ")";
  }
}
