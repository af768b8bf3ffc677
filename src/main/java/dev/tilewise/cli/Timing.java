package dev.tilewise.cli;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import dev.tilewise.internal.kernel.FmaPeak;
import java.lang.foreign.Arena;

/**
 * The time of one plan, measured by {@link Alternation}, and the error of what it computed.
 *
 * @param extents the case
 * @param algorithm what computed it
 * @param threads who
 * @param msMin shortest time of a run
 * @param msMedian median
 * @param gflops operations of direct convolution in the shortest time
 * @param peakGflops best sample of the peak of one core
 * @param ofPeak share of the peak of all threads, median
 * @param ofPeakMax the shortest time beside the best sample of the peak
 * @param maxError largest error found, relative to the scale of the output
 * @param errorBound what is proved
 * @param workspaceBytes scratch
 */
record Timing(
    ConvCase extents,
    Algorithm algorithm,
    int threads,
    double msMin,
    double msMedian,
    double gflops,
    double peakGflops,
    double ofPeak,
    double ofPeakMax,
    double maxError,
    double errorBound,
    long workspaceBytes) {

  private static final int CHECKED_OUTPUTS = 1_500;
  // A naive output takes a microsecond for each 200 terms.
  private static final double CHECKED_TERMS = 4e6;

  /** Measures one case for about that long, after the warm-up. */
  static Timing of(
      ConvCase extents, Algorithm algorithm, boolean relu, Workers workers, double seconds) {
    try (Arena arena = Arena.ofShared()) {
      Sample sample = new Sample(extents, arena);
      ConvPlan plan =
          Conv2d.of(extents, sample.filter)
              .activation(relu ? Activation.RELU : Activation.IDENTITY)
              .algorithm(algorithm)
              .plan(extents.input(), Layout.NHWC, arena);
      Workspace workspace = plan.workspace(arena, workers.threads());
      Runnable run = () -> plan.run(sample.x, sample.y, workspace, workers);
      FmaPeak.warmUp();
      Alternation found = new Alternation(run, 2.0 * extents.macs());
      found.measure(seconds);
      double terms = (double) extents.groupC() * extents.fh() * extents.fw();
      long outputs = (long) Math.max(1_000, Math.min(CHECKED_OUTPUTS, CHECKED_TERMS / terms));
      return new Timing(
          extents,
          plan.algorithm(),
          workers.threads(),
          found.nanos(0) / 1e6,
          found.nanos(0.5) / 1e6,
          2.0 * extents.macs() / found.nanos(0),
          found.peak(),
          found.share() / workers.threads(),
          2.0 * extents.macs() / found.nanos(0) / found.peak() / workers.threads(),
          sample.maxError(outputs, relu),
          plan.errorBound(),
          workspace.bytes());
    } catch (OutOfMemoryError e) {
      throw Sample.tooLarge(extents, e);
    }
  }
}
