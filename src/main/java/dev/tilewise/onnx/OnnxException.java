package dev.tilewise.onnx;

import java.io.IOException;
import java.io.Serial;

/** An ONNX model that is damaged, or asks for what is not there; the message is one line. */
public final class OnnxException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param model its name or its file, which starts the message
   * @param problem what is wrong with it, with the numbers
   */
  public OnnxException(String model, String problem) {
    this(model, problem, null);
  }

  /**
   * Creates the exception with the failure that revealed it.
   *
   * @param model its name or its file, which starts the message
   * @param problem what is wrong with it, with the numbers
   * @param cause the original failure
   */
  public OnnxException(String model, String problem, Throwable cause) {
    super(oneLine(model + ": " + problem), cause);
  }

  /** Names in a file may be anything. */
  private static String oneLine(String text) {
    return text.replaceAll("[\\p{Cntrl}\\x{2028}\\x{2029}]+", " ");
  }
}
