package dev.tilewise.cli;

import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.data.Dataset;
import dev.tilewise.nn.Network;
import dev.tilewise.nn.Parameter;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.SoftmaxCrossEntropy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The report of the main job: one HTML file that needs nothing else. */
final class Report {

  private static final int SHOWN_IMAGES = 12;

  private final MainJob.Results r;
  private final StringBuilder html = new StringBuilder();

  private Report(MainJob.Results results) {
    r = results;
  }

  static void write(MainJob.Results results, Path file) throws IOException {
    Report report = new Report(results);
    report.page();
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    Files.writeString(file, report.html);
  }

  private void page() throws IOException {
    html.append(
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Tilewise report</title>
        <style>
        body{font:16px/1.5 system-ui,sans-serif;color:#1d2733;background:#fafbfc;margin:0}
        main{max-width:1040px;margin:0 auto;padding:2rem 1.2rem}
        h1{font-size:1.9rem;margin:0 0 .2rem} h2{font-size:1.25rem;margin:2.4rem 0 .4rem}
        p{margin:.3rem 0 .8rem;color:#4a5765} .lead{font-size:1.1rem}
        .row{display:flex;flex-wrap:wrap;gap:1.2rem} .row>*{flex:1 1 420px;min-width:0}
        figure{margin:0} img{max-width:100%;height:auto} .px{image-rendering:pixelated}
        .tiles{display:flex;flex-wrap:wrap;gap:6px;margin:.4rem 0 1rem}
        .tiles figure{text-align:center;font-size:.8rem;color:#4a5765}
        table{border-collapse:collapse;font-size:.88rem} td,th{padding:.25rem .6rem;text-align:right}
        th{font-weight:600;border-bottom:2px solid #d5dce3} td:first-child,th:first-child{text-align:left}
        tr:nth-child(even) td{background:#f0f3f6} .heat td{width:2.6rem;text-align:center;background:none}
        pre{background:#f0f3f6;padding:.8rem;overflow-x:auto;font-size:.82rem;border-radius:6px}
        .wrong{color:#b3261e}
        </style></head><body><main>
        """);
    EpochResult last = r.epochs().get(r.epochs().size() - 1);
    text("<h1>Tilewise</h1>");
    text(
        "<p class=lead>A network of %,d weights reads %.1f %% of %,d unseen images correctly after"
            + " %.0f seconds of training in plain Java.</p>",
        r.network().parameterCount(),
        100 * r.test().accuracy(),
        r.sets().test().size(),
        r.epochs().stream().mapToDouble(EpochResult::seconds).sum());
    text("<h2>It learned in %d passes over %,d images</h2>", last.epoch(), r.sets().train().size());
    text("<div class=row>%s%s</div>", Charts.loss(r.epochs()), Charts.accuracy(r.epochs()));
    filters();
    featureMaps();
    text("<h2>Where it errs</h2><p>Rows: what the image is. Columns: what the network says.</p>");
    confusion();
    images();
    text("<h2>How fast the kernels are, one thread</h2>");
    text(
        "<p>Share of the FMA peak measured in the same process. DIRECT keeps a tile of outputs in"
            + " registers; IM2COL copies the windows into a matrix first; NAIVE is the plain"
            + " loop.</p>");
    text("%s", Charts.speeds(r.timings()));
    timings();
    text("<h2>The network</h2><pre>%s</pre>", escape(r.network().summary()));
    text("<h2>The machine</h2><table>");
    r.machine().forEach((k, v) -> text("<tr><td>%s</td><td>%s</td></tr>", k, escape("" + v)));
    text("</table></main></body></html>");
  }

  private void text(String format, Object... values) {
    html.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private void filters() throws IOException {
    Parameter weights = r.network().parameters().get(0);
    int c = r.sets().train().channels();
    int f = (int) Math.round(Math.sqrt(weights.values().length / (double) c / filterCount()));
    text("<h2>The filters of the first layer</h2>");
    text(
        "<p>%d filters of %dx%d, first channel; white is positive.</p><div class=tiles>",
        filterCount(), f, f);
    for (int k = 0; k < filterCount(); k++) {
      float[] plane = new float[f * f];
      System.arraycopy(weights.values(), k * c * f * f, plane, 0, plane.length);
      text("<figure>%s</figure>", Charts.plane(plane, f, f, 56, "filter " + k));
    }
    text("</div>");
  }

  private int filterCount() {
    return r.network().layers().get(0).outputShape().c();
  }

  private Tensor tensor(Arena arena, int image) {
    Dataset test = r.sets().test();
    float[] pixels = new float[test.imageLength()];
    test.pixels(image, pixels, 0);
    return Tensor.of(arena, test.shape(), Layout.NHWC, pixels);
  }

  private void featureMaps() throws IOException {
    text("<h2>What the layers make of one image</h2>");
    try (Arena arena = Arena.ofShared()) {
      Tensor image = tensor(arena, 0);
      List<Tensor> outputs = r.network().activations(image);
      text("<div class=tiles><figure>%s</figure></div>", map(image, 0, "input"));
      for (int layer = 0; layer < outputs.size(); layer++) {
        Tensor out = outputs.get(layer);
        if (out.shape().h() == 1) {
          continue;
        }
        text("<p>%s, %s</p><div class=tiles>", r.network().layers().get(layer).name(), out.shape());
        for (int c = 0; c < Math.min(16, out.shape().c()); c++) {
          text("<figure>%s</figure>", map(out, c, "map " + c));
        }
        text("</div>");
      }
    }
  }

  private static String map(Tensor t, int channel, String name) throws IOException {
    float[] plane = new float[t.shape().h() * t.shape().w()];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = t.get(0, channel, i / t.shape().w(), i % t.shape().w());
    }
    return Charts.plane(plane, t.shape().w(), t.shape().h(), 56, name);
  }

  private void confusion() {
    List<String> names = r.sets().test().classNames();
    int[][] m = r.test().confusion();
    text("<table class=heat><tr><th></th>");
    names.forEach(name -> text("<th>%s</th>", escape(name)));
    text("</tr>");
    for (int row = 0; row < m.length; row++) {
      text("<tr><th>%s</th>", escape(names.get(row)));
      int sum = 0;
      for (int count : m[row]) {
        sum += count;
      }
      for (int column = 0; column < m.length; column++) {
        double share = sum == 0 ? 0 : (double) m[row][column] / sum;
        // Errors are rare: the square root makes a single one visible.
        String colour = row == column ? "46,125,80" : "179,38,30";
        text(
            "<td style='background:rgba(%s,%.2f)'>%s</td>",
            colour, Math.sqrt(share) * 0.8, m[row][column] == 0 ? "" : "" + m[row][column]);
      }
      text("</tr>");
    }
    text("</table>");
  }

  private void images() throws IOException {
    StringBuilder right = new StringBuilder();
    StringBuilder wrong = new StringBuilder();
    int shownRight = 0;
    int shownWrong = 0;
    Dataset test = r.sets().test();
    Network network = r.network();
    float[] pixels = new float[test.imageLength()];
    for (int i = 0; i < test.size() && shownWrong < SHOWN_IMAGES; i++) {
      test.pixels(i, pixels, 0);
      double[] p = SoftmaxCrossEntropy.probabilities(network.predict(pixels));
      int best = 0;
      for (int k = 1; k < p.length; k++) {
        best = p[k] > p[best] ? k : best;
      }
      boolean correct = best == test.label(i);
      if (correct && shownRight++ < SHOWN_IMAGES) {
        right.append(picture(test, i, best, p[best]));
      } else if (!correct) {
        shownWrong++;
        wrong.append(picture(test, i, best, p[best]));
      }
    }
    text("<h2>Some it reads, and some it does not</h2><div class=tiles>%s</div>", right);
    text("<p class=wrong>Misread (what it is, what the network says and how sure it is):</p>");
    text("<div class=tiles>%s</div>", shownWrong == 0 ? "none" : wrong);
  }

  private static String picture(Dataset test, int i, int best, double score) throws IOException {
    String truth = test.classNames().get(test.label(i));
    String says = test.classNames().get(best);
    String caption =
        String.format(
            Locale.ROOT,
            "%s%s %.0f %%",
            truth.equals(says) ? "" : truth + " → ",
            says,
            100 * score);
    return "<figure>" + Charts.image(test, i, 56, caption) + "<br>" + escape(caption) + "</figure>";
  }

  private void timings() {
    text(
        "<table><tr><th>case</th><th>algorithm</th><th>ms</th><th>GFLOP/s</th><th>of peak</th>"
            + "<th>max error</th><th>bound</th></tr>");
    for (Timing t : r.timings()) {
      text(
          "<tr><td>%s</td><td>%s</td><td>%.3f</td><td>%.1f</td><td>%.1f %%</td><td>%.1e</td>"
              + "<td>%.1e</td></tr>",
          t.extents(),
          t.algorithm(),
          t.msMin(),
          t.gflops(),
          100 * t.ofPeak(),
          t.maxError(),
          t.errorBound());
    }
    text("</table>");
  }
}
