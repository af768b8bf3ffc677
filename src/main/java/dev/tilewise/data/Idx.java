package dev.tilewise.data;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The IDX files of MNIST, plain or compressed by gzip (told by content, not by name).
 *
 * <p>Big-endian: a magic number {@code 0x08D}, D dimensions of 32 bits, then unsigned bytes, the
 * last dimension fastest. Image files have D = 3 (images, rows, columns), label files D = 1. What a
 * header claims allocates nothing: memory grows with the bytes that are really there.
 */
public final class Idx {
  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;
  private static final int DIGITS = 10;

  private Idx() {}

  /**
   * Reads a pair of image and label files.
   *
   * @param imageFile IDX file of unsigned bytes with three dimensions
   * @param labelFile IDX file of unsigned bytes with one dimension, a label per image
   * @return grayscale images; classes are named "0" to "9", or up to the largest label if that is
   *     more than 9
   * @throws BadDataException if a file is missing, truncated, of another kind, followed by other
   *     data, or the numbers of images and labels differ
   */
  public static Dataset read(Path imageFile, Path labelFile) throws BadDataException {
    Content images = content(imageFile, IMAGES_MAGIC);
    Content labels = content(labelFile, LABELS_MAGIC);
    int count = images.extents[0];
    if (labels.extents[0] != count) {
      throw new BadDataException(
          labelFile,
          "%d labels for the %d images of %s"
              .formatted(labels.extents[0], count, imageFile.getFileName()));
    }
    int[] classes = new int[count];
    for (int i = 0; i < count; i++) {
      classes[i] = labels.bytes[i] & 0xFF;
    }
    int largest = Arrays.stream(classes).max().getAsInt();
    return Dataset.owning(
        images.bytes,
        classes,
        images.extents[2],
        images.extents[1],
        1,
        Dataset.numbered(Math.max(DIGITS, largest + 1)));
  }

  /** The dimensions of a file, slowest first, and its unsigned bytes. */
  private record Content(int[] extents, byte[] bytes) {}

  private static Content content(Path file, int magic) throws BadDataException {
    DataFile.size(file);
    try {
      if (isGzip(file)) {
        try (WholeGzip in = new WholeGzip(DataFile.bytes(file))) {
          Content content = content(file, magic, in);
          if (in.surplus() > 0) {
            throw new BadDataException(
                file, in.surplus() + " bytes of other data after the compressed data");
          }
          return content;
        }
      }
      try (InputStream in = Files.newInputStream(file)) {
        return content(file, magic, in);
      }
    } catch (EOFException e) {
      throw new BadDataException(file, "truncated: the compressed data ends early", e);
    } catch (ZipException e) {
      throw new BadDataException(file, "damaged compressed data: " + e.getMessage(), e);
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    }
  }

  private static Content content(Path file, int magic, InputStream in) throws IOException {
    byte[] start = in.readNBytes(headerBytes(magic));
    ByteBuffer header = ByteBuffer.wrap(start);
    if (start.length >= Integer.BYTES) {
      requireMagic(file, magic, header.getInt());
    }
    if (start.length < headerBytes(magic)) {
      throw new BadDataException(
          file,
          "truncated: %d bytes, but the header alone takes %d"
              .formatted(start.length, headerBytes(magic)));
    }
    int[] extents = new int[magic & 0xFF];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = header.getInt();
    }
    int declared = declaredBytes(file, extents);
    byte[] bytes = in.readNBytes(declared);
    if (bytes.length < declared) {
      throw new BadDataException(
          file,
          "truncated: the header declares %s, %d bytes, but only %d follow"
              .formatted(described(extents), declared, bytes.length));
    }
    if (in.read() >= 0) {
      throw new BadDataException(
          file,
          "more data than the %s, %d bytes, that the header declares"
              .formatted(described(extents), declared));
    }
    return new Content(extents, bytes);
  }

  private static int headerBytes(int magic) {
    return Integer.BYTES * (1 + (magic & 0xFF));
  }

  private static void requireMagic(Path file, int expected, int found) throws BadDataException {
    if (found == expected) {
      return;
    }
    String wanted = expected == IMAGES_MAGIC ? "images" : "labels";
    String problem =
        switch (found) {
          case IMAGES_MAGIC -> "this is an image file, expected labels";
          case LABELS_MAGIC -> "this is a label file, expected images";
          default -> "not an IDX file of " + wanted;
        };
    throw new BadDataException(
        file, "%s: magic number 0x%08X instead of 0x%08X".formatted(problem, found, expected));
  }

  private static int declaredBytes(Path file, int[] extents) throws BadDataException {
    long product = 1;
    for (int extent : extents) {
      if (extent < 1) {
        throw new BadDataException(
            file, "the header declares %s; each must be at least 1".formatted(described(extents)));
      }
      // Two factors below 2^31 at a time: never beyond a long.
      product *= extent;
      if (product > DataFile.MAX_BYTES) {
        throw new BadDataException(
            file,
            "the header declares %s; at most %d bytes can be read"
                .formatted(described(extents), DataFile.MAX_BYTES));
      }
    }
    return (int) product;
  }

  private static String described(int[] extents) {
    return extents.length == 1
        ? extents[0] + " labels"
        : "%d images of %d rows x %d columns".formatted(extents[0], extents[1], extents[2]);
  }

  private static boolean isGzip(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(Short.BYTES);
      return start.length == Short.BYTES
          && (start[0] & 0xFF | (start[1] & 0xFF) << Byte.SIZE) == GZIPInputStream.GZIP_MAGIC;
    }
  }

  /**
   * Unpacks a file that is wholly in memory, because a {@code GZIPInputStream} silently drops what
   * follows the compressed data unless its one buffer still holds it.
   */
  private static final class WholeGzip extends GZIPInputStream {
    private static final int TRAILER_BYTES = 8;

    WholeGzip(byte[] file) throws IOException {
      super(new ByteArrayInputStream(file), file.length);
    }

    /** The bytes after the compressed data, once that is read to its end. */
    int surplus() {
      return inf.getRemaining() - TRAILER_BYTES;
    }
  }
}
