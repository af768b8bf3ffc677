package dev.tilewise.graph;

/** The transposed convolution, as a convolution over an image with zeros in between. */
final class Transposed {

  private Transposed() {}

  static Value conv(
      GraphBuilder to, Value x, Value weights, Value bias, ConvSettings s, int... more) {
    int rank = x.dims().rank();
    if (rank != weights.dims().rank() || rank < 3 || rank > 4 || more.length != rank - 2) {
      throw new IllegalArgumentException(
          "conv_transpose: input "
              + x.dims()
              + " and filters "
              + weights.dims()
              + " must both have 3 extents (rows) or 4 (images)");
    }
    if (Math.min(Math.min(s.sh(), s.sw()), Math.min(Math.min(s.dh(), s.dw()), s.groups())) < 1) {
      throw new IllegalArgumentException(
          "conv_transpose: strides, dilations and groups must be positive, not" + s.describe());
    }
    if (x.dims().get(1) != weights.dims().get(0) || x.dims().get(1) % s.groups() != 0) {
      throw new IllegalArgumentException(
          "conv_transpose: input "
              + x.dims()
              + " does not have the channels of filters "
              + weights.dims()
              + " in "
              + s.groups()
              + " groups");
    }
    int[] strides = rank == 4 ? new int[] {s.sh(), s.sw()} : new int[] {s.sw()};
    int[] dilations = rank == 4 ? new int[] {s.dh(), s.dw()} : new int[] {s.dw()};
    int[] first = rank == 4 ? new int[] {s.pt(), s.pl()} : new int[] {s.pl()};
    int[] second = rank == 4 ? new int[] {s.pb(), s.pr()} : new int[] {s.pr()};
    Value spread = x;
    Value turned = weights;
    int[] before = new int[rank];
    int[] after = new int[rank];
    for (int i = 0; i < strides.length; i++) {
      int axis = i + 2;
      extent(s, (long) x.dims().get(axis) * strides[i]);
      spread = spread(to, spread, axis, strides[i]);
      int f = weights.dims().get(axis);
      turned = to.slice(turned, axis, f - 1, -1, f);
      long reach = (long) dilations[i] * (f - 1);
      before[axis] = extent(s, reach - first[i]);
      after[axis] = extent(s, reach - second[i] + more[i]);
    }
    Value filters = filters(to, turned, s.groups());
    ConvSettings unit = ConvSettings.UNIT.dilation(s.dh(), s.dw()).groups(s.groups());
    return to.conv(to.pad(spread, before, after, 0), filters, bias, unit);
  }

  private static int extent(ConvSettings s, long extent) {
    if (extent != (int) extent) {
      throw new IllegalArgumentException(
          "conv_transpose:" + s.describe() + " makes an extent of " + extent);
    }
    return (int) extent;
  }

  /** stride - 1 zeros between each two elements of an axis. */
  private static Value spread(GraphBuilder to, Value x, int axis, int stride) {
    if (stride == 1) {
      return x;
    }
    Dims dims = x.dims();
    int[] split = new int[dims.rank() + 1];
    for (int i = 0; i < split.length; i++) {
      split[i] = i <= axis ? dims.get(i) : i == axis + 1 ? 1 : dims.get(i - 1);
    }
    int[] after = new int[split.length];
    after[axis + 1] = stride - 1;
    Value zeros = to.pad(to.reshape(x, Dims.of(split)), new int[split.length], after, 0);
    int extent = dims.get(axis) * stride;
    Value merged = to.reshape(zeros, dims.with(axis, extent));
    return to.slice(merged, axis, 0, 1, extent - stride + 1);
  }

  /** From C x K/g x FH x FW to K x C/g x FH x FW. */
  private static Value filters(GraphBuilder to, Value weights, int groups) {
    Dims dims = weights.dims();
    int depth = dims.get(0) / groups;
    int perGroup = dims.get(1);
    int taps = dims.product("conv_transpose", 2, dims.rank());
    Value split = to.reshape(weights, Dims.of(groups, depth, perGroup, taps));
    Value swapped = to.transpose(split, 0, 2, 1, 3);
    int[] extents = dims.toArray();
    extents[0] = groups * perGroup;
    extents[1] = depth;
    return to.reshape(swapped, Dims.of(extents));
  }
}
