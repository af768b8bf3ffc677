package dev.tilewise.cli;

import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.internal.kernel.Lanes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints what this machine is. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Prints the JVM, the processor, the vector width, the tiles and the FMA peak.")
final class InfoCommand implements Callable<Integer> {

  @Mixin private JsonLines json;

  @Override
  public Integer call() throws IOException {
    try (JsonLines lines = json.open()) {
      Map<String, Object> facts = facts();
      facts.forEach((key, value) -> lines.text(line(name(key), value)));
      lines.text(line("tiles", DirectPlan.tiles()));
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
    return facts;
  }

  private static String cpu() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
    return System.getProperty("os.arch");
  }
}
