package dev.tilewise;

import dev.tilewise.internal.kernel.ChannelAffine;
import dev.tilewise.internal.kernel.ChannelCurve;
import dev.tilewise.internal.kernel.ChannelLeaky;
import dev.tilewise.internal.pack.Normalisation;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A function of one float with numbers of its own for each channel: batch normalisation with fixed
 * statistics, or PReLU. Immutable. As with {@link Elementwise}, nothing changes the bits.
 */
public final class PerChannel {

  private final String name;
  private final ChannelCurve curve;
  private final Sweep.Body columns;
  private final Sweep.Body planes;

  private PerChannel(String name, ChannelCurve curve) {
    this.name = name;
    this.curve = curve;
    columns =
        (shape, from, count, x, xOff, a, aOff, y, yOff) ->
            curve.columns((int) (from % curve.channels()), x, xOff, y, yOff, count);
    planes =
        (shape, from, count, x, xOff, a, aOff, y, yOff) ->
            planes((long) shape.h() * shape.w(), from, count, x, xOff, y, yOff);
  }

  /**
   * {@code y = scale[c] * x + shift[c]}, one fused multiply-add.
   *
   * @param scale factor of each channel
   * @param shift summand of each channel
   * @return the function
   * @throws IllegalArgumentException if the lengths differ or are 0
   */
  public static PerChannel affine(float[] scale, float[] shift) {
    requireChannels("affine", "scale", scale, scale.length);
    requireChannels("affine", "shift", shift, scale.length);
    return new PerChannel("affine", new ChannelAffine(scale, shift));
  }

  /**
   * Batch normalisation for inference: {@code y = gamma[c] * (x - mean[c]) / sqrt(variance[c] +
   * epsilon) + beta[c]}, as one fused multiply-add with a factor and a summand that are computed in
   * double and rounded. The error is at most {@code 2^-24 (|y| + |factor x| + |summand|)}, apart
   * from underflow.
   *
   * @param gamma factor of each channel
   * @param beta summand of each channel
   * @param mean of each channel
   * @param variance of each channel
   * @param epsilon added to the variances
   * @return the function
   * @throws IllegalArgumentException if lengths differ or are 0, a variance plus epsilon is not
   *     above 0, or a factor or a summand is no finite float
   */
  public static PerChannel batchNorm(
      float[] gamma, float[] beta, float[] mean, float[] variance, double epsilon) {
    int channels = gamma.length;
    requireChannels("batch_norm", "gamma", gamma, channels);
    requireChannels("batch_norm", "beta", beta, channels);
    requireChannels("batch_norm", "mean", mean, channels);
    requireChannels("batch_norm", "variance", variance, channels);
    Normalisation made = Normalisation.of(gamma, beta, mean, variance, epsilon);
    return new PerChannel("batch_norm", new ChannelAffine(made.scale(), made.shift()));
  }

  /**
   * {@code x < 0 ? slope[c] * x : x}.
   *
   * @param slope of the negative side, for each channel
   * @return the function
   * @throws IllegalArgumentException if there is no slope
   */
  public static PerChannel prelu(float... slope) {
    requireChannels("prelu", "slope", slope, slope.length);
    return new PerChannel("prelu", new ChannelLeaky(slope));
  }

  private static void requireChannels(String operation, String what, float[] values, int channels) {
    Objects.requireNonNull(values, what);
    if (values.length != channels || channels == 0) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + what
              + " has "
              + values.length
              + " channels; "
              + (channels == 0 ? "at least 1 is needed" : "the others have " + channels));
    }
  }

  /**
   * Number of channels.
   *
   * @return what tensors must have
   */
  public int channels() {
    return curve.channels();
  }

  /**
   * The function of one float of a channel, with the bits of a run.
   *
   * @param channel whose
   * @param x argument
   * @return its value
   * @throws IndexOutOfBoundsException if there is no such channel
   */
  public float apply(int channel, float x) {
    return curve.at(Objects.checkIndex(channel, curve.channels()), x);
  }

  /**
   * The function of every element.
   *
   * @param x arguments
   * @param y receives the values; x itself, or memory apart from it
   * @param workers who computes; memory of one thread and mapped files are done by the caller alone
   * @throws IllegalArgumentException if x has another number of channels, shapes or layouts differ,
   *     y is read-only, or y overlaps x without being it; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void run(Tensor x, Tensor y, Workers workers) {
    Shape shape = x.shape();
    if (shape.c() != curve.channels()) {
      throw new IllegalArgumentException(
          name
              + ": input has "
              + shape.c()
              + " channels but there are numbers for "
              + curve.channels()
              + "; input is "
              + x);
    }
    // One pixel is a depth column in both layouts.
    boolean contiguous = x.layout() == Layout.NHWC || (shape.h() == 1 && shape.w() == 1);
    Sweep.run(name, contiguous ? columns : planes, x, x, y, workers);
  }

  private void planes(
      long plane, long from, int count, MemorySegment x, long xOff, MemorySegment y, long yOff) {
    long at = from;
    long end = from + count;
    while (at < end) {
      int piece = (int) Math.min(plane - at % plane, end - at);
      long off = (at - from) * Float.BYTES;
      int channel = (int) (at / plane % curve.channels());
      curve.plane(channel, x, xOff + off, y, yOff + off, piece);
      at += piece;
    }
  }

  /** Its name and number of channels. */
  @Override
  public String toString() {
    return name + " of " + curve.channels() + " channels";
  }
}
