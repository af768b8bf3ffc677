package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Other numbers of pixels. Axis by axis, each output element is one element of the input, or a
 * weighted sum of two or four.
 */
final class ResizeOperators {

  private static final String ALIGN = "align_corners";
  private static final String ASYMMETRIC = "asymmetric";
  private static final String HALF = "half_pixel";
  private static final String PYTORCH = "pytorch_half_pixel";
  private static final String SYMMETRIC = "half_pixel_symmetric";
  private static final String TF_NEAREST = "tf_half_pixel_for_nn";

  private ResizeOperators() {}

  static void addTo(Map<String, Operator> all) {
    Operator.Check modes =
        Operator.among("mode", "nearest", "nearest", "linear", "cubic", "bilinear");
    all.put("Upsample", Operator.of(ResizeOperators::upsample, modes));
    all.put("Resize", Operator.of(ResizeOperators::resize, ResizeOperators::refusal));
  }

  private static String refusal(OnnxNode node, int opset) {
    Operator.Check[] checks = {
      Operator.among("mode", "nearest", "nearest", "linear", "cubic"),
      Operator.among(
          "coordinate_transformation_mode",
          HALF,
          HALF,
          PYTORCH,
          ALIGN,
          ASYMMETRIC,
          SYMMETRIC,
          TF_NEAREST),
      Operator.among(
          "nearest_mode",
          "round_prefer_floor",
          "round_prefer_floor",
          "round_prefer_ceil",
          "floor",
          "ceil"),
      Operator.among("keep_aspect_ratio_policy", "stretch", "stretch"),
      Operator.without("antialias", "antialias is not supported"),
      Operator.without("exclude_outside", "exclude_outside is not supported"),
    };
    for (Operator.Check check : checks) {
      String reason = check.refusal(node, opset);
      if (reason != null) {
        return reason;
      }
    }
    return null;
  }

  private static Value upsample(Call call) {
    float[] scales = call.has(1) ? call.input(1).floats() : call.node().reals("scales");
    return scaled(call, allAxes(call), scales, null);
  }

  private static Value resize(Call call) {
    if (call.opset() < 11) {
      return scaled(call, allAxes(call), call.input(1).floats(), null);
    }
    long[] given = call.node().integers("axes");
    int[] axes = given == null ? allAxes(call) : new int[given.length];
    for (int i = 0; given != null && i < axes.length; i++) {
      axes[i] = call.dims().axis(given[i]);
    }
    boolean sized = call.has(3) && call.input(3).dims().elements() > 0;
    return sized
        ? scaled(call, axes, null, call.input(3).integers())
        : scaled(call, axes, call.input(2).floats(), null);
  }

  private static int[] allAxes(Call call) {
    return IntStream.range(0, call.dims().rank()).toArray();
  }

  private static Value scaled(Call call, int[] axes, float[] scales, long[] sizes) {
    int count = scales != null ? scales.length : sizes == null ? -1 : sizes.length;
    if (count != axes.length) {
      throw new IllegalArgumentException(
          "it needs a scale or a size for each of the axes " + Arrays.toString(axes));
    }
    Value y = call.x();
    for (int i = 0; i < axes.length; i++) {
      int in = call.dims().get(axes[i]);
      double scale = scales != null ? scales[i] : (double) sizes[i] / in;
      int out = Call.count(sizes != null ? sizes[i] : (long) Math.floor(in * scale));
      if (!(scale > 0) && out > 0 || in == 0) {
        throw new IllegalArgumentException("axis " + axes[i] + ": the scale " + scale + " is bad");
      }
      if (out != in || scale != 1) {
        y = axis(call, y, axes[i], scale, out);
      }
    }
    return y;
  }

  private static Value axis(Call call, Value x, int axis, double scale, int out) {
    boolean newer = call.opset() >= 11;
    String mode = call.node().word("mode", "nearest");
    String places = newer ? call.node().word("coordinate_transformation_mode", HALF) : ASYMMETRIC;
    int in = x.dims().get(axis);
    double[] at = new double[out];
    for (int i = 0; i < out; i++) {
      at[i] = place(places, i, scale, in, out);
    }
    if ("nearest".equals(mode)) {
      String rounding = newer ? call.node().word("nearest_mode", "round_prefer_floor") : "floor";
      int[] numbers = new int[out];
      for (int i = 0; i < out; i++) {
        numbers[i] = Math.clamp(rounded(rounding, at[i]), 0, in - 1);
      }
      return call.builder().take(x, axis, numbers);
    }
    return "cubic".equals(mode)
        ? cubic(call, x, axis, at)
        : sum(call, x, axis, at, 0, 2, (distance, tap) -> tap == 0 ? 1 - distance : distance);
  }

  /** Where in the input an element of the output is. */
  private static double place(String mode, int i, double scale, int in, int out) {
    return switch (mode) {
      case ASYMMETRIC -> i / scale;
      case ALIGN -> out == 1 ? 0 : i * (in - 1.0) / (out - 1);
      case PYTORCH -> out > 1 ? (i + 0.5) / scale - 0.5 : 0;
      case TF_NEAREST -> (i + 0.5) / scale;
      case SYMMETRIC -> {
        double adjustment = out / (in * scale);
        yield in / 2.0 * (1 - adjustment) + (i + 0.5) / scale - 0.5;
      }
      default -> (i + 0.5) / scale - 0.5;
    };
  }

  private static int rounded(String mode, double at) {
    return (int)
        switch (mode) {
          case "floor" -> Math.floor(at);
          case "ceil" -> Math.ceil(at);
          case "round_prefer_ceil" -> Math.floor(at + 0.5);
          default -> Math.ceil(at - 0.5);
        };
  }

  /** The convolution kernel of Keys (1981). */
  private static Value cubic(Call call, Value x, int axis, double... at) {
    double a = call.node().real("cubic_coeff_a", -0.75);
    return sum(
        call,
        x,
        axis,
        at,
        -1,
        4,
        (distance, tap) -> {
          double d = Math.abs(distance + 1 - tap);
          return d <= 1
              ? ((a + 2) * d - (a + 3)) * d * d + 1
              : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
        });
  }

  private interface Weight {
    double of(double distance, int tap);
  }

  /** Weighted sums of neighbours, those outside being the last ones inside. */
  private static Value sum(
      Call call, Value x, int axis, double[] at, int first, int taps, Weight weight) {
    GraphBuilder b = call.builder();
    int in = x.dims().get(axis);
    Dims dims = x.dims();
    Value sum = null;
    for (int tap = 0; tap < taps; tap++) {
      int[] numbers = new int[at.length];
      float[] weights = new float[at.length];
      for (int i = 0; i < at.length; i++) {
        // Linear between the borders: what is outside is the border.
        double place = taps == 2 ? Math.clamp(at[i], 0, in - 1) : at[i];
        int floor = (int) Math.floor(place);
        numbers[i] = Math.clamp(floor + first + tap, 0, in - 1);
        weights[i] = (float) weight.of(place - floor, tap);
      }
      Value part = b.multiply(b.take(x, axis, numbers), call.along(axis, dims.rank(), weights));
      sum = sum == null ? part : b.add(sum, part);
    }
    return sum;
  }
}
