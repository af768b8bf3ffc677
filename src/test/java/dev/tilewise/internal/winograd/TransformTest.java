package dev.tilewise.internal.winograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransformTest {

  private static List<Fraction> points(String text) {
    List<Fraction> points = new ArrayList<>();
    for (String point : text.split(" ")) {
      points.add(Matrix.parse(point).at(0, 0));
    }
    return points;
  }

  /** Both figures are stated in the literature's terms: A. Lavin's points, and better ones. */
  @Test
  void amplificationOfKnownTransforms() {
    assertEquals(8 / 3.0, new Transform(2, 3, points("0 1 -1")).amplification().doubleValue());
    assertEquals(16.0, new Transform(4, 3, points("0 1 -1 2 -2")).amplification().doubleValue());
    Transform better = new Transform(4, 3, points("0 1 -1 1/2 -2"));
    assertEquals(Fraction.of(148, 15), better.amplification());
  }

  @Test
  void theTextbookMatricesOfTwoOutputsAndThreeTaps() {
    Transform t = new Transform(2, 3, points("0 1 -1"));
    assertEquals(Matrix.parse("-1 0 1 0", "0 1 1 0", "0 -1 1 0", "0 -1 0 1"), t.bt());
    assertEquals(Matrix.parse("-1 0 0", "1/2 1/2 1/2", "1/2 -1/2 1/2", "0 0 1"), t.g());
    assertEquals(Matrix.parse("1 1 1 0", "0 1 -1 1"), t.at());
  }

  /** The identity itself is proved by the constructor; here for every size up to ten products. */
  @Test
  void everySizeHasATransform() {
    List<Fraction> all = points("0 1 -1 2 -2 1/2 -1/2 4 -4");
    for (int m = 1; m <= 8; m++) {
      for (int r = 2; r <= 7 && m + r - 1 <= 10; r++) {
        Transform t = new Transform(m, r, all.subList(0, m + r - 2));
        assertTrue(t.amplification().compareTo(Fraction.ONE) >= 0, t.toString());
      }
    }
  }

  @Test
  void pointsMustDifferAndBeEnough() {
    assertThrows(IllegalArgumentException.class, () -> new Transform(2, 3, points("0 1 1")));
    assertThrows(IllegalArgumentException.class, () -> new Transform(2, 3, points("0 1")));
  }
}
