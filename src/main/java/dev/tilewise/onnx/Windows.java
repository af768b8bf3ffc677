package dev.tilewise.onnx;

import java.util.Arrays;

/**
 * How windows move over the spatial axes of a value: the attributes that convolutions and pooling
 * have in common. Extents, strides and so on are those of each spatial axis.
 *
 * @param f extent of the window
 * @param stride from window to window
 * @param dilation from tap to tap
 * @param before padding in front
 * @param after padding behind
 */
record Windows(int[] f, int[] stride, int[] dilation, int[] before, int[] after) {

  static final Operator.Check AUTO_PAD =
      Operator.among("auto_pad", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");

  /** The attributes of a node; {@code in} are the spatial extents of its input. */
  static Windows of(OnnxNode node, int[] f, int... in) {
    int axes = in.length;
    int[] stride = list(node, "strides", axes, 1);
    int[] dilation = list(node, "dilations", axes, 1);
    for (int i = 0; i < axes; i++) {
      if (f[i] < 1 || stride[i] < 1 || dilation[i] < 1) {
        throw new IllegalArgumentException(
            "windows, strides and dilations must be positive, not "
                + Arrays.toString(f)
                + ", "
                + Arrays.toString(stride)
                + " and "
                + Arrays.toString(dilation));
      }
    }
    int[] before = new int[axes];
    int[] after = new int[axes];
    String mode = node.word("auto_pad", "NOTSET");
    if ("NOTSET".equals(mode)) {
      int[] pads = list(node, "pads", 2 * axes, 0);
      before = Arrays.copyOf(pads, axes);
      after = Arrays.copyOfRange(pads, axes, 2 * axes);
    } else if (!"VALID".equals(mode)) {
      for (int i = 0; i < axes; i++) {
        long outputs = Math.ceilDiv(in[i], stride[i]);
        long reach = (outputs - 1) * stride[i] + (f[i] - 1L) * dilation[i] + 1;
        int total = Math.toIntExact(Math.max(0, reach - in[i]));
        before[i] = "SAME_UPPER".equals(mode) ? total / 2 : total - total / 2;
        after[i] = total - before[i];
      }
    }
    return new Windows(f, stride, dilation, before, after);
  }

  /** A list with an element for each axis. */
  static int[] list(OnnxNode node, String attribute, int count, int otherwise) {
    long[] given = node.integers(attribute);
    if (given == null || given.length == 0) {
      int[] same = new int[count];
      Arrays.fill(same, otherwise);
      return same;
    }
    if (given.length != count) {
      throw new IllegalArgumentException(
          attribute + " must have " + count + " elements, not " + given.length);
    }
    return Call.ints(given);
  }

  int axes() {
    return f.length;
  }

  /** A number of the vertical axis, which rows do not have. */
  int down(int[] numbers, int ofRows) {
    return numbers.length == 2 ? numbers[0] : ofRows;
  }

  /** A number of the horizontal axis. */
  int across(int... numbers) {
    return numbers[numbers.length - 1];
  }
}
