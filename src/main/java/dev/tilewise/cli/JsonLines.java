package dev.tilewise.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where results go: text for people, and one JSON object per line. */
public final class JsonLines implements AutoCloseable {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write one JSON object per line; - is standard output, and nothing else then.")
  private String file;

  private BufferedWriter lines;

  /** For the command line's parser to fill. */
  public JsonLines() {}

  /**
   * Creates the file, if there is one; what is wrong with it shows before the work.
   *
   * @return this
   * @throws IOException if it cannot be created
   */
  public JsonLines open() throws IOException {
    if (file != null && !"-".equals(file)) {
      try {
        lines = Files.newBufferedWriter(Outputs.requireWritable(path()));
      } catch (IOException e) {
        throw TextFile.unwritable(path(), e);
      }
    }
    return this;
  }

  private Path path() {
    return file == null || "-".equals(file) ? null : Path.of(file);
  }

  /** Refuses to write to the file that another option names; that may be missing. */
  void requireOther(String option, Path other) throws IOException {
    if ("-".equals(file) && other != null && Outputs.isStandardOutput(other)) {
      throw new IllegalArgumentException("--json - and " + option + " both are standard output");
    }
    Outputs.requireOther("--json", path(), option, other);
  }

  /**
   * Prints for people, unless standard output belongs to the JSON.
   *
   * @param line what to print
   */
  public void text(String line) {
    if (!"-".equals(file)) {
      spec.commandLine().getOut().println(line);
    }
  }

  /**
   * Prints what is not a result to standard error.
   *
   * @param line what to print
   */
  public void note(String line) {
    spec.commandLine().getErr().println(line);
  }

  /**
   * Writes one object.
   *
   * @param object its keys and values, in order
   * @throws IOException if it cannot be written
   */
  public void object(Map<String, Object> object) throws IOException {
    if ("-".equals(file)) {
      spec.commandLine().getOut().println(MAPPER.writeValueAsString(object));
    } else if (lines != null) {
      write(MAPPER.writeValueAsString(object));
    }
  }

  private void write(String line) throws IOException {
    try {
      lines.write(line);
      lines.newLine();
      // Who watches a long run sees each result when it is there.
      lines.flush();
    } catch (IOException e) {
      throw TextFile.unwritable(path(), e);
    }
  }

  @Override
  public void close() throws IOException {
    if (lines != null) {
      try {
        lines.close();
      } catch (IOException e) {
        throw TextFile.unwritable(path(), e);
      }
    }
  }
}
