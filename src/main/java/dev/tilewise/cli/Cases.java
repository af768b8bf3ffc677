package dev.tilewise.cli;

import dev.tilewise.ConvCase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Option;

/** The cases a command works on. */
public final class Cases {

  @Option(
      names = "--case",
      paramLabel = "C",
      description = "A case such as \"n1c256h56w56 k256f3s1p1\"; may be repeated.")
  private List<String> cases = new ArrayList<>();

  @Option(
      names = "--shapes",
      paramLabel = "CSV",
      description = {
        "A file of cases, comma-separated. Its first line names the columns, in any order:",
        "name, N, groups, C, H, W, K, FH, FW, SH, SW, PH, PW (filter, stride, padding).",
        "May be left out: PB, PR (padding at the bottom and on the right, default PH, PW), DH, DW"
            + " (dilation, default 1), OH, OW (the output, compared if given), repeats (how often a"
            + " network has the layer, default 1). Others are not read."
      })
  private Path shapes;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only rows of --shapes whose name has a match of this.")
  private String filter;

  /** For the command line's parser to fill. */
  public Cases() {}

  /**
   * A case and what a file says of it.
   *
   * @param name what it is called; empty for a case that was typed
   * @param extents the case
   * @param repeats how often its network has it
   */
  public record Named(String name, ConvCase extents, int repeats) {}

  boolean isEmpty() {
    return cases.isEmpty() && shapes == null && filter == null;
  }

  /** The file of cases; null if there is none. */
  Path shapes() {
    return shapes;
  }

  /**
   * The cases asked for, in order.
   *
   * @return at least one
   * @throws IOException if the file cannot be read
   */
  public List<Named> read() throws IOException {
    if (filter != null && shapes == null) {
      throw new IllegalArgumentException(
          "--filter chooses rows of a --shapes file, and there is none");
    }
    List<Named> all = new ArrayList<>();
    for (String text : cases) {
      all.add(new Named("", ConvCase.parse(text), 1));
    }
    if (shapes != null) {
      readShapes(all);
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          "no case: use --case \"n1c256h56w56 k256f3s1p1\", --shapes FILE or --net NAME where there is one");
    }
    return all;
  }

  private void readShapes(List<Named> all) throws IOException {
    List<String> lines = TextFile.lines(shapes);
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(shapes + ": the file is empty");
    }
    String[] columns = fields(lines.get(0));
    Pattern wanted = pattern();
    int before = all.size();
    for (int number = 2; number <= lines.size(); number++) {
      if (lines.get(number - 1).isBlank()) {
        continue;
      }
      String[] fields = fields(lines.get(number - 1));
      if (fields.length < columns.length) {
        throw new IllegalArgumentException(
            shapes + ":" + number + ": " + fields.length + " columns, not " + columns.length);
      }
      Map<String, String> row = new HashMap<>();
      for (int i = 0; i < columns.length; i++) {
        row.put(columns[i], fields[i]);
      }
      String name = row.get("name");
      if (name == null) {
        throw new IllegalArgumentException(shapes + ": there is no column \"name\"");
      }
      if (wanted.matcher(name).find()) {
        String where = shapes + ":" + number;
        all.add(new Named(name, extents(row, where), number(row, "repeats", where, 1)));
      }
    }
    if (all.size() == before) {
      throw new IllegalArgumentException(
          shapes + (filter == null ? ": has no rows" : ": no row's name has \"" + filter + "\""));
    }
  }

  private Pattern pattern() {
    try {
      return Pattern.compile(filter == null ? "" : filter);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "--filter \"" + filter + "\" is not a regular expression: " + e.getDescription(), e);
    }
  }

  private static String[] fields(String line) {
    String[] fields = line.split(",", -1);
    for (int i = 0; i < fields.length; i++) {
      fields[i] = fields[i].strip();
    }
    return fields;
  }

  private static ConvCase extents(Map<String, String> row, String where) {
    int ph = number(row, "PH", where);
    int pw = number(row, "PW", where);
    ConvCase extents =
        new ConvCase(
            number(row, "N", where),
            number(row, "C", where),
            // Negative padding before the first row crops the input.
            number(row, "H", where) + Math.min(0, ph),
            number(row, "W", where) + Math.min(0, pw),
            number(row, "K", where),
            number(row, "groups", where),
            number(row, "FH", where),
            number(row, "FW", where),
            number(row, "SH", where),
            number(row, "SW", where),
            Math.max(0, ph),
            Math.max(0, pw),
            // Effective padding is negative where the last rows are not used.
            Math.max(0, number(row, "PB", where, ph)),
            Math.max(0, number(row, "PR", where, pw)),
            number(row, "DH", where, 1),
            number(row, "DW", where, 1));
    int oh = extents.oh();
    int ow = extents.ow();
    if (number(row, "OH", where, oh) != oh || number(row, "OW", where, ow) != ow) {
      throw new IllegalArgumentException(
          where + ": " + extents + " gives " + oh + "x" + ow + " outputs");
    }
    return extents;
  }

  private static int number(Map<String, String> row, String column, String where, int absent) {
    String value = row.get(column);
    return value == null || value.isEmpty() ? absent : number(row, column, where);
  }

  private static int number(Map<String, String> row, String column, String where) {
    String value = row.get(column);
    if (value == null || value.isEmpty()) {
      String what = value == null ? " is missing" : " is empty";
      throw new IllegalArgumentException(where + ": column " + column + what);
    }
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          where + ": column " + column + " is " + value + ", not a number", e);
    }
  }
}
