package dev.tilewise.cli;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.internal.plan.Verdict;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Algorithms on one case, timed in turns in one process, on the same input, each into the same
 * output.
 *
 * @param extents the case
 * @param timings in the order asked for
 * @param leftOut one line: what was not measured, and why; empty if nothing
 */
record Comparison(ConvCase extents, List<Timing> timings, String leftOut) {

  private static final int CHECKED_OUTPUTS = 1_500;
  private static final int FEWEST_CHECKED_OUTPUTS = 1_000;
  // A naive output takes a microsecond for each 200 terms.
  private static final double CHECKED_TERMS = 4e6;

  /**
   * How to measure.
   *
   * @param relu with that activation
   * @param workers who computes
   * @param seconds for each algorithm, after the warm-up
   */
  record Settings(boolean relu, Workers workers, double seconds) {}

  /** Measures these algorithms; AUTO may be one. */
  static Comparison of(ConvCase extents, List<Algorithm> algorithms, Settings settings) {
    return measured(extents, algorithms, "", settings);
  }

  /**
   * Measures all algorithms that apply but those references of which one run would take longer than
   * the time for a measurement (unless AUTO takes it).
   */
  static Comparison ofAll(ConvCase extents, Settings settings) {
    List<Algorithm> all = new ArrayList<>();
    List<String> rejected = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (Candidate candidate : Candidate.values()) {
      Algorithm algorithm = Algorithm.valueOf(candidate.name());
      if (candidate.judge(Sample.geometry(extents)) instanceof Verdict.Reject) {
        rejected.add(candidate.name());
        continue;
      }
      double run = expectedNanos(extents, algorithm) / 1e9;
      if (candidate.isReference() && algorithm != auto(extents) && run > settings.seconds) {
        leftOut.add(
            String.format(Locale.ROOT, "%s (a run may take %.2g s, by its cost)", algorithm, run));
      } else {
        all.add(algorithm);
      }
    }
    if (!rejected.isEmpty()) {
      // WINOGRAD_F2, F3, F4, ...
      String names = String.join(", ", rejected).replace(", WINOGRAD_", ", ");
      leftOut.add(names + " (not for this case; explain says why)");
    }
    return measured(extents, all, String.join("; ", leftOut), settings);
  }

  private static Comparison measured(
      ConvCase extents, List<Algorithm> algorithms, String leftOut, Settings settings) {
    try (Arena arena = Arena.ofShared()) {
      Sample sample = new Sample(extents, arena);
      List<Run> runs = new ArrayList<>();
      for (Algorithm algorithm : algorithms) {
        runs.add(new Run(sample, algorithm, arena, settings));
      }
      List<Series> found = new Alternation(runs).measure(settings.seconds);
      List<Timing> timings = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        timings.add(runs.get(i).timing(found.get(i)));
      }
      return new Comparison(extents, timings, leftOut);
    } catch (OutOfMemoryError e) {
      throw Sample.tooLarge(extents, e);
    }
  }

  /** What AUTO takes at the default tolerance. */
  static Algorithm auto(ConvCase extents) {
    Geometry g = Sample.geometry(extents);
    // Nothing is too large for the naive loops, and their error is below the default tolerance.
    return Algorithm.valueOf(
        Candidate.cheapest(g, Conv2d.DEFAULT_TOLERANCE, false).orElseThrow().name());
  }

  /** The typical error that AUTO counts with. */
  static double typicalError(ConvCase extents, Algorithm algorithm) {
    return Candidate.valueOf(algorithm.name()).typicalError(Sample.geometry(extents));
  }

  /** Whether AUTO may take it at the default tolerance. */
  static boolean isAccepted(Timing t) {
    return typicalError(t.extents(), t.algorithm()) <= Conv2d.DEFAULT_TOLERANCE;
  }

  /** What AUTO chooses among: what is accepted; references only if it takes one. */
  List<Timing> choices() {
    return timings.stream()
        .filter(t -> isAccepted(t))
        .filter(t -> !isReference(t.algorithm()) || t.algorithm() == auto(extents))
        .toList();
  }

  private static boolean isReference(Algorithm algorithm) {
    return Candidate.valueOf(algorithm.name()).isReference();
  }

  /** By the planner's model, on one thread. */
  private static double expectedNanos(ConvCase extents, Algorithm algorithm) {
    Verdict verdict = Candidate.valueOf(algorithm.name()).judge(Sample.geometry(extents));
    double multiplyAdds = verdict instanceof Verdict.Accept accept ? accept.cost() : extents.macs();
    return 2 * multiplyAdds / peak();
  }

  private static double peak() {
    return FmaPeak.best() > 0 ? FmaPeak.best() : FmaPeak.sample();
  }

  /** One algorithm, bound and ready. */
  private static final class Run implements Alternation.Subject {

    private final Sample sample;
    private final Settings settings;
    private final ConvPlan plan;
    private final Workspace workspace;
    private double maxError = Double.NaN;

    Run(Sample sample, Algorithm algorithm, Arena arena, Settings settings) {
      this.sample = sample;
      this.settings = settings;
      plan =
          Conv2d.of(sample.extents, sample.filter)
              .activation(settings.relu ? Activation.RELU : Activation.IDENTITY)
              .algorithm(algorithm)
              .plan(sample.extents.input(), Layout.NHWC, arena);
      workspace = plan.workspace(arena, settings.workers.threads());
    }

    @Override
    public void run() {
      plan.run(sample.x, sample.y, workspace, settings.workers);
    }

    @Override
    public double operations() {
      return 2.0 * sample.extents.macs();
    }

    @Override
    public double expectedNanos() {
      return Comparison.expectedNanos(sample.extents, plan.algorithm());
    }

    @Override
    public void forget() {
      sample.y.fill(Float.NaN);
    }

    @Override
    public void verify() {
      ConvCase c = sample.extents;
      double terms = (double) c.groupC() * c.fh() * c.fw();
      double outputs = Math.min(CHECKED_OUTPUTS, CHECKED_TERMS / terms);
      maxError = sample.maxError((long) Math.max(FEWEST_CHECKED_OUTPUTS, outputs), settings.relu);
    }

    Timing timing(Series found) {
      int threads = settings.workers.threads();
      return new Timing(
          sample.extents,
          plan.algorithm(),
          threads,
          found.nanos(0) / 1e6,
          found.nanos(0.5) / 1e6,
          operations() / found.nanos(0),
          found.peak(),
          found.share() / threads,
          operations() / found.nanos(0) / found.peak() / threads,
          maxError,
          plan.errorBound(),
          workspace.bytes());
    }
  }
}
