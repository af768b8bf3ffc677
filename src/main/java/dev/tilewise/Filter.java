package dev.tilewise;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The weights of a convolution: K filters of FH x FW x C, in the order {@code [K, C, FH, FW]}, and
 * optionally K biases. With groups, C counts the channels of one group. The arrays are not copied:
 * they are read when a plan is made.
 */
public final class Filter {

  private final MemorySegment weights;
  private final MemorySegment bias;
  private final int k;
  private final int c;
  private final int fh;
  private final int fw;

  private Filter(MemorySegment weights, MemorySegment bias, int k, int c, int fh, int fw) {
    this.weights = weights;
    this.bias = bias;
    this.k = k;
    this.c = c;
    this.fh = fh;
    this.fw = fw;
  }

  /**
   * Filters over an array.
   *
   * @param weights exactly k * c * fh * fw floats, {@code [K, C, FH, FW]}
   * @param k number of filters
   * @param c channels of each filter (per group)
   * @param fh height of a filter
   * @param fw width of a filter
   * @return the filter, without bias
   * @throws IllegalArgumentException if an extent is not positive or the number of weights is wrong
   */
  public static Filter of(float[] weights, int k, int c, int fh, int fw) {
    Objects.requireNonNull(weights, "weights");
    return of(MemorySegment.ofArray(weights), k, c, fh, fw);
  }

  /**
   * Filters over memory of any kind.
   *
   * @param weights exactly k * c * fh * fw floats, {@code [K, C, FH, FW]}, in the machine's byte
   *     order
   * @param k number of filters
   * @param c channels of each filter (per group)
   * @param fh height of a filter
   * @param fw width of a filter
   * @return the filter, without bias
   * @throws IllegalArgumentException if an extent is not positive or the number of weights is wrong
   * @throws IllegalStateException if the arena of the weights is closed
   */
  public static Filter of(MemorySegment weights, int k, int c, int fh, int fw) {
    Objects.requireNonNull(weights, "weights");
    if (k <= 0 || c <= 0 || fh <= 0 || fw <= 0) {
      throw new IllegalArgumentException(
          "filter: extents must be positive, not k=" + k + " c=" + c + " f=" + fh + "x" + fw);
    }
    long count = new Shape(k, c, fh, fw).elements();
    if (weights.byteSize() != count * Float.BYTES) {
      throw new IllegalArgumentException(
          "filter: k"
              + k
              + "c"
              + c
              + "f"
              + fh
              + "x"
              + fw
              + " has "
              + count
              + " weights, not "
              + Operands.floats(weights));
    }
    requireAlive("weights", weights);
    return new Filter(weights, null, k, c, fh, fw);
  }

  /**
   * The same weights with a bias.
   *
   * @param values one float per filter
   * @return the filter
   * @throws IllegalArgumentException if there are not K values
   */
  public Filter withBias(float... values) {
    Objects.requireNonNull(values, "values");
    return withBias(MemorySegment.ofArray(values));
  }

  /**
   * The same weights with a bias.
   *
   * @param values one float per filter, memory of any kind
   * @return the filter
   * @throws IllegalArgumentException if there are not K values
   * @throws IllegalStateException if the arena of the values is closed
   */
  public Filter withBias(MemorySegment values) {
    Objects.requireNonNull(values, "values");
    if (values.byteSize() != (long) k * Float.BYTES) {
      throw new IllegalArgumentException(
          "filter: " + k + " filters take " + k + " biases, not " + Operands.floats(values));
    }
    requireAlive("bias", values);
    return new Filter(weights, values, k, c, fh, fw);
  }

  private static void requireAlive(String role, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("filter: the arena of the " + role + " is closed");
    }
  }

  /**
   * Number of filters K, the output depth.
   *
   * @return K
   */
  public int k() {
    return k;
  }

  /**
   * Channels of each filter (per group).
   *
   * @return C / groups
   */
  public int c() {
    return c;
  }

  /**
   * Height of a filter.
   *
   * @return FH
   */
  public int fh() {
    return fh;
  }

  /**
   * Width of a filter.
   *
   * @return FW
   */
  public int fw() {
    return fw;
  }

  /**
   * Whether there is a bias.
   *
   * @return true if there is
   */
  public boolean hasBias() {
    return bias != null;
  }

  /**
   * One weight.
   *
   * @param filter which filter
   * @param channel which channel of its group
   * @param y row of the tap
   * @param x column of the tap
   * @return its value
   * @throws IndexOutOfBoundsException if an index is outside its extent
   */
  public float weight(int filter, int channel, int y, int x) {
    long i = Layout.NCHW.index(new Shape(k, c, fh, fw), filter, channel, y, x);
    return weights.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
  }

  /**
   * The weights.
   *
   * @return the caller's memory, {@code [K, C, FH, FW]}
   */
  public MemorySegment weights() {
    return weights;
  }

  /**
   * The biases.
   *
   * @return the caller's memory, K floats, or null without bias
   */
  public MemorySegment bias() {
    return bias;
  }

  /** The extents as in error messages, such as {@code k64c64f3x3}. */
  @Override
  public String toString() {
    return "k" + k + "c" + c + "f" + fh + "x" + fw;
  }
}
