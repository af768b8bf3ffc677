package dev.tilewise.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are read or replaced as a whole, every failure named after its file. */
final class WholeFile {

  private WholeFile() {}

  /** The bytes in the file, after checking that it is there and is a file. */
  static long size(Path file) throws FormatException {
    if (!Files.exists(file)) {
      throw new FormatException(file, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new FormatException(file, "is not a file");
    }
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The failure of the file system; a failure that already names the file stays as it is. */
  static FormatException unreadable(Path file, IOException cause) {
    if (cause instanceof FormatException named) {
      return named;
    }
    return new FormatException(file, "cannot be read: " + cause, cause);
  }

  /** What shall be in the file. */
  @FunctionalInterface
  interface Content {
    void writeTo(FileChannel out) throws IOException;
  }

  /** Writes a file beside, then renames it: readers see the old file or the new one, no half. */
  static void replace(Path file, Content content) throws FormatException {
    if (Files.isDirectory(file)) {
      throw new FormatException(file, "is a directory, not a file to write");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new FormatException(file, "there is no directory " + folder);
    }
    Path part = folder.resolve(".tilewise-" + UUID.randomUUID() + ".part");
    try {
      try (FileChannel out =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(out);
      }
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new FormatException(file, "cannot be written: " + e, e);
    } finally {
      discard(part);
    }
  }

  private static void discard(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      // What kept the file from being written is the failure to report, if there is one.
      part.toFile().deleteOnExit();
    }
  }

  /** Writes all bytes that remain; a channel may take fewer at a time. */
  static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
