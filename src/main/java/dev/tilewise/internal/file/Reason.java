package dev.tilewise.internal.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be used, for people, who know its name already. */
public final class Reason {

  private Reason() {}

  /**
   * Names no class, and no file that might be another one.
   *
   * @param failure of the file system
   * @return a few words
   */
  public static String of(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return "access denied";
    }
    String reason =
        failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
    return reason == null ? "cannot be used" : reason;
  }
}
