package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.IMAGES_MAGIC;
import static dev.tilewise.data.TestFiles.LABELS_MAGIC;
import static dev.tilewise.data.TestFiles.assertBadData;
import static dev.tilewise.data.TestFiles.bytes;
import static dev.tilewise.data.TestFiles.gzip;
import static dev.tilewise.data.TestFiles.idx;
import static dev.tilewise.data.TestFiles.idxImages;
import static dev.tilewise.data.TestFiles.idxLabels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {
  @TempDir Path folder;
  private Path images;
  private Path labels;

  @BeforeEach
  void goodPair() throws IOException {
    images = Files.write(folder.resolve("images"), idxImages(12, 3, 4));
    labels = Files.write(folder.resolve("labels"), idxLabels(12));
  }

  private void assertBadImages(String problem, byte[] content) throws IOException {
    Files.write(images, content);
    assertBadData(images, problem, () -> Idx.read(images, labels));
  }

  @Test
  void plainFilesGiveTheirBytes() throws IOException {
    Dataset read = Idx.read(images, labels);
    assertEquals("12 images of 4x3x1 in 10 classes", read.toString());
    assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, read.labels());
    assertArrayEquals(Arrays.copyOfRange(bytes(144), 60, 72), read.bytes(5));
    assertEquals("7", read.classNames().get(7));
  }

  @Test
  void compressionIsToldByContentNotByName() throws IOException {
    Files.write(images, gzip(idxImages(12, 3, 4)));
    Path plain = Files.copy(labels, folder.resolve("labels.gz"));
    assertArrayEquals(Arrays.copyOfRange(bytes(144), 60, 72), Idx.read(images, plain).bytes(5));
  }

  @Test
  void labelsAboveNineMakeMoreClasses() throws IOException {
    Files.write(images, idxImages(2, 3, 4));
    Files.write(labels, idx(LABELS_MAGIC, new int[] {2}, new byte[] {3, (byte) 255}));
    Dataset read = Idx.read(images, labels);
    assertEquals(256, read.classNames().size());
    assertEquals(255, read.label(1));
  }

  @Test
  void missingFilesAreNamed() {
    Path missing = folder.resolve("missing");
    assertBadData(missing, "no such file", () -> Idx.read(missing, labels));
    assertBadData(missing, "no such file", () -> Idx.read(images, missing));
    assertBadData(folder, "is not a file", () -> Idx.read(folder, labels));
  }

  @Test
  void exchangedFilesAreToldApart() {
    assertBadData(
        labels,
        "this is a label file, expected images: magic number 0x00000801 instead of 0x00000803",
        () -> Idx.read(labels, images));
    assertBadData(images, "this is an image file, expected labels", () -> Idx.read(images, images));
  }

  @Test
  void otherFilesAreNotIdx() throws IOException {
    byte[] floats = idxImages(12, 3, 4);
    floats[2] = 0x0D;
    assertBadImages("not an IDX file of images: magic number 0x00000D03 instead of", floats);
    assertBadImages("not an IDX file of images: magic number 0x89504E47", pngStart());
  }

  private static byte[] pngStart() {
    return new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  }

  @Test
  void everyTruncationOfAPlainFileIsRefused() throws IOException {
    byte[] whole = idxImages(12, 3, 4);
    for (int length = 0; length < 16; length++) {
      String problem = "truncated: %d bytes, but the header alone takes 16".formatted(length);
      assertBadImages(problem, Arrays.copyOf(whole, length));
    }
    for (int length = 16; length < whole.length; length++) {
      String problem =
          "truncated: the header declares 12 images of 3 rows x 4 columns, 144 bytes, but only %d"
              .formatted(length - 16);
      assertBadImages(problem, Arrays.copyOf(whole, length));
    }
  }

  @Test
  void everyTruncationOfACompressedFileIsRefused() throws IOException {
    byte[] whole = gzip(idxImages(12, 3, 4));
    for (int length = 2; length < whole.length; length++) {
      assertBadImages("truncated: the compressed data ends early", Arrays.copyOf(whole, length));
    }
  }

  @Test
  void compressedFilesThatDeclareMoreThanTheyHoldAreRefused() throws IOException {
    byte[] content = idx(IMAGES_MAGIC, new int[] {13, 3, 4}, bytes(144));
    assertBadImages("truncated: the header declares 13 images of 3 rows x 4", gzip(content));
  }

  @Test
  void damagedCompressionIsRefused() throws IOException {
    byte[] flipped = gzip(idxImages(12, 3, 4));
    flipped[flipped.length - 6] ^= 1;
    assertBadImages("damaged compressed data: ", flipped);
    byte[] method = gzip(idxImages(12, 3, 4));
    method[2] = 7;
    assertBadImages("damaged compressed data: ", method);
  }

  @Test
  void moreDataThanDeclaredIsRefused() throws IOException {
    String problem = "more data than the 12 images of 3 rows x 4 columns, 144 bytes, that";
    byte[] content = Arrays.copyOf(idxImages(12, 3, 4), 16 + 144 + 1);
    assertBadImages(problem, content);
    assertBadImages(problem, gzip(content));
  }

  @Test
  void dataAfterTheCompressedDataIsRefused() throws IOException {
    byte[] whole = gzip(idxImages(12, 3, 4));
    for (int surplus : new int[] {1, 2, 7, 8, 9, 10, 11, 100, 100_000}) {
      assertBadImages(
          surplus + " bytes of other data after the compressed data",
          Arrays.copyOf(whole, whole.length + surplus));
    }
  }

  @Test
  void filesCompressedInPartsAreRead() throws IOException {
    byte[] whole = idxImages(12, 3, 4);
    byte[] first = gzip(Arrays.copyOf(whole, 77));
    byte[] second = gzip(Arrays.copyOfRange(whole, 77, whole.length));
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    Files.write(images, both);
    assertArrayEquals(Arrays.copyOfRange(bytes(144), 60, 72), Idx.read(images, labels).bytes(5));
  }

  @Test
  void senselessExtentsAreRefused() throws IOException {
    for (int[] extents : new int[][] {{0, 3, 4}, {-1, 3, 4}, {12, -3, -4}, {12, 3, 0}}) {
      assertBadImages(
          "the header declares %d images of %d rows x %d columns; each must be at least 1"
              .formatted(extents[0], extents[1], extents[2]),
          idx(IMAGES_MAGIC, extents, bytes(144)));
    }
    int most = Integer.MAX_VALUE;
    for (int[] extents : new int[][] {{most, most, most}, {65536, 65536, 1}, {1 << 30, 4, 1}}) {
      assertBadImages(
          "the header declares %d images of %d rows x %d columns; at most 2147483639 bytes"
              .formatted(extents[0], extents[1], extents[2]),
          idx(IMAGES_MAGIC, extents, bytes(144)));
    }
  }

  @Test
  void differentNumbersOfImagesAndLabelsAreRefused() throws IOException {
    Files.write(labels, idxLabels(11));
    assertBadData(labels, "11 labels for the 12 images of images", () -> Idx.read(images, labels));
  }

  @Test
  void claimsAndBombsAllocateNothing() throws IOException {
    byte[] claim = idx(IMAGES_MAGIC, new int[] {2_000_000, 32, 32}, bytes(144));
    byte[] bomb = gzip(idx(IMAGES_MAGIC, new int[] {12, 3, 4}, new byte[50_000_000]));
    assertBadImages("truncated: ", claim);
    long before = allocated();
    assertBadImages("truncated: ", claim);
    assertBadImages("truncated: ", gzip(claim));
    assertBadImages("more data than ", bomb);
    // The packed bomb, some 50 kB, is in memory twice; the rest is buffers and messages.
    assertTrue(allocated() - before < 1_000_000, "allocated " + (allocated() - before));
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  @Test
  void mnistHasItsKnownTestSet() throws IOException {
    Path mnist = TestFiles.realData("mnist");
    Dataset read =
        Idx.read(
            mnist.resolve("t10k-images-idx3-ubyte.gz"), mnist.resolve("t10k-labels-idx1-ubyte.gz"));
    assertEquals("10000 images of 28x28x1 in 10 classes", read.toString());
    assertArrayEquals(new int[] {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, read.subset(0, 10).labels());
    int[] perDigit = new int[10];
    for (int label : read.labels()) {
      perDigit[label]++;
    }
    assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, perDigit);
  }
}
