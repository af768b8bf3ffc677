package dev.tilewise.internal.plan;

import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.Im2colForward;
import dev.tilewise.internal.conv.NaiveForward;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The algorithms, in the order in which they are explained. Names are those of the public choice.
 */
public enum Candidate {
  /** Register tiles over the input. */
  DIRECT {
    @Override
    public Verdict judge(Geometry g) {
      return g.sumLength() <= LONGEST_WINDOW
          ? new Verdict.Accept(g.macs())
          : new Verdict.Reject(
              "a window of " + g.sumLength() + " terms is longer than " + LONGEST_WINDOW);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return new DirectForward(
          p.geometry(), DirectPlan.of(p.geometry()), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  },

  /** Windows copied into a matrix. */
  IM2COL {
    @Override
    public Verdict judge(Geometry g) {
      double bytes = Im2colForward.matrixBytes(g);
      return bytes <= LARGEST_MATRIX
          ? new Verdict.Accept(g.macs() * IM2COL_COST)
          : new Verdict.Reject(
              "its matrix of "
                  + Math.round(bytes)
                  + " bytes for each thread is larger than "
                  + LARGEST_MATRIX);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return new Im2colForward(p.geometry(), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  },

  /** Plain loops: always applies, never pays. */
  NAIVE {
    @Override
    public Verdict judge(Geometry g) {
      return new Verdict.Accept(g.macs() * NAIVE_COST);
    }

    @Override
    public Forward bind(Problem p, Arena arena) {
      return new NaiveForward(p.geometry(), p.lo(), p.hi(), p.weights(), p.bias(), arena);
    }
  };

  /** A tile stages its rows' windows in one array. */
  private static final int LONGEST_WINDOW = 1 << 26;

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
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}
   * @param bias K floats or null
   */
  public record Problem(
      Geometry geometry, float lo, float hi, MemorySegment weights, MemorySegment bias) {}

  /** Whether the algorithm applies, and at what cost. */
  public abstract Verdict judge(Geometry g);

  /** Packs the weights. */
  public abstract Forward bind(Problem problem, Arena arena);

  /** The cheapest of those that apply. */
  public static Candidate cheapest(Geometry g) {
    return Stream.of(values())
        .filter(candidate -> candidate.judge(g) instanceof Verdict.Accept)
        .min(Comparator.comparingDouble(c -> ((Verdict.Accept) c.judge(g)).cost()))
        .orElseThrow();
  }
}
