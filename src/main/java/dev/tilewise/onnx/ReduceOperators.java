package dev.tilewise.onnx;

import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.GraphBuilder.Reduction;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import java.util.Map;

/** One number for many. */
final class ReduceOperators {

  private ReduceOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("ReduceSum", of(Reduction.SUM));
    all.put("ReduceMean", of(Reduction.MEAN));
    all.put("ReduceMax", of(Reduction.MAX));
    all.put("ReduceMin", of(Reduction.MIN));
    all.put("ReduceProd", of(Reduction.PRODUCT));
    all.put(
        "ReduceL1",
        Operator.of(
            call ->
                reduce(call, call.builder().unary(call.x(), PlainFunction.ABS), Reduction.SUM)));
    all.put("ReduceSumSquare", Operator.of(ReduceOperators::sumOfSquares));
    all.put(
        "ReduceL2",
        Operator.of(call -> call.builder().unary(sumOfSquares(call), PlainFunction.SQRT)));
  }

  private static Operator of(Reduction reduction) {
    return Operator.of(call -> reduce(call, call.x(), reduction));
  }

  private static Value sumOfSquares(Call call) {
    GraphBuilder b = call.builder();
    return reduce(call, b.multiply(call.x(), call.x()), Reduction.SUM);
  }

  private static Value reduce(Call call, Value x, Reduction reduction) {
    long[] axes = call.integers("axes", 1);
    if (axes == null || axes.length == 0) {
      axes = new long[0];
      if (call.node().flag("noop_with_empty_axes", false)) {
        return x;
      }
    }
    if (x.dims().rank() == 0) {
      return x;
    }
    return call.builder().reduce(x, reduction, call.node().flag("keepdims", true), Call.ints(axes));
  }
}
