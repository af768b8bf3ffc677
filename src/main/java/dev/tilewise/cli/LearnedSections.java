package dev.tilewise.cli;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.data.Dataset;
import dev.tilewise.nn.Layer;
import dev.tilewise.nn.Network;
import dev.tilewise.train.SoftmaxCrossEntropy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The part of the report that shows what a network has learned, in pictures. */
final class LearnedSections {

  private static final int SHOWN_IMAGES = 12;
  private static final int SHOWN_MAPS = 16;

  /** Colours that are stronger have white digits. */
  private static final double DARK = 0.5;

  private final Html html;
  private final Network network;
  private final Dataset test;
  private final int[][] confusion;

  private LearnedSections(Html html, MainJob.Results r) {
    this.html = html;
    network = r.network();
    test = r.sets().test();
    confusion = r.test().confusion();
  }

  /** Appends the sections. */
  static void add(Html html, MainJob.Results r) throws IOException {
    LearnedSections sections = new LearnedSections(html, r);
    sections.filters();
    sections.maps();
    sections.confusion();
    sections.images();
  }

  private void filters() throws IOException {
    int[] extents = network.parameters().get(0).extents();
    float[] weights = network.parameters().get(0).values();
    int height = extents[2];
    int width = extents[3];
    int length = extents[1] * height * width;
    float limit = 0;
    for (float weight : weights) {
      limit = Math.max(limit, Math.abs(weight));
    }
    html.section(
        "What the " + extents[0] + " filters of the first layer look for",
        String.format(
            Locale.ROOT,
            "%dx%d weights each%s. Brown adds, blue subtracts, white is 0; the darkest is %.2f.",
            width,
            height,
            extents[1] > 1 ? ", first channel" : "",
            limit));
    html.add("<div class=tiles>");
    for (int k = 0; k < extents[0]; k++) {
      float[] plane = Arrays.copyOfRange(weights, k * length, k * length + height * width);
      html.add("%s", Pictures.weights(plane, width, height, limit, "filter " + (k + 1)));
    }
    html.add("</div>").endSection();
  }

  private void maps() throws IOException {
    String truth = test.classNames().get(test.label(0));
    html.section(
        "What each layer makes of one image",
        "An image of class "
            + truth
            + " on its way through the network, up to "
            + SHOWN_MAPS
            + " maps of each layer. Black is a map's smallest value, white its largest.");
    try (Arena arena = Arena.ofShared()) {
      float[] pixels = new float[test.imageLength()];
      test.pixels(0, pixels, 0);
      Tensor image = Tensor.of(arena, test.shape(), Layout.NHWC, pixels);
      html.add("<h3>input <small>%s</small></h3>", volume(test.shape()));
      html.add("<div class=tiles>%s</div>", Pictures.image(test, 0, "the image, class " + truth));
      List<Tensor> outputs = network.activations(image);
      for (int i = 0; i < outputs.size(); i++) {
        Tensor out = outputs.get(i);
        if (out.shape().h() > 1) {
          maps(network.layers().get(i), out);
        }
      }
    }
    html.endSection();
  }

  private void maps(Layer layer, Tensor out) throws IOException {
    html.add(
        "<h3>%s <small>%s, %s</small></h3><div class=tiles>",
        layer.name(), Html.escape(layer.description()), volume(out.shape()));
    for (int c = 0; c < Math.min(SHOWN_MAPS, out.shape().c()); c++) {
      html.add("%s", Pictures.map(out, c, layer.name() + ", map " + (c + 1)));
    }
    html.add("</div>");
  }

  private static String volume(Shape shape) {
    return shape.w() + "x" + shape.h() + "x" + shape.c();
  }

