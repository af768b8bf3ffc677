package dev.tilewise.internal.plan;

import dev.tilewise.internal.conv.DepthwiseForward;
import dev.tilewise.internal.conv.Destination;
import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.Im2colForward;
import dev.tilewise.internal.conv.NaiveForward;
import dev.tilewise.internal.conv.PointwiseForward;
import dev.tilewise.internal.conv.PointwisePlan;
import dev.tilewise.internal.conv.StripForward;
import dev.tilewise.internal.conv.StripPlan;
import dev.tilewise.internal.kernel.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/**
 * The algorithms, in the order in which they are explained. Names are those of the public choice.
 */
public enum Candidate {
  /** Register tiles over the input. */
  DIRECT {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      if (!DirectPlan.applies(g)) {
        return new Verdict.Reject("the extents are too large for its tables; use IM2COL or AUTO");
      }
      return g.sumLength() <= LONGEST_WINDOW
          ? new Verdict.Accept(directCost(g, cold))
          : new Verdict.Reject(
              "a window of "
                  + g.sumLength()
                  + " terms is longer than "
                  + LONGEST_WINDOW
                  + "; use AUTO");
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      Geometry g = p.geometry();
      if (DepthwiseForward.applies(g)) {
        return new DepthwiseForward(
            g, p.destination(), p.lo(), p.hi(), p.weights(), p.bias(), arena);
      }
      Optional<PointwisePlan> pointwise = PointwisePlan.of(g, p.destination());
      if (pointwise.isPresent()) {
        return new PointwiseForward(
            g,
            p.destination(),
            pointwise.get(),
            p.cold(),
            p.lo(),
            p.hi(),
            p.weights(),
            p.bias(),
            arena);
      }
      return StripPlan.pays(g)
          ? new StripForward(
              g, p.destination(), StripPlan.of(g), p.lo(), p.hi(), p.weights(), p.bias(), arena)
          : new DirectForward(
              g, p.destination(), DirectPlan.of(g), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  },

  /** Winograd's tiles of 2 x 2 outputs. */
  WINOGRAD_F2 {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return Winograd.judge(g, 2, cold);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return Winograd.bind(p, 2, arena);
    }

    @Override
    public double typicalError(Geometry g) {
      return Winograd.typicalError(g, 2);
    }
  },

  /** Winograd's tiles of 3 x 3 outputs. */
  WINOGRAD_F3 {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return Winograd.judge(g, 3, cold);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return Winograd.bind(p, 3, arena);
    }

