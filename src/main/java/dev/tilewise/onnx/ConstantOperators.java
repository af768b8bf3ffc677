package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Constants, extents as constants, and changes of type. */
final class ConstantOperators {

  // Numbers of TensorProto.DataType.
  private static final int FLOAT = 1;
  private static final int FLOAT16 = 10;
  private static final int DOUBLE = 11;
  private static final int BFLOAT16 = 16;
  private static final int BOOL = 9;
  private static final List<Integer> WHOLE = List.of(2, 3, 4, 5, 6, 7, 12, 13);

  private ConstantOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Constant", Operator.of(ConstantOperators::constant, ConstantOperators::isValue));
    all.put("ConstantOfShape", Operator.of(ConstantOperators::ofShape));
    all.put("Shape", Operator.of(ConstantOperators::shape));
    all.put("Size", Operator.of(ConstantOperators::size));
    all.put("Range", Operator.of(ConstantOperators::range));
    all.put("Cast", Operator.of(ConstantOperators::cast, ConstantOperators::castable));
  }

  private static String isValue(OnnxNode node, int opset) {
    boolean known =
        node.attributes().values().stream().anyMatch(OnnxTensor.class::isInstance)
            || node.has("value_float")
            || node.has("value_floats")
            || node.has("value_int")
            || node.has("value_ints");
    return known ? null : "its value " + node.attributes().keySet() + " is not supported";
  }

  private static Value constant(Call call) {
    OnnxNode node = call.node();
    GraphBuilder b = call.builder();
    if (node.has("value_float")) {
      return b.constant("constant", Dims.of(), node.real("value_float", 0));
    }
    if (node.has("value_floats")) {
      float[] values = node.reals("value_floats");
      return b.constant("constant", Dims.of(values.length), values);
    }
    if (node.has("value_int")) {
      return b.integers("constant", Dims.of(), node.integer("value_int", 0));
    }
    if (node.has("value_ints")) {
      long[] values = node.integers("value_ints");
      return b.integers("constant", Dims.of(values.length), values);
    }
    return node.tensor("value").value(b, "constant");
  }

  private static Value ofShape(Call call) {
    GraphBuilder b = call.builder();
    Dims dims = ShapeOperators.dims(call.x().integers());
    Value value =
        call.node().has("value")
            ? call.node().tensor("value").value(b, "constant")
            : call.scalar(0);
    Call.only(value);
    return b.expand(b.reshape(value, Dims.of()), dims);
  }

  private static Value shape(Call call) {
    int[] extents = call.dims().toArray();
    int rank = extents.length;
    long start = call.node().integer("start", 0);
    long end = call.node().integer("end", rank);
    int from = (int) Math.clamp(start < 0 ? start + rank : start, 0L, rank);
    int to = (int) Math.clamp(end < 0 ? end + rank : end, 0L, rank);
    long[] part =
        Arrays.stream(extents).asLongStream().skip(from).limit(Math.max(0, to - from)).toArray();
    return call.builder().integers("shape", Dims.of(part.length), part);
  }

  private static Value size(Call call) {
    return call.builder().integers("size", Dims.of(), call.dims().elements());
  }

  private static Value range(Call call) {
    Value first = call.x();
    Value limit = call.input(1);
    Value step = call.input(2);
    if (first.isInteger() && limit.isInteger() && step.isInteger()) {
      long from = one(first);
      long by = one(step);
      long span = Math.subtractExact(one(limit), from);
      int count = by == 0 ? Call.count(-1) : Call.count(Math.max(0, Math.ceilDiv(span, by)));
      long[] values = LongStream.range(0, count).map(i -> from + i * by).toArray();
      return call.builder().integers("range", Dims.of(count), values);
    }
    double from = Call.only(first);
    double by = Call.only(step);
    double span = Math.ceil((Call.only(limit) - from) / by);
    int count = Call.count((long) Math.max(0, span));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (from + i * by);
    }
    return call.builder().constant("range", Dims.of(count), values);
  }

  private static long one(Value value) {
    Call.only(value);
    return value.integers()[0];
  }

  private static String castable(OnnxNode node, int opset) {
    int to = node.number("to", 0);
    boolean known =
        List.of(FLOAT, FLOAT16, DOUBLE, BFLOAT16, BOOL).contains(to) || WHOLE.contains(to);
    return known ? null : "elements of type " + to + " are not supported";
  }

  /** Floats of any width are float32 here; integers lose their fraction. */
  private static Value cast(Call call) {
    int to = call.node().number("to", 0);
    GraphBuilder b = call.builder();
    Value x = call.x();
    if (to != BOOL && !WHOLE.contains(to)) {
      return x.isConstant() && x.isInteger() ? b.constant("cast", x.dims(), x.floats()) : x;
    }
    if (!x.isConstant()) {
      return b.unary(x, to == BOOL ? PlainFunction.NOT_ZERO : PlainFunction.TRUNCATE);
    }
    long[] values = x.isInteger() ? x.integers() : truncated(x.floats(), to == BOOL);
    if (to == BOOL) {
      values = Arrays.stream(values).map(v -> v == 0 ? 0 : 1).toArray();
    }
    return b.integers("cast", x.dims(), values);
  }

  private static long[] truncated(float[] values, boolean truth) {
    long[] whole = new long[values.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = truth ? values[i] == 0 ? 0 : 1 : (long) values[i];
    }
    return whole;
  }
}
