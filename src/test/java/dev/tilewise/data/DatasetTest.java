package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.tilewise.internal.random.SplitMix64;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private static final List<String> NAMES = List.of("cat", "dog");

  /** Five images of 3 x 2 x 2 whose bytes count up. */
  private static Dataset five() {
    return Dataset.of(TestFiles.bytes(60), new int[] {0, 1, 1, 0, 1}, 3, 2, 2, NAMES);
  }

  @Test
  void pixelsAreUnsignedBytesOver256() {
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    float[] dst = new float[256];
    Dataset.of(all, new int[] {0}, 16, 16, 1, NAMES).pixels(0, dst, 0);
    for (int i = 0; i < 256; i++) {
      assertEquals(i / 256f, dst[i]);
    }
  }

  @Test
  void pixelsWriteOneImageAndNothingElse() {
    float[] dst = new float[20];
    Arrays.fill(dst, Float.NaN);
    five().pixels(2, dst, 5);
    byte[] source = TestFiles.bytes(60);
    for (int i = 0; i < dst.length; i++) {
      float expected = i < 5 || i >= 17 ? Float.NaN : (source[24 + i - 5] & 0xFF) / 256f;
      assertEquals(expected, dst[i]);
    }
  }

  @Test
  void pixelsThatDoNotFitLeaveTheDestinationAlone() {
    float[] dst = new float[12];
    String message = "dataset: an image of 12 values does not fit into 12 floats at offset ";
    assertRefused(message + "1", () -> five().pixels(0, dst, 1));
    assertRefused(message + "-1", () -> five().pixels(0, dst, -1));
    assertArrayEquals(new float[12], dst);
  }

  @Test
  void missingImagesAreRefused() {
    assertRefused("dataset: there is no image 5 among 5", () -> five().label(5));
    assertRefused("dataset: there is no image -1 among 5", () -> five().bytes(-1));
    assertRefused(
        "dataset: there is no image 1 among 1",
        () -> five().subset(0, 1).pixels(1, new float[12], 0));
  }

  @Test
  void subsetOfASubsetIsTheSameImages() {
    Dataset part = five().subset(1, 5).subset(1, 3);
    assertEquals(2, part.size());
    assertArrayEquals(new int[] {1, 0}, part.labels());
    assertArrayEquals(five().bytes(2), part.bytes(0));
    assertArrayEquals(five().bytes(3), part.bytes(1));
    assertEquals("2 images of 3x2x2 in 2 classes", part.toString());
  }

  @Test
  void emptyOrReversedSubsetsAreRefused() {
    assertRefused("dataset: images 2 to 2 (exclusive) of 5", () -> five().subset(2, 2));
    assertRefused("dataset: images 3 to 6 (exclusive) of 5", () -> five().subset(3, 6));
    assertRefused("dataset: images -1 to 2 (exclusive) of 5", () -> five().subset(-1, 2));
  }

  @Test
  void splitTakesTheFirstAndTheNext() {
    TrainTest split = five().split(2, 1);
    assertArrayEquals(new int[] {0, 1}, split.train().labels());
    assertEquals(1, split.test().size());
    assertArrayEquals(five().bytes(2), split.test().bytes(0));
    assertRefused("dataset: cannot split 5 images into 3 for", () -> five().split(3, 3));
    assertRefused("dataset: cannot split 5", () -> five().split(Integer.MAX_VALUE, 2));
    assertRefused("dataset: cannot split 5 images into 0 for", () -> five().split(0, 2));
  }

  @Test
  void callersArraysAreCopied() {
    byte[] pixels = {1, 2};
    int[] labels = {0, 1};
    Dataset dataset = Dataset.of(pixels, labels, 1, 1, 1, NAMES);
    pixels[0] = 9;
    labels[0] = 1;
    dataset.labels()[1] = 0;
    dataset.bytes(1)[0] = 9;
    assertArrayEquals(new int[] {0, 1}, dataset.labels());
    assertArrayEquals(new byte[] {1}, dataset.bytes(0));
    assertArrayEquals(new byte[] {2}, dataset.bytes(1));
  }

  @Test
  void wrongConstructionIsRefused() {
    byte[] bytes = new byte[12];
    int[] one = {0};
    assertRefused(
        "dataset: 12 bytes are not 1 images of 3x2x1",
        () -> Dataset.of(bytes, one, 3, 2, 1, NAMES));
    assertRefused(
        "dataset: 0 images of 3x2x2", () -> Dataset.of(bytes, new int[0], 3, 2, 2, NAMES));
    assertRefused("dataset: 1 images of 3x0x2", () -> Dataset.of(bytes, one, 3, 0, 2, NAMES));
    assertRefused(
        "dataset: image 0 has label 2 but there are 2 classes",
        () -> Dataset.of(bytes, new int[] {2}, 3, 2, 2, NAMES));
    assertRefused(
        "dataset: image 0 has label -1", () -> Dataset.of(bytes, new int[] {-1}, 3, 2, 2, NAMES));
  }

  @Test
  void extentsWhoseProductOverflowsAreRefused() {
    // 65536 x 65536 x 1 is 0 in 32 bits, 2^31-1 cubed is beyond 64.
    int most = Integer.MAX_VALUE;
    assertRefused(
        "dataset: 0 bytes are not",
        () -> Dataset.of(new byte[0], new int[] {0}, 65536, 65536, 1, NAMES));
    assertRefused(
        "dataset: 4 bytes are not",
        () -> Dataset.of(new byte[4], new int[] {0}, most, most, most, NAMES));
  }

  @Test
  void shuffledOrderIsARecordedPermutation() {
    int[] recorded = {0, 3, 8, 1, 7, 2, 6, 9, 4, 5};
    assertArrayEquals(recorded, SyntheticDigits.generate(10, 0).shuffledOrder(1));
    int[] order = SyntheticDigits.generate(1000, 0).shuffledOrder(7);
    assertNotEquals(-1, Arrays.mismatch(order, IntStream.range(0, 1000).toArray()));
    assertArrayEquals(IntStream.range(0, 1000).toArray(), Arrays.stream(order).sorted().toArray());
  }

  @Test
  void everyPermutationIsEquallyLikely() {
    // 24 permutations of 4 in 24,000 seeds: expected 1,000 each, deviation 31; 6 deviations.
    int[] count = new int[256];
    for (int seed = 0; seed < 24_000; seed++) {
      int[] order = new SplitMix64(seed).permutation(4);
      count[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    assertEquals(24, Arrays.stream(count).filter(c -> c > 0).count());
    assertEquals(24, Arrays.stream(count).filter(c -> Math.abs(c - 1000) < 6 * 31).count());
  }

  @Test
  void halvesOfDifferentKindsAreRefused() {
    Dataset other = Dataset.of(new byte[4], new int[] {0}, 2, 2, 1, NAMES);
    assertRefused(
        "training images are 3x2x2 but test images are 2x2x1", () -> new TrainTest(five(), other));
    Dataset renamed = five().withClassNames(List.of("a", "b"));
    assertRefused(
        "training and test images have different classes", () -> new TrainTest(five(), renamed));
  }
}
