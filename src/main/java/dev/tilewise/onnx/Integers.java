package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Value;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/** Arithmetic of extents: constants of 64-bit integers, which floats could not hold. */
final class Integers {

  /** Extents are few; large constants of integers go the way of floats. */
  private static final int MOST = 1 << 16;

  private Integers() {}

  static boolean are(Value... values) {
    for (Value value : values) {
      if (!value.isInteger() || value.dims().elements() > MOST) {
        return false;
      }
    }
    return true;
  }

  static Value map(Call call, Value x, LongUnaryOperator function) {
    long[] values = x.integers();
    for (int i = 0; i < values.length; i++) {
      values[i] = function.applyAsLong(values[i]);
    }
    return call.builder().integers(call.node().op(), x.dims(), values);
  }

  /** A function of each two elements that meet. */
  static Value combine(Call call, Value a, Value b, LongBinaryOperator function) {
    Dims dims = a.dims().broadcast(b.dims());
    long[] first = repeated(a, dims);
    long[] second = repeated(b, dims);
    for (int i = 0; i < first.length; i++) {
      first[i] = function.applyAsLong(first[i], second[i]);
    }
    return call.builder().integers(call.node().op(), dims, first);
  }

  /** The elements of a constant, repeated to some extents. */
  static long[] repeated(Value value, Dims to) {
    long[] repeated = new long[Call.count(to.elements())];
    long[] from = value.integers();
    for (int i = 0; i < repeated.length; i++) {
      repeated[i] = from[place(value.dims(), to, i)];
    }
    return repeated;
  }

  /** Which element of a value meets element i of what it is repeated to. */
  static int place(Dims from, Dims to, int i) {
    int place = 0;
    int stride = 1;
    int rest = i;
    for (int axis = 1; axis <= to.rank(); axis++) {
      int extent = to.get(to.rank() - axis);
      if (axis <= from.rank()) {
        int own = from.get(from.rank() - axis);
        place += own == 1 ? 0 : rest % extent * stride;
        stride *= own;
      }
      rest /= extent;
    }
    return place;
  }
}
