package dev.tilewise.cli;

import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.internal.kernel.Lanes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints what this machine is. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Prints the JVM, the processor, the vector width, the tiles and the FMA peak.")
final class InfoCommand implements Callable<Integer> {

  private static final Set<String> GENERATION = Set.of("cpu family", "model", "stepping");

  @Mixin private JsonLines json;

  @Override
  public Integer call() throws IOException {
    try (JsonLines lines = json.open()) {
      Map<String, Object> facts = facts();
      facts.forEach((key, value) -> lines.text(line(name(key), value)));
      lines.object(facts);
    }
    return 0;
  }

  private static String line(String name, Object value) {
    return String.format(Locale.ROOT, "%-22s %s", name, value);
  }

  /** What people call a fact that has such a key. */
  static String name(String key) {
    return switch (key) {
      case "jdk" -> "JDK";
      case "vm" -> "JVM";
      case "cpu" -> "processor";
      case "vector_bits" -> "vector width, bits";
      case "peak_gflops" -> "FMA peak, GFLOP/s";
      default -> key;
    };
  }

  /** The machine, with a measurement of its peak. */
  static Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("jdk", Runtime.version().toString());
    facts.put(
        "vm", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.name"));
    facts.put("cpu", cpu() + ", " + Runtime.getRuntime().availableProcessors() + " processors");
    facts.put("vector_bits", Lanes.COUNT * Float.SIZE);
    facts.put("peak_gflops", Math.round(FmaPeak.gflops() * 10) / 10.0);
    facts.put("tiles", DirectPlan.tiles());
    return facts;
  }

  private static String cpu() {
    try {
      return cpu(Files.readAllLines(Path.of("/proc/cpuinfo")));
    } catch (IOException e) {
      return cpu(List.of());
    }
  }

  /** What Linux says of the first processor: its name, and which generation that is. */
  static String cpu(List<String> lines) {
    Map<String, String> first = new HashMap<>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon >= 0) {
        first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    String name = first.getOrDefault("model name", System.getProperty("os.arch"));
    if (!first.keySet().containsAll(GENERATION)) {
      return name;
    }
    return String.format(
        "%s, family %s model %s stepping %s",
        name, first.get("cpu family"), first.get("model"), first.get("stepping"));
  }
}
