package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Parts of values, and values made of parts. */
final class PartOperators {

  private PartOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Concat", Operator.of(PartOperators::concat));
    all.put("Split", Operator.several(PartOperators::split));
    all.put("Slice", Operator.of(PartOperators::slice));
    all.put("Gather", Operator.of(PartOperators::gather));
    all.put("Tile", Operator.of(PartOperators::tile));
    all.put(
        "Pad",
        Operator.of(
            PartOperators::pad,
            Operator.among("mode", "constant", "constant", "reflect", "edge", "wrap")));
  }

  private static Value concat(Call call) {
    return call.builder().concat(call.axis(1), call.all());
  }

  private static List<Value> split(Call call) {
    int axis = call.axis(0);
    int extent = call.dims().get(axis);
    long[] given = call.integers("split", 1);
    int parts = given == null ? call.node().outputs().size() : given.length;
    int[] counts = new int[parts];
    int each = parts == 0 ? 0 : Math.ceilDiv(extent, parts);
    int start = 0;
    List<Value> made = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      long count = given == null ? Math.min(each, extent - start) : given[part];
      if (count < 0 || count > extent - start) {
        throw new IllegalArgumentException(
            "parts of " + Arrays.toString(given) + " are not axis " + axis + " of " + call.dims());
      }
      counts[part] = (int) count;
      made.add(call.builder().slice(call.x(), axis, count == 0 ? 0 : start, 1, counts[part]));
      start += counts[part];
    }
    if (start != extent) {
      throw new IllegalArgumentException(
          "parts of " + Arrays.toString(counts) + " are not axis " + axis + " of " + call.dims());
    }
    return made;
  }

  private static Value slice(Call call) {
    long[] starts = call.integers("starts", 1);
    long[] ends = call.integers("ends", 2);
    long[] axes = call.integers("axes", 3);
    long[] steps = call.has(4) ? call.input(4).integers() : null;
    if (starts == null || ends == null) {
      throw new IllegalArgumentException("its starts or ends are missing");
    }
    int count = starts.length;
    if (ends.length != count
        || axes != null && axes.length != count
        || steps != null && steps.length != count) {
      throw new IllegalArgumentException("starts, ends, axes and steps must be as many");
    }
    Value y = call.x();
    for (int i = 0; i < count; i++) {
      int axis = call.dims().axis(axes == null ? i : axes[i]);
      y = cut(call, y, axis, starts[i], ends[i], steps == null ? 1 : steps[i]);
    }
    return y;
  }

  private static Value cut(Call call, Value x, int axis, long start, long end, long step) {
    long extent = x.dims().get(axis);
    if (step == 0) {
      throw new IllegalArgumentException("a step is 0");
    }
    // Beyond the ends means the end; -1 is before the first when going back.
    long least = step > 0 ? 0 : -1;
    long most = step > 0 ? extent : extent - 1;
    long from = Math.clamp(start < 0 ? start + extent : start, step > 0 ? 0 : 0, Math.max(0, most));
    long to = Math.clamp(end < 0 ? end + extent : end, least, Math.max(least, most));
    long bounded = Math.clamp(step, -Integer.MAX_VALUE, Integer.MAX_VALUE);
    long count = extent == 0 ? 0 : Math.max(0, Math.ceilDiv(to - from, bounded));
    if (from == 0 && count == extent && step == 1) {
      return x;
    }
    return call.builder()
        .slice(x, axis, count == 0 ? 0 : (int) from, count < 2 ? 1 : (int) bounded, (int) count);
  }

  private static Value gather(Call call) {
    GraphBuilder b = call.builder();
    int axis = call.axis(0);
    Value numbers = call.input(1);
    long[] given = numbers.integers();
    int[] taken = new int[given.length];
    int extent = call.dims().get(axis);
    for (int i = 0; i < taken.length; i++) {
      taken[i] = Math.toIntExact(given[i] < 0 ? given[i] + extent : given[i]);
    }
    Value flat = b.take(call.x(), axis, taken);
    IntStream extents =
        IntStream.concat(
            Arrays.stream(call.dims().toArray()).limit(axis),
            IntStream.concat(
                Arrays.stream(numbers.dims().toArray()),
                Arrays.stream(call.dims().toArray()).skip(axis + 1L)));
    return b.reshape(flat, Dims.of(extents.toArray()));
  }

  private static Value tile(Call call) {
    long[] repeats = call.input(1).integers();
    if (repeats.length != call.dims().rank()) {
      throw new IllegalArgumentException(
          repeats.length + " repeats do not fit the axes of " + call.dims());
    }
    Value y = call.x();
    for (int axis = 0; axis < repeats.length; axis++) {
      int extent = call.dims().get(axis);
      if (repeats[axis] != 1) {
        int count = Call.count(Math.multiplyExact(extent, repeats[axis]));
        y = call.builder().take(y, axis, IntStream.range(0, count).map(i -> i % extent).toArray());
      }
    }
    return y;
  }

  private static Value pad(Call call) {
    int rank = call.dims().rank();
    long[] pads = call.integers(call.node().has("paddings") ? "paddings" : "pads", 1);
    long[] axes =
        call.has(3) ? call.input(3).integers() : IntStream.range(0, rank).asLongStream().toArray();
    if (pads == null || pads.length != 2 * axes.length) {
      throw new IllegalArgumentException(
          "pads " + Arrays.toString(pads) + " must be two for each of " + axes.length + " axes");
    }
    int[] before = new int[rank];
    int[] after = new int[rank];
    for (int i = 0; i < axes.length; i++) {
      int axis = call.dims().axis(axes[i]);
      before[axis] = Math.toIntExact(pads[i]);
      after[axis] = Math.toIntExact(pads[i + axes.length]);
    }
    String mode = call.node().word("mode", "constant");
    if ("constant".equals(mode)) {
      return call.builder().pad(call.x(), before, after, call.real("value", 2, 0));
    }
    Value y = call.x();
    for (int axis = 0; axis < rank; axis++) {
      if (before[axis] != 0 || after[axis] != 0) {
        y =
            call.builder()
                .take(y, axis, numbers(mode, call.dims().get(axis), before[axis], after[axis]));
      }
    }
    return y;
  }

  /** Which elements an axis has after padding by its own. */
  private static int[] numbers(String mode, int extent, int before, int after) {
    int count = Call.count((long) before + extent + after);
    if (extent == 0 && count > 0) {
      throw new IllegalArgumentException(mode + " padding of nothing");
    }
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      int place = i - before;
      numbers[i] =
          switch (mode) {
            case "edge" -> Math.clamp(place, 0, extent - 1);
            case "wrap" -> Math.floorMod(place, extent);
            default -> {
              int period = Math.max(1, 2 * (extent - 1));
              int turn = Math.floorMod(place, period);
              yield Math.min(turn, period - turn) % extent;
            }
          };
    }
    return numbers;
  }
}
