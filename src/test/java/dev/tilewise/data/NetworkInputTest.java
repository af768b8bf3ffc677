package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.internal.random.SplitMix64;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NetworkInputTest {
  private static final Dataset DIGITS = SyntheticDigits.generate(10, 4);

  /** A digit as a picture, each pixel repeated, perhaps black on white. */
  private static RgbImage picture(int index, int zoom, boolean inverted) {
    byte[] bytes = DIGITS.bytes(index);
    int extent = 28 * zoom;
    byte[] pixels = new byte[extent * extent * 3];
    for (int i = 0; i < pixels.length; i++) {
      int x = i / 3 % extent / zoom;
      int y = i / 3 / extent / zoom;
      byte value = bytes[y * 28 + x];
      pixels[i] = inverted ? (byte) ~value : value;
    }
    return new RgbImage(extent, extent, pixels);
  }

  private static float[] expected(int index) {
    float[] pixels = new float[28 * 28];
    DIGITS.pixels(index, pixels, 0);
    return pixels;
  }

  @Test
  void digitsInANetworksExtentsAreTheirPixels() {
    for (int i = 0; i < 10; i++) {
      assertArrayEquals(expected(i), Images.networkInput(picture(i, 1, false), 28, 28, 1));
    }
  }

  @Test
  void blackOnWhiteIsInvertedExactly() {
    for (int i = 0; i < 10; i++) {
      assertArrayEquals(expected(i), Images.networkInput(picture(i, 1, true), 28, 28, 1));
    }
  }

  @Test
  void enlargedDigitsShrinkToTheirPixels() {
    for (int zoom = 2; zoom <= 11; zoom += 3) {
      assertArrayEquals(expected(3), Images.networkInput(picture(3, zoom, true), 28, 28, 1));
    }
  }

  @Test
  void grayPicturesOfOtherProportionsAreCentredOnTheirBorder() {
    // Two columns of 40 and 80 above each other in the middle of a 4 x 4 input.
    byte[] pixels = new byte[2 * 4 * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i / 3 % 2 == 0 ? 40 : 80);
    }
    float[] row = {60 / 256f, 40 / 256f, 80 / 256f, 60 / 256f};
    float[] input = Images.networkInput(new RgbImage(2, 4, pixels), 4, 4, 1);
    for (int y = 0; y < 4; y++) {
      assertArrayEquals(row, Arrays.copyOfRange(input, y * 4, y * 4 + 4));
    }
  }

  @Test
  void colourPicturesAreCroppedToTheMiddle() {
    byte[] pixels = TestFiles.bytes(6 * 2 * 3);
    float[] input = Images.networkInput(new RgbImage(6, 2, pixels), 2, 2, 3);
    for (int y = 0; y < 2; y++) {
      for (int i = 0; i < 6; i++) {
        assertEquals((pixels[(y * 6 + 2) * 3 + i] & 0xFF) / 256f, input[y * 6 + i]);
      }
    }
  }

  @Test
  void allValuesAreBelowOne() {
    byte[] white = new byte[7 * 5 * 3];
    Arrays.fill(white, (byte) 255);
    for (float value : Images.networkInput(new RgbImage(7, 5, white), 32, 32, 3)) {
      assertEquals(255 / 256f, value);
    }
    for (float value : Images.networkInput(new RgbImage(7, 5, white), 32, 32, 1)) {
      assertEquals(0, value);
    }
  }

  @Test
  void extremeProportionsWork() {
    RgbImage line = new RgbImage(100_000, 1, new byte[300_000]);
    assertEquals(28 * 28, Images.networkInput(line, 28, 28, 1).length);
    assertEquals(28 * 28 * 3, Images.networkInput(line, 28, 28, 3).length);
  }

  @Test
  void senselessNetworksAreRefused() {
    RgbImage image = picture(0, 1, false);
    assertRefused(
        "image: cannot become a network input of 28x28x2; its depth must be 1 or 3",
        () -> Images.networkInput(image, 28, 28, 2));
    assertRefused("image: cannot have 0x28x1 values", () -> Images.networkInput(image, 0, 28, 1));
    assertRefused(
        "image: cannot have 65536x65536x1 values",
        () -> Images.networkInput(image, 65536, 65536, 1));
  }

  @Test
  void equalExtentsLeaveValuesAlone() {
    float[] values = new float[60];
    SplitMix64 random = new SplitMix64(2);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.normal();
    }
    assertArrayEquals(values, Images.resize(values, 5, 4, 3, 5, 4));
  }

  @Test
  void uniformValuesStayUniform() {
    float[] values = new float[7 * 5 * 2];
    Arrays.fill(values, 200);
    for (int[] to : new int[][] {{3, 2}, {7, 11}, {20, 3}, {1, 1}, {4, 5}}) {
      for (float value : Images.resize(values, 7, 5, 2, to[0], to[1])) {
        assertEquals(200, value);
      }
    }
  }

  @Test
  void shrinkingIsTheMeanOfTheCoveredArea() {
    // Halves of 3: the middle value counts half to each side.
    float[] three = {0, 60, 120};
    assertArrayEquals(new float[] {20, 100}, Images.resize(three, 3, 1, 1, 2, 1));
    assertArrayEquals(new float[] {20, 100}, Images.resize(three, 1, 3, 1, 1, 2));
    float[] blocks = {1, 2, 5, 6, 3, 4, 7, 8};
    assertArrayEquals(new float[] {2.5f, 6.5f}, Images.resize(blocks, 4, 2, 1, 2, 1));
  }

  @Test
  void growingIsLinearBetweenPixelCentres() {
    float[] two = {0, 80};
    float[] four = {0, 20, 60, 80};
    assertArrayEquals(four, Images.resize(two, 2, 1, 1, 4, 1));
    assertArrayEquals(four, Images.resize(two, 1, 2, 1, 1, 4));
    assertArrayEquals(new float[] {9, 9, 9}, Images.resize(new float[] {9}, 1, 1, 1, 3, 1));
  }

  @Test
  void resizingToOrFromNothingIsRefused() {
    float[] values = new float[12];
    assertRefused("resize: 12 values are not 3x2x1", () -> Images.resize(values, 3, 2, 1, 1, 1));
    assertRefused("image: cannot have 0x1x1", () -> Images.resize(values, 4, 3, 1, 0, 1));
    int huge = 1 << 20;
    assertRefused(
        "image: cannot have %dx%dx1".formatted(huge, huge),
        () -> Images.resize(values, 4, 3, 1, huge, huge));
  }
}
