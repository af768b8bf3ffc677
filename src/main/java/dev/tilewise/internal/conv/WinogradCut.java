package dev.tilewise.internal.conv;

import dev.tilewise.internal.winograd.Codelet;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the outputs into rectangles with tiles of their own: where whole tiles of m outputs do not
 * fit, the rest of a dimension takes smaller tiles. 56 outputs are nine tiles of 6 and one of 2,
 * which take 76 products instead of the 80 of ten tiles. Each rectangle has its own transformed
 * filters, so the cut must save more than reading them costs.
 *
 * <p>Bits depend on the cut, so it depends on extents alone: not on the batch, the vectors of the
 * machine or the number of threads.
 */
public final class WinogradCut {

  /** A rectangle's last stacks of tiles are not full, in tiles. */
  private static final double STACK_TILES = 2;

  /** Reading U takes as long as the products of so many tiles, from L2 or L3 and from memory. */
  private static final double CACHED_TILES = 4;

  private static final double MEMORY_TILES = 10;

  /** Transformed filters that L3 still has at the next run. */
  private static final double CACHED_BYTES = 12 << 20;

  private WinogradCut() {}

  /** Some outputs of a dimension and their tiles. */
  private record Part(Codelet codelet, int first, int outputs) {
    double tiles() {
      return Math.ceil((double) outputs / codelet.m());
    }
  }

  /**
   * The rectangles with the least cost: of no cut, a cut down, a cut across, both.
   *
   * @param g extents
   * @param down transform of the columns, where whole tiles fit
   * @param across transform of the rows, where whole tiles fit
   * @param cold whether a run finds its filters in memory, and not in the caches
   */
  public static List<WinogradPlan> plans(Geometry g, Codelet down, Codelet across, boolean cold) {
    List<List<Part>> rows = choices(down, g.oh(), g.dh());
    List<List<Part>> columns = choices(across, g.ow(), g.dw());
    List<Part> bestRows = rows.get(0);
    List<Part> bestColumns = columns.get(0);
    double least = cost(g, bestRows, bestColumns);
    for (List<Part> r : rows) {
      for (List<Part> c : columns) {
        double cost = cost(g, r, c);
        if (cost < least) {
          least = cost;
          bestRows = r;
          bestColumns = c;
        }
      }
    }
    List<WinogradPlan> plans = new ArrayList<>();
    for (Part r : bestRows) {
      for (Part c : bestColumns) {
        plans.add(
            new WinogradPlan(
                g, r.codelet, c.codelet, r.first, r.outputs, c.first, c.outputs, cold));
      }
    }
    return plans;
  }

  /** No cut, and the one with the fewest products if there is any. */
  private static List<List<Part>> choices(Codelet codelet, int outputs, int dilation) {
    List<Part> whole = List.of(new Part(codelet, 0, outputs));
    int m = codelet.m();
    if (outputs % m == 0 || outputs < m || dilation > 1) {
      return List.of(whole);
    }
    List<Part> best = whole;
    double fewest = whole.get(0).tiles() * codelet.alpha();
    for (int rest = outputs % m; rest < outputs && rest < 2 * m; rest += m) {
      for (int n = 2; n < m; n++) {
        if (Codelet.exists(n, codelet.r())) {
          int first = outputs - rest;
          Part last = new Part(Codelet.of(n, codelet.r()), first, rest);
          double products = first / m * codelet.alpha() + last.tiles() * last.codelet.alpha();
          if (products < fewest) {
            fewest = products;
            best = List.of(new Part(codelet, 0, first), last);
          }
        }
      }
    }
    return best == whole ? List.of(whole) : List.of(whole, best);
  }

  /** In products of one image's tiles. */
  private static double cost(Geometry g, List<Part> rows, List<Part> columns) {
    double phases = (double) Math.min(g.sh(), g.fh()) * Math.min(g.sw(), g.fw());
    double planeBytes = phases * g.groupC() * g.groupK() * g.groups() * Float.BYTES;
    double planes = 0;
    double products = 0;
    for (Part r : rows) {
      for (Part c : columns) {
        double of = (double) r.codelet.alpha() * c.codelet.alpha();
        planes += of;
        products += of * (r.tiles() * c.tiles() + STACK_TILES);
      }
    }
    boolean cached = planes * planeBytes <= CACHED_BYTES;
    return products + planes * (cached ? CACHED_TILES : MEMORY_TILES);
  }
}
