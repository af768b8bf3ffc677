package dev.tilewise;

import dev.tilewise.internal.conv.Destination;
import java.lang.foreign.MemorySegment;

/**
 * The channels of an output tensor that an operation writes: all of them, or a range of a deeper
 * tensor. Checks with messages that begin with the operation's name.
 *
 * @param operation what the messages begin with
 * @param count channels that are written
 * @param depth channels of the output tensor
 * @param first the first one that is written
 */
record ChannelRange(String operation, int count, int depth, int first) {

  /** Throws unless there are such channels. */
  static void require(String operation, int count, int depth, int first) {
    if (first < 0 || (long) first + count > depth) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + (count == 1 ? "1 output channel" : count + " output channels")
              + " from channel "
              + first
              + " on do not fit into "
              + depth
              + (count <= depth
                  ? ": the first one may be 0 to " + (depth - count)
                  : ": at least " + count + " are needed"));
    }
  }

  /** Throws if a deeper tensor has the wrong layout: in NCHW a convolution has planes instead. */
  void requireLayout(Layout layout) {
    if (!isAll() && layout != Layout.NHWC) {
      throw new IllegalArgumentException(
          operation + ": outputs go into " + this + ", which takes NHWC, not " + layout);
    }
  }

  /** Whether there are no other channels. */
  boolean isAll() {
    return count == depth;
  }

  Shape of(Shape dense) {
    return isAll() ? dense : new Shape(dense.n(), depth, dense.h(), dense.w());
  }

  Destination destination() {
    return new Destination(depth, first);
  }

  /** Copies these channels of kernel memory into a tensor; both have the tensor's shape. */
  void copy(MemorySegment from, Tensor to) {
    if (isAll()) {
      Tensor.convert(from, Layout.NHWC, to.segment(), to.layout(), to.shape());
      return;
    }
    long pixelBytes = (long) depth * Float.BYTES;
    long bytes = (long) count * Float.BYTES;
    long end = to.shape().bytes();
    for (long at = (long) first * Float.BYTES; at < end; at += pixelBytes) {
      MemorySegment.copy(from, at, to.segment(), at, bytes);
    }
  }

  /** Such as {@code all 64 channels} or {@code channels 64 to 95 of 256}. */
  @Override
  public String toString() {
    return isAll()
        ? "all " + depth + " channels"
        : "channels " + first + " to " + (first + count - 1) + " of " + depth;
  }
}
