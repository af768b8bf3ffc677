package dev.tilewise.graph;

import dev.tilewise.internal.kernel.Strided;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Elements of an axis by their numbers, in any order and any number of times. */
final class TakeOp extends Op {

  private final int axis;
  private final int[] numbers;

  TakeOp(int axis, int... numbers) {
    this.axis = axis;
    this.numbers = numbers.clone();
  }

  @Override
  String kind() {
    return "gather";
  }

  @Override
  String description() {
    return numbers.length + " of axis " + axis;
  }

  @Override
  String words() {
    return Words.of(Words.of("take", axis), numbers);
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    for (int number : numbers) {
      if (number < 0 || number >= x.get(x.axis(axis))) {
        throw new IllegalArgumentException(
            "gather: there is no element " + number + " on axis " + axis + " of " + x);
      }
    }
    return x.with(axis, numbers.length);
  }

  @Override
  void lower(Node node, Lowering to) {
    View x = to.view(node.input(0));
    View y = to.make(node);
    if (y.dims().elements() == 0) {
      return;
    }
    Strided slice = new Strided(x.dims().with(axis, 1).toArray(), x.strides(), y.strides());
    long xStep = x.strides()[axis] * Float.BYTES;
    long yStep = y.strides()[axis] * Float.BYTES;
    long xOff = Memories.offset(x);
    long yOff = Memories.offset(y);
    to.add(
        "gathers " + y.dims(),
        List.of(x, y),
        memories -> {
          MemorySegment in = memories.segment(x);
          MemorySegment out = memories.segment(y);
          return Step.units(
              numbers.length,
              (i, slot) -> {
                for (int unit = 0; unit < slice.units(); unit++) {
                  slice.copy(unit, in, xOff + numbers[i] * xStep, out, yOff + i * yStep);
                }
              });
        });
  }
}
