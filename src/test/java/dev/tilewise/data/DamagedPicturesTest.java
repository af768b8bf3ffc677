package dev.tilewise.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.testdata.Damage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 4,000 damaged pictures. */
class DamagedPicturesTest {
  /** Readers, their tables and buffers, and what the JDK loads at first. */
  private static final int ALWAYS = 16 << 20;

  @TempDir Path folder;

  private static byte[] picture(int type, String format) throws IOException {
    BufferedImage image = new BufferedImage(12, 9, type);
    SplitMix64 random = new SplitMix64(type);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, (int) random.next());
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, bytes), format);
    return bytes.toByteArray();
  }

  @Test
  void picturesAreReadOrRefused() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(picture(BufferedImage.TYPE_INT_RGB, "png"));
    seeds.add(picture(BufferedImage.TYPE_INT_ARGB, "png"));
    seeds.add(picture(BufferedImage.TYPE_BYTE_INDEXED, "png"));
    seeds.add(picture(BufferedImage.TYPE_USHORT_GRAY, "png"));
    seeds.add(picture(BufferedImage.TYPE_BYTE_BINARY, "png"));
    seeds.add(picture(BufferedImage.TYPE_INT_RGB, "jpg"));
    seeds.add(picture(BufferedImage.TYPE_BYTE_INDEXED, "gif"));
    seeds.add(picture(BufferedImage.TYPE_INT_RGB, "bmp"));
    int attempts = 4_000;
    int readable =
        Damage.survey(
            seeds,
            attempts,
            folder.resolve("damaged"),
            file -> {
              RgbImage image = Images.read(file);
              assertEquals(image.pixels().length, image.width() * image.height() * 3);
            },
            // At most 8256 pixels of a byte, each 8 bytes as decoded and 3 as kept.
            size -> ALWAYS + 11L * 8256 * size);
    assertTrue(readable > attempts / 20 && readable < attempts / 2, readable + " of " + attempts);
  }
}
