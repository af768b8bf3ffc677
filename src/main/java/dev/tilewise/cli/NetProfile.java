package dev.tilewise.cli;

import dev.tilewise.graph.CompiledGraph.StepTime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Where the time of a network goes: its steps in order, for a terminal and as a page. */
final class NetProfile {

  /**
   * A step.
   *
   * @param name of its node
   * @param what it does
   * @param millis median
   * @param share of the time of all steps
   * @param multiplyAdds of its node, if no other step of the node takes longer; 0 otherwise
   * @param ofPeak share of the FMA peak of all threads
   */
  record Row(
      String name, String what, double millis, double share, long multiplyAdds, double ofPeak) {}

  /** What is wrong with times that were still falling. */
  static final String UNSETTLED =
      "times had not settled when the measurement began; a larger --seconds warms up for longer";

  private final NetRun.Result result;
  private final List<Row> rows = new ArrayList<>();

  NetProfile(NetRun.Result result, List<StepTime> steps) {
    this.result = result;
    double total = steps.stream().mapToDouble(StepTime::millis).sum();
    double peak = result.peakGflops() * result.settings().workers().threads();
    Map<String, StepTime> longest = new HashMap<>();
    for (StepTime step : steps) {
      longest.merge(step.node(), step, (a, b) -> b.millis() > a.millis() ? b : a);
    }
    for (StepTime step : steps) {
      long work = longest.get(step.node()) == step ? step.multiplyAdds() : 0;
      double ofPeak = 2.0 * work / (step.millis() * 1e6) / peak;
      rows.add(
          new Row(step.node(), step.what(), step.millis(), step.millis() / total, work, ofPeak));
    }
  }

  /** A table. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(format("  %9s %7s %9s %8s  %s", "ms", "share", "M mul-add", "of peak", "step"));
    for (Row row : rows) {
      lines.add(
          format(
              "  %9.4f %6.1f%% %9s %8s  %s: %s",
              row.millis,
              100 * row.share,
              row.multiplyAdds == 0 ? "" : format("%.2f", row.multiplyAdds / 1e6),
              row.multiplyAdds == 0 ? "" : format("%.3f", row.ofPeak),
              row.name,
              row.what));
    }
    return lines;
  }

  /** One file that needs nothing else. */
  static void write(Path file, List<NetProfile> profiles) throws IOException {
    Html html = new Html();
    html.add("<h1>Where the time of %s goes</h1>", titles(profiles));
    html.add(
        "<p>Steps in order, each timed alone between the others of a run; medians. Shares of the"
            + " peak count the operations of direct convolution, so Winograd passes 100 %%, which"
            + " is the mark in a bar.</p>");
    profiles.forEach(profile -> profile.section(html));
    TextFile.write(file, Report.HEAD + html.add("</main></body></html>"));
  }

  private static String titles(List<NetProfile> profiles) {
    return Html.escape(
        String.join(", ", profiles.stream().map(p -> p.result.net().toString()).toList()));
  }

  private void section(Html html) {
    double times = rows.stream().mapToDouble(Row::share).max().orElse(1);
    double peak = Math.max(1, rows.stream().mapToDouble(Row::ofPeak).max().orElse(1));
    html.section(
        format(
            "%s: %.3f ms, %.0f %% of the peak",
            result.net(), result.msMedian(), 100 * result.ofPeak()),
        format(
            "%d steps, batch %d, threads %d, %s; %.1f MB of values and scratch.",
            rows.size(),
            result.settings().batch(),
            result.settings().workers().threads(),
            result.settings().algorithm(),
            result.memoryBytes() / 1e6));
    if (!result.settled()) {
      html.add("<p>%s</p>", "Beware: " + Html.escape(UNSETTLED) + ".");
    }
    html.add("<div class=scroll><table class='speeds steps'><tr><th>step</th>");
    html.add("<th class=left>share of the time</th><th>ms</th><th>M mul-add</th>");
    html.add("<th class=left>share of the peak</th></tr>");
    for (Row row : rows) {
      html.add(
          "<tr class=direct><td>%s<small>%s</small></td>",
          Html.escape(row.name), Html.escape(row.what));
      html.add("<td class=bar>%s</td><td>%.4f</td>", bar(row.share, times), row.millis);
      if (row.multiplyAdds > 0) {
        html.add("<td>%.2f</td>", row.multiplyAdds / 1e6);
        html.add("<td class=bar>%s</td></tr>", Report.bar(row.ofPeak, peak));
      } else {
        html.add("<td></td><td></td></tr>");
      }
    }
    html.add("</table></div>").endSection();
  }

  /** A bar whose full width is the largest share. */
  private static String bar(double share, double largest) {
    return format(
        "<div><span><i style='width:%.1f%%'></i></span><em>%.1f %%</em></div>",
        100 * share / largest, 100 * share);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
