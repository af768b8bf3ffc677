package dev.tilewise.cli;

import dev.tilewise.Tensor;
import dev.tilewise.data.Dataset;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Small pictures as HTML elements that hold their own data, each pixel a visible square. */
final class Pictures {

  private static final int WHITE = 255;
  private static final int[] NEGATIVE = {0x2B, 0x6C, 0xB0};
  private static final int[] POSITIVE = {0xB4, 0x53, 0x09};

  private Pictures() {}

  /** Signed weights: white is 0, blue is negative, brown is positive, up to the limit. */
  static String weights(float[] plane, int width, int height, float limit, String alt)
      throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < plane.length; i++) {
      int[] end = plane[i] < 0 ? NEGATIVE : POSITIVE;
      float share = limit > 0 ? Math.min(1, Math.abs(plane[i]) / limit) : 0;
      int colour = 0;
      for (int channel : end) {
        colour = colour << 8 | Math.round(WHITE + share * (channel - WHITE));
      }
      image.setRGB(i % width, i / width, colour);
    }
    return element(image, alt);
  }

  /** One activation map, from its smallest value in black to its largest in white. */
  static String map(Tensor t, int channel, String alt) throws IOException {
    int width = t.shape().w();
    int height = t.shape().h();
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < width * height; i++) {
      low = Math.min(low, t.get(0, channel, i / width, i % width));
      high = Math.max(high, t.get(0, channel, i / width, i % width));
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      float value = t.get(0, channel, i / width, i % width);
      int gray = high > low ? Math.round(WHITE * (value - low) / (high - low)) : 0;
      image.setRGB(i % width, i / width, gray << 16 | gray << 8 | gray);
    }
    return element(image, alt);
  }

  /** One image of a dataset. */
  static String image(Dataset set, int i, String alt) throws IOException {
    byte[] bytes = set.bytes(i);
    int c = set.channels();
    BufferedImage image = new BufferedImage(set.width(), set.height(), BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < set.width() * set.height(); p++) {
      int red = bytes[p * c] & 0xFF;
      int green = bytes[p * c + (c > 1 ? 1 : 0)] & 0xFF;
      int blue = bytes[p * c + c - 1] & 0xFF;
      image.setRGB(p % set.width(), p / set.width(), red << 16 | green << 8 | blue);
    }
    return element(image, alt);
  }

  private static String element(BufferedImage image, String alt) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    return "<img class=px alt='"
        + Html.escape(alt)
        + "' src='data:image/png;base64,"
        + Base64.getEncoder().encodeToString(png.toByteArray())
        + "'>";
  }
}
