package dev.tilewise.internal.conv;

/**
 * Which channels of the output tensor a convolution or a pooling writes: those of a pixel lie side
 * by side from {@code first} on, in a fibre of {@code depth} channels. The others are not touched.
 * So a concatenation along the depth is written in place, by each of its parts.
 *
 * @param depth channels of the output tensor
 * @param first the first one that is written
 */
public record Destination(int depth, int first) {

  /** A tensor that has no other channels. */
  public static Destination dense(int channels) {
    return new Destination(channels, 0);
  }

  /** Whether all channels are written. */
  boolean isDense(int channels) {
    return depth == channels;
  }

  /** Bytes from pixel to pixel. */
  long pixelBytes() {
    return (long) depth * Float.BYTES;
  }

  /**
   * Where an output lies, bytes.
   *
   * @param pixel its pixel, counted through all images
   * @param channel counted from the first one that is written
   */
  long at(long pixel, int channel) {
    return (pixel * depth + first + channel) * Float.BYTES;
  }
}
