package dev.tilewise.jmh;

import dev.tilewise.Algorithm;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.zoo.Layers;
import dev.tilewise.zoo.Zoo;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Whole networks by Tilewise and by ONNX Runtime, which take turns on the same weights. */
final class NetComparison {

  private static final long SEED = 1;

  /** Of the largest score: what two orders of summing differ by in deep networks, and more. */
  private static final double TOLERANCE = 1e-3;

  private final OnnxRuntime onnxRuntime;
  private final Workers workers;
  private final Algorithm algorithm;
  private final int batch;
  private final double seconds;

  NetComparison(
      OnnxRuntime onnxRuntime, Workers workers, Algorithm algorithm, int batch, double seconds) {
    this.onnxRuntime = onnxRuntime;
    this.workers = workers;
    this.algorithm = algorithm;
    this.batch = batch;
    this.seconds = seconds;
  }

  /**
   * Times of one network, milliseconds.
   *
   * @param net which
   * @param batch images of a run
   * @param threads of each library
   * @param msMin Tilewise's shortest
   * @param msMedian Tilewise's median
   * @param onnxMsMin ONNX Runtime's shortest
   * @param onnxMsMedian ONNX Runtime's median
   * @param onnxLevel its optimization level
   * @param ofPeak Tilewise's share of the FMA peak, by the shortest time
   * @param difference of a score, relative to the largest one
   * @param tripBefore {@link RoundTrip} before both were measured, nanoseconds; NaN for one thread
   * @param tripAfter the same afterwards
   */
  record Result(
      Zoo net,
      int batch,
      int threads,
      double msMin,
      double msMedian,
      double onnxMsMin,
      double onnxMsMedian,
      String onnxLevel,
      double ofPeak,
      double difference,
      double tripBefore,
      double tripAfter) {

    boolean agrees() {
      return difference <= TOLERANCE;
    }

    double ratioMedian() {
      return onnxMsMedian / msMedian;
    }

    double ratioMin() {
      return onnxMsMin / msMin;
    }

    String row() {
      return String.format(
          Locale.ROOT,
          "%-13s %5d %3d %10.3f %10.3f %10.3f %10.3f %7.2f %7.2f %8.3f %10.1e %9s  %s",
          net,
          batch,
          threads,
          msMedian,
          msMin,
          onnxMsMedian,
          onnxMsMin,
          ratioMedian(),
          ratioMin(),
          ofPeak,
          difference,
          trips(),
          onnxLevel);
    }

    private String trips() {
      return threads == 1 ? "" : String.format(Locale.ROOT, "%.0f-%.0f", tripBefore, tripAfter);
    }

    String markdown() {
      return String.format(
          Locale.ROOT,
          "| %s | %d | %d | %.3f | %.3f | %.3f | %.3f | %.2f | %.2f |",
          net,
          batch,
          threads,
          msMedian,
          msMin,
          onnxMsMedian,
          onnxMsMin,
          ratioMedian(),
          ratioMin());
    }

    Map<String, Object> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("net", net.toString());
      object.put("batch", batch);
      object.put("threads", threads);
      object.put("ms_median", msMedian);
      object.put("ms_min", msMin);
      object.put("onnxruntime_ms_median", onnxMsMedian);
      object.put("onnxruntime_ms_min", onnxMsMin);
      object.put("onnxruntime_level", onnxLevel);
      object.put("ratio_median", ratioMedian());
      object.put("ratio_min", ratioMin());
      object.put("of_peak", ofPeak);
      object.put("difference", difference);
      if (threads > 1) {
        object.put("round_trip_ns_before", tripBefore);
        object.put("round_trip_ns_after", tripAfter);
      }
      return object;
    }
  }

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-13s %5s %3s %10s %10s %10s %10s %7s %7s %8s %10s %9s",
        "net",
        "batch",
        "thr",
        "ms",
        "min",
        "ORT ms",
        "ORT min",
        "ratio",
        "of min",
        "of peak",
        "difference",
        "trip ns");
  }

  static List<String> markdown(List<Result> results) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "| network | batch | threads | Tilewise | shortest | ONNX Runtime | shortest | ratio | of"
            + " min |");
    lines.add("|---|---|---|---|---|---|---|---|---|");
    results.forEach(result -> lines.add(result.markdown()));
    return lines;
  }

  Result measure(Zoo net) {
    try (Arena arena = Arena.ofShared()) {
      GraphBuilder builder = new GraphBuilder();
      OnnxLayers<Value> onnx = new OnnxLayers<>(Layers.of(builder));
      net.describe(onnx, net.input(batch), SEED);
      onnx.expose(Zoo.SCORES);
      Graph graph = builder.build();
      Dims images = net.input(batch);
      Tensor x = Tensor.allocate(arena, images.shape(), Layout.NCHW);
      x.copyFrom(random(images), Layout.NCHW);
      try (Ours ours = new Ours(graph, x, arena);
          Contender theirs = theirs(onnx, graph, x, arena)) {
        Rounds rounds = new Rounds(List.of(ours, theirs), workers.threads());
        boolean one = workers.threads() == 1;
        double before = one ? Double.NaN : RoundTrip.nanos();
        rounds.measure(seconds);
        double after = one ? Double.NaN : RoundTrip.nanos();
        double flops = 2.0 * graph.multiplyAdds() / (rounds.msMin(0) * 1e6);
        return new Result(
            net,
            batch,
            workers.threads(),
            rounds.msMin(0),
            rounds.msMedian(0),
            rounds.msMin(1),
            rounds.msMedian(1),
            theirs.how(),
            flops / rounds.peak() / workers.threads(),
            difference(ours.output(), theirs.output()),
            before,
            after);
      }
    }
  }

  private static float[] random(Dims dims) {
    SplitMix64 random = new SplitMix64(SEED + 1);
    float[] values = new float[Math.toIntExact(dims.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextSymmetric();
    }
    return values;
  }

  private Contender theirs(OnnxLayers<Value> onnx, Graph graph, Tensor x, Arena arena) {
    List<OnnxRuntime.Port> ports = new ArrayList<>();
    for (String name : List.of(Zoo.SCORES, Zoo.PROBABILITIES)) {
      Tensor y = Tensor.allocate(arena, graph.computed(name).dims().shape(), Layout.NCHW);
      ports.add(new OnnxRuntime.Port(name, onnx.dims(name), y));
    }
    OnnxRuntime.Port in = new OnnxRuntime.Port(Zoo.INPUT, onnx.dims(Zoo.INPUT), x);
    return onnxRuntime.bind(onnx.model(), in, ports);
  }

  private static double difference(Tensor ours, Tensor theirs) {
    float[] a = ours.toArray(Layout.NCHW);
    float[] b = theirs.toArray(Layout.NCHW);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(b[i]));
      double difference = Math.abs((double) a[i] - b[i]);
      worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
    }
    return worst / largest;
  }

  /** Tilewise's compiled graph, NCHW in and out like the other. */
  private final class Ours implements Contender {

    /** What C2 may need to compile all kernels of a network. */
    private static final Duration COMPILATION = Duration.ofSeconds(30);

    private final CompiledGraph compiled;
    private final List<Tensor> in;
    private final List<Tensor> out = new ArrayList<>();

    Ours(Graph graph, Tensor x, Arena arena) {
      CompileOptions options =
          CompileOptions.fastest().threads(workers.threads()).algorithm(algorithm);
      compiled = graph.compile(options.keep(List.of(Zoo.SCORES)));
      in = List.of(x);
      for (Value value : compiled.outputs()) {
        out.add(Tensor.allocate(arena, value.dims().shape(), Layout.NCHW));
      }
      compiled.warmUp(workers, COMPILATION);
    }

    @Override
    public void run() {
      compiled.run(in, out, workers);
    }

    @Override
    public Tensor output() {
      return out.get(1);
    }

    @Override
    public String how() {
      return algorithm.toString();
    }

    @Override
    public double warmUpSeconds() {
      return 1;
    }

    @Override
    public void close() {}
  }
}
