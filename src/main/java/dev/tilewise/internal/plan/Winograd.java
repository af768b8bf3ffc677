package dev.tilewise.internal.plan;

import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.WinogradCut;
import dev.tilewise.internal.conv.WinogradForward;
import dev.tilewise.internal.conv.WinogradParts;
import dev.tilewise.internal.conv.WinogradPlan;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.winograd.Codelet;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** What the Winograd candidates share. */
final class Winograd {

  /** A multiply-add of a long sum in a row of a stack of nine, which itself counts for 1.04. */
  private static final double LONG_SUM_COST = 1.0;

  /** Entering and leaving a stack costs as much as this many terms. */
  private static final double SHORT_SUM_TERMS = 1.5;

  /** An element of V or M: 10 cycles a vector, there and back. */
  private static final double TRANSFORM_COST = 10;

  /** A byte of U that L3 has kept since the run before: 120 GB/s beside one multiplier. */
  private static final double CACHED_BYTE_COST = 0.5;

  /** A byte of U that is read again for another block of tiles, of much else. */
  private static final double BYTE_COST = 1;

  /**
   * Transforms and reading vary more between machines than products do: where a core has two
   * multipliers of 512 bits they count twice as much. A tie is DIRECT's.
   */
  private static final double DOUBT = 1.08;

  /** U, inputs and outputs of which L3 still has U at the next run: decisions/0020, 0023, 0026. */
  private static final double CACHED_BYTES = 13 << 20;

  /** U of which so little is left in L3 that reading it ahead does not cost more than it brings. */
  private static final double PREFETCHED_BYTES = 20 << 20;

  /**
   * The part of the time of reading U from memory in which its products, of at least so many tiles,
   * are multiplied; with shorter vectors these take twice as long instead: decisions/0033.
   */
  private static final double HIDDEN = 0.45;

  private static final double HIDING_TILES = 16;

  /** A multiply-add whose filter is transformed on the way. */
  private static final double FILTERED_COST = 1.5;

  /** A filter's first dimension of the transform. */
  private static final double HALF_FILTER_COST = 72;

  private Winograd() {}

  static Verdict judge(Geometry g, int m, boolean cold) {
    int rowTaps = taps(g.fh(), g.sh());
    int columnTaps = taps(g.fw(), g.sw());
    if (rowTaps == 1 && columnTaps == 1) {
      return new Verdict.Reject(
          "a filter of "
              + g.fh()
              + "x"
              + g.fw()
              + " with stride "
              + g.sh()
              + "x"
              + g.sw()
              + " has one tap a stride: there is nothing to save; use DIRECT or AUTO");
    }
    if (g.sh() > 1 && g.dh() > 1 && g.fh() > 1 || g.sw() > 1 && g.dw() > 1 && g.fw() > 1) {
      return new Verdict.Reject(
          "it does not take a stride and a dilation in the same dimension; use DIRECT or AUTO");
    }
    if (!exists(m, rowTaps) || !exists(m, columnTaps)) {
      return new Verdict.Reject(
          "F("
              + m
              + ", "
              + (exists(m, rowTaps) ? columnTaps : rowTaps)
              + ") would take more than "
              + Codelet.MOST_PRODUCTS
              + " products a dimension; use DIRECT or AUTO");
    }
    if (!WinogradPlan.applies(g, codelet(m, rowTaps), codelet(m, columnTaps))) {
      return new Verdict.Reject("the extents are too large for its tables; use DIRECT or AUTO");
    }
    return new Verdict.Accept(cost(g, m, cold));
  }

  /** Taps of a phase. */
  private static int taps(int f, int stride) {
    return (int) (((long) f + stride - 1) / stride);
  }

  private static boolean exists(int m, int r) {
    return r == 1 || Codelet.exists(m, r);
  }

  /** A dimension in which there is nothing to save is left as it is. */
  private static Codelet codelet(int m, int r) {
    return r == 1 ? Codelet.of(1, 1) : Codelet.of(m, r);
  }

