package dev.tilewise.data;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * How a picture becomes the input of a network: resized, cropped, then for each channel
 *
 * <pre>value = (level * scale - mean) / std</pre>
 *
 * <p>with levels from 0 to 255, each operation rounded to a float. A description is immutable; each
 * method returns another one, and the order in which they are called does not matter:
 *
 * <pre>{@code
 * ImageInput imagenet = ImageInput.levels().resize(256).centreCrop(224, 224)
 *     .scale(1 / 255f).mean(0.485f, 0.456f, 0.406f).std(0.229f, 0.224f, 0.225f);
 * Tensor x = Tensor.allocate(arena, Shape.nchw(8, 3, 224, 224), Layout.NHWC);
 * imagenet.into(Path.of("kitten.jpg"), x, 0);
 * }</pre>
 *
 * <p><b>Resizing</b> is linear with antialiasing, what PIL calls {@code BILINEAR} and torchvision
 * {@code antialias=True}: along each axis a result is the mean of the pixels around its centre,
 * weighted by a triangle that falls to 0 at the distance of one pixel, or where the picture shrinks
 * of one result. Pixels outside the picture have no weight. Nothing is rounded to whole levels, so
 * PIL, which does after each axis, differs by up to one level.
 *
 * <p>Pictures are decoded as {@link Images#read} says; in particular the orientation that cameras
 * note (EXIF) is not followed. The same picture gives the same bits everywhere.
 */
public final class ImageInput {

  private static final int CHANNELS = RgbImage.CHANNELS;

  private enum Sizing {
    AS_IT_IS,
    SHORTER_SIDE,
    STRETCHED,
    COVERED
  }

  /** Extents that one step aims at. */
  private record Extents(int width, int height) {
    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  private final Sizing sizing;
  private final Extents size;

  /** Null for all of the picture. */
  private final Extents crop;

  private final float scale;
  private final float[] mean;
  private final float[] std;
  private final boolean blueFirst;

  private ImageInput(
      Sizing sizing,
      Extents size,
      Extents crop,
      float scale,
      float[] mean,
      float[] std,
      boolean blueFirst) {
    this.sizing = sizing;
    this.size = size;
    this.crop = crop;
    this.scale = scale;
    this.mean = mean;
    this.std = std;
    this.blueFirst = blueFirst;
  }

  /**
   * Where descriptions start: levels from 0 to 255 of the picture as it is, red first.
   *
   * @return that description
   */
  public static ImageInput levels() {
    return new ImageInput(
        Sizing.AS_IT_IS,
        new Extents(0, 0),
        null,
        1,
        new float[CHANNELS],
        new float[] {1, 1, 1},
        false);
  }

  /**
   * What most networks for ImageNet were trained with: the shorter side becomes 256/224 of {@code
   * side}, to the nearest; of that the central square; divided by 255, less (0.485, 0.456, 0.406),
   * divided by (0.229, 0.224, 0.225).
   *
   * @param side width and height of the network's input
   * @return that description
   * @throws IllegalArgumentException if the side is below 1 or has more pixels than can be read
   */
  public static ImageInput imagenet(int side) {
    Resampling.requireExtents(side, side, CHANNELS);
    return levels()
        .resize((side * 256 + 112) / 224)
        .centreCrop(side, side)
        .scale(1 / 255f)
        .mean(0.485f, 0.456f, 0.406f)
        .std(0.229f, 0.224f, 0.225f);
  }

  private ImageInput sized(Sizing newSizing, int width, int height) {
    Resampling.requireExtents(width, height, CHANNELS);
    return new ImageInput(newSizing, new Extents(width, height), crop, scale, mean, std, blueFirst);
  }

  /**
   * Resizes first, keeping the proportions; the longer side is rounded down. Replaces any other way
   * to resize.
   *
   * @param shorterSide the wanted extent of the shorter side
   * @return the new description
   * @throws IllegalArgumentException if the extent is below 1 or too large
   */
  public ImageInput resize(int shorterSide) {
    return sized(Sizing.SHORTER_SIDE, shorterSide, shorterSide);
  }

  /**
   * Resizes first, stretching where the proportions differ. Replaces any other way to resize.
   *
   * @param width the wanted width
   * @param height the wanted height
   * @return the new description
   * @throws IllegalArgumentException if an extent is below 1 or there are too many pixels
   */
  public ImageInput resize(int width, int height) {
    return sized(Sizing.STRETCHED, width, height);
  }

  /**
   * First takes the largest central part that has the proportions of the wanted extents, to the
   * nearest pixel, and resizes that. Replaces any other way to resize.
   *
   * @param width the wanted width
   * @param height the wanted height
   * @return the new description
   * @throws IllegalArgumentException if an extent is below 1 or there are too many pixels
   */
  public ImageInput cover(int width, int height) {
    return sized(Sizing.COVERED, width, height);
  }

  /**
   * After resizing, takes the central part. An odd margin is halved to the even one of its two
   * neighbours, as torchvision does.
   *
   * @param width the width of that part
   * @param height its height
   * @return the new description
   * @throws IllegalArgumentException if an extent is below 1 or there are too many pixels
   */
  public ImageInput centreCrop(int width, int height) {
    Resampling.requireExtents(width, height, CHANNELS);
    return new ImageInput(sizing, size, new Extents(width, height), scale, mean, std, blueFirst);
  }

  /**
   * Multiplies levels.
   *
   * @param factor the factor, such as {@code 1 / 255f}
   * @return the new description
   * @throws IllegalArgumentException if the factor is not finite
   */
  public ImageInput scale(float factor) {
    requireFinite("scale", factor);
    return new ImageInput(sizing, size, crop, factor, mean, std, blueFirst);
  }

  /**
   * Subtracts after scaling.
   *
   * @param red from the red channel
   * @param green from the green channel
   * @param blue from the blue channel
   * @return the new description
   * @throws IllegalArgumentException if a value is not finite
   */
  public ImageInput mean(float red, float green, float blue) {
    float[] newMean = {red, green, blue};
    requireFinite("mean", newMean);
    return new ImageInput(sizing, size, crop, scale, newMean, std, blueFirst);
  }

  /**
   * Divides after subtracting the mean.
   *
   * @param red the red channel
   * @param green the green channel
   * @param blue the blue channel
   * @return the new description
   * @throws IllegalArgumentException if a value is 0 or not finite
   */
  public ImageInput std(float red, float green, float blue) {
    float[] newStd = {red, green, blue};
    requireFinite("std", newStd);
    if (red == 0 || green == 0 || blue == 0) {
      throw new IllegalArgumentException(
          "image input: cannot divide by the std " + Arrays.toString(newStd));
    }
    return new ImageInput(sizing, size, crop, scale, mean, newStd, blueFirst);
  }

  /**
   * Puts the blue channel first, the red one last, as networks from Caffe want it. Mean and std are
   * named by colour, so they stay with theirs.
   *
   * @return the new description
   */
  public ImageInput bgr() {
    return new ImageInput(sizing, size, crop, scale, mean, std, true);
  }

  private static void requireFinite(String what, float... values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(
            "image input: %s %s is not finite".formatted(what, Arrays.toString(values)));
      }
    }
  }

  /**
   * The input that pictures of some extents become.
   *
   * @param width a picture's width
   * @param height a picture's height
   * @return the shape of one image
   * @throws IllegalArgumentException if the picture, or what it is resized to, is smaller than the
   *     central part to be taken or has more pixels than can be read
   */
  public Shape shape(int width, int height) {
    Extents resized = resized(width, height);
    Extents part = crop == null ? resized : crop;
    if (part.width > resized.width || part.height > resized.height) {
      throw new IllegalArgumentException(
          "image input: cannot take the central %s of %s pixels; resize to more first"
              .formatted(part, resized));
    }
    return Shape.image(part.width, part.height, CHANNELS);
  }

  private Extents resized(int width, int height) {
    Resampling.requireExtents(width, height, CHANNELS);
    if (sizing == Sizing.AS_IT_IS) {
      return new Extents(width, height);
    }
    if (sizing != Sizing.SHORTER_SIDE) {
      return size;
    }
    long longer = (long) size.width * Math.max(width, height) / Math.min(width, height);
    if (longer * size.width > Images.MAX_PIXELS) {
      throw new IllegalArgumentException(
          "image input: %dx%d pixels would be resized to %d by %d; the limit is %d pixels"
              .formatted(width, height, size.width, longer, Images.MAX_PIXELS));
    }
    return width < height
        ? new Extents(size.width, (int) longer)
        : new Extents((int) longer, size.width);
  }

  /**
   * Reads a picture and writes it into one image of a tensor.
   *
   * @param file a picture of any kind that {@link Images#read} takes
   * @param x a tensor of three channels and the extents that result
   * @param n which of its images
   * @throws BadDataException if the file is no picture, damaged or too large
   * @throws IndexOutOfBoundsException if the tensor has no image n
   * @throws IllegalArgumentException as {@link #into(RgbImage, Tensor, int)} does
   */
  public void into(Path file, Tensor x, int n) throws BadDataException {
    requireImage(x, n);
    into(Images.read(file), x, n);
  }

  /**
   * Writes a picture into one image of a tensor, in the tensor's layout, and nothing else.
   *
   * @param image the picture
   * @param x a tensor of three channels and the extents that result
   * @param n which of its images
   * @throws IndexOutOfBoundsException if the tensor has no image n
   * @throws IllegalArgumentException if the tensor has other extents or is read-only, or the
   *     picture does not fit the description; nothing is written then
   */
  public void into(RgbImage image, Tensor x, int n) {
    requireImage(x, n);
    Shape shape = shape(image.width(), image.height());
    if (!shape.equals(x.shape().withBatch(1))) {
      throw new IllegalArgumentException(
          "image input: a picture of %dx%d pixels becomes %s, but the tensor is %s"
              .formatted(image.width(), image.height(), shape, x));
    }
    Extents resized = resized(image.width(), image.height());
    RgbImage source =
        sizing == Sizing.COVERED ? Images.centre(image, size.width, size.height) : image;
    byte[] bytes = source.pixels();
    float[] levels =
        new Resampling(source.width(), source.height(), CHANNELS)
            .resize(
                i -> bytes[i] & 0xFF, resized.width, resized.height, Resampling.Kernel.TRIANGLE);
    int left = margin(resized.width, shape.w());
    int top = margin(resized.height, shape.h());
    for (int y = 0; y < shape.h(); y++) {
      store(levels, ((top + y) * resized.width + left) * CHANNELS, x, n, y);
    }
  }

  private static void requireImage(Tensor x, int n) {
    Objects.checkIndex(n, x.shape().n());
    if (x.segment().isReadOnly()) {
      throw new IllegalArgumentException("image input: the tensor " + x + " is read-only");
    }
  }

  /** Half of what is left over; of an odd number, the even neighbour of its half. */
  private static int margin(int extent, int part) {
    return (int) Math.rint((extent - part) / 2.0);
  }

  /** Writes one row of the input, whose levels start at {@code off}. */
  private void store(float[] levels, int off, Tensor x, int n, int y) {
    int width = x.shape().w();
    boolean planes = x.layout() == Layout.NCHW;
    float[] row = new float[width * CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      int colour = blueFirst ? CHANNELS - 1 - c : c;
      int at = planes ? c * width : c;
      int step = planes ? 1 : CHANNELS;
      for (int i = 0; i < width; i++) {
        float level = levels[off + i * CHANNELS + colour];
        row[at + i * step] = (level * scale - mean[colour]) / std[colour];
      }
    }
    int runs = planes ? CHANNELS : 1;
    int run = row.length / runs;
    for (int c = 0; c < runs; c++) {
      long start = x.layout().index(x.shape(), n, c, y, 0) * Float.BYTES;
      MemorySegment.copy(row, c * run, x.segment(), ValueLayout.JAVA_FLOAT, start, run);
    }
  }

  /** What is done, in order, such as {@code resize shorter side to 256, ...}. */
  @Override
  public String toString() {
    String text =
        switch (sizing) {
          case AS_IT_IS -> "";
          case SHORTER_SIDE -> "resize shorter side to " + size.width + ", ";
          case STRETCHED -> "resize to " + size + ", ";
          case COVERED -> "crop and resize to " + size + ", ";
        };
    return text
        + (crop == null ? "" : "central " + crop + ", ")
        + "(level * %s - %s) / %s, ".formatted(scale, Arrays.toString(mean), Arrays.toString(std))
        + (blueFirst ? "blue first" : "red first");
  }
}
