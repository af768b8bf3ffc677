package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The transposed convolution, {@code y[o] = sum of x[i] w[t] with o + padding = i stride + t
 * dilation} down and across, made of other operations.
 *
 * <p>With a stride s and dilation 1, {@code o + padding = s m + a} meets every s-th tap only:
 *
 * <pre>{@code y = sum over u of x[m - u] w[a + s u]}</pre>
 *
 * So one convolution that has the taps of each phase a as a filter of its own makes the s outputs
 * of m, which are then put side by side. It multiplies by 0 only where s does not divide the
 * filter. Other dilations, and strides larger than the filter, take a convolution over an image
 * with zeros put in between.
 */
final class Transposed {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GraphBuilder to;
  private final ConvSettings s;
  private final Value x;
  private final Value weights;
  private final int moreDown;
  private final int moreAcross;

  private Transposed(
      GraphBuilder to, ConvSettings s, Value x, Value weights, int moreDown, int moreAcross) {
    this.to = to;
    this.s = s;
    this.x = x;
    this.weights = weights;
    this.moreDown = moreDown;
    this.moreAcross = moreAcross;
  }

  /**
   * The operations.
   *
   * @param x N x C x H x W or N x C x W
   * @param weights C x K/groups x FH x FW or C x K/groups x FW
   * @param bias K elements; null for none
   * @param down rows added at the bottom
   * @param across columns added on the right
   */
  static Value conv(
      GraphBuilder to, Value x, Value weights, Value bias, ConvSettings s, int down, int across) {
    if (x.dims().rank() == 4) {
      return new Transposed(to, s, x, weights, down, across).conv(bias);
    }
    Value y = new Transposed(to, s, image(to, x), image(to, weights), down, across).conv(bias);
    return to.reshape(y, Dims.of(y.dims().get(0), y.dims().get(1), y.dims().get(3)));
  }

  /** Rows as images of one line. */
  private static Value image(GraphBuilder to, Value rows) {
    Dims dims = rows.dims();
    return to.reshape(rows, Dims.of(dims.get(0), dims.get(1), 1, dims.get(2)));
  }

  private Value conv(Value bias) {
    boolean strided = s.sh() > 1 || s.sw() > 1;
    boolean near = s.dh() == 1 && s.dw() == 1;
    boolean meets = s.sh() <= weights.dims().get(2) && s.sw() <= weights.dims().get(3);
    boolean any = x.dims().elements() > 0 && rows() > 0 && columns() > 0;
    return strided && near && meets && any ? phases(bias) : spread(bias);
  }

  private int rows() {
    long beyond = (long) moreDown - s.pt() - s.pb();
    return extent(span(x.dims().get(2), weights.dims().get(2), s.sh(), s.dh()) + beyond);
  }

  private int columns() {
    long beyond = (long) moreAcross - s.pl() - s.pr();
    return extent(span(x.dims().get(3), weights.dims().get(3), s.sw(), s.dw()) + beyond);
  }

  /** Outputs along an axis that nothing is cut from or added to. */
  static long span(int inputs, int taps, int stride, int dilation) {
    return (inputs - 1L) * stride + (taps - 1L) * dilation + 1;
  }

  private int extent(long extent) {
    if (extent != (int) extent) {
      throw new IllegalArgumentException(
          "conv_transpose:" + s.describe() + " makes an extent of " + extent);
    }
    return (int) extent;
  }

  // All phases by one convolution.

  private Value phases(Value bias) {
    int n = x.dims().get(0);
    int perGroup = weights.dims().get(1);
    int k = extent((long) s.groups() * perGroup);
    int phases = extent((long) s.sh() * s.sw());
    int down = Math.ceilDiv(weights.dims().get(2), s.sh());
    int across = Math.ceilDiv(weights.dims().get(3), s.sw());
    int h = Math.max(x.dims().get(2), Math.ceilDiv(extent((long) s.pt() + rows()), s.sh()));
    int w = Math.max(x.dims().get(3), Math.ceilDiv(extent((long) s.pl() + columns()), s.sw()));
    ConvSettings settings =
        ConvSettings.UNIT
            .padding(down - 1, across - 1, h - x.dims().get(2), w - x.dims().get(3))
            .groups(s.groups());
    int filters = extent((long) k * phases);
    Value made =
        to.conv(x, filters(filters, down, across), bias == null ? null : bias(bias), settings);
    Value apart = to.reshape(made, Dims.of(n, s.groups(), s.sh(), s.sw(), perGroup, h, w));
    Value beside = to.transpose(apart, 0, 1, 4, 5, 2, 6, 3);
    int height = extent((long) h * s.sh());
    int width = extent((long) w * s.sw());
    Value y = to.reshape(beside, Dims.of(n, k, height, width));
    y = height == rows() ? y : to.slice(y, 2, s.pt(), 1, rows());
    return width == columns() ? y : to.slice(y, 3, s.pl(), 1, columns());
  }

