package dev.tilewise.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary files of CIFAR-10: records of one label byte, then the red, green and blue planes of
 * 32 x 32 unsigned bytes.
 */
public final class Cifar10 {
  /** The names of the ten classes, in the order of their labels. */
  public static final List<String> CLASS_NAMES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private static final int EXTENT = 32;
  private static final int CHANNELS = 3;
  private static final int PLANE_BYTES = EXTENT * EXTENT;
  private static final int IMAGE_BYTES = CHANNELS * PLANE_BYTES;
  private static final int RECORD_BYTES = 1 + IMAGE_BYTES;

  private Cifar10() {}

  /**
   * Reads files one after the other into one dataset.
   *
   * @param files at least one file of records
   * @return images of 32 x 32 x 3 in height, width, channel order
   * @throws BadDataException if a file is missing, empty, not whole records, or has a label above 9
   * @throws IllegalArgumentException if no file is given
   */
  public static Dataset read(List<Path> files) throws BadDataException {
    if (files.isEmpty()) {
      throw new IllegalArgumentException("cifar-10: no files given, at least 1 is needed");
    }
    List<byte[]> contents = new ArrayList<>();
    long count = 0;
    for (Path file : files) {
      byte[] records = records(file);
      count += records.length / RECORD_BYTES;
      if (count > DataFile.MAX_BYTES / IMAGE_BYTES) {
        throw new BadDataException(
            file,
            "makes %d images, at most %d can be read"
                .formatted(count, DataFile.MAX_BYTES / IMAGE_BYTES));
      }
      contents.add(records);
    }
    byte[] pixels = new byte[(int) count * IMAGE_BYTES];
    int[] labels = new int[(int) count];
    int next = 0;
    for (byte[] records : contents) {
      for (int off = 0; off < records.length; off += RECORD_BYTES) {
        labels[next] = records[off];
        interleave(records, off + 1, pixels, next * IMAGE_BYTES);
        next++;
      }
    }
    return Dataset.owning(pixels, labels, EXTENT, EXTENT, CHANNELS, CLASS_NAMES);
  }

  /** The bytes of one file, checked to be whole records with known labels. */
  private static byte[] records(Path file) throws BadDataException {
    byte[] records = DataFile.bytes(file);
    if (records.length == 0 || records.length % RECORD_BYTES != 0) {
      throw new BadDataException(
          file,
          "%d bytes are not whole CIFAR-10 records of %d bytes"
              .formatted(records.length, RECORD_BYTES));
    }
    for (int i = 0; i < records.length / RECORD_BYTES; i++) {
      int label = records[i * RECORD_BYTES] & 0xFF;
      if (label >= CLASS_NAMES.size()) {
        throw new BadDataException(
            file,
            "record %d has label %d, CIFAR-10 has labels 0 to %d"
                .formatted(i, label, CLASS_NAMES.size() - 1));
      }
    }
    return records;
  }

  /** Planes to pixels. */
  private static void interleave(byte[] src, int srcOff, byte[] dst, int dstOff) {
    for (int p = 0; p < PLANE_BYTES; p++) {
      for (int c = 0; c < CHANNELS; c++) {
        dst[dstOff + p * CHANNELS + c] = src[srcOff + c * PLANE_BYTES + p];
      }
    }
  }
}
