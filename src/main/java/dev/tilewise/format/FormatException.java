package dev.tilewise.format;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** A file that is missing, damaged or not what it should be; the message is one line. */
public class FormatException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param file the file or directory at fault, which starts the message
   * @param problem what is wrong with it, with the numbers
   */
  public FormatException(Path file, String problem) {
    super(oneLine(file, problem));
  }

  /**
   * Creates the exception with the failure that revealed it.
   *
   * @param file the file or directory at fault, which starts the message
   * @param problem what is wrong with it, with the numbers
   * @param cause the original failure
   */
  public FormatException(Path file, String problem, Throwable cause) {
    super(oneLine(file, problem), cause);
  }

  /** Names of files and messages of libraries may have line breaks, or what moves a cursor. */
  private static String oneLine(Path file, String problem) {
    return (file + ": " + problem).replaceAll("\\R|\\p{Cntrl}", " ");
  }
}
