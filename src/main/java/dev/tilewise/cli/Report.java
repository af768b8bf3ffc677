package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.train.EpochResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The report of the main job: one HTML file that needs nothing else. */
final class Report {

  /** The beginning of a page, up to its first heading. */
  static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Tilewise report</title>
      <style>
      :root{--ink:#1c2733;--soft:#566272;--line:#e3e8ee;--good:#2f855a;--bad:#b3261e;--bar:#2b6cb0}
      *{box-sizing:border-box}
      body{margin:0;background:#f5f7f9;color:var(--ink);font:16px/1.55 system-ui,sans-serif}
      main{max-width:1060px;margin:0 auto;padding:2.5rem 1.2rem 4rem}
      h1{font-size:2.1rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}
      h2{font-size:1.3rem;line-height:1.3;margin:0 0 .3rem}
      h3{font-size:.95rem;margin:1.1rem 0 .35rem}
      p{margin:0 0 1rem;color:var(--soft);max-width:46rem}
      h3 small{font-weight:400;color:var(--soft)}
      section,.facts{background:#fff;border:1px solid var(--line);border-radius:10px;
        padding:1.3rem 1.5rem;margin:1.2rem 0}
      .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem}
      .facts b{display:block;font-size:1.7rem;line-height:1.2}
      .facts span{color:var(--soft);font-size:.9rem}
      .row{display:flex;flex-wrap:wrap;gap:1.5rem}
      figure{margin:0} .row figure{flex:1 1 300px} figcaption{font-size:.85rem;color:var(--soft)}
      img{max-width:100%;height:auto}
      .tiles{display:flex;flex-wrap:wrap;gap:8px}
      .px{image-rendering:pixelated;width:52px;height:52px;display:block;border-radius:3px;
        border:1px solid var(--line)}
      .tiles figure{width:64px;text-align:center;line-height:1.25}
      .tiles figure .px{width:64px;height:64px;margin-bottom:3px}
      .scroll{overflow-x:auto}
      table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
      td,th{padding:.35rem .8rem;text-align:right;white-space:nowrap}
      th{font-weight:600;color:var(--soft)}
      td:first-child,th:first-child,.left{text-align:left}
      .speeds{width:100%} .speeds td:first-child{padding-left:.8rem}
      .speeds .layer th{border-top:1px solid var(--line);padding:.6rem 0 .1rem;color:var(--ink)}
      .bar{width:50%} .bar div{display:flex;align-items:center}
      .bar span{flex:1 1 2rem;height:.8rem;background:#eef1f4;position:relative}
      .bar b{position:absolute;top:-2px;bottom:-2px;width:2px;margin-left:-2px;background:#5b6673}
      .bar i{display:block;height:100%;min-width:2px;background:#a9b4c0}
      .bar em{flex:0 0 4.9rem;white-space:nowrap;font-style:normal;text-align:right}
      .direct .bar i{background:var(--bar)} .direct td{font-weight:600}
      .heat td{min-width:3rem;text-align:center;border:2px solid #fff}
      .heat .dark{color:#fff}
      .steps small{display:block;font-weight:400;color:var(--soft)}
      .heat th{text-align:center;vertical-align:bottom} .heat tr+tr th{vertical-align:middle}
      .heat .long span{writing-mode:vertical-rl;transform:rotate(180deg)}
      .machine td{white-space:normal;vertical-align:top} .machine td:first-child{color:var(--soft)}
      @media(max-width:640px){
        main{padding:1.2rem .6rem 3rem} h1{font-size:1.6rem}
        section,.facts{padding:1rem .7rem}
        td,th{padding:.3rem .3rem}
        .speeds,.heat{font-size:.78rem} .speeds td:first-child{padding-left:0}
        .speeds td,.speeds th{padding:.2rem .25rem}
        .speeds th,.speeds td:first-child{white-space:normal}
        .speeds th:first-child{padding-left:0}
        .bar{width:auto} .bar div{display:block} .bar span{display:block;min-width:3.5rem}
        .heat{width:100%} .heat td{min-width:0;padding:.3rem 0} .heat th{padding:.3rem .1rem}
      }
      @media(max-width:440px){.speeds,.heat{font-size:.7rem} .rate{display:none}}
      pre{background:#f5f7f9;border-radius:6px;padding:.9rem;overflow-x:auto;font-size:.82rem;
        line-height:1.45;margin:0}
      </style>
      </head>
      <body><main>
      """;

  private final MainJob.Results r;
  private final Html html = new Html();

  private Report(MainJob.Results results) {
    r = results;
  }

  static void write(MainJob.Results results, Path file) throws IOException {
    Report report = new Report(results);
    report.page();
    TextFile.write(file, HEAD + report.html);
  }

  private void page() throws IOException {
    html.add(
        "<h1>A small network reads %.2f %% of %,d unseen images correctly</h1>",
        100 * r.test().accuracy(), r.sets().test().size());
    html.add(
        "<p>It was trained on this machine in plain Java. Below: how it learned, what it learned,"
            + " where it errs, and how close the convolution kernels come to what the processor can"
            + " do.</p>");
    html.add("<p>%s</p>", Html.escape(r.made()));
    facts();
    curves();
    LearnedSections.add(html, r);
    speeds();
    html.section("The network", "Volumes are width x height x depth.");
    html.add("<pre>%s</pre>", Html.escape(r.network().summary())).endSection();
    html.section("The machine", "All figures on this page were measured here.");
    html.add("<table class=machine>");
    r.machine().forEach(this::machineFact);
    html.add("</table>").endSection().add("</main></body></html>");
  }

  private void machineFact(String key, Object value) {
    html.add(
        "<tr><td>%s</td><td class=left>%s</td></tr>",
        Html.escape(InfoCommand.name(key)), Html.escape("" + value));
  }

  private void facts() {
    double seconds = r.epochs().stream().mapToDouble(EpochResult::seconds).sum();
    double perSecond = (double) r.sets().train().size() * r.epochs().size() / seconds;
    html.add("<div class=facts>");
    fact("%.2f %%", "test accuracy", 100 * r.test().accuracy());
    fact("%.1f s", "of training", seconds);
    fact("%,.0f", "images a second in training", perSecond);
    fact("%,d", "parameters", r.network().parameterCount());
    if (!r.timings().isEmpty()) {
      fact("%.0f %%", kernel(best()), 100 * best().ofPeak());
    }
    html.add("</div>");
  }

  private static String kernel(Timing t) {
    String which = "of the FMA peak, the best kernel: " + t.algorithm();
    return t.ofPeak() > 1
        ? which + ", counted as direct convolution, of whose multiplications it saves some"
        : which;
  }

  private void fact(String format, String what, Object value) {
    html.add(
        "<div><b>%s</b><span>%s</span></div>", String.format(Locale.ROOT, format, value), what);
  }

  private Timing best() {
    return r.timings().stream().max(Comparator.comparingDouble(Timing::ofPeak)).orElseThrow();
  }

  private void curves() throws IOException {
    List<EpochResult> epochs = r.epochs();
    EpochResult last = epochs.get(epochs.size() - 1);
    html.section(
        String.format(
            Locale.ROOT,
            "It learned in %d %s over %,d images",
            epochs.size(),
            epochs.size() == 1 ? "pass" : "passes",
            r.sets().train().size()),
        progress(epochs.get(0), last)
            + " Accuracy in training is counted before each step, so it lags at first.");
    html.add(
        "<div class=row><figure>%s<figcaption>Mean cross-entropy of the training batches"
            + "</figcaption></figure><figure>%s<figcaption>Share of images read correctly"
            + "</figcaption></figure></div>",
        Curves.loss(epochs), Curves.accuracy(epochs));
    html.endSection();
  }

  private static String progress(EpochResult first, EpochResult last) {
    return last == first
        ? String.format(
            Locale.ROOT, "After it, it read %.2f %% of the test images.", 100 * last.testAccuracy())
        : String.format(
            Locale.ROOT,
            "After the first pass it read %.2f %% of the test images, after the last %.2f %%.",
            100 * first.testAccuracy(),
            100 * last.testAccuracy());
  }

  private void speeds() {
    html.section(
        speedFinding(),
        "One thread, NHWC, bias and ReLU; shares are medians over rounds, times the shortest; each layer by the algorithm that AUTO takes, then by the"
            + " others. WINOGRAD needs fewer multiplications than the definition, so that counted"
            + " by the definition it passes the peak. DIRECT keeps a tile of outputs in registers; IM2COL"
            + " copies the windows into a matrix and multiplies; NAIVE is the plain loop. The peak"
            + " is that of fused multiply-adds in registers, measured between the runs; the"
            + " mark in a bar is 100 % of it. Errors are relative to the sum of |x| |w|; the bound is proved.");
    html.add("<div class=scroll><table class=speeds><tr><th>algorithm</th>");
    html.add(
        "<th class=left>share of the peak</th><th>ms</th><th class=rate>GFLOP/s</th><th>error</th>");
    html.add("<th>bound</th></tr>");
    double scale = Math.max(1, r.timings().stream().mapToDouble(Timing::ofPeak).max().orElse(1));
    String before = "";
    for (Timing t : r.timings()) {
      String layer = t.extents().toString();
      // A row of its own: on a narrow screen there is no room for one more column.
      if (!layer.equals(before)) {
        html.add("<tr class=layer><th colspan=6>%s</th></tr>", layer);
      }
      boolean ours = t.algorithm() != Algorithm.IM2COL && t.algorithm() != Algorithm.NAIVE;
      String kind = ours ? "direct" : "other";
      html.add("<tr class=%s><td>%s</td>", kind, t.algorithm());
      html.add("<td class=bar>%s</td>", bar(t.ofPeak(), scale));
      html.add("<td>%.3f</td><td class=rate>%.1f</td>", t.msMin(), t.gflops());
      html.add("<td>%.1e</td><td>%.1e</td></tr>", t.maxError(), t.errorBound());
      before = layer;
    }
    html.add("</table></div>").endSection();
  }

  /** A bar whose full width is a scale, at least 1, with a mark where the peak is. */
  static String bar(double share, double scale) {
    String percent = String.format(Locale.ROOT, share < 0.01 ? "%.2f" : "%.1f", 100 * share);
    return String.format(
        Locale.ROOT,
        "<div><span><b style='left:%.1f%%'></b><i style='width:%.1f%%'></i></span><em>%s %%</em></div>",
        100 / scale,
        100 * share / scale,
        percent);
  }

  private String speedFinding() {
    List<Timing> direct = of(Algorithm.DIRECT);
    if (direct.isEmpty()) {
      return "How fast the kernels are";
    }
    double low = direct.stream().mapToDouble(Timing::ofPeak).min().orElseThrow();
    double high = direct.stream().mapToDouble(Timing::ofPeak).max().orElseThrow();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Direct convolution runs at %.0f to %.0f %% of the FMA peak",
            100 * low,
            100 * high));
    for (Timing naive : of(Algorithm.NAIVE)) {
      for (Timing t : direct) {
        if (t.extents().equals(naive.extents())) {
          text.append(
              String.format(
                  Locale.ROOT,
                  "; on %s it is %,.0f times as fast as the plain loop",
                  t.extents(),
                  naive.msMin() / t.msMin()));
        }
      }
    }
    return text.toString();
  }

  private List<Timing> of(Algorithm algorithm) {
    return r.timings().stream()
        .filter(t -> t.algorithm() == algorithm)
        .collect(Collectors.toList());
  }
}
