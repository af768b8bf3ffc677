package dev.tilewise.internal.plan;

import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.WinogradForward;
import dev.tilewise.internal.conv.WinogradPlan;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.winograd.Codelet;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.stream.Stream;

/** What the Winograd candidates share. */
final class Winograd {

  private static final double LONG_SUM_COST = 1.05;

  /** Entering and leaving a tile costs as much as this many terms. */
  private static final double SHORT_SUM_TERMS = 7;

  /** An element of V or M: 10 cycles a vector, there and back. */
  private static final double TRANSFORM_COST = 10.5;

  /** A byte of U, from L3: 60 GB/s. */
  private static final double BYTE_COST = 1;

  private Winograd() {}

  static Verdict judge(Geometry g, int m) {
    if (g.sh() != g.sw()) {
      return new Verdict.Reject(
          "it takes equal strides, not " + g.sh() + "x" + g.sw() + "; use DIRECT or AUTO");
    }
    if (g.sh() > 1 && g.groups() > 1) {
      return new Verdict.Reject(
          "it takes groups with stride 1 only, not " + g.sh() + "; use DIRECT or AUTO");
    }
    if (g.dh() != 1 || g.dw() != 1) {
      return new Verdict.Reject(
          "it does not apply to dilation " + g.dh() + "x" + g.dw() + "; use DIRECT or AUTO");
    }
    Optional<Codelet> codelet = codelet(g, m);
    if (codelet.isEmpty()) {
      return new Verdict.Reject(
          "there is no F("
              + m
              + ") for filters of "
              + g.fh()
              + "x"
              + g.fw()
              + " with stride "
              + g.sh()
              + "; use DIRECT or AUTO");
    }
    if (!WinogradPlan.applies(g, codelet.get())) {
      return new Verdict.Reject("the extents are too large for its tables; use DIRECT or AUTO");
    }
    return new Verdict.Accept(cost(g, codelet.get()));
  }

  private static Optional<Codelet> codelet(Geometry g, int m) {
    return Stream.of(Codelet.values())
        .filter(c -> g.fh() == g.fw() && c.m() == m)
        .filter(c -> c.transform().r() == (g.fh() + g.sh() - 1L) / g.sh())
        .findFirst();
  }

  /** Above the largest error seen; docs/winograd.md. */
  static double typicalError(Geometry g, int m) {
    return switch (codelet(g, m).orElseThrow()) {
      case F4X2 -> 5e-6;
      case F2X3 -> 2.5e-6;
      case F4X3 -> 3e-6;
      case F6X3 -> 8e-6;
      case F2X5 -> 2.5e-6;
      case F4X5 -> 3e-6;
    };
  }

  /**
   * In multiply-adds at the FMA peak: those of the products, the transforms, and the reading of U
   * once for each block of tiles. Constants measured on the machine of docs/benchmarks.md.
   */
  private static double cost(Geometry g, Codelet codelet) {
    WinogradPlan plan = new WinogradPlan(g, codelet);
    double products = (double) codelet.alpha() * codelet.alpha();
    double tiles = plan.tiles();
    double filters = Candidate.paddedK(g) / g.groups();
    double depth = (double) g.groupC() * g.sh() * g.sh();
    double channels = Math.ceil(depth / Lanes.COUNT) * Lanes.COUNT;
    double multiply = tiles * depth * filters * (LONG_SUM_COST + SHORT_SUM_TERMS / depth);
    double transforms = tiles * (channels + filters) * TRANSFORM_COST;
    double reading = (double) plan.blocks() * depth * filters * Float.BYTES * BYTE_COST;
    return g.groups() * products * (multiply + transforms + reading);
  }

  static Forward bind(Candidate.Problem p, int m, Arena arena) {
    Geometry g = p.geometry();
    WinogradPlan plan = new WinogradPlan(g, codelet(g, m).orElseThrow());
    return new WinogradForward(g, plan, p.lo(), p.hi(), p.weights(), p.bias(), arena);
  }
}
