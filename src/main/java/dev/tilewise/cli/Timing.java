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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The time of one plan. Timings of the plan and samples of the FMA peak alternate, so that both
 * meet the same clock; the share of the peak is the median over the alternations, and a share is
 * taken of the larger of the samples around it.
 *
 * @param extents the case
 * @param algorithm what computed it
 * @param threads who
 * @param msMin shortest time of a run
 * @param msMedian median
 * @param gflops operations of direct convolution in the shortest time
 * @param peakGflops best sample of the peak of one core
 * @param ofPeak share of the peak of all threads
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
    double maxError,
    double errorBound,
    long workspaceBytes) {

  private static final double SHORTEST_SAMPLE_NANOS = 2e5;
  private static final int MIN_SAMPLES = 5;
  private static final int CHECKED_OUTPUTS = 1_500;
  // A naive output takes a microsecond for each 200 terms.
  private static final double CHECKED_TERMS = 4e6;

  /** Measures one case for about that long, after as long a warm-up. */
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
      repeat(run, seconds);
      List<Double> nanos = new ArrayList<>();
      List<Double> shares = new ArrayList<>();
      double best = 0;
      double before = FmaPeak.sample();
      double flops = 2.0 * extents.macs();
      int runs = runsPerSample(run);
      long end = System.nanoTime() + (long) (seconds * 1e9);
      while (System.nanoTime() < end || (nanos.size() < MIN_SAMPLES && !slow(nanos, seconds))) {
        double time = time(run, runs);
        double after = FmaPeak.sample();
        double peak = Math.max(before, after);
        best = Math.max(best, peak);
        nanos.add(time);
        shares.add(flops / time / peak / workers.threads());
        before = after;
      }
      Collections.sort(nanos);
      Collections.sort(shares);
      double terms = (double) extents.groupC() * extents.fh() * extents.fw();
      long outputs = (long) Math.max(1_000, Math.min(CHECKED_OUTPUTS, CHECKED_TERMS / terms));
      return new Timing(
          extents,
          plan.algorithm(),
          workers.threads(),
          nanos.get(0) / 1e6,
          nanos.get(nanos.size() / 2) / 1e6,
          flops / nanos.get(0),
          best,
          shares.get(shares.size() / 2),
          sample.maxError(outputs, relu),
          plan.errorBound(),
          workspace.bytes());
    }
  }

  private static boolean slow(List<Double> nanos, double seconds) {
    return !nanos.isEmpty() && nanos.get(0) > seconds * 1e9;
  }

  private static void repeat(Runnable run, double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    do {
      run.run();
    } while (System.nanoTime() < end);
  }

  private static int runsPerSample(Runnable run) {
    double once = Math.min(time(run, 1), time(run, 1));
    return (int) Math.max(1, Math.ceil(SHORTEST_SAMPLE_NANOS / once));
  }

  private static double time(Runnable run, int runs) {
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      run.run();
    }
    return (double) (System.nanoTime() - start) / runs;
  }
}
