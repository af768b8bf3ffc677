package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.Workers;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.zoo.Zoo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "GFLOP/s counts the operations of direct convolution over the unpadded output, in the"
          + " shortest time. The share of the peak is the median of many alternations; beside it"
          + " the shortest time's share of the best sample of the peak.",
      "The error is the largest, relative to the sum of |x| |w|, of 1000 to 1500 outputs of the last"
          + " timed run, corners and random ones, compared with the naive loop in double.",
      "With --net it times whole networks, compiled, on random images. The error is the largest"
          + " difference of a score (before the softmax) from the network computed layer by layer by"
          + " DIRECT, relative to the largest score. A proved bound of a whole network would say"
          + " nothing; the bound is T sqrt(sum of the terms of one output of each layer), which"
          + " independent errors within the tolerance T do not exceed."
    })
final class BenchCommand implements Callable<Integer> {

  private static final String ALL = "ALL";

  @Mixin private Cases cases;
  @Mixin private Nets nets;
  @Mixin private JsonLines json;

  @Option(
      names = "--algorithm",
      paramLabel = "A",
      completionCandidates = Choices.class,
      description = {
        "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.",
        "ALL measures in turns all that apply, but IM2COL and NAIVE only where a run takes less than"
            + " --seconds, marks what AUTO takes with *, and says at the end how good its choices"
            + " were."
      })
  private String algorithm = "AUTO";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; default ${DEFAULT-VALUE}.")
  private int threads = 1;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = {
        "Time for each measurement; default ${DEFAULT-VALUE}.",
        "Before it the case runs until its code is compiled and its time has settled, a network"
            + " for three times as long at most."
      })
  private double seconds = 1;

  @Option(names = "--no-relu", description = "Cases without the activation.")
  private boolean noRelu;

  @Override
  public Integer call() throws IOException {
    Require.seconds(seconds);
    Require.threads(threads);
    boolean isAll = algorithm.equalsIgnoreCase(ALL);
    Algorithm one = isAll ? null : algorithm(algorithm, new Choices());
    nets.require();
    requireOtherFiles();
    if (!nets.isEmpty()) {
      return networks(one);
    }
    List<Cases.Named> all = cases.read();
    FmaPeak.warmUp();
    AutoSummary summary = new AutoSummary();
    boolean ok = true;
    boolean stars = false;
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      Comparison.Settings settings = new Comparison.Settings(!noRelu, workers, seconds);
      for (int i = 0; i < all.size(); i++) {
        ConvCase extents = all.get(i).extents();
        Comparison found =
            isAll
                ? Comparison.ofAll(extents, settings)
                : Comparison.of(extents, List.of(one), settings);
        if (i == 0) {
          lines.text(header());
        }
        for (Timing t : found.timings()) {
          lines.text(row(t, all.get(i).name()));
          lines.object(isAll ? comparedObject(t, all.get(i).name()) : object(t));
          ok &= withinBound(t, lines);
          stars |= isAuto(t);
        }
        if (!found.leftOut().isEmpty()) {
          lines.text("  left out: " + found.leftOut());
        }
        if (isAll) {
          summary.add(all.get(i).name(), found);
        }
      }
      if (stars) {
        lines.text(legend());
      }
      if (isAll) {
        summary.lines().forEach(lines::text);
        lines.object(summary.object());
      }
    }
    return ok ? 0 : 1;
  }

  private void requireOtherFiles() throws IOException {
    json.requireOther("--html", nets.html());
    json.requireOther("--shapes", cases.shapes());
    Outputs.requireOther("--html", nets.html(), "--shapes", cases.shapes());
  }

  private int networks(Algorithm one) throws IOException {
    if (one == null) {
      throw new IllegalArgumentException("--net takes one algorithm, not ALL; use AUTO");
    }
    if (!cases.isEmpty()) {
      throw new IllegalArgumentException(
          "--net and --case, --shapes or --filter are measured one at a time");
    }
    if (noRelu) {
      throw new IllegalArgumentException(
          "--no-relu is for --case and --shapes; a network has the activations it has");
    }
    List<Zoo> all = nets.read();
    List<NetProfile> profiles = new ArrayList<>();
    boolean ok = true;
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      NetRun.Settings settings =
          new NetRun.Settings(nets.batch(), one, nets.tolerance(), workers, seconds);
      FmaPeak.warmUp();
      String header = netHeader();
      for (Zoo net : all) {
        try (Arena arena = Arena.ofShared()) {
          NetRun run = new NetRun(net, settings, arena);
          NetRun.Result found = run.measure();
          if (header != null) {
            lines.text(header);
            header = null;
          }
          lines.text(row(found));
          lines.object(found.object());
          if (!found.holds()) {
            lines.note(
                "tilewise: "
                    + net
                    + ": difference "
                    + found.maxError()
                    + " from the plain network exceeds "
                    + found.errorBound());
            ok = false;
          }
          if (!found.settled()) {
            lines.note("tilewise: " + net + ": " + NetProfile.UNSETTLED);
          }
          if (nets.isProfiled() || nets.html() != null) {
            profiles.add(new NetProfile(found, run.profile(found.msMedian())));
          }
          if (nets.isProfiled()) {
            profiles.get(profiles.size() - 1).lines().forEach(lines::text);
          }
        }
      }
      if (nets.html() != null) {
        NetProfile.write(nets.html(), profiles);
      }
    }
    return ok ? 0 : 1;
  }

  private static String netHeader() {
    return String.format(
        Locale.ROOT,
        "%-13s %-11s %5s %3s %10s %10s %9s %8s %8s %10s %10s %12s",
        "net",
        "",
        "batch",
        "thr",
        "min ms",
        "median ms",
        "GFLOP/s",
        "peak",
        "of peak",
        "max error",
        "bound",
        "memory, B");
  }

  private static String row(NetRun.Result r) {
    return String.format(
        Locale.ROOT,
        "%-13s %-11s %5d %3d %10.4f %10.4f %9.2f %8.1f %8.3f %10.1e %10.1e %12d",
        r.net(),
        r.settings().algorithm(),
        r.settings().batch(),
        r.settings().workers().threads(),
        r.msMin(),
        r.msMedian(),
        r.gflops(),
        r.peakGflops(),
        r.ofPeak(),
        r.maxError(),
        r.errorBound(),
        r.memoryBytes());
  }

  private static boolean withinBound(Timing t, JsonLines lines) {
    if (t.maxError() <= t.errorBound()) {
      return true;
    }
    lines.note(
        "tilewise: "
            + t.extents()
            + " "
            + t.algorithm()
            + ": error "
            + t.maxError()
            + " exceeds the bound "
            + t.errorBound());
    return false;
  }

  /** What {@code --algorithm} takes here. */
  static final class Choices implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(Stream.of(ALL), names()).iterator();
    }
  }

  private static Stream<String> names() {
    return Arrays.stream(Algorithm.values()).map(Algorithm::name);
  }

  /** The algorithm of that name; those that may be chosen are listed for who mistyped it. */
  private static Algorithm algorithm(String name, Iterable<String> choices) {
    for (Algorithm a : Algorithm.values()) {
      if (a.name().equalsIgnoreCase(name)) {
        return a;
      }
    }
    throw new IllegalArgumentException(
        "there is no algorithm \"" + name + "\"; there are " + String.join(", ", choices));
  }

  /** The algorithm of that name. */
  static Algorithm algorithm(String name) {
    return algorithm(name, names().toList());
  }

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-34s %-13s %3s %10s %10s %9s %8s %8s %6s %10s %10s %12s",
        "case",
        "",
        "thr",
        "min ms",
        "median ms",
        "GFLOP/s",
        "peak",
        "of peak",
        "best",
        "max error",
        "bound",
        "workspace, B");
  }

  /** What a star in the table says. */
  static String legend() {
    return String.format(
        Locale.ROOT, "* what AUTO takes at the tolerance of %.0e", Conv2d.DEFAULT_TOLERANCE);
  }

  private static boolean isAuto(Timing t) {
    return t.algorithm() == Comparison.auto(t.extents());
  }

  static String row(Timing t, String name) {
    String row =
        String.format(
            Locale.ROOT,
            "%-34s %-13s %3d %10.4f %10.4f %9.2f %8.1f %8.3f %6.3f %10.1e %10.1e %12d %s",
            t.extents(),
            t.algorithm() + (isAuto(t) ? " *" : ""),
            t.threads(),
            t.msMin(),
            t.msMedian(),
            t.gflops(),
            t.peakGflops(),
            t.ofPeak(),
            t.ofPeakMax(),
            t.maxError(),
            t.errorBound(),
            t.workspaceBytes(),
            name);
    return row.stripTrailing();
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

  /** With what only a comparison tells. */
  private static Map<String, Object> comparedObject(Timing t, String name) {
    Map<String, Object> object = object(t);
    object.put("name", name);
    object.put("typical_error", Comparison.typicalError(t.extents(), t.algorithm()));
    object.put("accepted", Comparison.isAccepted(t));
    object.put("auto", isAuto(t));
    return object;
  }
}
