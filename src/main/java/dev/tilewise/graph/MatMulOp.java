package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Products of matrices that are both computed: batches of M x K times K x N, with extents of one
 * repeated. Plain loops: convolutional networks multiply by constants, which is a dense layer.
 */
final class MatMulOp extends Op {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  @Override
  String kind() {
    return "matmul";
  }

  @Override
  String words() {
    return kind();
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims a = inputs.get(0);
    Dims b = inputs.get(1);
    if (a.rank() != 3 || b.rank() != 3 || a.get(2) != b.get(1)) {
      throw new IllegalArgumentException("matmul: " + a + " times " + b + " does not fit");
    }
    Dims batch = Dims.of(a.get(0)).broadcast(Dims.of(b.get(0)));
    return Dims.of(batch.get(0), a.get(1), b.get(2));
  }

  @Override
  long multiplyAdds(List<Dims> inputs, Dims output) {
    int terms = inputs.get(0).get(2);
    boolean fits = terms == 0 || output.elements() <= Long.MAX_VALUE / terms;
    return fits ? output.elements() * terms : Long.MAX_VALUE;
  }

  @Override
  void lower(Node node, Lowering to) {
    View y = to.make(node);
    Dims dims = y.dims();
    if (dims.elements() == 0) {
      return;
    }
    View a = to.view(node.input(0)).repeated(dims.with(2, node.input(0).dims().get(2)));
    View b = to.view(node.input(1)).repeated(dims.with(1, node.input(1).dims().get(1)));
    int terms = a.dims().get(2);
    int rows = dims.get(1);
    to.add(
        "matmul " + a.dims() + " " + b.dims(),
        List.of(a, b, y),
        memories -> {
          MemorySegment first = memories.segment(a);
          MemorySegment second = memories.segment(b);
          MemorySegment out = memories.segment(y);
          return Step.units(
              dims.get(0) * rows,
              (unit, slot) -> {
                int batch = unit / rows;
                int row = unit % rows;
                for (int column = 0; column < dims.get(2); column++) {
                  float sum = 0;
                  for (int k = 0; k < terms; k++) {
                    sum =
                        Math.fma(at(first, a, batch, row, k), at(second, b, batch, k, column), sum);
                  }
                  out.set(FLOAT, place(y, batch, row, column), sum);
                }
              });
        });
  }

  private static float at(MemorySegment memory, View view, int i, int j, int k) {
    return memory.get(FLOAT, place(view, i, j, k));
  }

  private static long place(View view, int i, int j, int k) {
    long[] s = view.strides();
    return (view.offset() + i * s[0] + j * s[1] + k * s[2]) * Float.BYTES;
  }
}
