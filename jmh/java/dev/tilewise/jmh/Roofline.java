package dev.tilewise.jmh;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Share of the peak against arithmetic intensity: a dot for each layer and library. */
final class Roofline {

  private static final Color GRID = new Color(0xE3, 0xE8, 0xEE);
  private static final Color INK = new Color(0x4A, 0x55, 0x65);
  private static final List<Color> COLOURS =
      List.of(
          new Color(0x2B, 0x6C, 0xB0),
          new Color(0xD9, 0x77, 0x06),
          new Color(0xE8, 0xB3, 0x4C),
          new Color(0x4D, 0x9A, 0x5B),
          new Color(0xA8, 0x4D, 0x8E));
  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.SQUARE,
          SeriesMarkers.TRIANGLE_DOWN);

  private Roofline() {}

  /** Writes the chart as SVG. */
  static void write(Path file, List<Layer> layers) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(860)
            // Room for the label of each tenth of a decade.
            .height(800)
            .xAxisTitle("operations per byte of input, filters and output")
            .yAxisTitle("share of the FMA peak, counted as direct convolution")
            .build();
    style(chart.getStyler());
    Set<String> libraries = new LinkedHashSet<>();
    layers.forEach(layer -> layer.times().forEach(t -> libraries.add(t.library())));
    // Whoever comes last is on top: Tilewise, which is measured first.
    List<String> inOrder = List.copyOf(libraries);
    for (int number = inOrder.size() - 1; number >= 0; number--) {
      add(chart, inOrder.get(number), number, layers);
    }
    peak(chart, layers);
    try (OutputStream svg = new BufferedOutputStream(Files.newOutputStream(file))) {
      VectorGraphicsEncoder.saveVectorGraphic(chart, svg, VectorGraphicsFormat.SVG);
    }
  }

  /** A line at 1, over the range of the layers; a single one has some room on both sides. */
  private static void peak(XYChart chart, List<Layer> layers) {
    double least = layers.stream().mapToDouble(Layer::intensity).min().orElseThrow();
    double most = layers.stream().mapToDouble(Layer::intensity).max().orElseThrow();
    if (least == most) {
      least /= 10;
      most *= 10;
      chart.getStyler().setXAxisMin(least).setXAxisMax(most);
      chart.getStyler().setYAxisMin(0.1).setYAxisMax(10.0);
    }
    chart
        .addSeries("peak", new double[] {least, most}, new double[] {1, 1})
        .setXYSeriesRenderStyle(XYSeriesRenderStyle.Line)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(INK)
        .setLineWidth(1);
  }

  private static void style(XYStyler styler) {
    Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    styler
        .setLegendPosition(LegendPosition.OutsideE)
        .setLegendBorderColor(Color.WHITE)
        .setLegendFont(font)
        .setChartBackgroundColor(Color.WHITE)
        .setPlotBackgroundColor(Color.WHITE)
        .setPlotBorderVisible(false)
        .setChartTitleVisible(false)
        .setChartFontColor(INK);
    styler.setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter).setMarkerSize(6);
    styler.setAxisTitleFont(font).setAxisTickLabelsFont(font).setAxisTickLabelsColor(INK);
    styler.setAxisTickMarksColor(GRID).setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    styler.setYAxisLogarithmicDecadeOnly(false);
  }

  private static void add(XYChart chart, String library, int number, List<Layer> layers) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (Layer layer : layers) {
      for (Layer.Time time : layer.times()) {
        if (time.library().equals(library)) {
          x.add(layer.intensity());
          y.add(layer.ofPeak(time));
        }
      }
    }
    chart
        .addSeries(library, x, y)
        .setMarker(MARKERS.get(number % MARKERS.size()))
        .setMarkerColor(COLOURS.get(number % COLOURS.size()));
  }
}
