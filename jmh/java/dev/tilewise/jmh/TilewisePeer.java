package dev.tilewise.jmh;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.WarmUp;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;
import java.time.Duration;

/** This library: NHWC in and out, filters packed once. */
final class TilewisePeer implements Peer {

  /** What a busy machine is given to compile; usually it is a second. */
  private static final Duration COMPILING = Duration.ofSeconds(10);

  private final Algorithm algorithm;
  private final Workers workers;

  TilewisePeer(Algorithm algorithm, Workers workers) {
    this.algorithm = algorithm;
    this.workers = workers;
  }

  @Override
  public String name() {
    return "Tilewise";
  }

  @Override
  public String version() {
    return algorithm.toString();
  }

  @Override
  public Bound bind(Sample sample, Arena arena) {
    ConvPlan plan =
        Conv2d.of(sample.extents, sample.filter)
            .activation(Activation.RELU)
            .algorithm(algorithm)
            .plan(sample.extents.input(), Layout.NHWC, arena);
    WarmUp.of(COMPILING, plan);
    return new Bound(sample, plan, plan.workspace(arena, workers.threads()), workers);
  }

  /** A plan with its tensors. */
  record Bound(Sample sample, ConvPlan plan, Workspace workspace, Workers workers)
      implements Contender {

    @Override
    public void run() {
      plan.run(sample.x, sample.y, workspace, workers);
    }

    @Override
    public Tensor output() {
      return sample.y;
    }

    @Override
    public String how() {
      return plan.algorithm().toString();
    }

    @Override
    public double warmUpSeconds() {
      return WARM_UP_SECONDS;
    }

    @Override
    public void close() {}
  }
}
