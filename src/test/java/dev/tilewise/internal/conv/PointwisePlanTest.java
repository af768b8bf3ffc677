package dev.tilewise.internal.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.OutputTile;
import java.util.function.Predicate;
import net.jqwik.api.Example;

/** Which 1x1 layers read pixels in place. */
class PointwisePlanTest {

  private static PointwisePlan plan(Geometry g, Predicate<OutputTile> boxes) {
    return PointwisePlan.of(g, Destination.dense(g.k()), boxes).orElseThrow();
  }

  /** 1x1, stride 1, 14x14. */
  private static Geometry of(int channels, int filters) {
    return new Geometry(1, channels, 14, 14, filters, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
  }

  @Example
  void pixelsAreReadInPlaceUnlessAKernelIsCompiledWrong() {
    int lanes = Lanes.COUNT;
    for (int vectors = 1; vectors <= 9; vectors++) {
      Geometry g = of(480, vectors * lanes);
      assertTrue(PointwisePlan.pays(g));
      // Machines with 16 registers have no such tiles.
      if (!TileTable.readsPixels()) {
        assertEquals(OutputTile.Rows.STACKS, plan(g, tile -> false).source());
        continue;
      }
      PointwisePlan plan = plan(g, tile -> false);
      assertEquals(OutputTile.Rows.PIXELS, plan.source());
      assertEquals(OutputTile.Rows.STACKS, plan(g, tile -> true).source());
      assertTrue(plan(g, tile -> true).describe().contains("pixels stacked (C2 has not"));
      // Five vectors are a panel of three and one of two: either kernel spoils the layer.
      for (OutputTile wrong : OutputTile.values()) {
        boolean uses = uses(plan, wrong);
        PointwisePlan other = plan(g, tile -> tile == wrong);
        // One vector of filters has two shapes, of which the other one takes its place.
        boolean hasOther = wrong.instead() != wrong;
        assertEquals(!uses || hasOther, other.source() == OutputTile.Rows.PIXELS);
        assertFalse(uses(other, wrong) && other.source() == OutputTile.Rows.PIXELS);
        assertEquals(
            uses && hasOther, uses(other, wrong.instead()) && !uses(plan, wrong.instead()));
      }
    }
  }

  private static boolean uses(PointwisePlan plan, OutputTile tile) {
    for (int panel = 0; panel < plan.panels().widths().length; panel++) {
      if (plan.tile(panel) == tile) {
        return true;
      }
    }
    return false;
  }

  @Example
  void pixelsOfFewChannelsAreCopiedForFewFilters() {
    int lanes = Lanes.COUNT;
    int most = OutputTile.SPREADS ? lanes - 1 : 48;
    for (int channels : new int[] {lanes / 2, most, most + 1}) {
      for (int vectors = 1; vectors <= 3; vectors++) {
        Geometry g = of(channels, vectors * lanes);
        boolean copies = TileTable.readsPixels() && channels <= most && vectors <= 2;
        assertEquals(copies, plan(g, tile -> false).source() == OutputTile.Rows.STRIP);
        assertEquals(OutputTile.Rows.STACKS, plan(g, tile -> true).source());
      }
    }
  }

  private static int widest(int channels, int vectors) {
    PointwisePlan plan = plan(of(channels, vectors * Lanes.COUNT), tile -> false);
    int most = 0;
    for (int panel = 0; panel < plan.panels().widths().length; panel++) {
      most = Math.max(most, plan.tile(panel).vectors());
    }
    return most;
  }

  @Example
  void manyFiltersTakePanelsThatStayInL1() {
    if (!TileTable.readsPixels()) {
      return;
    }
    assertEquals(4, widest(256, 16));
    assertEquals(3, widest(256, 12));
    assertEquals(3, widest(64, 12));
    assertEquals(4, widest(63, 12));
    assertEquals(3, widest(129, 32));
    assertEquals(4, widest(128, 32));
  }

  /** With a stride, or as far apart as the caches' sets repeat. */
  @Example
  void pixelsThatDoNotLieWellAreGathered() {
    int filters = 4 * Lanes.COUNT;
    Geometry strided = new Geometry(1, 64, 27, 27, filters, 1, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1);
    Geometry far = new Geometry(1, 2048, 14, 14, 2 * filters, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    Geometry near = new Geometry(1, 2032, 14, 14, 2 * filters, 2, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    for (Geometry g : new Geometry[] {strided, far, near}) {
      PointwisePlan plan = plan(g, tile -> false);
      assertEquals(TileTable.readsPixels() && g != near, plan.gathers());
      assertEquals(plan.gathers(), plan.describe().contains("pixels gathered"));
      if (plan.gathers()) {
        assertTrue(plan.pitch() >= g.groupC() * 4L && plan.pitch() % 4096 != 0);
        assertEquals(plan.chunkPixels() * plan.pitch(), plan.gatheredBytes());
      } else {
        assertEquals(0, plan.gatheredBytes());
      }
    }
  }

  /** Tiles of a chunk lie over one another where it has too few pixels, and not over others. */
  @Example
  void chunksInPlaceHoldATileOfEachPanel() {
    for (int vectors = 1; vectors <= 9; vectors++) {
      for (int size = 7; size < 40; size++) {
        int filters = vectors * Lanes.COUNT;
        Geometry g = new Geometry(1, 64, size, size, filters, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
        int[] panels = TileTable.outputVectors(filters, OutputTile.MOST_PIXEL_VECTORS);
        if (!TileTable.readsPixels()) {
          continue;
        }
        // As many chunks as there may be.
        PointwisePlan plan =
            new PointwisePlan(g, OutputTile.Rows.PIXELS, StackHeights.EIGHT_AND_NINE, panels, 1);
        assertEquals(0, plan.firstPixel(0));
        assertEquals(size * size, plan.firstPixel(plan.chunks()));
        for (int chunk = 0; chunk < plan.chunks(); chunk++) {
          long pixels = plan.firstPixel(chunk + 1) - plan.firstPixel(chunk);
          for (int panel = 0; panel < plan.panels().widths().length; panel++) {
            assertTrue(pixels >= plan.tile(panel).rows(), vectors + " vectors, " + size);
          }
        }
      }
    }
  }

  /** Ranges follow one another, end between tiles, and are equal but for less than a tile. */
  @Example
  void rangesOfProductsAreEqual() {
    if (!TileTable.readsPixels()) {
      return;
    }
    for (int vectors = 1; vectors <= 40; vectors++) {
      for (int size : new int[] {4, 7, 14, 28}) {
        int filters = vectors * Lanes.COUNT;
        Geometry g = new Geometry(1, 256, size, size, filters, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
        PointwisePlan plan = plan(g, tile -> false);
        if (plan.source() == OutputTile.Rows.STACKS) {
          continue;
        }
        int panels = plan.panels().widths().length;
        for (int ranges = 1; ranges <= Math.min(4, panels); ranges++) {
          int pixels = (int) plan.firstPixel(1);
          double each = (double) filters * pixels / ranges;
          assertEquals(0, work(plan, 0, ranges, pixels));
          assertEquals(panels, plan.firstPanel(ranges, ranges, pixels));
          assertEquals(0, plan.firstRow(ranges, ranges, pixels));
          for (int range = 1; range <= ranges; range++) {
            String what = vectors + " vectors, " + size + ", range " + range + " of " + ranges;
            long before = work(plan, range - 1, ranges, pixels);
            long work = work(plan, range, ranges, pixels);
            assertTrue(before < work, what);
            int panel = Math.min(panels - 1, plan.firstPanel(range, ranges, pixels));
            int row = plan.firstRow(range, ranges, pixels);
            int rows = plan.tile(panel).rows();
            assertTrue(row % rows == 0 && row <= pixels - rows, what);
            int widest = 4 * Lanes.COUNT;
            // What no whole tile holds goes with a panel's end.
            assertTrue(Math.abs(work - each * range) <= (1.5 * 14 + 14) * widest, what);
          }
        }
      }
    }
  }

  /** Filters times pixels before a range. */
  private static long work(PointwisePlan plan, int range, int ranges, int pixels) {
    int panel = plan.firstPanel(range, ranges, pixels);
    long row = plan.firstRow(range, ranges, pixels);
    long work = (long) plan.panels().columnsBefore(panel) * pixels;
    return row == 0 ? work : work + row * plan.tile(panel).width();
  }

  /** A vector of outputs lies over the pixels after it, but never over other channels. */
  @Example
  void fewFiltersHaveTheOutputForThemselves() {
    for (int filters = 1; filters < Lanes.COUNT; filters++) {
      Geometry g = new Geometry(1, 16, 32, 32, filters, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
      Destination others = new Destination(filters + 1, 0);
      boolean pays = TileTable.readsPixels();
      assertEquals(
          pays, PointwisePlan.of(g, Destination.dense(filters), tile -> false).isPresent());
      assertFalse(PointwisePlan.of(g, others, tile -> false).isPresent());
      assertFalse(PointwisePlan.of(g, Destination.dense(filters), tile -> true).isPresent());
    }
  }

  /** Few panels are no reason for a thread to have nothing to do. */
  @Example
  void severalThreadsHaveUnitsHoweverManyPanelsThereAre() {
    for (int vectors = 1; vectors <= 16; vectors++) {
      Geometry g = of(160, vectors * Lanes.COUNT);
      assertTrue(PointwisePlan.pays(g));
      for (boolean boxes : new boolean[] {false, true}) {
        PointwisePlan plan = plan(g, tile -> boxes);
        int units = plan.units(2);
        assertTrue(units >= 3 && units <= 16, vectors + " vectors: " + units + " units");
      }
    }
  }
}
