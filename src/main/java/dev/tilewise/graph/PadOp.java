package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** A border of one value; a border below 0 cuts. */
final class PadOp extends Op {

  private final int[] before;
  private final int[] after;
  private final float value;

  PadOp(int[] before, int[] after, float value) {
    this.before = before.clone();
    this.after = after.clone();
    this.value = value;
  }

  /** The padding of an image, top, left, bottom, right; null if it is another border. */
  int[] ofImage() {
    boolean image =
        before.length == 4
            && before[0] == 0
            && before[1] == 0
            && after[0] == 0
            && after[1] == 0
            && value == 0
            && Math.min(Math.min(before[2], before[3]), Math.min(after[2], after[3])) >= 0;
    return image ? new int[] {before[2], before[3], after[2], after[3]} : null;
  }

  @Override
  String kind() {
    return "pad";
  }

  @Override
  String description() {
    return Arrays.toString(before) + " " + Arrays.toString(after) + " with " + value;
  }

  @Override
  String words() {
    return Words.of(Words.of(kind(), before), after) + " " + Words.of(value);
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    if (before.length != x.rank()) {
      throw new IllegalArgumentException(
          "pad: " + before.length + " borders do not fit the " + x.rank() + " axes of " + x);
    }
    int[] extents = x.toArray();
    for (int axis = 0; axis < extents.length; axis++) {
      long extent = (long) extents[axis] + before[axis] + after[axis];
      boolean beyond = Math.min(before[axis], after[axis]) < -extents[axis];
      if (beyond || extent < 0 || extent > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("pad: " + description() + " makes nothing of " + x);
      }
      extents[axis] = (int) extent;
    }
    return Dims.of(extents);
  }

  @Override
  void lower(Node node, Lowering to) {
    View x = to.view(node.input(0));
    View y = to.make(node);
    to.add(
        "fills " + y.dims(),
        List.of(y),
        memories -> {
          MemorySegment out = memories.segment(y);
          long bytes = y.dims().elements() * Float.BYTES;
          return workers -> CompiledGraph.fill(out, 0, bytes, value);
        });
    View inner = y;
    for (int axis = 0; axis < before.length; axis++) {
      int from = Math.max(0, -before[axis]);
      int count = x.dims().get(axis) - from - Math.max(0, -after[axis]);
      if (count <= 0) {
        return;
      }
      x = x.cut(axis, from, 1, count);
      inner = inner.cut(axis, Math.max(0, before[axis]), 1, count);
    }
    to.copy(x, inner);
  }
}
