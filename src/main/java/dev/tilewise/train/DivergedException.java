package dev.tilewise.train;

import java.io.Serial;

/** Training went astray: the loss is no number, or far above that of guessing. */
public final class DivergedException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * Creates the exception.
   *
   * @param message where, with the loss, and what to do
   */
  public DivergedException(String message) {
    super(message);
  }
}
