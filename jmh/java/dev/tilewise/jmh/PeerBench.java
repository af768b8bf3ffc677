package dev.tilewise.jmh;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;
import dev.tilewise.Workers;
import dev.tilewise.cli.Cases;
import dev.tilewise.cli.JsonLines;
import dev.tilewise.cli.Outputs;
import dev.tilewise.cli.Sample;
import dev.tilewise.cli.Tilewise;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.zoo.Zoo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Tilewise beside oneDNN, ONNX Runtime and PyTorch, taking turns in one process; started by {@code
 * jmh/peers.sh}.
 */
@Command(
    name = "jmh/peers.sh",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Times convolutions with bias and ReLU by Tilewise and by other libraries, which take turns in"
          + " one process on the same data, and checks that they agree.",
      "Times are medians over the rounds, shortest times in brackets. The ratio is the time of the"
          + " fastest other library divided by Tilewise's."
    })
public final class PeerBench implements Callable<Integer> {

  /** Other processes and the compilers of the JVM may use some of the other core meanwhile. */
  private static final double CORES_IN_EXCESS = 0.2;

  private static final ConvCase USUAL = ConvCase.parse("n1c64h56w56 k64f3s1p1");
  private static final double CORES_SECONDS = 0.5;

  @Mixin private Cases cases;

  @Option(
      names = "--net",
      paramLabel = "NAME",
      description = {
        "A whole network, or all of them, beside ONNX Runtime with the same weights; may be"
            + " repeated. Names are those of tilewise bench --net."
      })
  private List<String> nets = new ArrayList<>();

  @Option(
      names = "--footprint",
      description = {
        "With --net: instead of steady times, the memory of a process that does nothing but load and"
            + " run the network's file, and the time to its first result, in a new process and once"
            + " more in the same one when it is warm; with the usual heap and with 256 MB. Linux"
            + " only."
      })
  private boolean footprint;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Images of --net and of each row of --shapes, 0 for what the file says; default 1.")
  private int batch = 1;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each library; default ${DEFAULT-VALUE}.")
  private int threads = 1;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Time for each layer and library; default ${DEFAULT-VALUE}.")
  private double seconds = 0.3;