  private void confusion() {
    html.section(confusionFinding(), "Rows: what the image is. Columns: what the network says.");
    html.add("<div class=scroll><table class=heat><tr><th></th>");
    // Long names stand upright, so that the columns stay narrow.
    test.classNames()
        .forEach(
            name ->
                html.add(
                    "<th%s><span>%s</span></th>",
                    name.length() > 3 ? " class=long" : "", Html.escape(name)));
    html.add("</tr>");
    for (int row = 0; row < confusion.length; row++) {
      html.add("<tr><th>%s</th>", Html.escape(test.classNames().get(row)));
      int sum = Math.max(1, Arrays.stream(confusion[row]).sum());
      for (int column = 0; column < confusion.length; column++) {
        int count = confusion[row][column];
        String colour = row == column ? "47,133,90" : "179,38,30";
        // Errors are rare: the square root makes a single one visible.
        double strength = 0.85 * Math.sqrt((double) count / sum);
        html.add(
            "<td%s style='background:rgba(%s,%.2f)'>%s</td>",
            strength > DARK ? " class=dark" : "", colour, strength, count == 0 ? "" : "" + count);
      }
      html.add("</tr>");
    }
    html.add("</table></div>").endSection();
  }

  private String confusionFinding() {
    int row = 0;
    int column = 0;
    int most = 0;
    for (int i = 0; i < confusion.length; i++) {
      for (int j = 0; j < confusion.length; j++) {
        if (i != j && confusion[i][j] > most) {
          row = i;
          column = j;
          most = confusion[i][j];
        }
      }
    }
    List<String> names = test.classNames();
    return most == 0
        ? "It errs nowhere"
        : String.format(
            Locale.ROOT,
            "Its most frequent error: %s read as %s, %d of %d times",
            names.get(row),
            names.get(column),
            most,
            Arrays.stream(confusion[row]).sum());
  }

  private void images() throws IOException {
    StringBuilder right = new StringBuilder();
    StringBuilder wrong = new StringBuilder();
    int shownRight = 0;
    int shownWrong = 0;
    float[] pixels = new float[test.imageLength()];
    for (int i = 0; i < test.size() && shownWrong < SHOWN_IMAGES; i++) {
      test.pixels(i, pixels, 0);
      double[] p = SoftmaxCrossEntropy.probabilities(network.predict(pixels));
      int answer = 0;
      for (int k = 1; k < p.length; k++) {
        answer = p[k] > p[answer] ? k : answer;
      }
      if (answer != test.label(i)) {
        shownWrong++;
        wrong.append(figure(i, answer, p[answer]));
      } else if (shownRight++ < SHOWN_IMAGES) {
        right.append(figure(i, answer, p[answer]));
      }
    }
    int misread = misread();
    html.section(
        String.format(
            Locale.ROOT, "It read %,d of %,d images correctly", test.size() - misread, test.size()),
        right.isEmpty()
            ? ""
            : "Some of them, each with the network's own probability for its answer.");
    html.add("<div class=tiles>%s</div>", right).endSection();
    if (misread > 0) {
      html.section(
          String.format(Locale.ROOT, "It misread %,d of %,d images", misread, test.size()),
          (misread > shownWrong ? "Some of them" : "All of them")
              + ": what the image is → what the network says, with the network's own probability"
              + " for its answer.");
      html.add("<div class=tiles>%s</div>", wrong).endSection();
    }
  }

  private int misread() {
    int wrong = test.size();
    for (int i = 0; i < confusion.length; i++) {
      wrong -= confusion[i][i];
    }
    return wrong;
  }

  private String figure(int i, int answer, double probability) throws IOException {
    String truth = test.classNames().get(test.label(i));
    String says = test.classNames().get(answer);
    String reading = answer == test.label(i) ? says : truth + " → " + says;
    String alt = "image " + i + " of class " + truth + ", read as " + says;
    return String.format(
        Locale.ROOT,
        "<figure>%s<figcaption>%s<br>%.0f %%</figcaption></figure>",
        Pictures.image(test, i, alt),
        Html.escape(reading),
        100 * probability);
  }
}
