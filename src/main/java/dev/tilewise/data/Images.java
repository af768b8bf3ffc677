package dev.tilewise.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Pictures from files, and as the input of a network. */
public final class Images {
  /** The largest picture that is decoded, in pixels. */
  public static final int MAX_PIXELS = 1 << 26;

  private static final int BYTE_MAX = 255;

  /** Deflate makes 1032 bytes of one, each eight pixels of a bit; no other compression as much. */
  private static final int MAX_PIXELS_A_BYTE = 1032 * Byte.SIZE;

  private Images() {}

  /**
   * Decodes a picture of any kind that {@code ImageIO} reads (PNG, JPEG, GIF, BMP, TIFF, WBMP).
   *
   * <p>The values are those stored in the file, scaled to 8 bits: colour profiles and the
   * orientation tag of cameras are not applied. Gray becomes three equal values, transparent parts
   * show white, of an animation the first frame is read. Extents are checked before any pixel is
   * decoded, against a limit and against what the bytes of the file can hold.
   *
   * @param file the picture
   * @return its pixels
   * @throws BadDataException if the file is missing, no picture, damaged, truncated, or has more
   *     than {@link #MAX_PIXELS} pixels
   */
  public static RgbImage read(Path file) throws BadDataException {
    long bytes = DataFile.size(file);
    try (InputStream in = Files.newInputStream(file)) {
      return decode(in, bytes, file);
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    }
  }

  /**
   * Decodes a picture that is in memory, such as an upload or a column of a table, as {@link
   * #read(Path)} does.
   *
   * @param picture the bytes of a whole file
   * @param name what failures call it; no file of that name need exist
   * @return its pixels
   * @throws BadDataException if it is no picture, damaged, truncated, or has more than {@link
   *     #MAX_PIXELS} pixels
   */
  public static RgbImage read(byte[] picture, Path name) throws BadDataException {
    return decode(new ByteArrayInputStream(picture), picture.length, name);
  }

