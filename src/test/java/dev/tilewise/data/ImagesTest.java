package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertBadData;
import static dev.tilewise.data.TestFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.internal.random.SplitMix64;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  @TempDir Path folder;

  private Path written(BufferedImage image, String format) throws IOException {
    Path file = folder.resolve("picture." + format);
    ImageIO.write(image, format, file.toFile());
    return file;
  }

  /** 16 x 16 pixels that take each gray value once. */
  private static BufferedImage ramp(int type, int step) {
    BufferedImage image = new BufferedImage(16, 16, type);
    for (int i = 0; i < 256; i++) {
      image.getRaster().setSample(i % 16, i / 16, 0, i * step);
    }
    return image;
  }

  private static byte[] grayRamp() {
    byte[] expected = new byte[256 * 3];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (byte) (i / 3);
    }
    return expected;
  }

  @Test
  void grayKeepsItsStoredValues() throws IOException {
    for (String format : new String[] {"png", "bmp", "gif", "tiff"}) {
      Path file = written(ramp(BufferedImage.TYPE_BYTE_GRAY, 1), format);
      assertArrayEquals(grayRamp(), Images.read(file).pixels(), format);
    }
  }

  @Test
  void sixteenBitGrayIsScaledToEight() throws IOException {
    Path file = written(ramp(BufferedImage.TYPE_USHORT_GRAY, 257), "png");
    assertArrayEquals(grayRamp(), Images.read(file).pixels());
  }

  @Test
  void coloursKeepTheirOrder() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_3BYTE_BGR);
    image.setRGB(0, 0, 0x102030);
    image.setRGB(1, 0, 0xF0E0D0);
    byte[] expected = {0x10, 0x20, 0x30, (byte) 0xF0, (byte) 0xE0, (byte) 0xD0};
    for (String format : new String[] {"png", "bmp", "tiff"}) {
      RgbImage read = Images.read(written(image, format));
      assertEquals(2, read.width());
      assertEquals(1, read.height());
      assertArrayEquals(expected, read.pixels(), format);
    }
  }

  @Test
  void paletteColoursAreLookedUp() throws IOException {
    byte[] red = {10, 20, 30, 40};
    byte[] green = {50, 60, 70, 80};
    byte[] blue = {90, 100, 110, 120};
    BufferedImage image =
        new BufferedImage(
            4, 1, BufferedImage.TYPE_BYTE_BINARY, new IndexColorModel(2, 4, red, green, blue));
    image.getRaster().setSample(1, 0, 0, 3);
    byte[] pixels = Images.read(written(image, "png")).pixels();
    assertArrayEquals(new byte[] {10, 50, 90, 40, 80, 120}, Arrays.copyOf(pixels, 6));
  }

  @Test
  void transparencyShowsWhite() throws IOException {
    BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00123456);
    image.setRGB(1, 0, 0xFF123456);
    image.setRGB(2, 0, 0x80000000);
    byte[] pixels = Images.read(written(image, "png")).pixels();
    // Opacity 128/255 of black over white leaves 127.
    byte[] expected = {-1, -1, -1, 0x12, 0x34, 0x56, 127, 127, 127};
    assertArrayEquals(expected, pixels);
  }

  @Test
  void lumaOfGrayIsTheGray() {
    float[] luma = Images.luma(new RgbImage(16, 16, grayRamp()));
    for (int i = 0; i < 256; i++) {
      assertEquals(i, luma[i]);
    }
    byte[] primaries = {-1, 0, 0, 0, -1, 0, 0, 0, -1};
    assertArrayEquals(
        new float[] {76.245f, 149.685f, 29.07f}, Images.luma(new RgbImage(3, 1, primaries)));
  }

  @Test
  void unreadableFilesAreRefused() throws IOException {
    Path missing = folder.resolve("missing.png");
    assertBadData(missing, "no such file", () -> Images.read(missing));
    assertBadData(folder, "is not a file", () -> Images.read(folder));
    Path text = Files.writeString(folder.resolve("text.png"), "not a picture");
    assertBadData(text, "is not a picture this Java reads (", () -> Images.read(text));
    Path empty = Files.write(folder.resolve("empty.png"), new byte[0]);
    assertBadData(empty, "is not a picture", () -> Images.read(empty));
  }

  @Test
  void picturesInMemoryAreReadAsThoseInFiles() throws IOException {
    Path file = written(ramp(BufferedImage.TYPE_BYTE_GRAY, 1), "png");
    byte[] bytes = Files.readAllBytes(file);
    Path name = Path.of("upload.png");
    assertArrayEquals(grayRamp(), Images.read(bytes, name).pixels());
    byte[] half = Arrays.copyOf(bytes, bytes.length / 2);
    assertBadData(name, "is a damaged picture", () -> Images.read(half, name));
    byte[] claims = pngHeader(8000, 8000, 7000).array();
    assertBadData(
        name,
        "8000 x 8000 pixels cannot be in a file of 7000 bytes",
        () -> Images.read(claims, name));
    assertBadData(name, "is not a picture", () -> Images.read(new byte[0], name));
  }

  @Test
  void absurdExtentsAreRefusedBeforeDecoding() throws IOException {
    for (int[] extents : new int[][] {{1 << 30, 1 << 30}, {8193, 8192}}) {
      ByteBuffer header = pngHeader(extents[0], extents[1], 33);
      Path file = Files.write(folder.resolve("huge.png"), header.array());
      assertBadData(
          file,
          "%d x %d pixels cannot be read; the limit is 67108864".formatted(extents[0], extents[1]),
          () -> Images.read(file));
    }
  }

  @Test
  void damagedFilesAreReadOrRefusedButNeverFailOtherwise() throws IOException {
    SplitMix64 random = new SplitMix64(1);
    for (String format : new String[] {"png", "jpg", "gif", "bmp", "tiff"}) {
      byte[] good = Files.readAllBytes(written(ramp(BufferedImage.TYPE_BYTE_GRAY, 1), format));
      for (int attempt = 0; attempt < 100; attempt++) {
        int length = random.below(4) == 0 ? random.below(good.length) : good.length;
        byte[] bad = Arrays.copyOf(good, length);
        for (int flip = 0; flip < 3 && length > 0; flip++) {
          // Most structure is at the start.
          bad[random.below(Math.min(length, 64))] ^= (byte) (1 << random.below(8));
        }
        readOrRefuse(Files.write(folder.resolve("damaged"), bad), format + " " + attempt);
      }
    }
  }

  /** The start of a PNG file, up to and with the chunk of its extents. */
  private static ByteBuffer pngHeader(int width, int height, int bytes) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(bytes);
    header.putLong(0x89504E470D0A1A0AL).putInt(13).put("IHDR".getBytes("US-ASCII"));
    header.putInt(width).putInt(height).put(new byte[] {8, 0, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(header.array(), 12, 17);
    return header.putInt((int) crc.getValue());
  }

  @Test
  void extentsThatTheFileCannotHoldAreRefusedBeforeDecoding() throws IOException {
    // Deflate and one bit a pixel: at most 8256 pixels of a byte.
    Path file = Files.write(folder.resolve("few.png"), pngHeader(8000, 8000, 7000).array());
    assertBadData(
        file, "8000 x 8000 pixels cannot be in a file of 7000 bytes", () -> Images.read(file));
    BufferedImage blank = new BufferedImage(8000, 8000, BufferedImage.TYPE_BYTE_BINARY);
    assertEquals(8000, Images.read(written(blank, "png")).width());
  }

  @Test
  void truncatedPicturesAreRefused() throws IOException {
    for (String format : new String[] {"png", "jpg", "gif", "bmp", "tiff"}) {
      BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
      SplitMix64 random = new SplitMix64(3);
      for (int i = 0; i < 64 * 64; i++) {
        image.getRaster().setSample(i % 64, i / 64, 0, random.below(256));
      }
      byte[] good = Files.readAllBytes(written(image, format));
      assertEquals(64, Images.read(folder.resolve("picture." + format)).width());
      for (int length : new int[] {good.length / 2, good.length / 4, 20}) {
        Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(good, length));
        assertBadData(file, "", () -> Images.read(file));
      }
      if (format.equals("jpg")) {
        Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(good, good.length / 2));
        assertBadData(file, "is a truncated picture: it ends before", () -> Images.read(file));
        // What cameras append does no harm.
        Path longer = Files.write(folder.resolve("long"), Arrays.copyOf(good, good.length + 999));
        assertEquals(64, Images.read(longer).width());
      }
    }
  }

  private static void readOrRefuse(Path file, String attempt) {
    try {
      Images.read(file);
    } catch (BadDataException e) {
      assertEquals(1, e.getMessage().lines().count(), attempt + ": " + e.getMessage());
    }
  }

  @Test
  void pngDecodesToTheReferenceBytes() throws IOException {
    Path photos = TestFiles.realData("photos");
    RgbImage fish = Images.read(photos.resolve("fish.png"));
    assertEquals(224, fish.width());
    assertEquals(224, fish.height());
    assertArrayEquals(Files.readAllBytes(photos.resolve("fish.rgb224.u8.bin")), fish.pixels());
  }

  @Test
  void wrongNumbersOfBytesAreRefused() {
    assertRefused(
        "image: 5 bytes are not 1x2 pixels of 3 bytes", () -> new RgbImage(1, 2, new byte[5]));
    assertRefused("image: 0 bytes are not 0x2", () -> new RgbImage(0, 2, new byte[0]));
    int wide = 1 << 16;
    assertRefused("image: 0 bytes are not", () -> new RgbImage(wide, wide, new byte[0]));
  }
}
