package dev.tilewise.cli;

import dev.tilewise.ConvCase;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The cases a command works on. */
final class Cases {

  @Option(
      names = "--case",
      paramLabel = "C",
      description = "A case such as \"n1c256h56w56 k256f3s1p1\"; may be repeated.")
  private List<String> cases = new ArrayList<>();

  @Option(
      names = "--shapes",
      paramLabel = "CSV",
      description = "A file of cases with the columns name,N,groups,C,H,W,K,FH,FW,SH,SW,PH,PW,...")
  private Path shapes;

  @Option(names = "--filter", paramLabel = "TEXT", description = "Only rows whose name has this.")
  private String filter = "";

  /** A case and what a file calls it. */
  record Named(String name, ConvCase extents) {}

  /** The cases asked for, in order. */
  List<Named> read() throws IOException {
    List<Named> all = new ArrayList<>();
    for (String text : cases) {
      all.add(new Named("", ConvCase.parse(text)));
    }
    if (shapes != null) {
      readShapes(all);
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException(
          shapes == null
              ? "no case: use --case \"n1c256h56w56 k256f3s1p1\" or --shapes FILE"
              : shapes + ": no row's name has \"" + filter + "\"");
    }
    return all;
  }

  private void readShapes(List<Named> all) throws IOException {
    List<String> lines = lines();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(shapes + ": the file is empty");
    }
    String[] columns = lines.get(0).split(",");
    for (int number = 2; number <= lines.size(); number++) {
      String[] fields = lines.get(number - 1).split(",");
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
      if (name.contains(filter)) {
        all.add(new Named(name, extents(row, shapes + ":" + number)));
      }
    }
  }

  private List<String> lines() throws IOException {
    try {
      return Files.readAllLines(shapes);
    } catch (MalformedInputException e) {
      throw new IllegalArgumentException(shapes + ": is not a text file", e);
    }
  }

  private static ConvCase extents(Map<String, String> row, String where) {
    ConvCase extents =
        new ConvCase(
            number(row, "N", where),
            number(row, "C", where),
            // Negative padding before the first row crops the input.
            number(row, "H", where) + Math.min(0, number(row, "PH", where)),
            number(row, "W", where) + Math.min(0, number(row, "PW", where)),
            number(row, "K", where),
            number(row, "groups", where),
            number(row, "FH", where),
            number(row, "FW", where),
            number(row, "SH", where),
            number(row, "SW", where),
            Math.max(0, number(row, "PH", where)),
            Math.max(0, number(row, "PW", where)),
            // Effective padding is negative where the last rows are not used.
            Math.max(0, number(row, "PB", where)),
            Math.max(0, number(row, "PR", where)),
            number(row, "DH", where),
            number(row, "DW", where));
    if (extents.oh() != number(row, "OH", where) || extents.ow() != number(row, "OW", where)) {
      throw new IllegalArgumentException(
          where + ": " + extents + " gives " + extents.oh() + "x" + extents.ow() + " outputs");
    }
    return extents;
  }

  private static int number(Map<String, String> row, String column, String where) {
    try {
      return Integer.parseInt(row.get(column));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          where + ": column " + column + " is " + row.get(column) + ", not a number", e);
    }
  }
}
