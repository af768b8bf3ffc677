package dev.tilewise.graph;

import dev.tilewise.Layout;
import dev.tilewise.Pool2d;
import dev.tilewise.PoolPlan;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.util.List;

/** Pooling over windows or over everything; a row is an image of one line. */
final class PoolOp extends Op {

  private final Pool2d pool;
  private final boolean global;

  PoolOp(Pool2d pool, boolean global) {
    this.pool = pool;
    this.global = global;
  }

  @Override
  String kind() {
    return (global ? "global_" : "") + (pool.kind() == Pool2d.Kind.MAX ? "max_pool" : "avg_pool");
  }

  @Override
  String description() {
    return pool.toString();
  }

  @Override
  String words() {
    return global ? "global_pool " + pool.kind() : "pool " + pool;
  }

  @Override
  Dims infer(List<Dims> inputs) {
    Dims x = inputs.get(0);
    if (x.rank() != 3 && x.rank() != 4) {
      throw new IllegalArgumentException(
          kind() + ": input " + x + " must have 3 extents (rows) or 4 (images)");
    }
    Shape out = pool.outputShape(x.shape());
    if (out.c() != x.get(1)) {
      throw new IllegalArgumentException(
          kind() + ": " + pool + " goes into " + out.c() + " channels; in graphs concat does that");
    }
    if (x.rank() == 3 && out.h() != 1) {
      throw new IllegalArgumentException(
          kind() + ": " + pool + " makes " + out.h() + " rows of the rows " + x);
    }
    return x.rank() == 3 ? Dims.of(out.n(), out.c(), out.w()) : Dims.of(out);
  }

  /** Whether this is the maximum of each 2x2 elements of images. */
  boolean takesPairs(Node node) {
    Dims x = node.input(0).dims();
    Dims y = node.output().dims();
    return pool.isMaxOfPairs()
        && x.rank() == 4
        && y.get(2) == x.get(2) / 2
        && y.get(3) == x.get(3) / 2;
  }

  @Override
  void lower(Node node, Lowering to) {
    if (to.poolingOf(node.input(0)) == node && to.isMade(node)) {
      return;
    }
    View x = to.dense(node.input(0));
    View y = to.makeWide(node);
    PoolPlan plan = pool.into(y.depth(), y.firstChannel()).plan(x.dims().shape(), Layout.NHWC);
    to.add(
        kind() + " " + x.dims(),
        List.of(x, y),
        memories -> {
          Tensor in = memories.tensor(x);
          Tensor out = memories.whole(y, plan.outputShape());
          return workers -> plan.run(in, out, workers);
        });
  }
}
