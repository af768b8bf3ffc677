package dev.tilewise.cli;

import dev.tilewise.train.EpochResult;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What training brought, epoch by epoch, as pictures that keep sharp at any size. */
final class Curves {

  private static final Color TRAINING = new Color(0x2B, 0x6C, 0xB0);
  private static final Color TEST = new Color(0xD9, 0x77, 0x06);
  private static final Color GRID = new Color(0xE3, 0xE8, 0xEE);
  private static final Color INK = new Color(0x4A, 0x55, 0x65);
  private static final int WIDTH = 480;
  private static final int HEIGHT = 280;

  private Curves() {}

  static String loss(List<EpochResult> epochs) throws IOException {
    XYChart chart = chart("loss, nats");
    chart.getStyler().setYAxisMin(0.0).setLegendVisible(false);
    if (epochs.size() == 1) {
      chart.getStyler().setYAxisMax(Math.ceil(2 * epochs.get(0).loss()));
    }
    add(chart, "training", TRAINING, epochs, EpochResult::loss);
    return image(chart, "Training loss by epoch, from " + first(epochs) + " to " + last(epochs));
  }

  private static String first(List<EpochResult> epochs) {
    return String.format("%.3f", epochs.get(0).loss());
  }

  private static String last(List<EpochResult> epochs) {
    return String.format("%.3f", epochs.get(epochs.size() - 1).loss());
  }

  static String accuracy(List<EpochResult> epochs) throws IOException {
    XYChart chart = chart("accuracy, %");
    if (epochs.size() == 1) {
      chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
    }
    add(chart, "training", TRAINING, epochs, e -> 100 * e.trainAccuracy());
    add(chart, "test", TEST, epochs, e -> 100 * e.testAccuracy());
    return image(chart, "Accuracy of training and test images by epoch");
  }

  private static XYChart chart(String axis) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle("epoch")
            .yAxisTitle(axis)
            .build();
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    XYStyler styler = chart.getStyler();
    styler
        .setLegendPosition(LegendPosition.InsideSE)
        .setLegendBorderColor(Color.WHITE)
        .setLegendFont(font)
        .setChartBackgroundColor(Color.WHITE)
        .setPlotBackgroundColor(Color.WHITE)
        .setPlotBorderVisible(false)
        .setChartTitleVisible(false)
        .setChartFontColor(INK);
    styler.setAxisTitleFont(font).setAxisTickLabelsFont(font).setAxisTickLabelsColor(INK);
    styler.setAxisTickMarksColor(GRID).setPlotGridLinesColor(GRID);
    styler.setPlotGridVerticalLinesVisible(false).setPlotGridLinesStroke(new BasicStroke(1));
    styler.setXAxisDecimalPattern("0").setXAxisMaxLabelCount(10);
    return chart;
  }

  private static void add(
      XYChart chart,
      String name,
      Color colour,
      List<EpochResult> epochs,
      ToDoubleFunction<EpochResult> value) {
    double[] x = epochs.stream().mapToDouble(EpochResult::epoch).toArray();
    double[] y = epochs.stream().mapToDouble(value).toArray();
    if (x.length == 1) {
      chart.getStyler().setXAxisMin(0.0).setXAxisMax(2.0).setXAxisMaxLabelCount(3);
    }
    chart
        .addSeries(name, x, y)
        .setMarker(SeriesMarkers.CIRCLE)
        .setMarkerColor(colour)
        .setLineColor(colour)
        .setLineWidth(2);
  }

  private static String image(XYChart chart, String alt) throws IOException {
    ByteArrayOutputStream svg = new ByteArrayOutputStream();
    VectorGraphicsEncoder.saveVectorGraphic(chart, svg, VectorGraphicsFormat.SVG);
    return "<img width="
        + WIDTH
        + " height="
        + HEIGHT
        + " alt='"
        + Html.escape(alt)
        + "' src='data:image/svg+xml;base64,"
        + Base64.getEncoder().encodeToString(svg.toByteArray())
        + "'>";
  }
}
