package dev.tilewise.onnx;

import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.Map;

/** Convolutions, and what multiplies matrices. */
final class ConvOperators {

  /**
   * What a filter over a constant may span, taps and gaps: the time of a wider one grows with the
   * square of the gaps, and a file could ask for any.
   */
  private static final int MOST_REACH = 1024;

  private ConvOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Conv", Operator.of(ConvOperators::conv, Windows.AUTO_PAD));
    all.put("ConvTranspose", Operator.of(ConvOperators::convTranspose, Windows.AUTO_PAD));
    all.put("Gemm", Operator.of(ConvOperators::gemm));
    all.put("MatMul", Operator.of(call -> call.builder().matmul(call.x(), call.input(1))));
  }

  /** Extents of the spatial axes, of which there must be one or two. */
  static int[] spatial(Dims dims) {
    if (dims.rank() != 3 && dims.rank() != 4) {
      throw new IllegalArgumentException(
          "it takes rows (3 extents) or images (4 extents), not " + dims);
    }
    return Arrays.copyOfRange(dims.toArray(), 2, dims.rank());
  }

  private static Windows windows(Call call) {
    int[] taps = spatial(call.input(1).dims());
    int[] in = spatial(call.dims());
    int[] f = Windows.list(call.node(), "kernel_shape", in.length, 0);
    if (call.node().has("kernel_shape") && !Arrays.equals(f, taps) || taps.length != in.length) {
      throw new IllegalArgumentException(
          "kernel_shape "
              + Arrays.toString(f)
              + " and weights "
              + call.input(1).dims()
              + " do not fit the input "
              + call.dims());
    }
    Windows windows = Windows.of(call.node(), taps, in);
    for (int i = 0; i < in.length && call.x().isConstant(); i++) {
      long reach = (taps[i] - 1L) * windows.dilation()[i] + 1;
      if (reach > MOST_REACH) {
        throw new IllegalArgumentException(
            "windows of " + reach + " over constants are more than " + MOST_REACH);
      }
    }
    return windows;
  }

  private static ConvSettings settings(Call call, Windows w) {
    return ConvSettings.UNIT
        .stride(w.down(w.stride(), 1), w.across(w.stride()))
        .padding(
            w.down(w.before(), 0), w.across(w.before()), w.down(w.after(), 0), w.across(w.after()))
        .dilation(w.down(w.dilation(), 1), w.across(w.dilation()))
        .groups(groups(call));
  }

  private static int groups(Call call) {
    int groups = call.node().number("group", 1);
    if (groups < 1) {
      throw new IllegalArgumentException("group must be positive, not " + groups);
    }
    return groups;
  }

  private static Value conv(Call call) {
    ConvSettings settings = settings(call, windows(call));
    return call.builder().conv(call.x(), call.input(1), call.optional(2), settings);
  }

  private static Value convTranspose(Call call) {
    int[] in = spatial(call.dims());
    Windows w = windows(call);
    int[] more = Windows.list(call.node(), "output_padding", in.length, 0);
    int[] before = w.before();
    int[] after = w.after();
    long[] wanted = call.node().integers("output_shape");
    String mode = call.node().word("auto_pad", "NOTSET");
    boolean same = mode.startsWith("SAME");
    if (wanted != null && wanted.length > in.length) {
      // Some files have N and K in front.
      wanted = Arrays.copyOfRange(wanted, wanted.length - in.length, wanted.length);
    }
    if (wanted != null && wanted.length < in.length) {
      throw new IllegalArgumentException(
          "output_shape " + Arrays.toString(wanted) + " does not fit the input " + call.dims());
    }
    for (int i = 0; i < in.length && (wanted != null || same); i++) {
      long natural =
          (long) w.stride()[i] * (in[i] - 1) + more[i] + (w.f()[i] - 1L) * w.dilation()[i] + 1;
      long extent = wanted == null ? (long) in[i] * w.stride()[i] : wanted[i];
      int total = Math.toIntExact(natural - extent);
      // What is missing is added behind.
      more[i] += Math.max(0, -total);
      total = Math.max(0, total);
      before[i] = "SAME_UPPER".equals(mode) ? total / 2 : total - total / 2;
      after[i] = total - before[i];
    }
    return call.builder()
        .convTranspose(
            call.x(),
            call.input(1),
            call.optional(2),
            settings(call, new Windows(w.f(), w.stride(), w.dilation(), before, after)),
            more);
  }

  /** {@code alpha A B + beta C}; a dense layer if B is a constant. */
  private static Value gemm(Call call) {
    OnnxNode node = call.node();
    Value a = turned(call, call.x(), node.flag("transA", false));
    Value b = call.input(1);
    float alpha = node.real("alpha", 1);
    float beta = node.real("beta", 1);
    Value c = beta == 0 ? null : call.optional(2);
    if (b.isConstant() && !a.isConstant()) {
      Value weights = scaled(call, turned(call, b, !node.flag("transB", false)), alpha);
      Value bias = c == null ? null : rowOf(call, c, weights.dims().get(0));
      Value product =
          call.builder().dense(a, weights, bias == null ? null : scaled(call, bias, beta));
      return c == null || bias != null
          ? product
          : call.builder().add(product, scaled(call, c, beta));
    }
    Value product =
        scaled(call, call.builder().matmul(a, turned(call, b, node.flag("transB", false))), alpha);
    return c == null ? product : call.builder().add(product, scaled(call, c, beta));
  }

  private static Value turned(Call call, Value matrix, boolean turn) {
    if (matrix.dims().rank() != 2) {
      throw new IllegalArgumentException(matrix + " is no matrix");
    }
    return turn ? call.builder().transpose(matrix, 1, 0) : matrix;
  }

  private static Value scaled(Call call, Value x, float factor) {
    return factor == 1 ? x : call.builder().multiply(x, call.scalar(factor));
  }

  /** A constant with the same elements in every row, as one row; null if it is another value. */
  private static Value rowOf(Call call, Value c, int columns) {
    Dims dims = c.dims();
    boolean row = c.isConstant() && dims.rank() <= 2 && (dims.rank() < 2 || dims.get(0) == 1);
    if (!row) {
      return null;
    }
    Value flat = call.builder().reshape(c, Dims.of(Math.toIntExact(dims.elements())));
    return call.builder().expand(flat, Dims.of(columns));
  }
}
