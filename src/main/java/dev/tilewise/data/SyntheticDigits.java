package dev.tilewise.data;

import dev.tilewise.internal.random.SplitMix64;
import java.util.Arrays;
import java.util.List;

/**
 * Handwritten-like digits made by a program: 28 x 28 grayscale, bright on black as MNIST.
 *
 * <p>Each digit is a few pen strokes in one of several ways to write it, bent, slanted, turned,
 * scaled and shifted at random, drawn with a pen of varying width, then given pixel noise. Image i
 * depends on the seed and i alone, and is the same to the last bit on every machine. Among images
 * {@code 10 k .. 10 k + 9} each digit occurs once, in random order.
 */
public final class SyntheticDigits {
  /** Width and height of the images. */
  public static final int EXTENT = 28;

  private static final int DIGITS = 10;
  private static final int IMAGE_LENGTH = EXTENT * EXTENT;

  private SyntheticDigits() {}

  /**
   * Makes the first images of a seed.
   *
   * @param count how many, at least 1
   * @param seed which family of images
   * @return {@code count} images of 28 x 28 x 1 in the classes "0" to "9"
   * @throws IllegalArgumentException if the count is below 1 or all do not fit 2 GB
   */
  public static Dataset generate(int count, long seed) {
    if (count < 1 || count > DataFile.MAX_BYTES / IMAGE_LENGTH) {
      throw new IllegalArgumentException(
          "synthetic digits: cannot make %d images, 1 to %d are possible"
              .formatted(count, DataFile.MAX_BYTES / IMAGE_LENGTH));
    }
    byte[] pixels = new byte[count * IMAGE_LENGTH];
    int[] labels = new int[count];
    int[] block = null;
    for (int i = 0; i < count; i++) {
      if (i % DIGITS == 0) {
        // Negative indices, so that no image draws from the same sequence.
        block = SplitMix64.of(seed, -1 - i / DIGITS).permutation(DIGITS);
      }
      labels[i] = block[i % DIGITS];
      draw(labels[i], SplitMix64.of(seed, i), pixels, i * IMAGE_LENGTH);
    }
    return Dataset.owning(pixels, labels, EXTENT, EXTENT, 1, Dataset.numbered(DIGITS));
  }

  private static void draw(int digit, SplitMix64 random, byte[] pixels, int off) {
    Glyph glyph = Glyph.of(digit, random.below(Glyph.ways(digit)));
    List<Handwriting.Line> lines = Handwriting.write(glyph, EXTENT, random);
    double[] depth = new double[IMAGE_LENGTH];
    Arrays.fill(depth, Double.NEGATIVE_INFINITY);
    for (Handwriting.Line line : lines) {
      for (int i = 1; i < line.x().length; i++) {
        stamp(line, i, depth);
      }
    }
    // The edge of the ink fades over this many pixels.
    double fade = random.between(1, 1.7);
    double ink = random.between(200, 255);
    double paper = Math.max(0, random.between(-8, 8));
    double grain = random.between(0, 16);
    for (int p = 0; p < IMAGE_LENGTH; p++) {
      double coverage = Math.max(0, Math.min(1, 0.5 + depth[p] / fade));
      double noise = random.normal() * (paper + grain * coverage);
      double value = ink * coverage + noise;
      pixels[off + p] = (byte) (int) (Math.max(0, Math.min(255, value)) + 0.5);
    }
  }

  /**
   * Raises the depth, how far inside the ink a pixel lies, by segment {@code i-1, i}: the radius
   * there minus the distance to it.
   */
  private static void stamp(Handwriting.Line line, int i, double[] depth) {
    double ax = line.x()[i - 1];
    double ay = line.y()[i - 1];
    double bx = line.x()[i];
    double by = line.y()[i];
    double dx = bx - ax;
    double dy = by - ay;
    double lengthSquared = dx * dx + dy * dy;
    double perLength = lengthSquared > 0 ? 1 / lengthSquared : 0;
    double radius = line.radius()[i - 1];
    double growth = line.radius()[i] - radius;
    // Nothing shows beyond half a fade, 0.85 pixels, from the edge.
    double reach = Math.max(radius, radius + growth) + 1;
    int left = (int) Math.max(0, Math.min(ax, bx) - reach);
    int right = (int) Math.min(EXTENT - 1, Math.max(ax, bx) + reach);
    int top = (int) Math.max(0, Math.min(ay, by) - reach);
    int bottom = (int) Math.min(EXTENT - 1, Math.max(ay, by) + reach);
    for (int y = top; y <= bottom; y++) {
      for (int x = left; x <= right; x++) {
        double px = x + 0.5 - ax;
        double py = y + 0.5 - ay;
        double t = Math.max(0, Math.min(1, (px * dx + py * dy) * perLength));
        double ex = px - t * dx;
        double ey = py - t * dy;
        double inside = radius + t * growth - Math.sqrt(ex * ex + ey * ey);
        depth[y * EXTENT + x] = Math.max(depth[y * EXTENT + x], inside);
      }
    }
  }
}
