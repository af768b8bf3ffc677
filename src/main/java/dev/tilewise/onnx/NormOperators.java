package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.GraphBuilder.Reduction;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Normalisation, and softmax. */
final class NormOperators {

  private static final double EPSILON = 1e-5;

  private NormOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("BatchNormalization", new Operator(NormOperators::batch, NormOperators::training));
    all.put("InstanceNormalization", Operator.of(NormOperators::instance));
    all.put("GroupNormalization", Operator.of(NormOperators::group));
    all.put("LayerNormalization", Operator.of(NormOperators::layer));
    all.put("LRN", Operator.of(NormOperators::lrn));
    all.put("Softmax", Operator.of(call -> softmax(call, false)));
    all.put("LogSoftmax", Operator.of(call -> softmax(call, true)));
  }

  private static String training(OnnxNode node, int opset) {
    boolean trains = node.flag("training_mode", false) || opset < 7 && !node.flag("is_test", false);
    for (int output = 1; output < node.outputs().size(); output++) {
      trains |= node.wants(output);
    }
    if (trains) {
      return "statistics of the batch are for training (training_mode), which is not supported";
    }
    return node.flag("spatial", true) ? null : "spatial 0 is not supported";
  }

  private static List<Value> batch(Call call) {
    Value y =
        call.builder()
            .batchNorm(
                call.x(),
                call.input(1),
                call.input(2),
                call.input(3),
                call.input(4),
                call.node().real("epsilon", EPSILON));
    return List.of(y);
  }

  /** {@code (x - mean) / sqrt(variance + epsilon)} over some axes. */
  private static Value normalised(Call call, Value x, int... axes) {
    GraphBuilder b = call.builder();
    float epsilon = call.node().real("epsilon", EPSILON);
    Value centred = b.subtract(x, b.reduce(x, Reduction.MEAN, true, axes));
    Value variance = b.reduce(b.multiply(centred, centred), Reduction.MEAN, true, axes);
    Value factor = b.unary(b.add(variance, call.scalar(epsilon)), PlainFunction.RSQRT);
    return b.multiply(centred, factor);
  }

  private static Value instance(Call call) {
    int rank = call.dims().rank();
    if (rank < 3) {
      throw new IllegalArgumentException("it takes images, not " + call.dims());
    }
    Value y = normalised(call, call.x(), IntStream.range(2, rank).toArray());
    return call.builder().affine(y, call.input(1), call.input(2));
  }

  private static Value group(Call call) {
    GraphBuilder b = call.builder();
    Dims dims = call.dims();
    int groups = call.node().number("num_groups", 1);
    if (dims.rank() < 3 || groups < 1 || dims.get(1) % groups != 0 || dims.elements() == 0) {
      throw new IllegalArgumentException(groups + " groups do not divide the channels of " + dims);
    }
    int rows = dims.get(0) * groups;
    Dims split = Dims.of(rows, Math.toIntExact(dims.elements() / rows));
    Value y = b.reshape(normalised(call, b.reshape(call.x(), split), 1), dims);
    return b.affine(y, ofChannels(call, call.input(1)), ofChannels(call, call.input(2)));
  }

  /** Before opset 21 each group had a factor. */
  private static Value ofChannels(Call call, Value given) {
    int channels = call.dims().get(1);
    int count = Math.toIntExact(given.dims().elements());
    if (count == channels || count == 0 || channels % count != 0) {
      return given;
    }
    GraphBuilder b = call.builder();
    Value repeated =
        b.expand(b.reshape(given, Dims.of(count, 1)), Dims.of(count, channels / count));
    return b.reshape(repeated, Dims.of(channels));
  }

  private static Value layer(Call call) {
    GraphBuilder b = call.builder();
    int[] axes = IntStream.range(call.axis(-1), call.dims().rank()).toArray();
    Value y = b.multiply(normalised(call, call.x(), axes), call.input(1));
    return call.has(2) ? b.add(y, call.input(2)) : y;
  }

  private static Value lrn(Call call) {
    OnnxNode node = call.node();
    return call.builder()
        .lrn(
            call.x(),
            node.number("size", 0),
            node.real("alpha", 0.0001),
            node.real("beta", 0.75),
            node.real("bias", 1));
  }

  /** Along an axis; before opset 13 over all axes from one on. */
  private static Value softmax(Call call, boolean logarithm) {
    GraphBuilder b = call.builder();
    Dims dims = call.dims();
    if (call.opset() >= 13) {
      return b.softmax(call.x(), call.axis(-1), logarithm);
    }
    int axis = call.axis(1);
    if (ShapeOperators.product(dims, axis + 1, dims.rank()) == 1) {
      return b.softmax(call.x(), axis, logarithm);
    }
    Value matrix = b.reshape(call.x(), ShapeOperators.matrix(dims, axis));
    return b.reshape(b.softmax(matrix, 1, logarithm), dims);
  }
}
