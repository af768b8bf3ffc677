package dev.tilewise.nn;

import dev.tilewise.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of a network's layers. */
final class Summary {

  private static final List<String> HEADER =
      List.of("layer", "", "input", "output", "parameters", "weights + biases", "multiply-adds");

  /** The first columns are words, the others numbers. */
  private static final int WORD_COLUMNS = 4;

  private Summary() {}

  static String of(List<Layer> layers) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADER);
    long parameters = 0;
    long multiplyAdds = 0;
    for (Layer layer : layers) {
      rows.add(row(layer));
      parameters += layer.parameterCount();
      multiplyAdds += layer.multiplyAdds();
    }
    rows.add(List.of("total", "", "", "", number(parameters), "", number(multiplyAdds)));
    return align(rows);
  }

  private static List<String> row(Layer layer) {
    boolean weighted = !layer.parameters().isEmpty();
    return List.of(
        layer.name(),
        layer.description(),
        volume(layer.inputShape()),
        volume(layer.outputShape()),
        weighted ? number(layer.parameterCount()) : "",
        weighted
            ? number(layer.parameters().get(0).size())
                + " + "
                + number(layer.parameters().get(1).size())
            : "",
        weighted ? number(layer.multiplyAdds()) : "");
  }

  private static String volume(Shape shape) {
    return shape.w() + "x" + shape.h() + "x" + shape.c();
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String align(List<List<String>> rows) {
    int[] widths = new int[HEADER.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String gap = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? "" : "  ");
        line.append(i < WORD_COLUMNS ? row.get(i) + gap : gap + row.get(i));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
