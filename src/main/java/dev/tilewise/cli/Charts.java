package dev.tilewise.cli;

import dev.tilewise.data.Dataset;
import dev.tilewise.train.EpochResult;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** Pictures as HTML elements that hold their own data. */
final class Charts {

  private static final Color[] COLOURS = {
    new Color(0x2E, 0x6F, 0xB7), new Color(0xC7, 0x6B, 0x1F), new Color(0x7A, 0x85, 0x90)
  };

  private Charts() {}

  static String loss(List<EpochResult> epochs) throws IOException {
    XYChart chart = curve("Training loss", "mean cross-entropy, nats");
    chart.getStyler().setLegendVisible(false);
    add(chart, "loss", epochs, epochs.stream().map(EpochResult::loss).toList());
    return figure(chart, "training loss by epoch");
  }

  static String accuracy(List<EpochResult> epochs) throws IOException {
    XYChart chart = curve("Accuracy", "correct, %");
    add(chart, "training", epochs, epochs.stream().map(e -> 100 * e.trainAccuracy()).toList());
    add(chart, "test", epochs, epochs.stream().map(e -> 100 * e.testAccuracy()).toList());
    return figure(chart, "training and test accuracy by epoch");
  }

  private static XYChart curve(String title, String axis) {
    XYChart chart =
        new XYChartBuilder()
            .width(500)
            .height(320)
            .title(title)
            .xAxisTitle("epoch")
            .yAxisTitle(axis)
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisDecimalPattern("0");
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideSE);
    return chart;
  }

  private static void style(Styler styler) {
    styler.setChartBackgroundColor(new Color(0xFA, 0xFB, 0xFC));
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setSeriesColors(COLOURS);
    styler.setLegendBorderColor(new Color(0xD5, 0xDC, 0xE3));
  }

  private static void add(
      XYChart chart, String name, List<EpochResult> epochs, List<Double> values) {
    chart.addSeries(name, epochs.stream().map(EpochResult::epoch).toList(), values);
  }

  static String speeds(List<Timing> timings) throws IOException {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(1000)
            .height(360)
            .title("Share of the FMA peak")
            .xAxisTitle("layer")
            .yAxisTitle("% of peak")
            .build();
    style(chart.getStyler());
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setLabelsPosition(1);
    List<String> cases = timings.stream().map(t -> t.extents().toString()).distinct().toList();
    Map<String, Map<String, Double>> byAlgorithm = new LinkedHashMap<>();
    for (Timing t : timings) {
      byAlgorithm
          .computeIfAbsent(t.algorithm().name(), name -> new LinkedHashMap<>())
          .put(t.extents().toString(), Math.round(1000 * t.ofPeak()) / 10.0);
    }
    byAlgorithm.forEach(
        (name, shares) -> {
          List<Double> values = new ArrayList<>();
          cases.forEach(c -> values.add(shares.getOrDefault(c, 0.0)));
          chart.addSeries(name, cases, values);
        });
    return figure(chart, "share of the FMA peak by layer and algorithm");
  }

  private static String figure(Chart<?, ?> chart, String alt) throws IOException {
    return "<figure>"
        + element(BitmapEncoder.getBufferedImage(chart), chart.getWidth(), "", alt)
        + "</figure>";
  }

  /** A plane of numbers, from its smallest in black to its largest in white. */
  static String plane(float[] values, int width, int height, int shown, String alt)
      throws IOException {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < values.length; i++) {
      int gray = high > low ? Math.round(255 * (values[i] - low) / (high - low)) : 0;
      image.setRGB(i % width, i / width, gray << 16 | gray << 8 | gray);
    }
    return element(image, shown, " class=px", alt);
  }

  /** One image of a dataset. */
  static String image(Dataset set, int i, int shown, String alt) throws IOException {
    byte[] bytes = set.bytes(i);
    int c = set.channels();
    BufferedImage image = new BufferedImage(set.width(), set.height(), BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < set.width() * set.height(); p++) {
      int red = bytes[p * c] & 0xFF;
      int green = bytes[p * c + (c > 1 ? 1 : 0)] & 0xFF;
      int blue = bytes[p * c + c - 1] & 0xFF;
      image.setRGB(p % set.width(), p / set.width(), red << 16 | green << 8 | blue);
    }
    return element(image, shown, " class=px", alt);
  }

  private static String element(BufferedImage image, int width, String attributes, String alt)
      throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    return "<img"
        + attributes
        + " width="
        + width
        + " alt='"
        + Report.escape(alt)
        + "' src='data:image/png;base64,"
        + Base64.getEncoder().encodeToString(png.toByteArray())
        + "'>";
  }
}
