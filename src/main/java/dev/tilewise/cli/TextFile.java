package dev.tilewise.cli;

import dev.tilewise.internal.file.Reason;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Text in a file that an option names; every failure names the file. */
final class TextFile {

  private TextFile() {}

  static List<String> lines(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": is a directory, not a text file");
    }
    try {
      return Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + ": is not a text file in UTF-8", e);
    } catch (IOException e) {
      throw new IOException(file + ": " + Reason.of(e), e);
    }
  }

  /** Replaces what is in the file. */
  static void write(Path file, String text) throws IOException {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  static IOException unwritable(Path file, IOException cause) {
    return new IOException(file + ": cannot be written: " + Reason.of(cause), cause);
  }
}