  /**
   * From C x K/g x FH x FW to groups x phases x K/g filters of C/g channels, which have the windows
   * u from the last to the first.
   */
  private Value filters(int count, int down, int across) {
    Value floats = GraphBuilder.floats("conv_transpose", "weights", weights);
    int depth = weights.dims().get(0) / s.groups();
    int perGroup = weights.dims().get(1);
    int fh = weights.dims().get(2);
    int fw = weights.dims().get(3);
    return to.constant(
        weights.name() + " by phases",
        Dims.of(count, depth, down, across),
        arena -> {
          MemorySegment from = floats.memory(arena);
          MemorySegment made =
              arena.allocate((long) count * depth * down * across * Float.BYTES, Float.BYTES);
          for (int c = 0; c < weights.dims().get(0); c++) {
            for (int filter = 0; filter < perGroup; filter++) {
              for (int ty = 0; ty < fh; ty++) {
                for (int tx = 0; tx < fw; tx++) {
                  int phase = ty % s.sh() * s.sw() + tx % s.sw();
                  long row = ((long) c / depth * s.sh() * s.sw() + phase) * perGroup + filter;
                  long line = (row * depth + c % depth) * down + down - 1 - ty / s.sh();
                  long place = line * across + across - 1 - tx / s.sw();
                  long tap = (((long) c * perGroup + filter) * fh + ty) * fw + tx;
                  made.set(FLOAT, place * Float.BYTES, from.get(FLOAT, tap * Float.BYTES));
                }
              }
            }
          }
          return made;
        });
  }

  /** Each phase of a filter has its bias. */
  private Value bias(Value bias) {
    int perGroup = weights.dims().get(1);
    float[] one = GraphBuilder.floats("conv_transpose", "bias", bias).floats();
    float[] all = new float[one.length * s.sh() * s.sw()];
    for (int i = 0; i < all.length; i++) {
      int group = i / (perGroup * s.sh() * s.sw());
      all[i] = one[group * perGroup + i % perGroup];
    }
    return to.constant(bias.name() + " by phases", Dims.of(all.length), all);
  }

  // Zeros in between.

  private Value spread(Value bias) {
    Value down = spread(x, 2, s.sh());
    Value both = spread(down, 3, s.sw());
    long reachDown = (long) s.dh() * (weights.dims().get(2) - 1);
    long reachAcross = (long) s.dw() * (weights.dims().get(3) - 1);
    int[] before = {0, 0, extent(reachDown - s.pt()), extent(reachAcross - s.pl())};
    int[] after = {
      0, 0, extent(reachDown - s.pb() + moreDown), extent(reachAcross - s.pr() + moreAcross)
    };
    ConvSettings unit = ConvSettings.UNIT.dilation(s.dh(), s.dw()).groups(s.groups());
    return to.conv(bordered(both, before, after), turned(), bias, unit);
  }

  /** Borders below 0 cut, the whole image too, of which a border on the other side is left then. */
  private Value bordered(Value image, int[] before, int[] after) {
    Dims dims = image.dims();
    int[] strides = {1, 1, s.sh(), s.sw()};
    int[] wider = new int[4];
    int[] longer = new int[4];
    boolean cut = false;
    for (int axis = 2; axis < 4; axis++) {
      if (dims.get(axis) == 0) {
        // Between no elements lie a stride less than none: see span.
        after[axis] = extent(after[axis] - (strides[axis] - 1L));
      }
      cut |= Math.min(before[axis], after[axis]) < -dims.get(axis);
      wider[axis] = Math.max(0, before[axis]);
      longer[axis] = Math.max(0, after[axis]);
    }
    if (!cut) {
      return to.pad(image, before, after, 0);
    }
    Value padded = to.pad(image, wider, longer, 0);
    for (int axis = 2; axis < 4; axis++) {
      int count = dims.get(axis) + before[axis] + after[axis];
      padded = to.slice(padded, axis, Math.max(0, -before[axis]), 1, count);
    }
    return padded;
  }

  /** stride - 1 zeros between each two elements of an axis. */
  private Value spread(Value value, int axis, int stride) {
    Dims dims = value.dims();
    if (stride == 1 || dims.get(axis) <= 1) {
      return value;
    }
    int extent = extent((long) dims.get(axis) * stride);
    int[] split = new int[dims.rank() + 1];
    for (int i = 0; i < split.length; i++) {
      split[i] = i <= axis ? dims.get(i) : i == axis + 1 ? 1 : dims.get(i - 1);
    }
    int[] after = new int[split.length];
    after[axis + 1] = stride - 1;
    Value zeros = to.pad(to.reshape(value, Dims.of(split)), new int[split.length], after, 0);
    Value merged = to.reshape(zeros, dims.with(axis, extent));
    return to.slice(merged, axis, 0, 1, extent - stride + 1);
  }

  /** From C x K/g x FH x FW to K x C/g x FH x FW, the last tap first. */
  private Value turned() {
    Dims dims = weights.dims();
    Value turned = weights;
    for (int axis = 2; axis < 4; axis++) {
      turned = to.slice(turned, axis, dims.get(axis) - 1, -1, dims.get(axis));
    }
    int depth = dims.get(0) / s.groups();
    int perGroup = dims.get(1);
    int taps = dims.product("conv_transpose", 2, dims.rank());
    Value split = to.reshape(turned, Dims.of(s.groups(), depth, perGroup, taps));
    Value swapped = to.transpose(split, 0, 2, 1, 3);
    return to.reshape(swapped, Dims.of(s.groups() * perGroup, depth, dims.get(2), dims.get(3)));
  }
}
