package dev.tilewise.internal.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.OutputTile;
import net.jqwik.api.Example;

/** Which 1x1 layers read pixels in place. */
class PointwisePlanTest {

  /** 1x1, stride 1, 14x14. */
  private static Geometry of(int channels, int filters) {
    return new Geometry(1, channels, 14, 14, filters, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
  }

  @Example
  void fewFiltersAreReadInPlaceUnlessTheirKernelIsCompiledWrong() {
    int lanes = Lanes.COUNT;
    Geometry one = of(480, lanes);
    Geometry three = of(480, 3 * lanes);
    for (Geometry g : new Geometry[] {one, three}) {
      assertTrue(PointwisePlan.pays(g));
      // Machines with 16 registers have no such tiles.
      if (!TileTable.readsPixels()) {
        assertFalse(PointwisePlan.of(g, tile -> false).inPlace());
        continue;
      }
      assertTrue(PointwisePlan.of(g, tile -> false).inPlace());
      assertFalse(PointwisePlan.of(g, tile -> true).inPlace());
      // Three vectors are a panel of two and one of one: either kernel spoils the layer.
      assertFalse(PointwisePlan.of(g, tile -> tile == OutputTile.O8X1).inPlace());
      assertEquals(g == one, PointwisePlan.of(g, tile -> tile == OutputTile.O8X2).inPlace());
    }
  }

  @Example
  void manyFiltersAreCopiedWhateverTheKernelsAre() {
    Geometry g = of(128, 9 * Lanes.COUNT);
    assertTrue(PointwisePlan.pays(g));
    assertFalse(PointwisePlan.of(g, tile -> false).inPlace());
  }

  /** Few panels are no reason for a thread to have nothing to do. */
  @Example
  void severalThreadsHaveUnitsHoweverManyPanelsThereAre() {
    for (int vectors = 1; vectors <= 16; vectors++) {
      Geometry g = of(160, vectors * Lanes.COUNT);
      assertTrue(PointwisePlan.pays(g));
      for (boolean boxes : new boolean[] {false, true}) {
        PointwisePlan plan = PointwisePlan.of(g, tile -> boxes);
        int units = plan.units(2);
        assertTrue(units >= 3 && units <= 16, vectors + " vectors: " + units + " units");
      }
    }
  }
}
