package dev.tilewise.cli;

import dev.tilewise.internal.file.Reason;
import dev.tilewise.internal.file.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Whether a file can be written, asked before the work whose result it is to hold. */
public final class Outputs {

  private static final Path STANDARD_OUTPUT = Path.of("/dev/stdout");

  private Outputs() {}

  /**
   * Checks that the file's directory is there and nothing speaks against a file in it.
   *
   * @param file what is to be written
   * @return the file
   */
  public static Path requireWritable(Path file) {
    requireDirectory(file, file.toAbsolutePath().getParent());
    if (!Files.exists(file)) {
      rehearse(file);
    }
    return file;
  }

  /** As {@link #requireWritable}, for a file that is written beside and renamed. */
  static void requireReplaceable(Path file) {
    requireDirectory(file, file.toAbsolutePath().getParent());
    rehearse(file);
  }

  /** Creates the file's directory if need be, and checks that a file can be written in it. */
  static void createDirectory(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    try {
      if (directory != null) {
        Files.createDirectories(directory);
      }
    } catch (IOException e) {
      throw refused(file, "the directory " + directory + " cannot be created", e);
    }
    requireWritable(file);
  }

  private static void requireDirectory(Path file, Path directory) {
    if (file.toString().equals("-")) {
      throw refused(file, "only --json takes it for standard output; that is /dev/stdout", null);
    }
    if (Files.isDirectory(file)) {
      throw refused(file, "it is a directory", null);
    }
    if (!Files.isDirectory(directory)) {
      throw refused(file, "there is no directory " + directory, null);
    }
    if (!Files.isWritable(Files.exists(file) ? file : directory)) {
      throw refused(file, "access denied", null);
    }
  }

  private static void rehearse(Path file) {
    try {
      Target.of(file).rehearse();
    } catch (NoSuchFileException e) {
      throw refused(file, "no file can be created there", e);
    } catch (IOException e) {
      throw refused(file, Reason.of(e), e);
    }
  }

  private static IllegalArgumentException refused(Path file, String why, Exception cause) {
    return new IllegalArgumentException(file + ": cannot be written: " + why, cause);
  }

  /**
   * Refuses an output that another option names, too; either may be missing. Devices and pipes take
   * what several write.
   */
  static void requireOther(String option, Path output, String other, Path file) throws IOException {
    if (output == null || file == null || Target.isSpecial(output)) {
      return;
    }
    if (place(output).equals(place(file))) {
      throw new IllegalArgumentException(
          option + " and " + other + " name the same file, " + output);
    }
  }

  /** The file itself, whatever links lead to it. */
  private static Path place(Path name) throws IOException {
    if (Files.exists(name)) {
      return name.toRealPath();
    }
    Path file = Target.of(name).file().toAbsolutePath().normalize();
    Path directory = file.getParent();
    return directory != null && Files.exists(directory)
        ? directory.toRealPath().resolve(file.getFileName())
        : file;
  }

  /** Whether what is written there goes where results are printed. */
  static boolean isStandardOutput(Path file) throws IOException {
    return Files.exists(file)
        && Files.exists(STANDARD_OUTPUT)
        && Files.isSameFile(file, STANDARD_OUTPUT);
  }
}
