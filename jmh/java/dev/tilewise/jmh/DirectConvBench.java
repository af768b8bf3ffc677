package dev.tilewise.jmh;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whole layers by direct convolution, NHWC, bias and ReLU, one thread. A layer is a case string
 * with a comma for the blank, or the name of a row of the file that the system property {@code
 * tilewise.shapes} names (batch 1 then).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DirectConvBench {

  @Param({"n1c64h56w56_k64f3s1p1", "n1c256h56w56_k256f3s1p1", "n1c1024h14w14_k256f1"})
  public String layer;

  private final Arena arena = Arena.ofShared();
  private double flopsOfRun;
  private ConvPlan plan;
  private Tensor x;
  private Tensor y;
  private Workspace workspace;

  /** Operations of direct convolution, reported per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    public double flops;
  }

  @Setup
  public void plan() throws IOException {
    ConvCase c = layer.contains("_k") ? ConvCase.parse(layer.replace('_', ' ')) : row(layer);
    float[] weights = new float[c.k() * c.groupC() * c.fh() * c.fw()];
    java.util.Arrays.fill(weights, 0.25f);
    Filter filter =
        Filter.of(weights, c.k(), c.groupC(), c.fh(), c.fw()).withBias(new float[c.k()]);
    plan =
        Conv2d.of(c, filter)
            .activation(Activation.RELU)
            .algorithm(Algorithm.DIRECT)
            .plan(c.input(), Layout.NHWC, arena);
    x = Tensor.allocate(arena, c.input(), Layout.NHWC).fill(1);
    y = Tensor.allocate(arena, c.output(), Layout.NHWC);
    workspace = plan.workspace(arena);
    flopsOfRun = 2.0 * c.macs();
  }

  private static ConvCase row(String name) throws IOException {
    Path file = Path.of(System.getProperty("tilewise.shapes", "layers.csv"));
    for (String line : Files.readAllLines(file)) {
      String[] f = line.split(",");
      if (f[0].equals(name)) {
        int[] v = new int[17];
        for (int i = 1; i < v.length; i++) {
          v[i] = Integer.parseInt(f[i]);
        }
        return new ConvCase(
            1,
            v[3],
            v[4],
            v[5],
            v[6],
            v[2],
            v[7],
            v[8],
            v[9],
            v[10],
            v[11],
            v[12],
            Math.max(0, v[15]),
            Math.max(0, v[16]),
            v[13],
            v[14]);
      }
    }
    throw new IllegalArgumentException("there is no layer " + name + " in " + file);
  }

  @Benchmark
  public void run(Work work) {
    plan.run(x, y, workspace, Workers.serial());
    work.flops += flopsOfRun;
  }
}
