package dev.tilewise.internal.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that is written as a whole: beside first and then renamed, so that readers see the old one
 * or the new one. Of a symbolic link that is the file it leads to. What is there and is no regular
 * file, such as a device or a pipe, is written in place.
 *
 * @param file links followed, except to what is written in place
 */
public record Target(Path file) {

  /** As many as Linux follows. */
  private static final int MOST_LINKS = 40;

  /** What shall be in the file. */
  @FunctionalInterface
  public interface Content {

    /**
     * Writes all of it.
     *
     * @param out the open file
     * @throws IOException if it cannot be written
     */
    void writeTo(FileChannel out) throws IOException;
  }

  /**
   * Follows links.
   *
   * @param asked the file by its name
   * @return what is to be written
   * @throws IOException if a link cannot be read
   */
  public static Target of(Path asked) throws IOException {
    Path file = asked;
    // Links to open pipes lead to names that are no files.
    for (int i = 0; i < MOST_LINKS && Files.isSymbolicLink(file) && !isSpecial(file); i++) {
      file = file.resolveSibling(Files.readSymbolicLink(file));
    }
    return new Target(file);
  }

  /**
   * Whether something is there that cannot be replaced by a file.
   *
   * @param file any name
   * @return false for a regular file, a directory and for what does not exist
   */
  public static boolean isSpecial(Path file) {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  /**
   * Creates what a write would create, and deletes it.
   *
   * @throws IOException if the file could not be written
   */
  public void rehearse() throws IOException {
    if (!isSpecial(file)) {
      Path part = part();
      Files.createFile(part);
      Files.delete(part);
    }
  }

  /**
   * Writes the file.
   *
   * @param content its new content
   * @throws IOException if it cannot be written; what was in a regular file is still there
   */
  public void write(Content content) throws IOException {
    if (isSpecial(file)) {
      writeTo(file, StandardOpenOption.WRITE, content);
      return;
    }
    Path part = part();
    try {
      writeTo(part, StandardOpenOption.CREATE_NEW, content);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      discard(part);
    }
  }

  private static void writeTo(Path place, StandardOpenOption how, Content content)
      throws IOException {
    try (FileChannel out = FileChannel.open(place, how, StandardOpenOption.WRITE)) {
      content.writeTo(out);
    }
  }

  private Path part() {
    return file.toAbsolutePath().resolveSibling(".tilewise-" + UUID.randomUUID() + ".part");
  }

  private static void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      // What kept the file from being written is the failure to report, if there is one.
      part.toFile().deleteOnExit();
    }
  }
}