  private static RgbImage decode(InputStream in, long bytes, Path file) throws BadDataException {
    try (WatchedStream stream = new WatchedStream(in)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new BadDataException(
            file,
            "is not a picture this Java reads (%s)"
                .formatted(String.join(", ", ImageIO.getReaderFileSuffixes())));
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        String format = reader.getFormatName().toLowerCase(Locale.ROOT);
        requireSaneExtents(file, bytes, format, reader.getWidth(0), reader.getHeight(0));
        RgbImage image = rgb(reader.read(0));
        // Other readers fail when the file ends early, that of JPEG makes up the rest in gray.
        if (stream.passedEnd && format.equals("jpeg")) {
          throw new BadDataException(
              file, "is a truncated picture: it ends before its last pixels");
        }
        return image;
      } finally {
        reader.dispose();
      }
    } catch (IIOException e) {
      throw new BadDataException(file, "is a damaged picture: " + e.getMessage(), e);
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    } catch (RuntimeException e) {
      // The readers of the JDK answer some damaged files with whatever went wrong inside.
      throw new BadDataException(file, "is a damaged picture: " + e, e);
    }
  }

  private static void requireSaneExtents(
      Path file, long bytes, String format, int width, int height) throws BadDataException {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new BadDataException(
          file,
          "%d x %d pixels cannot be read; the limit is %d pixels"
              .formatted(width, height, MAX_PIXELS));
    }
    // Blank fax pages have a bit for each line, however long.
    if (!format.startsWith("tif") && (long) width * height / MAX_PIXELS_A_BYTE > bytes) {
      throw new BadDataException(
          file, "%d x %d pixels cannot be in a file of %d bytes".formatted(width, height, bytes));
    }
  }

  /** Knows whether somebody wanted to read on behind the end. */
  private static final class WatchedStream extends MemoryCacheImageInputStream {
    private boolean passedEnd;

    WatchedStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      passedEnd |= value < 0;
      return value;
    }

    @Override
    public int read(byte[] bytes, int off, int count) throws IOException {
      int taken = super.read(bytes, off, count);
      passedEnd |= taken < 0;
      return taken;
    }
  }

  private static RgbImage rgb(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] pixels = new byte[width * height * RgbImage.CHANNELS];
    boolean stored = hasStoredValues(image.getColorModel());
    int[] row = null;
    for (int y = 0; y < height; y++) {
      int off = y * width * RgbImage.CHANNELS;
      if (stored) {
        row = image.getRaster().getPixels(0, y, width, 1, row);
        storedRow(image, row, pixels, off);
      } else {
        row = image.getRGB(0, y, width, 1, row, 0, width);
        for (int x = 0; x < width; x++) {
          put(
              pixels,
              off + x * RgbImage.CHANNELS,
              row[x] >> 16,
              row[x] >> 8,
              row[x],
              row[x] >>> 24);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /**
   * Whether the bands of the raster are gray or red, green, blue, perhaps alpha, as integers.
   *
   * <p>Asking such an image for its RGB values instead would brighten gray, which Java takes for
   * linear light, and convert a profile for each single pixel.
   */
  private static boolean hasStoredValues(ColorModel model) {
    int type = model.getColorSpace().getType();
    boolean unsigned =
        switch (model.getTransferType()) {
          case DataBuffer.TYPE_BYTE, DataBuffer.TYPE_USHORT, DataBuffer.TYPE_INT -> true;
          default -> false;
        };
    return unsigned
        && (type == ColorSpace.TYPE_GRAY || type == ColorSpace.TYPE_RGB)
        && Arrays.stream(model.getComponentSize()).allMatch(bits -> bits <= Short.SIZE)
        && !(model instanceof IndexColorModel)
        && !model.isAlphaPremultiplied();
  }

  private static void storedRow(BufferedImage image, int[] row, byte[] pixels, int off) {
    ColorModel model = image.getColorModel();
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    int colours = model.getNumColorComponents();
    int[] levels = new int[bands];
    int[] value = new int[bands];
    for (int b = 0; b < bands; b++) {
      levels[b] = (1 << model.getComponentSize(b)) - 1;
    }
    for (int x = 0; x < image.getWidth(); x++) {
      for (int b = 0; b < bands; b++) {
        value[b] = (row[x * bands + b] * BYTE_MAX + levels[b] / 2) / levels[b];
      }
      int alpha = model.hasAlpha() ? value[bands - 1] : BYTE_MAX;
      int green = colours == 1 ? 0 : 1;
      int blue = colours == 1 ? 0 : 2;
      put(pixels, off + x * RgbImage.CHANNELS, value[0], value[green], value[blue], alpha);
    }
  }

  /** Stores a pixel, seen over white as far as it is transparent. */
  private static void put(byte[] pixels, int off, int red, int green, int blue, int alpha) {
    pixels[off] = overWhite(red, alpha);
    pixels[off + 1] = overWhite(green, alpha);
    pixels[off + 2] = overWhite(blue, alpha);
  }

  private static byte overWhite(int value, int alpha) {
    int covered = (value & 0xFF) * alpha + BYTE_MAX * (BYTE_MAX - alpha);
    return (byte) ((covered + BYTE_MAX / 2) / BYTE_MAX);
  }

  /**
   * The brightness of each pixel by Rec. 601: {@code 0.299 R + 0.587 G + 0.114 B}, computed as
   * {@code (299 R + 587 G + 114 B) / 1000f}, so equal R, G and B give exactly that value.
   *
   * @param image the picture
   * @return width x height values from 0 to 255, row after row
   */
  public static float[] luma(RgbImage image) {
    byte[] rgb = image.pixels();
    float[] luma = new float[image.width() * image.height()];
    for (int i = 0; i < luma.length; i++) {
      int p = i * RgbImage.CHANNELS;
      int sum = 299 * (rgb[p] & 0xFF) + 587 * (rgb[p + 1] & 0xFF) + 114 * (rgb[p + 2] & 0xFF);
      luma[i] = sum / 1000f;
    }
    return luma;
  }

  /**
   * Changes the extents of a picture: along each axis the mean over the covered area where it
   * shrinks, linear interpolation between pixel centres (edge pixels repeated) where it grows.
   * Equal extents leave every value as it is.
   *
   * @param image the picture
   * @param newWidth the wanted width
   * @param newHeight the wanted height
   * @return newHeight x newWidth x 3 values from 0 to 255
   * @throws IllegalArgumentException if a wanted extent is below 1 or the result exceeds an array
   */
  public static float[] resize(RgbImage image, int newWidth, int newHeight) {
    byte[] bytes = image.pixels();
    return new Resampling(image.width(), image.height(), RgbImage.CHANNELS)
        .resize(i -> bytes[i] & 0xFF, newWidth, newHeight, Resampling.Kernel.AREA);
  }

  /**
   * Changes the extents of values in height, width, channel order, as {@link #resize(RgbImage, int,
   * int)} does.
   *
   * @param values height x width x channels values
   * @param width their width
   * @param height their height
   * @param channels values per pixel
   * @param newWidth the wanted width
   * @param newHeight the wanted height
   * @return newHeight x newWidth x channels values
   * @throws IllegalArgumentException if the number of values is another, an extent is below 1, or
   *     the result exceeds an array
   */
  public static float[] resize(
      float[] values, int width, int height, int channels, int newWidth, int newHeight) {
    Resampling resampling = new Resampling(width, height, channels);
    if (values.length != (long) width * height * channels) {
      throw new IllegalArgumentException(
          "resize: %d values are not %dx%dx%d".formatted(values.length, width, height, channels));
    }
    return resampling.resize(i -> values[i], newWidth, newHeight, Resampling.Kernel.AREA);
  }

  /**
   * Turns any picture into the input of a network, in [0, 1): values from 0 to 255, divided by 256.
   *
   * <p>For 3 channels the largest central part with the network's proportions is resized, so
   * nothing is stretched.
   *
   * <p>For 1 channel the {@link #luma} is used. Digits to be classified are taken to be bright on
   * dark as in MNIST, so a picture whose one pixel wide border is brighter than half on average is
   * inverted. The whole picture is resized to fit and centred; what it leaves free is filled with
   * the mean of its border. A picture that has the network's extents already is neither moved nor
   * resized.
   *
   * @param image the picture
   * @param width the network's input width
   * @param height the network's input height
   * @param channels the network's input depth, 1 or 3
   * @return height x width x channels values
   * @throws IllegalArgumentException if the depth is neither 1 nor 3, an extent is below 1, or
   *     there are more than {@link #MAX_PIXELS} pixels
   */
  public static float[] networkInput(RgbImage image, int width, int height, int channels) {
    if (channels != 1 && channels != RgbImage.CHANNELS) {
      throw new IllegalArgumentException(
          "image: cannot become a network input of %dx%dx%d; its depth must be 1 or 3"
              .formatted(width, height, channels));
    }
    Resampling.requireExtents(width, height, channels);
    float[] input =
        channels == 1
            ? brightOnDark(image, width, height)
            : resize(centre(image, width, height), width, height);
    for (int i = 0; i < input.length; i++) {
      input[i] /= 256;
    }
    return input;
  }

  /** The largest central part whose proportions are width : height, to the nearest pixel. */
  static RgbImage centre(RgbImage image, int width, int height) {
    int partWidth = (int) Math.min(image.width(), scaled(image.height(), width, height));
    int partHeight = (int) Math.min(image.height(), scaled(image.width(), height, width));
    byte[] part = new byte[partWidth * partHeight * RgbImage.CHANNELS];
    int left = (image.width() - partWidth) / 2;
    int top = (image.height() - partHeight) / 2;
    int rowBytes = partWidth * RgbImage.CHANNELS;
    for (int y = 0; y < partHeight; y++) {
      int srcOff = ((top + y) * image.width() + left) * RgbImage.CHANNELS;
      System.arraycopy(image.pixels(), srcOff, part, y * rowBytes, rowBytes);
    }
    return new RgbImage(partWidth, partHeight, part);
  }

  private static float[] brightOnDark(RgbImage image, int width, int height) {
    float[] luma = luma(image);
    double border = borderMean(luma, image.width(), image.height());
    if (border > BYTE_MAX / 2.0) {
      border = BYTE_MAX - border;
      for (int i = 0; i < luma.length; i++) {
        luma[i] = BYTE_MAX - luma[i];
      }
    }
    int fitWidth = (int) Math.min(width, scaled(image.width(), height, image.height()));
    int fitHeight = (int) Math.min(height, scaled(image.height(), width, image.width()));
    float[] fit = resize(luma, image.width(), image.height(), 1, fitWidth, fitHeight);
    float[] input = new float[width * height];
    Arrays.fill(input, (float) border);
    int left = (width - fitWidth) / 2;
    int top = (height - fitHeight) / 2;
    for (int y = 0; y < fitHeight; y++) {
      System.arraycopy(fit, y * fitWidth, input, (top + y) * width + left, fitWidth);
    }
    return input;
  }

  private static double borderMean(float[] values, int width, int height) {
    double sum = 0;
    int count = 0;
    for (int y = 0; y < height; y++) {
      // Inner rows have border pixels only at their two ends.
      int step = y == 0 || y == height - 1 ? 1 : Math.max(1, width - 1);
      for (int x = 0; x < width; x += step) {
        sum += values[y * width + x];
        count++;
      }
    }
    return sum / count;
  }

  /** {@code extent x numerator / denominator}, to the nearest, at least 1. */
  private static long scaled(int extent, int numerator, int denominator) {
    return Math.max(1, ((long) extent * numerator + denominator / 2) / denominator);
  }
}
