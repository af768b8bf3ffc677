package dev.tilewise.format;

import dev.tilewise.internal.file.Reason;
import dev.tilewise.internal.file.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

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
    return new FormatException(file, "cannot be read: " + Reason.of(cause), cause);
  }

  /** Writes a file: readers see the old one or the new one, no half. */
  static void replace(Path file, Target.Content content) throws FormatException {
    if (Files.isDirectory(file)) {
      throw new FormatException(file, "is a directory, not a file to write");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new FormatException(file, "there is no directory " + folder);
    }
    try {
      Target.of(file).write(content);
    } catch (IOException e) {
      throw new FormatException(file, "cannot be written: " + Reason.of(e), e);
    }
  }

  /** Writes all bytes that remain; a channel may take fewer at a time. */
  static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
