package dev.tilewise.onnx;

import dev.tilewise.Pool2d;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.Map;

/** Pooling over windows and over everything. */
final class PoolOperators {

  private PoolOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("MaxPool", Operator.of(call -> pool(call, Pool2d.Kind.MAX), Windows.AUTO_PAD));
    all.put("AveragePool", Operator.of(call -> pool(call, Pool2d.Kind.AVERAGE), Windows.AUTO_PAD));
    all.put("LpPool", Operator.of(PoolOperators::lpPool, Windows.AUTO_PAD));
    all.put("GlobalMaxPool", Operator.of(call -> global(call, Pool2d.Kind.MAX)));
    all.put("GlobalAveragePool", Operator.of(call -> global(call, Pool2d.Kind.AVERAGE)));
  }

  private static Value global(Call call, Pool2d.Kind kind) {
    return call.builder().globalPool(call.x(), kind);
  }

  private static Windows windows(Call call) {
    int[] in = ConvOperators.spatial(call.dims());
    if (!call.node().has("kernel_shape")) {
      throw new IllegalArgumentException("the attribute kernel_shape is missing");
    }
    return Windows.of(call.node(), Windows.list(call.node(), "kernel_shape", in.length, 0), in);
  }

  private static Value pool(Call call, Pool2d.Kind kind) {
    Windows w = windows(call);
    Pool2d pool =
        Pool2d.of(kind, w.down(w.f(), 1), w.across(w.f()))
            .stride(w.down(w.stride(), 1), w.across(w.stride()))
            .padding(
                w.down(w.before(), 0),
                w.across(w.before()),
                w.down(w.after(), 0),
                w.across(w.after()))
            .dilation(w.down(w.dilation(), 1), w.across(w.dilation()))
            .countIncludePad(call.node().flag("count_include_pad", false));
    return call.builder()
        .pool(call.x(), call.node().flag("ceil_mode", false) ? pool.ceilMode() : pool);
  }

  /** {@code (sum |x|^p)^(1/p)}: the sum is a depthwise convolution with ones. */
  private static Value lpPool(Call call) {
    Windows w = windows(call);
    GraphBuilder b = call.builder();
    int p = call.node().number("p", 2);
    int channels = call.dims().get(1);
    int[] extents = call.dims().toArray();
    extents[0] = channels;
    extents[1] = 1;
    int[] after = w.after().clone();
    for (int i = 0; i < w.axes(); i++) {
      extents[i + 2] = w.f()[i];
      if (call.node().flag("ceil_mode", false)) {
        long reach = (w.f()[i] - 1L) * w.dilation()[i] + 1;
        long free = (long) call.dims().get(i + 2) + w.before()[i] + after[i] - reach;
        after[i] += (int) Math.floorMod(-free, (long) w.stride()[i]);
      }
    }
    int[] ones = extents.clone();
    Arrays.fill(ones, 1);
    Value weights = b.expand(b.constant("ones", Dims.of(ones), 1), Dims.of(extents));
    ConvSettings settings =
        ConvSettings.UNIT
            .stride(w.down(w.stride(), 1), w.across(w.stride()))
            .padding(w.down(w.before(), 0), w.across(w.before()), w.down(after, 0), w.across(after))
            .dilation(w.down(w.dilation(), 1), w.across(w.dilation()))
            .groups(channels);
    Value powers = b.power(b.unary(call.x(), PlainFunction.ABS), call.scalar(p));
    Value sums = b.conv(powers, weights, null, settings);
    return switch (p) {
      case 1 -> sums;
      case 2 -> b.unary(sums, PlainFunction.SQRT);
      case 3 -> b.unary(sums, PlainFunction.CBRT);
      // 1 / p is rounded to a float here, which costs some units in the last place.
      default -> b.power(sums, call.scalar(1f / p));
    };
  }
}
