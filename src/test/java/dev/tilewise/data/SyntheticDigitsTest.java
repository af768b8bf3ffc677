package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SyntheticDigitsTest {
  private static String hash(Dataset dataset) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < dataset.size(); i++) {
      digest.update((byte) dataset.label(i));
      digest.update(dataset.bytes(i));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void everyMachineDrawsTheSame() throws NoSuchAlgorithmException {
    assertEquals(
        "d209ab61a5c6f53ab9ad7b7678e12d598f656acec619236edc4cbb3cf46ecbb5",
        hash(SyntheticDigits.generate(1000, 1)));
  }

  @Test
  void anImageDependsOnSeedAndIndexAlone() throws NoSuchAlgorithmException {
    Dataset many = SyntheticDigits.generate(100, 5);
    for (int count : new int[] {1, 9, 10, 11, 57}) {
      assertEquals(hash(many.subset(0, count)), hash(SyntheticDigits.generate(count, 5)));
    }
    assertNotEquals(hash(many), hash(SyntheticDigits.generate(100, 6)));
  }

  @Test
  void eachTenImagesHoldEachDigitOnce() {
    Dataset digits = SyntheticDigits.generate(500, -3);
    for (int block = 0; block < 500; block += 10) {
      int[] labels = digits.subset(block, block + 10).labels();
      Arrays.sort(labels);
      assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, labels);
    }
    assertEquals("500 images of 28x28x1 in 10 classes", digits.toString());
  }

  @Test
  void noImageOccursTwice() {
    Dataset digits = SyntheticDigits.generate(2000, 11);
    long distinct =
        IntStream.range(0, 2000).mapToObj(i -> Arrays.hashCode(digits.bytes(i))).distinct().count();
    assertEquals(2000, distinct);
  }

  @Test
  void inkIsBrightOnDark() {
    Dataset digits = SyntheticDigits.generate(2000, 2);
    for (int i = 0; i < digits.size(); i++) {
      int bright = 0;
      for (byte value : digits.bytes(i)) {
        bright += (value & 0xFF) >= 128 ? 1 : 0;
      }
      // A line of 16 pixels at least, and less than half of the 784.
      assertTrue(bright >= 16 && bright < 392, "image " + i + " has " + bright + " bright pixels");
    }
  }

  @Test
  void theNearestNeighbourIsMostlyTheSameDigit() {
    // Shows that labels belong to the drawings; by chance it would be one in ten.
    Dataset digits = SyntheticDigits.generate(1200, 3);
    int right = 0;
    for (int i = 1000; i < 1200; i++) {
      right += digits.label(nearest(digits, i, 1000)) == digits.label(i) ? 1 : 0;
    }
    assertTrue(right > 120, right + " of 200");
  }

  private static int nearest(Dataset digits, int image, int candidates) {
    byte[] wanted = digits.bytes(image);
    int best = 0;
    long least = Long.MAX_VALUE;
    for (int c = 0; c < candidates; c++) {
      byte[] other = digits.bytes(c);
      long distance = 0;
      for (int p = 0; p < wanted.length; p++) {
        long difference = (wanted[p] & 0xFF) - (other[p] & 0xFF);
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    return best;
  }

  @Test
  void senselessCountsAreRefused() {
    assertRefused(
        "synthetic digits: cannot make 0 images, 1 to 2739137 are possible",
        () -> SyntheticDigits.generate(0, 1));
    assertRefused(
        "synthetic digits: cannot make 2739138 images",
        () -> SyntheticDigits.generate(2_739_138, 1));
  }
}
