package dev.tilewise;

/**
 * The four extents of a tensor: a batch of images with depth. Says nothing of their order in
 * memory, which is a {@link Layout}.
 *
 * @param n images in the batch
 * @param c channels: the depth D of the volume
 * @param h height, pixels
 * @param w width, pixels
 */
public record Shape(int n, int c, int h, int w) {

  /**
   * Checks the extents.
   *
   * @throws IllegalArgumentException if an extent is not positive or the bytes do not fit a {@code
   *     long}
   */
  public Shape {
    if (n <= 0 || c <= 0 || h <= 0 || w <= 0) {
      throw new IllegalArgumentException(
          "shape: extents must be positive, not n=" + n + " c=" + c + " h=" + h + " w=" + w);
    }
    // Two products of two ints fit a long each; only their product can overflow.
    if (Math.multiplyHigh((long) n * c, (long) h * w) != 0
        || (long) n * c * ((long) h * w) > Long.MAX_VALUE / Float.BYTES
        || (long) n * c * ((long) h * w) < 0) {
      throw new IllegalArgumentException(
          "shape: n=" + n + " c=" + c + " h=" + h + " w=" + w + " has 2^61 elements or more");
    }
  }

  /**
   * A shape in the order of its name.
   *
   * @param n images
   * @param c channels
   * @param h height
   * @param w width
   * @return the shape
   */
  public static Shape nchw(int n, int c, int h, int w) {
    return new Shape(n, c, h, w);
  }

  /**
   * One image, in the textbook's order W x H x D.
   *
   * @param width W
   * @param height H
   * @param depth D, the number of channels
   * @return the shape of a batch of one
   */
  public static Shape image(int width, int height, int depth) {
    return new Shape(1, depth, height, width);
  }

  /**
   * The same volume in a batch of another size.
   *
   * @param images batch size
   * @return the shape
   */
  public Shape withBatch(int images) {
    return new Shape(images, c, h, w);
  }

  /**
   * Number of elements.
   *
   * @return n * c * h * w
   */
  public long elements() {
    return (long) n * c * ((long) h * w);
  }

  /**
   * Size in memory.
   *
   * @return bytes of that many floats
   */
  public long bytes() {
    return elements() * Float.BYTES;
  }

  /**
   * Whether a tensor of this shape is the same bytes in both layouts: one channel, or one pixel.
   *
   * @return true if NCHW and NHWC coincide
   */
  boolean layoutsCoincide() {
    return c == 1 || (h == 1 && w == 1);
  }

  /** The shape as in case strings, such as {@code n1c64h56w56}. */
  @Override
  public String toString() {
    return "n" + n + "c" + c + "h" + h + "w" + w;
  }
}
