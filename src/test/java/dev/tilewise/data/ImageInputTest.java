package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertBadData;
import static dev.tilewise.data.TestFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.internal.random.SplitMix64;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageInputTest {
  @TempDir Path folder;

  private static RgbImage picture(int width, int height, long seed) {
    SplitMix64 random = new SplitMix64(seed);
    byte[] pixels = new byte[width * height * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.below(256);
    }
    return new RgbImage(width, height, pixels);
  }

  private static RgbImage gray(int width, int height, int... levels) {
    byte[] pixels = new byte[width * height * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) levels[i / 3];
    }
    return new RgbImage(width, height, pixels);
  }

  /** The values in height, width, channel order. */
  private static float[] values(ImageInput input, RgbImage image) {
    try (Arena arena = Arena.ofConfined()) {
      Shape shape = input.shape(image.width(), image.height());
      Tensor x = Tensor.allocate(arena, shape, Layout.NHWC);
      input.into(image, x, 0);
      return x.toArray(Layout.NHWC);
    }
  }

  private static float[] channel(float[] values, int channel) {
    float[] one = new float[values.length / 3];
    for (int i = 0; i < one.length; i++) {
      one[i] = values[3 * i + channel];
    }
    return one;
  }

  @Test
  void levelsAreThoseOfThePicture() {
    RgbImage image = picture(5, 4, 1);
    float[] values = values(ImageInput.levels(), image);
    for (int i = 0; i < values.length; i++) {
      assertEquals(image.pixels()[i] & 0xFF, values[i]);
    }
    assertArrayEquals(values, values(ImageInput.levels().resize(5, 4), image));
    assertArrayEquals(values, values(ImageInput.levels().resize(4), image));
    assertArrayEquals(values, values(ImageInput.levels().cover(5, 4), image));
  }

  @Test
  void halvingWeighsFourPixelsByATriangle() {
    // Distances 1.5, 0.5, 0.5 of 2: weights 1/4, 3/4, 3/4, and the fourth lies outside.
    float[] wide = values(ImageInput.levels().resize(2, 1), gray(4, 1, 0, 0, 0, 7));
    assertArrayEquals(new float[] {0, 3}, channel(wide, 0));
    float[] high = values(ImageInput.levels().resize(1, 2), gray(1, 4, 70, 0, 0, 0));
    assertArrayEquals(new float[] {30, 0}, channel(high, 2));
  }

  @Test
  void growingInterpolatesAndRepeatsTheEdge() {
    float[] wide = values(ImageInput.levels().resize(4, 1), gray(2, 1, 0, 8));
    assertArrayEquals(new float[] {0, 2, 6, 8}, channel(wide, 1));
  }

  @Test
  void aUniformPictureStaysUniform() {
    int[] levels = new int[37 * 23];
    Arrays.fill(levels, 113);
    for (int[] extents : new int[][] {{10, 10}, {100, 7}, {1, 1}, {224, 224}}) {
      ImageInput input = ImageInput.levels().resize(extents[0], extents[1]);
      for (float value : values(input, gray(37, 23, levels))) {
        assertEquals(113, value);
      }
    }
  }

  /** One axis as PIL and torchvision describe it, in doubles. */
  private static double[] resizedAxis(double[] in, int outer, int from, int inner, int to) {
    double scale = (double) from / to;
    double wide = Math.max(1, scale);
    double[] out = new double[outer * to * inner];
    for (int j = 0; j < to; j++) {
      double centre = (j + 0.5) * scale;
      double total = 0;
      for (int i = 0; i < from; i++) {
        double weight = Math.max(0, 1 - Math.abs((i + 0.5 - centre) / wide));
        total += weight;
        for (int o = 0; o < outer; o++) {
          for (int k = 0; k < inner; k++) {
            out[(o * to + j) * inner + k] += weight * in[(o * from + i) * inner + k];
          }
        }
      }
      for (int o = 0; o < outer; o++) {
        for (int k = 0; k < inner; k++) {
          out[(o * to + j) * inner + k] /= total;
        }
      }
    }
    return out;
  }

  @Test
  void resizingFollowsItsFormula() {
    SplitMix64 random = new SplitMix64(7);
    for (int attempt = 0; attempt < 200; attempt++) {
      int width = 1 + random.below(40);
      int height = 1 + random.below(40);
      int newWidth = 1 + random.below(60);
      int newHeight = 1 + random.below(60);
      RgbImage image = picture(width, height, attempt);
      double[] in = new double[image.pixels().length];
      for (int i = 0; i < in.length; i++) {
        in[i] = image.pixels()[i] & 0xFF;
      }
      double[] narrow = resizedAxis(in, height, width, 3, newWidth);
      double[] expected = resizedAxis(narrow, 1, height, newWidth * 3, newHeight);
      float[] actual = values(ImageInput.levels().resize(newWidth, newHeight), image);
      for (int i = 0; i < expected.length; i++) {
        // A float between the axes and one at the end: each half a unit of the last place of 255,
        // and as much again for the doubles.
        assertEquals(expected[i], actual[i], 3 * 0x1p-17, "attempt " + attempt + ", " + i);
      }
    }
  }

  @Test
  void theShorterSideIsResizedAndTheLongerRoundedDown() {
    ImageInput input = ImageInput.levels().resize(256);
    assertEquals(Shape.image(341, 256, 3), input.shape(500, 375));
    assertEquals(Shape.image(256, 341, 3), input.shape(375, 500));
    assertEquals(Shape.image(256, 256, 3), input.shape(8, 8));
    assertEquals(Shape.image(256, 512, 3), input.shape(1, 2));
    assertEquals(Shape.image(7, 9, 3), ImageInput.levels().resize(7, 9).shape(500, 375));
    assertEquals(Shape.image(7, 9, 3), ImageInput.levels().cover(7, 9).shape(500, 375));
  }

  @Test
  void theCentreIsTakenWithOddMarginsToTheEvenSide() {
    int[] ramp = {0, 1, 2, 3, 4, 5, 6, 7};
    ImageInput two = ImageInput.levels().centreCrop(2, 1);
    // Margins 0.5, 1, 1.5, 2, 2.5, 3.
    int[] first = {0, 1, 2, 2, 2, 3};
    for (int i = 0; i < first.length; i++) {
      float[] values = values(two, gray(3 + i, 1, Arrays.copyOf(ramp, 3 + i)));
      assertArrayEquals(new float[] {first[i], first[i] + 1}, channel(values, 0));
    }
    float[] high = values(ImageInput.levels().centreCrop(1, 2), gray(1, 6, 0, 1, 2, 3, 4, 5));
    assertArrayEquals(new float[] {2, 3}, channel(high, 0));
  }

  @Test
  void coveringCropsBeforeItResizes() {
    // The middle 2 x 2 of 6 x 2.
    RgbImage image = gray(6, 2, 9, 9, 1, 3, 9, 9, 9, 9, 5, 7, 9, 9);
    float[] values = values(ImageInput.levels().cover(1, 1), image);
    assertArrayEquals(new float[] {4}, channel(values, 0));
  }

  @Test
  void valuesAreScaledThenShiftedThenDivided() {
    RgbImage image = new RgbImage(1, 1, new byte[] {10, 20, (byte) 200});
    ImageInput input = ImageInput.levels().std(2, 4, 8).mean(1, 2, 3).scale(0.5f);
    assertArrayEquals(new float[] {2, 2, 12.125f}, values(input, image));
    // Mean and std stay with their colours.
    assertArrayEquals(new float[] {12.125f, 2, 2}, values(input.bgr(), image));
    assertEquals(
        "(level * 0.5 - [1.0, 2.0, 3.0]) / [2.0, 4.0, 8.0], blue first", input.bgr().toString());
  }

  @Test
  void descriptionsDoNotChange() {
    ImageInput levels = ImageInput.levels();
    String before = levels.toString();
    levels.resize(3).centreCrop(2, 2).scale(2).mean(1, 1, 1).std(2, 2, 2).bgr();
    assertEquals(before, levels.toString());
    assertEquals("(level * 1.0 - [0.0, 0.0, 0.0]) / [1.0, 1.0, 1.0], red first", before);
  }

  @Test
  void theImagenetPresetIsTheUsualOne() {
    ImageInput input = ImageInput.imagenet(224);
    assertEquals(
        "resize shorter side to 256, central 224x224, (level * 0.003921569 - [0.485, 0.456, 0.406])"
            + " / [0.229, 0.224, 0.225], red first",
        input.toString());
    assertEquals(Shape.image(224, 224, 3), input.shape(300, 1000));
    assertTrue(ImageInput.imagenet(299).toString().startsWith("resize shorter side to 342, "));
    int[] levels = new int[300 * 260];
    Arrays.fill(levels, 128);
    float[] values = values(input, gray(300, 260, levels));
    float scaled = 128 * (1 / 255f);
    for (int i = 0; i < values.length; i += 3) {
      assertEquals((scaled - 0.485f) / 0.229f, values[i]);
      assertEquals((scaled - 0.456f) / 0.224f, values[i + 1]);
      assertEquals((scaled - 0.406f) / 0.225f, values[i + 2]);
    }
  }

  @Test
  void oneImageOfATensorIsWrittenInItsLayout() {
    RgbImage image = picture(9, 5, 4);
    ImageInput input = ImageInput.levels().resize(7, 6).mean(1, 2, 3).bgr();
    float[] expected = values(input, image);
    try (Arena arena = Arena.ofConfined()) {
      for (Layout layout : Layout.values()) {
        Tensor x = Tensor.allocate(arena, Shape.nchw(3, 3, 6, 7), layout).fill(Float.NaN);
        input.into(image, x, 1);
        float[] all = x.toArray(Layout.NHWC);
        int one = expected.length;
        assertArrayEquals(expected, Arrays.copyOfRange(all, one, 2 * one));
        for (int i = 0; i < one; i++) {
          assertTrue(Float.isNaN(all[i]) && Float.isNaN(all[2 * one + i]));
        }
      }
    }
  }

  @Test
  void wrongTensorsAndPicturesAreRefused() throws IOException {
    RgbImage image = picture(10, 8, 5);
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Tensor.allocate(arena, Shape.nchw(2, 3, 4, 4), Layout.NHWC).fill(7);
      ImageInput fits = ImageInput.levels().resize(4, 4);
      assertRefused(
          "image input: a picture of 10x8 pixels becomes n1c3h8w10, but the tensor is n2c3h4w4",
          () -> ImageInput.levels().into(image, x, 0));
      assertRefused(
          "image input: cannot take the central 11x2 of 10x8 pixels; resize to more first",
          () -> ImageInput.levels().centreCrop(11, 2).into(image, x, 0));
      assertRefused(
          "image input: the tensor n2c3h4w4 NHWC is read-only",
          () -> fits.into(image, x.asReadOnly(), 0));
      assertThrows(IndexOutOfBoundsException.class, () -> fits.into(image, x, 2));
      assertThrows(IndexOutOfBoundsException.class, () -> fits.into(image, x, -1));
      Path text = Files.writeString(folder.resolve("text.png"), "not a picture");
      assertBadData(text, "is not a picture this Java reads (", () -> fits.into(text, x, 0));
      for (float value : x.toArray(Layout.NHWC)) {
        assertEquals(7, value);
      }
    }
    assertRefused(
        "image input: 100000x1 pixels would be resized to 1000 by 100000000",
        () -> ImageInput.levels().resize(1000).shape(100_000, 1));
  }

  @Test
  void wrongSettingsAreRefused() {
    ImageInput levels = ImageInput.levels();
    assertRefused("image: cannot have 0x0x3 values", () -> levels.resize(0));
    assertRefused("image: cannot have 3x-1x3 values", () -> levels.resize(3, -1));
    assertRefused("image: cannot have 10000x10000x3 values", () -> levels.cover(10_000, 10_000));
    assertRefused("image: cannot have 0x1x3 values", () -> levels.centreCrop(0, 1));
    assertRefused("image: cannot have 0x0x3 values", () -> ImageInput.imagenet(0));
    assertRefused("image input: scale [NaN] is not finite", () -> levels.scale(Float.NaN));
    assertRefused(
        "image input: mean [0.0, Infinity, 0.0] is not finite",
        () -> levels.mean(0, Float.POSITIVE_INFINITY, 0));
    assertRefused(
        "image input: std [1.0, 1.0, NaN] is not finite", () -> levels.std(1, 1, Float.NaN));
    assertRefused(
        "image input: cannot divide by the std [1.0, 0.0, 1.0]", () -> levels.std(1, 0, 1));
  }

  @Test
  void photosBecomeWhatPilMakesOfThem() throws IOException {
    Path photos = TestFiles.realData("photos");
    // Without dog_bike_car.jpg, whose colours have half its height: PIL interpolates them, the JDK
    // repeats them.
    for (String name :
        new String[] {
          "fish.png",
          "kitten.jpg",
          "bald_eagle.jpeg",
          "pelican.jpeg",
          "daisy.jpg",
          "hummingbird.jpg",
          "dog-cat.jpg"
        }) {
      byte[] expected =
          Files.readAllBytes(
              photos.resolve(name.substring(0, name.indexOf('.')) + ".rgb224.u8.bin"));
      RgbImage image = Images.read(photos.resolve(name));
      float[] actual = values(ImageInput.levels().cover(224, 224), image);
      for (int i = 0; i < expected.length; i++) {
        // PIL rounds to whole levels after each axis, and its weights, fewer than 10, to 2^-22.
        double bound = 2 * (0.5 + 10 * 255 * 0x1p-23);
        assertEquals(expected[i] & 0xFF, actual[i], bound, name + " " + i);
      }
    }
  }

  @Test
  void fishBecomesTheInputOfSqueezenet() throws IOException {
    Path images = TestFiles.realData("photos");
    Path reference = images.resolve("../../models/squeezenet_v1.1/fish.input.bin");
    byte[] expected = Files.readAllBytes(reference);
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Tensor.allocate(arena, Shape.image(224, 224, 3), Layout.NCHW);
      ImageInput.levels().bgr().into(images.resolve("fish.png"), x, 0);
      float[] actual = x.toArray(Layout.NCHW);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i] & 0xFF, actual[i]);
      }
    }
  }
}
