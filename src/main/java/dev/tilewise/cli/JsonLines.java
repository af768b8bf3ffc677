package dev.tilewise.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where results go: text for people, or one JSON object per line. */
final class JsonLines {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write one JSON object per line; - is standard output, and nothing else then.")
  private String file;

  private PrintWriter lines;

  /** Prints for people, unless standard output belongs to the JSON. */
  void text(String line) {
    if (!"-".equals(file)) {
      spec.commandLine().getOut().println(line);
    }
  }

  /** What is not a result: to standard error. */
  void note(String line) {
    spec.commandLine().getErr().println(line);
  }

  /** Writes one object. */
  void object(Map<String, Object> object) throws IOException {
    if (file == null) {
      return;
    }
    if (lines == null) {
      lines =
          "-".equals(file)
              ? spec.commandLine().getOut()
              : new PrintWriter(Files.newBufferedWriter(Path.of(file)), true);
    }
    lines.println(MAPPER.writeValueAsString(object));
  }

  /** Ends the file. */
  void close() {
    if (lines != null && !"-".equals(file)) {
      lines.close();
    }
  }
}
