package dev.tilewise.graph;

import java.util.Arrays;

/** Matrix products: by a constant they are dense layers. */
final class Products {

  private Products() {}

  static Value matmul(GraphBuilder to, Value a, Value b) {
    Dims left = a.dims();
    Dims right = b.dims();
    if (left.rank() == 0 || right.rank() == 0) {
      throw new IllegalArgumentException("matmul: " + left + " times " + right + " does not fit");
    }
    if (left.rank() == 1) {
      Value row = matmul(to, to.reshape(a, Dims.of(1, left.get(0))), b);
      return to.reshape(row, without(row.dims(), row.dims().rank() - (right.rank() == 1 ? 1 : 2)));
    }
    if (right.rank() == 1) {
      Value column = matmul(to, a, to.reshape(b, Dims.of(right.get(0), 1)));
      return to.reshape(column, without(column.dims(), column.dims().rank() - 1));
    }
    int terms = left.get(left.rank() - 1);
    if (terms != right.get(right.rank() - 2)) {
      throw new IllegalArgumentException("matmul: " + left + " times " + right + " does not fit");
    }
    int columns = right.get(right.rank() - 1);
    if (b.isConstant() && !a.isConstant() && right.rank() == 2) {
      int rows = left.product("matmul", 0, left.rank() - 1);
      Value matrix = to.reshape(a, Dims.of(rows, terms));
      Value product = to.dense(matrix, to.transpose(b, 1, 0), null);
      return to.reshape(product, left.with(left.rank() - 1, columns));
    }
    Dims batch = leading(left).broadcast(leading(right));
    Value product = to.product(batched(to, a, batch), batched(to, b, batch));
    int[] extents = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    extents[batch.rank()] = left.get(left.rank() - 2);
    extents[batch.rank() + 1] = columns;
    return to.reshape(product, Dims.of(extents));
  }

  private static Dims without(Dims dims, int axis) {
    int[] extents = new int[dims.rank() - 1];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = dims.get(i < axis ? i : i + 1);
    }
    return Dims.of(extents);
  }

  private static Dims leading(Dims dims) {
    return Dims.of(Arrays.copyOf(dims.toArray(), dims.rank() - 2));
  }

  /** Matrices with one leading axis, repeated to the batch. */
  private static Value batched(GraphBuilder to, Value x, Dims batch) {
    Dims dims = x.dims();
    int[] extents = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
    extents[batch.rank()] = dims.get(dims.rank() - 2);
    extents[batch.rank() + 1] = dims.get(dims.rank() - 1);
    Value repeated = to.expand(x, Dims.of(extents));
    return to.reshape(
        repeated,
        Dims.of(batch.count("matmul", dims), extents[batch.rank()], extents[batch.rank() + 1]));
  }
}
