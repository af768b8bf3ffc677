package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Workers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times convolutions beside the FMA peak, and verifies what they computed. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Times forward convolutions, NHWC with bias, beside the FMA peak measured in the same"
          + " process.",
      "gflops counts the operations of direct convolution over the unpadded output."
    })
final class BenchCommand implements Callable<Integer> {

  @Mixin private Cases cases;
  @Mixin private JsonLines json;

  @Option(
      names = "--algorithm",
      paramLabel = "A",
      description = "AUTO (default), DIRECT, IM2COL, NAIVE, or ALL of the last three.")
  private String algorithm = "AUTO";

  @Option(names = "--threads", paramLabel = "N", description = "Default ${DEFAULT-VALUE}.")
  private int threads = 1;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Time for each measurement, and for its warm-up; default ${DEFAULT-VALUE}.")
  private double seconds = 1;

  @Option(names = "--no-relu", description = "Without the activation.")
  private boolean noRelu;

  @Override
  public Integer call() throws IOException {
    if (!(seconds > 0)) {
      throw new IllegalArgumentException("--seconds must be positive, not " + seconds);
    }
    boolean ok = true;
    List<Cases.Named> all = cases.read();
    List<Algorithm> choices = algorithms(algorithm);
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      lines.text(header());
      for (Cases.Named named : all) {
        for (Algorithm choice : choices) {
          Timing t = Timing.of(named.extents(), choice, !noRelu, workers, seconds);
          lines.text(row(t, named.name()));
          lines.object(object(t));
          if (!(t.maxError() <= t.errorBound())) {
            lines.note(
                "tilewise: "
                    + t.extents()
                    + " "
                    + t.algorithm()
                    + ": error "
                    + t.maxError()
                    + " exceeds the bound "
                    + t.errorBound());
            ok = false;
          }
        }
      }
    }
    return ok ? 0 : 1;
  }

  /** The algorithms that a name stands for. */
  static List<Algorithm> algorithms(String name) {
    if (name.equalsIgnoreCase("ALL")) {
      List<Algorithm> all = new ArrayList<>(Arrays.asList(Algorithm.values()));
      all.remove(Algorithm.AUTO);
      return all;
    }
    for (Algorithm a : Algorithm.values()) {
      if (a.name().equalsIgnoreCase(name)) {
        return List.of(a);
      }
    }
    throw new IllegalArgumentException(
        "there is no algorithm \""
            + name
            + "\"; there are ALL and "
            + Arrays.toString(Algorithm.values()));
  }

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-34s %-7s %3s %10s %10s %9s %8s %8s %10s %10s %12s",
        "case",
        "",
        "thr",
        "min ms",
        "median ms",
        "GFLOP/s",
        "peak",
        "of peak",
        "max error",
        "bound",
        "workspace");
  }

  static String row(Timing t, String name) {
    return String.format(
        Locale.ROOT,
        "%-34s %-7s %3d %10.4f %10.4f %9.2f %8.1f %8.3f %10.1e %10.1e %12d %s",
        t.extents(),
        t.algorithm(),
        t.threads(),
        t.msMin(),
        t.msMedian(),
        t.gflops(),
        t.peakGflops(),
        t.ofPeak(),
        t.maxError(),
        t.errorBound(),
        t.workspaceBytes(),
        name);
  }

  static Map<String, Object> object(Timing t) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("case", t.extents().toString());
    object.put("algorithm", t.algorithm().name());
    object.put("threads", t.threads());
    object.put("ms_min", t.msMin());
    object.put("ms_median", t.msMedian());
    object.put("gflops", t.gflops());
    object.put("peak_gflops", t.peakGflops());
    object.put("of_peak", t.ofPeak());
    object.put("max_error", t.maxError());
    object.put("error_bound", t.errorBound());
    object.put("workspace_bytes", t.workspaceBytes());
    return object;
  }
}
