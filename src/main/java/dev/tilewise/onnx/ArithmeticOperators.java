package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;

/** Functions of elements that meet: sums, products, comparisons, slopes. */
final class ArithmeticOperators {

  private interface Pairing {
    Value of(GraphBuilder builder, Value a, Value b);
  }

  private ArithmeticOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Add", two(GraphBuilder::add, Long::sum));
    all.put("Sub", two(GraphBuilder::subtract, (a, b) -> a - b));
    all.put("Mul", two(GraphBuilder::multiply, (a, b) -> a * b));
    all.put("Div", two(GraphBuilder::divide, ArithmeticOperators::quotient));
    all.put("Pow", two(GraphBuilder::power, (a, b) -> (long) StrictMath.pow(a, b)));
    all.put(
        "Max", Operator.of(call -> call.all().stream().reduce((a, b) -> max(call, a, b)).get()));
    all.put(
        "Min", Operator.of(call -> call.all().stream().reduce((a, b) -> min(call, a, b)).get()));
    all.put("Sum", Operator.of(ArithmeticOperators::sum));
    all.put("Mean", Operator.of(ArithmeticOperators::mean));
    all.put("PRelu", Operator.of(ArithmeticOperators::prelu));
    all.put("Equal", known((a, b) -> a == b ? 1 : 0));
    all.put("Less", known((a, b) -> a < b ? 1 : 0));
    all.put("Greater", known((a, b) -> a > b ? 1 : 0));
    all.put("And", known((a, b) -> a & b));
    all.put("Or", known((a, b) -> a | b));
    all.put("Mod", known(Math::floorMod));
    all.put("Not", Operator.of(call -> Integers.map(call, call.x(), a -> a == 0 ? 1 : 0)));
    all.put("Where", Operator.of(ArithmeticOperators::where));
  }

  private static long quotient(long a, long b) {
    if (b == 0) {
      throw new IllegalArgumentException(a + " is divided by 0");
    }
    return a / b;
  }

  private static Operator two(Pairing pairing, LongBinaryOperator whole) {
    return Operator.of(
        call -> {
          Value a = call.x();
          Value b = aligned(call, a, call.input(1));
          return pair(call, a, b, pairing, whole);
        });
  }

  private static Value pair(
      Call call, Value a, Value b, Pairing pairing, LongBinaryOperator whole) {
    return Integers.are(a, b)
        ? Integers.combine(call, a, b, whole)
        : pairing.of(call.builder(), a, b);
  }

  static Value max(Call call, Value a, Value b) {
    return pair(call, a, b, GraphBuilder::max, Math::max);
  }

  static Value min(Call call, Value a, Value b) {
    return pair(call, a, b, GraphBuilder::min, Math::min);
  }

  /** Before opset 7 an attribute said which axis the second value's first one meets. */
  private static Value aligned(Call call, Value a, Value b) {
    if (call.opset() >= 7 || !call.node().has("axis") || b.dims().rank() >= a.dims().rank()) {
      return b;
    }
    int axis = a.dims().axis(call.node().integer("axis", 0));
    int[] extents = Arrays.copyOf(b.dims().toArray(), a.dims().rank() - axis);
    if (extents.length < b.dims().rank()) {
      throw new IllegalArgumentException("axis " + axis + ": " + b + " does not fit " + a);
    }
    Arrays.fill(extents, b.dims().rank(), extents.length, 1);
    return call.builder().reshape(b, Dims.of(extents));
  }

  private static Operator known(LongBinaryOperator function) {
    return Operator.of(
        call -> {
          if (!Integers.are(call.x(), call.input(1))) {
            throw new IllegalArgumentException(
                "it takes few integers that are known before a run, not "
                    + call.x()
                    + " and "
                    + call.input(1));
          }
          return Integers.combine(call, call.x(), call.input(1), function);
        });
  }

  private static Value sum(Call call) {
    return call.all().stream().reduce(call.builder()::add).orElseThrow();
  }

  private static Value mean(Call call) {
    int count = call.all().size();
    Value sum = sum(call);
    return count == 1 ? sum : call.builder().divide(sum, call.scalar(count));
  }

  /** Leaky below 0; slopes repeat to the input, and before opset 7 they were of the channels. */
  private static Value prelu(Call call) {
    GraphBuilder b = call.builder();
    Value x = call.x();
    Value slopes = call.input(1);
    Dims dims = slopes.dims();
    int channels = x.dims().rank() < 2 ? 0 : x.dims().get(1);
    int before = x.dims().rank() - dims.rank();
    boolean single = dims.elements() == 1;
    boolean old = call.opset() < 7 && dims.rank() == 1;
    boolean perChannel =
        before >= 0
            && before <= 1
            && dims.elements() == channels
            && dims.get(1 - before) == channels;
    if (slopes.isConstant() && channels > 0 && (single || old || perChannel)) {
      Value flat = b.reshape(slopes, Dims.of(Math.toIntExact(dims.elements())));
      return b.prelu(x, b.expand(flat, Dims.of(channels)));
    }
    Value zero = call.scalar(0);
    return b.add(b.max(x, zero), b.multiply(slopes, b.min(x, zero)));
  }

  /** A choice that is known before a run. */
  private static Value where(Call call) {
    GraphBuilder b = call.builder();
    Value a = call.input(1);
    Value other = call.input(2);
    if (!Integers.are(call.x())) {
      throw new IllegalArgumentException(
          "the condition " + call.x() + " must be few values that are known before a run");
    }
    Dims dims = call.dims().broadcast(a.dims()).broadcast(other.dims());
    if (call.dims().elements() == 1) {
      return b.expand(call.x().integers()[0] != 0 ? a : other, dims);
    }
    if (!a.isConstant() || !other.isConstant()) {
      throw new IllegalArgumentException("it chooses between values that are known before a run");
    }
    long[] chosen = Integers.repeated(call.x(), dims);
    List<Value> both = List.of(flat(b, a, dims), flat(b, other, dims));
    int[] numbers = new int[chosen.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = chosen[i] != 0 ? i : i + numbers.length;
    }
    return b.reshape(b.take(b.concat(0, both), 0, numbers), dims);
  }

  private static Value flat(GraphBuilder b, Value x, Dims dims) {
    return b.reshape(b.expand(x, dims), Dims.of(Math.toIntExact(dims.elements())));
  }
}
