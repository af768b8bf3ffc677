package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.zoo.Zoo;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A compiled network on random images, timed, and compared with the network as described. */
final class NetRun implements Alternation.Subject {

  private static final long WEIGHTS = 1;
  private static final long IMAGES = 2;

  /**
   * Slower than so many times what the peak takes is not compiled: MobileNet v2 takes 1.7 times.
   */
  private static final double COMPILED = 2;

  /**
   * What compilation may take: a network calls up to twenty large kernels, and C2 takes half a
   * second for one. Meanwhile runs are steady and a hundred times slower, which looks settled.
   */
  private static final double PATIENCE_SHARE = 20;

  /** Times of runs settle within so many times the time of a measurement. */
  private static final double WARM_UP_SHARE = 3;

  private static final int FEWEST_PROFILED = 5;

  /**
   * What to measure.
   *
   * @param batch images of a run
   * @param algorithm of the convolutions it applies to
   * @param tolerance of each convolution
   * @param workers who computes
   * @param seconds of a measurement
   */
  record Settings(
      int batch, Algorithm algorithm, double tolerance, Workers workers, double seconds) {

    CompileOptions options() {
      return CompileOptions.fastest()
          .threads(workers.threads())
          .algorithm(algorithm)
          .tolerance(tolerance);
    }
  }

  /**
   * What was measured.
   *
   * @param net its name
   * @param settings how it was measured
   * @param msMin shortest time of a run
   * @param msMedian median
   * @param gflops operations of direct convolution in the shortest time
   * @param peakGflops best sample of the peak of one core
   * @param ofPeak share of the peak of all threads, median
   * @param maxError largest difference of a score from the network as described, relative to the
   *     largest score
   * @param errorBound what rounding within the tolerance explains
   * @param memoryBytes of values and scratch
   * @param settled whether times had settled when the measurement began
   */
  record Result(
      Zoo net,
      Settings settings,
      double msMin,
      double msMedian,
      double gflops,
      double peakGflops,
      double ofPeak,
      double maxError,
      double errorBound,
      long memoryBytes,
      boolean settled) {

    boolean holds() {
      return maxError <= errorBound;
    }

    Map<String, Object> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("net", net.toString());
      object.put("algorithm", settings.algorithm().name());
      object.put("threads", settings.workers().threads());
      object.put("ms_min", msMin);
      object.put("ms_median", msMedian);
      object.put("gflops", gflops);
      object.put("peak_gflops", peakGflops);
      object.put("of_peak", ofPeak);
      object.put("max_error", maxError);
      object.put("error_bound", errorBound);
      object.put("workspace_bytes", memoryBytes);
      if (settings.batch() > 1) {
        object.put("batch", settings.batch());
      }
      return object;
    }
  }

  private final Zoo net;
  private final Settings settings;
  private final Graph graph;
  private final CompiledGraph compiled;
  private final float[] expected;
  private final List<Tensor> in;
  private final List<Tensor> out;
  private double maxError = Double.NaN;

  /** Compiles the network twice, and computes what the plain one makes of the images. */
  NetRun(Zoo net, Settings settings, Arena arena) {
    this.net = net;
    this.settings = settings;
    graph = net.graph(settings.batch, WEIGHTS);
    List<String> kept = List.of(Zoo.SCORES);
    Dims images = graph.inputs().get(0).dims();
    Tensor x = Tensor.allocate(arena, images.shape(), Layout.NHWC);
    SplitMix64 random = new SplitMix64(IMAGES);
    x.copyFrom(random(random, images), Layout.NCHW);
    expected = plain(graph, kept, x, settings.workers);
    compiled = graph.compile(settings.options().keep(kept));
    in = List.of(x);
    out = outputs(compiled, arena);
  }

  private static float[] random(SplitMix64 random, Dims dims) {
    float[] values = new float[Math.toIntExact(dims.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextSymmetric();
    }
    return values;
  }

  private static List<Tensor> outputs(CompiledGraph compiled, Arena arena) {
    return compiled.outputs().stream()
        .map(value -> Tensor.allocate(arena, value.dims().shape(), Layout.NHWC))
        .toList();
  }

  private static float[] plain(Graph graph, List<String> kept, Tensor x, Workers workers) {
    CompiledGraph plain = graph.compile(CompileOptions.plain().shareMemory(true).keep(kept));
    try (Arena arena = Arena.ofShared()) {
      List<Tensor> y = outputs(plain, arena);
      plain.run(List.of(x), y, workers);
      return y.get(1).toArray(Layout.NHWC);
    }
  }

  @Override
  public void run() {
    compiled.run(in, out, settings.workers);
  }

  @Override
  public double operations() {
    return 2.0 * graph.multiplyAdds();
  }

  @Override
  public double expectedNanos() {
    return operations() / (FmaPeak.best() > 0 ? FmaPeak.best() : FmaPeak.sample());
  }

  @Override
  public void forget() {
    out.forEach(tensor -> tensor.fill(Float.NaN));
  }

  @Override
  public void verify() {
    float[] scores = out.get(1).toArray(Layout.NHWC);
    double largest = 0;
    for (float score : expected) {
      largest = Math.max(largest, Math.abs(score));
    }
    LargestError worst = new LargestError();
    for (int i = 0; i < scores.length; i++) {
      worst.add(scores[i], expected[i], largest);
    }
    maxError = worst.value();
  }

  /** Warms up and measures. */
  Result measure() {
    long patience = (long) (PATIENCE_SHARE * settings.seconds * 1e9);
    long start = System.nanoTime();
    long before;
    do {
      before = System.nanoTime();
      run();
    } while (System.nanoTime() - before > COMPILED * expectedNanos()
        && System.nanoTime() - start < patience);
    long nanos = (long) (WARM_UP_SHARE * settings.seconds * 1e9);
    Duration limit = Duration.ofNanos(Math.max(2, nanos));
    boolean settled = compiled.warmUp(settings.workers, limit).settled();
    Series found = new Alternation(List.of(this)).measure(settings.seconds).get(0);
    return new Result(
        net,
        settings,
        found.nanos(0) / 1e6,
        found.nanos(0.5) / 1e6,
        operations() / found.nanos(0),
        found.peak(),
        found.share() / settings.workers.threads(),
        maxError,
        settings.tolerance * Math.sqrt(graph.sumLengths()),
        compiled.memoryBytes(),
        settled);
  }

  /** The steps, for as long as a measurement takes. */
  List<CompiledGraph.StepTime> profile(double msOfRun) {
    int runs = (int) Math.max(FEWEST_PROFILED, settings.seconds * 1e3 / msOfRun);
    return compiled.profile(runs, settings.workers);
  }
}
