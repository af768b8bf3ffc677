package dev.tilewise.data;

import dev.tilewise.internal.file.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whole files as bytes, every failure named after its file. */
final class DataFile {
  /** The longest array that every JVM allocates. */
  static final int MAX_BYTES = Integer.MAX_VALUE - 8;

  private DataFile() {}

  /** The bytes in the file, after checking that it is there and is a file. */
  static long size(Path file) throws BadDataException {
    if (!Files.exists(file)) {
      throw new BadDataException(file, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new BadDataException(file, "is not a file");
    }
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  static byte[] bytes(Path file) throws BadDataException {
    long size = size(file);
    if (size > MAX_BYTES) {
      throw new BadDataException(
          file, "has %d bytes, at most %d can be read".formatted(size, MAX_BYTES));
    }
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The failure of the file system; a failure that already names the file stays as it is. */
  static BadDataException unreadable(Path file, IOException cause) {
    if (cause instanceof BadDataException named) {
      return named;
    }
    return new BadDataException(file, "cannot be read: " + Reason.of(cause), cause);
  }
}
