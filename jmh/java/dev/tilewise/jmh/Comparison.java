package dev.tilewise.jmh;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/** All layers measured: a table, the means of groups, and where Tilewise is slower. */
final class Comparison {

  private static final Pattern SMALL_NETWORKS =
      Pattern.compile("resnet50|mobilenet_v[12]|googlenet|squeezenet");

  /** Images have one, three or four channels. */
  private static final int IMAGE_CHANNELS = 4;

  private final List<String> libraries;
  private final List<Layer> layers;

  /**
   * Takes the results.
   *
   * @param libraries what was measured, Tilewise first
   * @param layers in order
   */
  Comparison(List<String> libraries, List<Layer> layers) {
    this.libraries = libraries;
    this.layers = layers;
  }

  private record Mean(String group, int layers, double median, double min) {}

  private List<Mean> means() {
    Map<String, Predicate<Layer>> groups = new LinkedHashMap<>();
    groups.put("all", layer -> true);
    groups.put(
        "1x1 of resnet50, mobilenet, googlenet, squeezenet",
        layer ->
            layer.extents().fh() == 1
                && layer.extents().fw() == 1
                && SMALL_NETWORKS.matcher(layer.network()).lookingAt());
    groups.put(
        "depthwise",
        layer -> layer.extents().groups() > 1 && layer.extents().groups() == layer.extents().c());
    groups.put("first layers", layer -> layer.extents().c() <= IMAGE_CHANNELS);
    layers.stream()
        .map(Layer::network)
        .distinct()
        .forEach(network -> groups.put(network, layer -> layer.network().equals(network)));
    List<Mean> means = new ArrayList<>();
    groups.forEach(
        (name, member) -> {
          List<Layer> members = compared().stream().filter(member).toList();
          if (!members.isEmpty()) {
            double median = mean(members, Layer::ratioMedian);
            means.add(new Mean(name, members.size(), median, mean(members, Layer::ratioMin)));
          }
        });
    return means;
  }

  private List<Layer> compared() {
    return layers.stream().filter(Layer::hasPeers).toList();
  }

  /** The geometric mean, each layer as often as its network has it. */
  private static double mean(List<Layer> members, ToDoubleFunction<Layer> ratio) {
    double sum = 0;
    double weights = 0;
    for (Layer layer : members) {
      sum += layer.repeats() * Math.log(ratio.applyAsDouble(layer));
      weights += layer.repeats();
    }
    return Math.exp(sum / weights);
  }

  private List<Layer> slower() {
    return compared().stream()
        .filter(layer -> layer.ratioMedian() < 1)
        .sorted(Comparator.comparingDouble(Layer::ratioMedian))
        .toList();
  }

  /** The first line of the table of layers. */
  static String header(List<String> libraries) {
    StringBuilder text = new StringBuilder(String.format("%-34s %-12s", "case", "algorithm"));
    libraries.forEach(name -> text.append(String.format(" %17s", name + " ms")));
    return text.append("     ratio  of min  layer").toString();
  }

  /** One layer: the median of each library and in brackets its shortest time, then the ratios. */
  static String row(List<String> libraries, Layer layer) {
    StringBuilder text = new StringBuilder();
    text.append(String.format("%-34s %-12s", layer.extents(), layer.tilewise().how()));
    for (String name : libraries) {
      String cell =
          find(layer, name)
              .map(t -> milliseconds(t.msMedian()) + " (" + milliseconds(t.msMin()) + ")")
              .orElse("-");
      text.append(String.format(" %17s", cell));
    }
    text.append(
        layer.hasPeers()
            ? format("    %6s  %6s", ratio(layer.ratioMedian()), ratio(layer.ratioMin()))
            : "         -       -");
    return text.append("  ").append(layer.name()).toString();
  }

  private static Optional<Layer.Time> find(Layer layer, String library) {
    return layer.times().stream().filter(t -> t.library().equals(library)).findFirst();
  }

  private static String milliseconds(double ms) {
    return format(ms < 0.1 ? "%.4f" : ms < 10 ? "%.3f" : "%.1f", ms);
  }

  private static String ratio(double ratio) {
    return format(ratio < 0.1 ? "%.4f" : "%.2f", ratio);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** The means and the slower layers, for people. */
  List<String> summary() {
    List<String> lines = new ArrayList<>();
    lines.add("Time of the fastest other library / time of Tilewise, geometric means:");
    lines.add(format("  %-50s %6s %8s %8s", "", "layers", "median", "min"));
    for (Mean m : means()) {
      lines.add(
          format("  %-50s %6d %8s %8s", m.group(), m.layers(), ratio(m.median()), ratio(m.min())));
    }
    lines.add(
        format(
            "Tilewise is slower, by median, on %d of %d%s",
            slower().size(), compared().size(), slower().isEmpty() ? "." : ":"));
    for (Layer layer : slower()) {
      lines.add(
          format(
              "  %6s (%s) %s %s %s; %s %s",
              ratio(layer.ratioMedian()),
              ratio(layer.ratioMin()),
              layer.extents(),
              layer.tilewise().how(),
              layer.name(),
              layer.bestPeer().library(),
              layer.bestPeer().how()));
    }
    return lines;
  }

  /** The same as tables for the documentation. */
  List<String> markdown() {
    List<String> lines = new ArrayList<>();
    lines.add("| group | layers | ratio of medians | of shortest times |");
    lines.add("|---|---|---|---|");
    for (Mean m : means()) {
      lines.add(
          format(
              "| %s | %d | %s | %s |", m.group(), m.layers(), ratio(m.median()), ratio(m.min())));
    }
    lines.add("");
    lines.add(
        "| layer | case | algorithm | " + String.join(" | ", libraries) + " | ratio | of min |");
    lines.add("|---|---|---|" + "---|".repeat(libraries.size() + 2));
    for (Layer layer : layers) {
      lines.add(line(layer));
    }
    return lines;
  }

  private String line(Layer layer) {
    StringBuilder text = new StringBuilder();
    text.append("| ").append(layer.name()).append(" | `").append(layer.extents()).append("` | ");
    text.append(layer.tilewise().how()).append(" |");
    for (String name : libraries) {
      text.append(' ');
      text.append(find(layer, name).map(t -> milliseconds(t.msMedian())).orElse("")).append(" |");
    }
    if (layer.hasPeers()) {
      String cells = layer.ratioMedian() < 1 ? " **%s** | %s |" : " %s | %s |";
      text.append(format(cells, ratio(layer.ratioMedian()), ratio(layer.ratioMin())));
    } else {
      text.append(" | |");
    }
    return text.toString();
  }
}