  private static List<WinogradPlan> plans(Geometry g, int m, boolean cold) {
    Codelet down = codelet(m, taps(g.fh(), g.sh()));
    Codelet across = codelet(m, taps(g.fw(), g.sw()));
    List<WinogradPlan> plans = WinogradCut.plans(g, down, across, cold);
    boolean large = !cold && filterBytes(g, plans) > PREFETCHED_BYTES;
    return large ? WinogradCut.plans(g, down, across, true) : plans;
  }

  static double typicalError(Geometry g, int m) {
    double largest = 0;
    for (WinogradPlan plan : plans(g, m, true)) {
      largest = Math.max(largest, TypicalErrors.of(plan.codeletDown(), plan.depth()));
      largest = Math.max(largest, TypicalErrors.of(plan.codeletAcross(), plan.depth()));
    }
    return largest;
  }

  /**
   * In multiply-adds at the FMA peak: those of the products, the transforms, and the reading of U
   * once for each block of tiles. Constants measured on Zen 4, those of cold filters on Zen 5.
   */
  private static double cost(Geometry g, int m, boolean cold) {
    List<WinogradPlan> plans = plans(g, m, cold);
    double inputs = (double) g.n() * g.h() * g.w() * g.c() * Float.BYTES;
    double outputs = (double) g.n() * g.oh() * g.ow() * g.k() * Float.BYTES;
    boolean cached = !cold && filterBytes(g, plans) + inputs + outputs <= CACHED_BYTES;
    double sum = 0;
    for (WinogradPlan plan : plans) {
      sum += cost(g, plan, cached);
    }
    return sum * DOUBT;
  }

  private static double cost(Geometry g, WinogradPlan plan, boolean cached) {
    double filters = Candidate.paddedK(g) / g.groups();
    double depth = plan.depth();
    double channels = Math.ceil(depth / Lanes.COUNT) * Lanes.COUNT;
    double sums = depth * LONG_SUM_COST + SHORT_SUM_TERMS;
    boolean transformed = plan.transformsFilters();
    double multiply =
        transformed
            ? plan.tiles() * depth * filters * FILTERED_COST
            : plan.stackedTiles() * sums * filters;
    double transforms =
        plan.tiles() * (channels * plan.inputCost() + filters * plan.outputCost()) * TRANSFORM_COST;
    double bytes = depth * filters * Float.BYTES;
    double again = cached ? CACHED_BYTE_COST : BYTE_COST;
    double first = cached ? CACHED_BYTE_COST : coldByteCost(plan);
    double reading = bytes * (first + (plan.blocks() - 1) * again) * plan.products();
    if (transformed) {
      reading =
          bytes * g.fh() * g.fw() * Candidate.COLD_BYTE_COST + depth * filters * HALF_FILTER_COST;
    }
    return g.groups() * (plan.products() * (multiply + transforms) + reading);
  }

  private static double coldByteCost(WinogradPlan plan) {
    double hidden = HIDDEN * Math.min(1, plan.tiles() / HIDING_TILES);
    return Candidate.COLD_BYTE_COST * (1 - hidden);
  }

  /** Of all parts of a cut. */
  private static double filterBytes(Geometry g, List<WinogradPlan> plans) {
    double sum = 0;
    for (WinogradPlan plan : plans) {
      sum += plan.products() * plan.depth() * Candidate.paddedK(g) * Float.BYTES;
    }
    return sum;
  }

  static Forward bind(Candidate.Problem p, int m, Arena arena) {
    Geometry g = p.geometry();
    List<WinogradForward> parts = new ArrayList<>();
    for (WinogradPlan plan : plans(g, m, p.cold())) {
      parts.add(
          new WinogradForward(
              g, p.destination(), plan, p.lo(), p.hi(), p.weights(), p.bias(), arena));
    }
    return parts.size() == 1 ? parts.get(0) : new WinogradParts(parts);
  }
}
