package dev.tilewise.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.function.Executable;

/** Files made for the tests, and the folder of real ones. */
final class TestFiles {
  static final int IMAGES_MAGIC = 0x0803;
  static final int LABELS_MAGIC = 0x0801;

  private TestFiles() {}

  /** A folder of real data; the test is skipped where there is none. */
  static Path realData(String folder) {
    String root = System.getProperty("tilewise.testdata", "");
    assumeTrue(!root.isEmpty(), "tilewise.testdata is not set");
    Path path = Path.of(root, "images", folder);
    assumeTrue(Files.isDirectory(path), "no folder " + path);
    return path;
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i * 7 + i / 251);
    }
    return bytes;
  }

  static byte[] idx(int magic, int[] extents, byte[] data) {
    ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES * (1 + extents.length) + data.length);
    buffer.putInt(magic);
    for (int extent : extents) {
      buffer.putInt(extent);
    }
    return buffer.put(data).array();
  }

  static byte[] idxImages(int count, int rows, int columns) {
    return idx(IMAGES_MAGIC, new int[] {count, rows, columns}, bytes(count * rows * columns));
  }

  /** Labels 0, 1, ..., 9, 0, ... */
  static byte[] idxLabels(int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return idx(LABELS_MAGIC, new int[] {count}, labels);
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Records whose label is their index modulo 10. */
  static byte[] cifar10(int records) {
    byte[] bytes = bytes(records * 3073);
    for (int i = 0; i < records; i++) {
      bytes[i * 3073] = (byte) (i % 10);
    }
    return bytes;
  }

  /** Checks that a file is refused with one line that starts with it. */
  static void assertBadData(Path file, String problem, Executable executable) {
    BadDataException e = assertThrows(BadDataException.class, executable);
    assertMessage(e, file + ": " + problem);
  }

  static void assertRefused(String message, Executable executable) {
    assertMessage(assertThrows(IllegalArgumentException.class, executable), message);
  }

  private static void assertMessage(Exception e, String start) {
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }
}
