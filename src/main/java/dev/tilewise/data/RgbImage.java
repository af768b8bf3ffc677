package dev.tilewise.data;

/**
 * A colour picture in memory.
 *
 * @param width width in pixels
 * @param height height in pixels
 * @param pixels unsigned bytes, row after row, red, green, blue of each pixel; kept, not copied
 */
public record RgbImage(int width, int height, byte[] pixels) {
  /** Values per pixel: red, green, blue. */
  public static final int CHANNELS = 3;

  /**
   * Checks the number of bytes.
   *
   * @throws IllegalArgumentException if an extent is below 1 or there are not width x height x 3
   *     bytes
   */
  public RgbImage {
    if (width < 1 || height < 1 || (long) width * height * CHANNELS != pixels.length) {
      throw new IllegalArgumentException(
          "image: %d bytes are not %dx%d pixels of 3 bytes"
              .formatted(pixels.length, width, height));
    }
  }
}
