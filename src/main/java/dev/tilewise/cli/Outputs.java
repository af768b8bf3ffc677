package dev.tilewise.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a file can be written, asked before the work whose result it is to hold. */
public final class Outputs {

  private Outputs() {}

  /**
   * Checks that the file's folder is there and nothing speaks against a file in it.
   *
   * @param file what is to be written
   * @return the file
   */
  public static Path requireFolder(Path file) {
    return requireFile(file, file.toAbsolutePath().getParent());
  }

  /** Creates the file's folder if need be, and checks that nothing speaks against a file in it. */
  static void createFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    try {
      if (folder != null) {
        Files.createDirectories(folder);
      }
    } catch (IOException e) {
      throw refused(file, "the folder " + folder + " cannot be created", e);
    }
    requireFile(file, folder);
  }

  private static Path requireFile(Path file, Path folder) {
    if (Files.isDirectory(file)) {
      throw refused(file, "it is a folder", null);
    }
    if (!Files.isDirectory(folder)) {
      throw refused(file, "there is no folder " + folder, null);
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw refused(file, "access denied", null);
    }
    return file;
  }

  private static IllegalArgumentException refused(Path file, String why, Exception cause) {
    return new IllegalArgumentException(file + ": cannot be written: " + why, cause);
  }
}
