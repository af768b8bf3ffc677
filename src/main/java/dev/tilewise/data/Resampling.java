package dev.tilewise.data;

import java.util.Arrays;

/**
 * Resizing of values in height, width, channel order, one axis after the other:
 *
 * <pre>out[j] = sum over i of weight[j][i] in[i] / total</pre>
 *
 * <p>Weights are integers, so a uniform picture keeps its value exactly.
 */
final class Resampling {
  private final int width;
  private final int height;
  private final int channels;

  Resampling(int width, int height, int channels) {
    requireExtents(width, height, channels);
    this.width = width;
    this.height = height;
    this.channels = channels;
  }

  /** The source, whatever it is stored as. */
  @FunctionalInterface
  interface Values {
    float at(int index);
  }

  /** What a result is made of where a picture shrinks; where it grows, both are linear. */
  enum Kernel {
    /** The mean over the area that the result covers. */
    AREA,
    /** A triangle as wide as two results: linear interpolation with antialiasing. */
    TRIANGLE
  }

  float[] resize(Values values, int newWidth, int newHeight, Kernel kernel) {
    requireExtents(newWidth, newHeight, channels);
    Axis x = Axis.of(width, newWidth, kernel);
    Axis y = Axis.of(height, newHeight, kernel);
    // The order that makes fewer values in between, which also keeps them within an array.
    if ((long) height * newWidth <= (long) newHeight * width) {
      float[] narrow = along(values, height, x, channels);
      return along(i -> narrow[i], 1, y, newWidth * channels);
    }
    float[] low = along(values, 1, y, width * channels);
    return along(i -> low[i], newHeight, x, channels);
  }

  /** Resizes the middle axis of values[outer, axis, inner]. */
  private static float[] along(Values values, int outer, Axis axis, int inner) {
    int extent = axis.first.length;
    float[] out = new float[Math.multiplyExact(outer, Math.multiplyExact(extent, inner))];
    double[] sum = new double[inner];
    for (int o = 0; o < outer; o++) {
      for (int j = 0; j < extent; j++) {
        Arrays.fill(sum, 0);
        for (int t = 0; t < axis.weights[j].length; t++) {
          int off = (o * axis.source + axis.first[j] + t) * inner;
          double weight = axis.weights[j][t];
          for (int k = 0; k < inner; k++) {
            sum[k] += weight * values.at(off + k);
          }
        }
        for (int k = 0; k < inner; k++) {
          out[(o * extent + j) * inner + k] = (float) (sum[k] / axis.totals[j]);
        }
      }
    }
    return out;
  }

  /**
   * Which source values make each result along one axis.
   *
   * @param source the extent before
   * @param first the first source value of each result
   * @param weights the weights of that value and the following ones
   * @param totals the sum of the weights of each result
   */
  private record Axis(int source, int[] first, int[][] weights, double[] totals) {
    static Axis of(int from, int to, Kernel kernel) {
      return to <= from && kernel == Kernel.AREA ? areas(from, to) : triangles(from, to);
    }

    /** Result j covers [j from, (j+1) from), source value i covers [i to, (i+1) to). */
    private static Axis areas(int from, int to) {
      int[] first = new int[to];
      int[][] weights = new int[to][];
      for (int j = 0; j < to; j++) {
        long begin = (long) j * from;
        long end = begin + from;
        first[j] = (int) (begin / to);
        weights[j] = new int[(int) ((end + to - 1) / to) - first[j]];
        for (int t = 0; t < weights[j].length; t++) {
          long i = first[j] + t;
          weights[j][t] = (int) (Math.min(end, (i + 1) * to) - Math.max(begin, i * to));
        }
      }
      double[] totals = new double[to];
      Arrays.fill(totals, from);
      return new Axis(from, first, weights, totals);
    }

    /**
     * In units of 1 / (2 to) of a source value, its centres lie at (2i+1) to and those of the
     * results at (2j+1) from. A weight falls from its largest, with no distance, to 0 at the
     * distance of one source value, or of one result if those are wider. Source values outside the
     * picture have no weight, so where it grows the edge values are repeated.
     */
    private static Axis triangles(int from, int to) {
      int[] first = new int[to];
      int[][] weights = new int[to][];
      double[] totals = new double[to];
      long reach = 2L * Math.max(from, to);
      long unit = 2L * to;
      for (int j = 0; j < to; j++) {
        long centre = (2L * j + 1) * from;
        long begin = Math.max(0, Math.floorDiv(centre - reach - to, unit) + 1);
        long end = Math.min(from, Math.ceilDiv(centre + reach - to, unit));
        first[j] = (int) begin;
        weights[j] = new int[(int) (end - begin)];
        for (int t = 0; t < weights[j].length; t++) {
          weights[j][t] = (int) (reach - Math.abs((2 * (begin + t) + 1) * to - centre));
          totals[j] += weights[j][t];
        }
      }
      return new Axis(from, first, weights, totals);
    }
  }

  /** Refuses extents below 1 and pictures larger than any that is read. */
  static void requireExtents(int width, int height, int channels) {
    boolean positive = width > 0 && height > 0 && channels > 0;
    long limit = positive ? Math.min(Images.MAX_PIXELS, DataFile.MAX_BYTES / channels) : 0;
    if (!positive || (long) width * height > limit) {
      throw new IllegalArgumentException(
          "image: cannot have %dx%dx%d values; each extent must be at least 1, at most %d pixels"
              .formatted(width, height, channels, Images.MAX_PIXELS));
    }
  }
}