  @Option(
      names = "--algorithm",
      paramLabel = "A",
      description = "Tilewise's, one of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private Algorithm algorithm = Algorithm.AUTO;

  @Mixin private JsonLines json;

  @Option(names = "--markdown", paramLabel = "FILE", description = "Write the tables.")
  private Path markdown;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Draw share of the peak against arithmetic intensity.")
  private Path svg;

  private PeerBench() {}

  /** Measures what the options say. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new PeerBench());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          boolean expected = e instanceof IllegalArgumentException || e instanceof IOException;
          if (!expected) {
            throw e;
          }
          command.getErr().println("peers: " + Tilewise.message(e));
          return CommandLine.ExitCode.USAGE;
        });
    System.exit(line.execute(args));
  }

  @Override
  public Integer call() throws IOException {
    requireOptions();
    if (!nets.isEmpty()) {
      return networks();
    }
    List<Cases.Named> all = cases.read();
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      FmaPeak.warmUp();
      List<Peer> peers = load(workers, lines);
      checkCores(peers, lines);
      List<String> names = peers.stream().map(Peer::name).toList();
      lines.text(Comparison.header(names));
      List<Layer> layers = new ArrayList<>();
      Map<ConvCase, Layer> known = new HashMap<>();
      boolean agreed = true;
      for (Cases.Named named : all) {
        ConvCase extents = named.extents();
        if (!named.name().isEmpty() && batch > 0) {
          extents = extents.withBatch(batch);
        }
        Layer layer = known.get(extents);
        if (layer == null) {
          try {
            layer = measure(named, extents, peers, lines);
          } catch (IllegalArgumentException e) {
            // Not every algorithm computes every case.
            lines.note(e.getMessage());
            continue;
          }
          known.put(extents, layer);
          agreed &= checkAgreement(layer, lines);
        }
        layer = layer.withName(named.name(), named.repeats());
        lines.text(Comparison.row(names, layer));
        lines.object(layer.object());
        layers.add(layer);
      }
      if (layers.isEmpty()) {
        return 1;
      }
      finish(new Comparison(names, layers), layers, lines);
      return agreed ? 0 : 1;
    }
  }

  private int networks() throws IOException {
    List<Zoo> all = new ArrayList<>();
    for (String name : nets) {
      all.addAll("all".equalsIgnoreCase(name) ? List.of(Zoo.values()) : List.of(Zoo.named(name)));
    }
    if (footprint) {
      return footprints(all);
    }
    List<NetComparison.Result> results = new ArrayList<>();
    boolean agreed = true;
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      FmaPeak.warmUp();
      OnnxRuntime other = new OnnxRuntime(threads);
      lines.text("ONNX Runtime " + other.version());
      lines.text(NetComparison.header());
      for (Zoo net : all) {
        NetComparison.Result result =
            new NetComparison(other, workers, algorithm, Math.max(1, batch), seconds).measure(net);
        results.add(result);
        lines.text(result.row());
        lines.object(result.object());
        if (!result.agrees()) {
          lines.note(format("%s: scores differ by %.2g", net, result.difference()));
          agreed = false;
        }
      }
    }
    if (markdown != null) {
      Files.write(markdown, NetComparison.markdown(results));
    }
    return agreed ? 0 : 1;
  }

  private int footprints(List<Zoo> all) throws IOException {
    if (!Files.isReadable(Path.of("/proc/self/status"))) {
      throw new IllegalArgumentException("--footprint needs /proc, which Linux has");
    }
    try (JsonLines lines = json.open()) {
      lines.text(Footprint.header());
      for (Zoo net : all) {
        for (Footprint.Result result : Footprint.measure(net, threads)) {
          lines.text(result.row());
          lines.object(result.object());
        }
      }
    }
    return 0;
  }

  private void requireOptions() {
    if (threads < 1 || batch < 0 || !(seconds > 0)) {
      throw new IllegalArgumentException(
          "--threads and --seconds must be positive, --batch not negative");
    }
    if (footprint && nets.isEmpty()) {
      throw new IllegalArgumentException("--footprint needs --net");
    }
    // OpenMP reads it before anything can be called.
    if (!Integer.toString(threads).equals(System.getenv("OMP_NUM_THREADS"))) {
      throw new IllegalArgumentException(
          "OMP_NUM_THREADS must be " + threads + " for the others; jmh/peers.sh sees to it");
    }
    for (Path file : new Path[] {markdown, svg}) {
      if (file != null) {
        Outputs.requireWritable(file);
      }
    }
  }

  private List<Peer> load(Workers workers, JsonLines lines) {
    Map<String, Supplier<Peer>> others = new LinkedHashMap<>();
    others.put("oneDNN", () -> new OneDnn(true));
    others.put("oneDNN NHWC", () -> new OneDnn(false));
    others.put("ONNX Runtime", () -> new OnnxRuntime(threads));
    others.put("PyTorch", () -> new PyTorch(threads));
    List<Peer> peers = new ArrayList<>(List.of(new TilewisePeer(algorithm, workers)));
    others.forEach(
        (name, loading) -> {
          try {
            peers.add(loading.get());
          } catch (RuntimeException | LinkageError e) {
            lines.note(name + " is left out, it cannot be loaded here: " + e);
          }
        });
    return peers;
  }

  /** Runs each on a usual layer, and compares the processor's time with the clock's. */
  private void checkCores(List<Peer> peers, JsonLines lines) {
    for (Peer peer : peers) {
      try (Arena arena = Arena.ofShared();
          Contender contender = peer.bind(new Sample(USUAL, arena), arena)) {
        new Rounds(List.of(contender), threads).measure(2 * CORES_SECONDS);
        double cores = cores(contender);
        lines.text(format("%-12s %-8s uses %.2f cores", peer.name(), peer.version(), cores));
        if (Math.abs(cores - threads) > CORES_IN_EXCESS * threads) {
          lines.note(
              format("%s uses %.2f cores, not %d: do not compare", peer.name(), cores, threads));
        }
      }
    }
  }

  private static double cores(Contender contender) {
    com.sun.management.OperatingSystemMXBean system =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    while (System.nanoTime() < start + CORES_SECONDS * 1e9) {
      contender.run();
    }
    return (double) (system.getProcessCpuTime() - cpu) / (System.nanoTime() - start);
  }

  private Layer measure(Cases.Named named, ConvCase extents, List<Peer> peers, JsonLines lines) {
    List<Contender> contenders = new ArrayList<>();
    List<String> libraries = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Sample sample = new Sample(extents, arena);
      try {
        for (Peer peer : peers) {
          try {
            contenders.add(peer.bind(sample, arena));
            libraries.add(peer.name());
          } catch (UnsupportedOperationException e) {
            lines.note(peer.name() + " is left out of " + extents + ": " + e.getMessage());
          }
        }
        Rounds rounds = new Rounds(contenders, threads);
        rounds.measure(seconds);
        TilewisePeer.Bound ours = (TilewisePeer.Bound) contenders.get(0);
        Agreement agreement = new Agreement(sample, ours.plan(), arena);
        List<Layer.Time> times = new ArrayList<>();
        for (int i = 0; i < contenders.size(); i++) {
          Contender contender = contenders.get(i);
          boolean own = contender == ours;
          times.add(
              new Layer.Time(
                  libraries.get(i),
                  contender.how(),
                  rounds.msMin(i),
                  rounds.msMedian(i),
                  own ? agreement.error() : agreement.difference(contender.output()),
                  own ? ours.plan().errorBound() : agreement.tolerance()));
        }
        return new Layer(
            named.name(), extents, named.repeats(), threads, rounds.peak(), List.copyOf(times));
      } finally {
        contenders.forEach(Contender::close);
      }
    }
  }

  private static boolean checkAgreement(Layer layer, JsonLines lines) {
    boolean agreed = true;
    for (Layer.Time t : layer.times()) {
      if (!(t.difference() <= t.tolerance())) {
        lines.note(
            format(
                "%s: %s differs by %.2g of sum |x| |w|, more than %.2g",
                layer.extents(), t.library(), t.difference(), t.tolerance()));
        agreed = false;
      }
    }
    return agreed;
  }

  private void finish(Comparison comparison, List<Layer> layers, JsonLines lines)
      throws IOException {
    comparison.summary().forEach(lines::text);
    double closest =
        layers.stream()
            .flatMap(layer -> layer.times().stream())
            .mapToDouble(t -> t.difference() / t.tolerance())
            .max()
            .orElseThrow();
    lines.text(format("Largest difference: %.2g of what is tolerated.", closest));
    if (markdown != null) {
      Files.write(markdown, comparison.markdown());
    }
    if (svg != null) {
      Roofline.write(svg, layers);
    }
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