    @Override
    public double typicalError(Geometry g) {
      return Winograd.typicalError(g, 3);
    }
  },

  /** Winograd's tiles of 4 x 4 outputs. */
  WINOGRAD_F4 {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return Winograd.judge(g, 4, cold);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return Winograd.bind(p, 4, arena);
    }

    @Override
    public double typicalError(Geometry g) {
      return Winograd.typicalError(g, 4);
    }
  },

  /** Winograd's tiles of 5 x 5 outputs. */
  WINOGRAD_F5 {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return Winograd.judge(g, 5, cold);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return Winograd.bind(p, 5, arena);
    }

    @Override
    public double typicalError(Geometry g) {
      return Winograd.typicalError(g, 5);
    }
  },

  /** Winograd's tiles of 6 x 6 outputs. */
  WINOGRAD_F6 {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return Winograd.judge(g, 6, cold);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return Winograd.bind(p, 6, arena);
    }

    @Override
    public double typicalError(Geometry g) {
      return Winograd.typicalError(g, 6);
    }
  },

  /** Windows copied into a matrix. */
  IM2COL {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      double bytes = Im2colForward.matrixBytes(g);
      return bytes <= LARGEST_MATRIX
          ? new Verdict.Accept(g.macs() * IM2COL_COST)
          : new Verdict.Reject(
              "its matrix of "
                  + Math.round(bytes)
                  + " bytes for each thread is larger than "
                  + LARGEST_MATRIX
                  + "; use DIRECT or AUTO");
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return new Im2colForward(
          p.geometry(), p.destination(), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  },

  /** Plain loops: always applies, never pays. */
  NAIVE {
    @Override
    public Verdict judge(Geometry g, boolean cold) {
      return new Verdict.Accept(g.macs() * NAIVE_COST);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return new NaiveForward(
          p.geometry(), p.destination(), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  };

  /**
   * A byte of filters from memory, where a run finds them so, and of what they drive out of L2: 32
   * GB/s beside two multipliers of 512 bits (docs/decisions/0020-cold-filters.md).
   */
  static final double COLD_BYTE_COST = 4;

  /** A byte of filters that a region of the outputs, a border or the interior, reads again. */
  private static final double REGION_BYTE_COST = 1;

  /** A tile stages its rows' windows in one array. */
  private static final int LONGEST_WINDOW = 1 << 26;

  /** Measured: large layers run at 0.90 to 0.95 of the FMA peak. */
  private static final double LONG_SUM_COST = 1.08;

  /** Measured: entering and leaving a tile costs as much as this many terms. */
  private static final double SHORT_SUM_TERMS = 12;

  /** The same of tiles in strips of few channels. */
  private static final double STRIP_SUM_TERMS = 4;

  /** A multiply-add of a depthwise kernel; rough, Winograd costs a hundred times as much there. */
  private static final double DEPTHWISE_COST = 1.1;

  /** A float of a depthwise input or output counts for this many multiply-adds; rough. */
  private static final double MOVE_COST = 1.2;

  /** Beyond this the copy is no longer worth comparing with. */
  private static final long LARGEST_MATRIX = 1L << 32;

  /** Measured: without register tiles a multiply-add takes as long as this many at the FMA peak. */
  private static final double IM2COL_COST = 6;

  /** Measured: a naive multiply-add takes as long as this many at the FMA peak. */
  private static final double NAIVE_COST = 1000;

  /**
   * What a plan is made for.
   *
   * @param geometry extents
   * @param destination where outputs go
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}
   * @param bias K floats or null
   * @param cold whether a run finds its filters in memory, and not in the caches
   */
  public record Problem(
      Geometry geometry,
      Destination destination,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      boolean cold) {}

  /**
   * Whether the algorithm applies, and at what cost.
   *
   * @param g extents
   * @param cold whether a run finds its filters in memory, and not in the caches
   */
  public abstract Verdict judge(Geometry g, boolean cold);

  /** The same for filters that the caches have kept. */
  public final Verdict judge(Geometry g) {
    return judge(g, false);
  }

  /** Packs the weights. */
  public abstract Forward bind(Problem problem, Arena arena);

  /**
   * The largest error seen, relative to {@code sum |x| |w|} of an output, over normal and positive
   * data, with its margin (docs/winograd.md); the bound is larger.
   */
  public double typicalError(Geometry g) {
    return TypicalErrors.ofSums();
  }

  /** Whether it is here to be compared with: it is taken only where nothing else can be. */
  public boolean isReference() {
    return this == IM2COL || this == NAIVE;
  }

  /**
   * The cheapest of those that apply and are typically as accurate as asked, a reference only if
   * there is no other.
   *
   * @param g extents
   * @param tolerance relative to {@code sum |x| |w|}
   * @param cold whether a run finds its filters in memory, and not in the caches
   */
  public static Optional<Candidate> cheapest(Geometry g, double tolerance, boolean cold) {
    return Stream.of(values())
        .filter(c -> c.judge(g) instanceof Verdict.Accept && c.typicalError(g) <= tolerance)
        .min(
            Comparator.comparing(Candidate::isReference)
                .thenComparingDouble(c -> ((Verdict.Accept) c.judge(g, cold)).cost()));
  }

  /** Of those that apply the one with the least typical error. */
  public static Candidate mostAccurate(Geometry g) {
    return Stream.of(values())
        .filter(c -> c.judge(g) instanceof Verdict.Accept)
        .min(Comparator.comparingDouble(c -> c.typicalError(g)))
        .orElseThrow();
  }

  /**
   * Taps of a dimension that meet the input.
   *
   * @param ofOutputs of all outputs
   * @param ofRegions of one output of each region
   */
  private record Taps(double ofOutputs, double ofRegions) {

    static Taps of(int outputs, IntUnaryOperator first, IntUnaryOperator end) {
      double all = 0;
      double regions = 0;
      for (int o = 0; o < outputs; o++) {
        int from = first.applyAsInt(o);
        int to = end.applyAsInt(o);
        all += to - from;
        boolean begins = o == 0 || first.applyAsInt(o - 1) != from || end.applyAsInt(o - 1) != to;
        regions += begins ? to - from : 0;
      }
      return new Taps(all, regions);
    }
  }

  /**
   * Multiply-adds of the taps that are present, what short sums cost on top, and the reading of the
   * filters.
   */
  private static double directCost(Geometry g, boolean cold) {
    Taps down = Taps.of(g.oh(), g::firstTapY, g::endTapY);
    Taps across = Taps.of(g.ow(), g::firstTapX, g::endTapX);
    if (DepthwiseForward.applies(g)) {
      double channels = Math.ceil((double) g.k() / Lanes.COUNT) * Lanes.COUNT;
      double moved = (double) g.h() * g.w() + (double) g.oh() * g.ow();
      return g.n()
          * channels
          * (down.ofOutputs * across.ofOutputs * DEPTHWISE_COST + moved * MOVE_COST);
    }
    double macs = g.n() * down.ofOutputs * across.ofOutputs * g.groupC() * paddedK(g);
    double terms = StripPlan.suits(g) ? STRIP_SUM_TERMS : SHORT_SUM_TERMS;
    double tapBytes = (double) g.k() * g.groupC() * Float.BYTES;
    double reading = down.ofRegions * across.ofRegions * tapBytes * REGION_BYTE_COST;
    reading += cold ? g.fh() * g.fw() * tapBytes * COLD_BYTE_COST : 0;
    return macs * (LONG_SUM_COST + terms / g.sumLength()) + reading;
  }

  /** Filters of all groups, rounded up to whole vectors. */
  static double paddedK(Geometry g) {
    int vectors = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT;
    return (double) g.groups() * vectors * Lanes.COUNT;
  }
}
