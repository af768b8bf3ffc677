package dev.tilewise.internal.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.internal.winograd.Codelet;
import java.util.List;
import org.junit.jupiter.api.Test;

class WinogradCutTest {

  /** Of a 3x3 convolution that keeps the size. */
  private static List<WinogradPlan> plans(int n, int channels, int h, int w, int m) {
    Codelet codelet = Codelet.of(m, 3);
    Geometry g = new Geometry(n, channels, h, w, channels, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1);
    return WinogradCut.plans(g, codelet, codelet, false);
  }

  @Test
  void theRestOf56OutputsTakesTilesOfTwo() {
    List<WinogradPlan> plans = plans(1, 64, 56, 56, 6);
    assertEquals(
        List.of(
            "81 F(6, 3) F(6, 3)", "9 F(6, 3) F(2, 3)", "9 F(2, 3) F(6, 3)", "1 F(2, 3) F(2, 3)"),
        plans.stream()
            .map(p -> p.tiles() + " " + p.codeletDown() + " " + p.codeletAcross())
            .toList());
  }

  @Test
  void filtersThatFillTheCachesAreTransformedOnce() {
    assertEquals(1, plans(1, 256, 56, 56, 6).size());
  }

  @Test
  void wholeTilesAndSmallMapsAreNotCut() {
    assertEquals(1, plans(1, 64, 54, 54, 6).size());
    assertEquals(1, plans(1, 64, 8, 8, 6).size());
    assertEquals(1, plans(1, 64, 5, 5, 6).size());
  }

  @Test
  void theCutDoesNotDependOnTheBatch() {
    assertEquals(4, plans(7, 64, 56, 56, 6).size());
  }

  @Test
  void rectanglesCoverEveryOutputOnce() {
    for (int size = 1; size < 80; size++) {
      for (int m = 2; m <= 6; m++) {
        int[] covered = new int[size * (size + 3)];
        for (WinogradPlan plan : plans(1, 16, size, size + 3, m)) {
          WinogradAxis down = plan.down();
          WinogradAxis across = plan.across();
          for (int y = 0; y < down.outputs(); y++) {
            for (int x = 0; x < across.outputs(); x++) {
              covered[(down.first() + y) * (size + 3) + across.first() + x]++;
            }
          }
        }
        for (int count : covered) {
          assertEquals(1, count, size + "x" + (size + 3) + " by " + m);
        }
      }
    }
  }
}
