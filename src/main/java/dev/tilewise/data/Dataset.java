package dev.tilewise.data;

import dev.tilewise.Shape;
import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.train.Examples;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Labelled images of one size, as unsigned bytes in height, width, channel order.
 *
 * <p>Immutable: subsets and splits are views of the same bytes. All pixels of a dataset stand in
 * one array, so it holds less than 2 GB.
 */
public final class Dataset implements Examples {
  private final byte[] pixels;
  private final int[] labels;
  private final int first;
  private final int size;
  private final int width;
  private final int height;
  private final int channels;
  private final List<String> classNames;

  /** Takes the arrays over without a copy; the caller has checked labels and lengths. */
  private Dataset(
      byte[] pixels,
      int[] labels,
      int first,
      int size,
      int width,
      int height,
      int channels,
      List<String> classNames) {
    this.pixels = pixels;
    this.labels = labels;
    this.first = first;
    this.size = size;
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.classNames = classNames;
  }

  /**
   * A dataset of a copy of the given bytes.
   *
   * @param pixels unsigned bytes, image after image, each in height, width, channel order
   * @param labels the class of each image
   * @param width width in pixels
   * @param height height in pixels
   * @param channels values per pixel
   * @param classNames the name of each class; labels index this list
   * @return the dataset
   * @throws IllegalArgumentException if there is no image, an extent is not positive, the number of
   *     bytes is not images x height x width x channels, or a label has no name
   */
  public static Dataset of(
      byte[] pixels, int[] labels, int width, int height, int channels, List<String> classNames) {
    return owning(pixels.clone(), labels.clone(), width, height, channels, List.copyOf(classNames));
  }

  /** As {@link #of}, but keeps the arrays instead of copying them. */
  static Dataset owning(
      byte[] pixels, int[] labels, int width, int height, int channels, List<String> classNames) {
    if (labels.length == 0 || width <= 0 || height <= 0 || channels <= 0) {
      throw new IllegalArgumentException(
          "dataset: %d images of %dx%dx%d; each must be at least 1"
              .formatted(labels.length, width, height, channels));
    }
    // Divided, not multiplied: the product of four ints may exceed a long.
    long perImage = pixels.length / labels.length;
    boolean fits =
        pixels.length % labels.length == 0
            && perImage % channels == 0
            && perImage / channels == (long) width * height;
    if (!fits) {
      throw new IllegalArgumentException(
          "dataset: %d bytes are not %d images of %dx%dx%d"
              .formatted(pixels.length, labels.length, width, height, channels));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new IllegalArgumentException(
            "dataset: image %d has label %d but there are %d classes"
                .formatted(i, labels[i], classNames.size()));
      }
    }
    return new Dataset(
        pixels, labels, 0, labels.length, width, height, channels, List.copyOf(classNames));
  }

  /**
   * The number of images.
   *
   * @return at least 1
   */
  @Override
  public int size() {
    return size;
  }

  /**
   * The extents of one image.
   *
   * @return a shape with a batch of one
   */
  @Override
  public Shape shape() {
    return Shape.image(width, height, channels);
  }

  /**
   * The width of every image.
   *
   * @return pixels
   */
  public int width() {
    return width;
  }

  /**
   * The height of every image.
   *
   * @return pixels
   */
  public int height() {
    return height;
  }

  /**
   * The depth of every image: 1 for grayscale, 3 for red, green, blue.
   *
   * @return values per pixel
   */
  public int channels() {
    return channels;
  }

  /**
   * The number of values of one image.
   *
   * @return height x width x channels
   */
  public int imageLength() {
    return height * width * channels;
  }

  /**
   * The names of the classes, in the order of the labels.
   *
   * @return an unmodifiable list
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * The class of one image.
   *
   * @param index which image, from 0
   * @return an index of {@link #classNames}
   * @throws IllegalArgumentException if there is no such image
   */
  @Override
  public int label(int index) {
    return labels[first + checked(index)];
  }

  /**
   * A copy of the labels of all images.
   *
   * @return one per image
   */
  public int[] labels() {
    return Arrays.copyOfRange(labels, first, first + size);
  }

  /**
   * Writes one image as floats in [0, 1): exactly {@code value / 256} for each unsigned byte.
   *
   * @param index which image, from 0
   * @param dst receives {@link #imageLength} values in height, width, channel order
   * @param dstOff where the first value goes
   * @throws IllegalArgumentException if there is no such image or it does not fit; nothing is
   *     written then
   */
  @Override
  public void pixels(int index, float[] dst, int dstOff) {
    int length = imageLength();
    int srcOff = (first + checked(index)) * length;
    if (dstOff < 0 || dstOff > dst.length - length) {
      throw new IllegalArgumentException(
          "dataset: an image of %d values does not fit into %d floats at offset %d"
              .formatted(length, dst.length, dstOff));
    }
    for (int i = 0; i < length; i++) {
      dst[dstOff + i] = (pixels[srcOff + i] & 0xFF) / 256f;
    }
  }

  /**
   * A copy of the bytes of one image.
   *
   * @param index which image, from 0
   * @return unsigned bytes in height, width, channel order
   * @throws IllegalArgumentException if there is no such image
   */
  public byte[] bytes(int index) {
    int length = imageLength();
    int srcOff = (first + checked(index)) * length;
    return Arrays.copyOfRange(pixels, srcOff, srcOff + length);
  }

  /**
   * A view of consecutive images.
   *
   * @param from the first image
   * @param to one after the last
   * @return images {@code from .. to-1} of this dataset
   * @throws IllegalArgumentException unless {@code 0 <= from < to <= size}
   */
  public Dataset subset(int from, int to) {
    if (from < 0 || from >= to || to > size) {
      throw new IllegalArgumentException(
          "dataset: images %d to %d (exclusive) of %d do not exist".formatted(from, to, size));
    }
    return new Dataset(
        pixels, labels, first + from, to - from, width, height, channels, classNames);
  }

  /**
   * Splits the first images off for training and the next for testing; the rest is left out.
   *
   * @param trainCount how many to train with
   * @param testCount how many to test with
   * @return the two views
   * @throws IllegalArgumentException if a count is below 1 or there are fewer images than both
   */
  public TrainTest split(int trainCount, int testCount) {
    if (trainCount < 1 || testCount < 1 || (long) trainCount + testCount > size) {
      throw new IllegalArgumentException(
          "dataset: cannot split %d images into %d for training and %d for testing"
              .formatted(size, trainCount, testCount));
    }
    return new TrainTest(subset(0, trainCount), subset(trainCount, trainCount + testCount));
  }

  /**
   * A random order of all images, the same on every machine.
   *
   * @param seed what chooses the order
   * @return a permutation of {@code 0 .. size-1}
   */
  public int[] shuffledOrder(long seed) {
    return new SplitMix64(seed).permutation(size);
  }

  /** The same images under more class names, so that a label keeps its meaning. */
  Dataset withClassNames(List<String> names) {
    return new Dataset(pixels, labels, first, size, width, height, channels, List.copyOf(names));
  }

  /** "28x28x1": width, height, depth. */
  String extents() {
    return width + "x" + height + "x" + channels;
  }

  /** The names "0", "1", ... of numbered classes. */
  static List<String> numbered(int classes) {
    return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
  }

  @Override
  public String toString() {
    return size + " images of " + extents() + " in " + classNames.size() + " classes";
  }

  private int checked(int index) {
    if (index < 0 || index >= size) {
      throw new IllegalArgumentException(
          "dataset: there is no image %d among %d".formatted(index, size));
    }
    return index;
  }
}
