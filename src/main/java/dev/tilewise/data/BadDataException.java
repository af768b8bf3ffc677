package dev.tilewise.data;

import dev.tilewise.format.FormatException;
import java.io.Serial;
import java.nio.file.Path;

/**
 * A file of data to learn from or to classify that is missing, damaged or not what it should be;
 * the message is one sentence.
 */
public final class BadDataException extends FormatException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param file the file or directory at fault, which starts the message
   * @param problem what is wrong with it, with the numbers
   */
  public BadDataException(Path file, String problem) {
    super(file, problem);
  }

  /**
   * Creates the exception with the failure that revealed it.
   *
   * @param file the file or directory at fault, which starts the message
   * @param problem what is wrong with it, with the numbers
   * @param cause the original failure
   */
  public BadDataException(Path file, String problem, Throwable cause) {
    super(file, problem, cause);
  }
}
