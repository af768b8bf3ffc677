package dev.tilewise;

import dev.tilewise.internal.conv.Pooling;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Pooling bound to an input shape. Any number of threads may run it at once. Tensors in NCHW,
 * confined arenas or mapped files are copied in each call; the plan keeps the memory that {@link
 * #run} copies them to, an input and an output for as many runs as it ever had at once.
 */
public final class PoolPlan {

  /** Half the distance from 1 to the next float: the largest relative error of one rounding. */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  private final Pool2d pool;
  private final Shape input;
  private final Shape output;
  private final ChannelRange outputs;
  private final Pooling pooling;
  private final Operands operands;
  private final Staging.Shelf shelf = new Staging.Shelf();

  PoolPlan(Pool2d pool, Shape input, Shape output, ChannelRange outputs, Layout layout) {
    this.pool = pool;
    this.input = input;
    this.output = output;
    this.outputs = outputs;
    pooling =
        new Pooling(
            pool.geometry(input),
            outputs.destination(),
            pool.kind() == Pool2d.Kind.MAX,
            pool.countsPadding(),
            pool.bottom(),
            pool.right());
    operands = new Operands("pool2d", layout, pool + " of " + input);
  }

  /**
   * What runs take.
   *
   * @return shape of the input
   */
  public Shape inputShape() {
    return input;
  }

  /**
   * What runs make.
   *
   * @return shape of the output, or of the deeper tensor that it goes {@link Pool2d#into}
   */
  public Shape outputShape() {
    return output;
  }

  /**
   * The layout of all tensors.
   *
   * @return the layout the plan was made for
   */
  public Layout layout() {
    return operands.layout();
  }

  /**
   * The proved bound of the error of a mean, relative to the mean of the magnitudes; 0 for maxima,
   * which are exact. Each row of a window is summed, then the row sums, then the sum is divided. A
   * window with sides of 2^24 has no bound.
   *
   * @return the relative bound; infinite if there is none
   */
  public double errorBound() {
    if (pool.kind() == Pool2d.Kind.MAX) {
      return 0;
    }
    double nu = pooling.roundings() * UNIT_ROUNDOFF;
    return nu < 1 ? nu / (1 - nu) : Double.POSITIVE_INFINITY;
  }

  /**
   * Pools. Allocates nothing, unless a tensor must be copied and the plan has no memory for that
   * yet: in its first run of such tensors, or when there are more runs at once than ever before.
   *
   * @param x input
   * @param y output, overwritten; of a deeper tensor only the channels that outputs go {@link
   *     Pool2d#into}
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor has another shape or layout, or the output is
   *     read-only or overlaps the input; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void run(Tensor x, Tensor y, Workers workers) {
    Objects.requireNonNull(workers, "workers");
    operands.require("input", x, input);
    requireResult("output", y, output, "input", x);
    Staging staging = shelf.take();
    try {
      MemorySegment out = staging.written(y);
      Pass.run(pooling, staging.read(x), out, workers);
      if (out != y.segment()) {
        outputs.copy(out, y);
      }
    } finally {
      shelf.put(staging);
    }
  }

  /**
   * Finds the maxima.
   *
   * @param x input
   * @param indices receives for every output (of the input's channels alone), in NCHW order, the
   *     place {@code iy * W + ix} of the maximum in its plane
   * @param workers who computes
   * @throws IllegalArgumentException if this is average pooling, a window has 2^31 taps or more,
   *     the input has another shape or layout, or there are not as many indices as outputs; nothing
   *     is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void argmax(Tensor x, long[] indices, Workers workers) {
    if (pool.kind() != Pool2d.Kind.MAX) {
      throw new IllegalArgumentException("pool2d: " + pool + " has no argmax; only max has");
    }
    requireNumberedTaps();
    Objects.requireNonNull(indices, "indices");
    Objects.requireNonNull(workers, "workers");
    operands.require("input", x, input);
    long count = output.elements() / output.c() * input.c();
    if (indices.length != count) {
      throw new IllegalArgumentException(
          "pool2d: the output " + output + " needs " + count + " indices, not " + indices.length);
    }
    MemorySegment in = Operands.read(x);
    workers.run(pooling.rowUnits(), (unit, slot) -> pooling.argmax(unit, in, indices));
  }

  /**
   * The gradient of the input. A maximum passes dy on to where it is; a mean passes dy over its
   * divisor on to each of its taps. What an input pixel gets from several windows is added in the
   * order of the windows.
   *
   * @param x input; average pooling only checks its shape
   * @param dy gradient of the output, of which a deeper one's other channels are not read
   * @param dx gradient of the input, overwritten
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor has another shape or layout, dx is read-only or
   *     overlaps another, or a maximum is among 2^31 taps or more; no tensor is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void backward(Tensor x, Tensor dy, Tensor dx, Workers workers) {
    Objects.requireNonNull(workers, "workers");
    requireNumberedTaps();
    operands.require("x", x, input);
    operands.require("dy", dy, output);
    requireResult("dx", dx, input, "x", x);
    operands.requireApart("dx", dx.segment(), "dy", dy.segment());
    MemorySegment in = Operands.read(x);
    MemorySegment gradient = Operands.read(dy);
    MemorySegment out = Operands.written(dx);
    workers.run(pooling.imageUnits(), (unit, slot) -> pooling.backward(unit, in, gradient, out));
    Operands.store(out, dx);
  }

  /** Throws if the place of a maximum in its window does not fit an int. */
  private void requireNumberedTaps() {
    if (pool.kind() == Pool2d.Kind.MAX && pooling.mostTaps() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "pool2d: the place of a maximum among "
              + pooling.mostTaps()
              + " taps cannot be found, only among "
              + Integer.MAX_VALUE
              + "; "
              + pool
              + " of "
              + input);
    }
  }

  private void requireResult(String role, Tensor t, Shape shape, String other, Tensor read) {
    operands.require(role, t, shape);
    operands.requireWritable(role, t.segment());
    operands.requireApart(role, t.segment(), other, read.segment());
  }

  @Override
  public String toString() {
    String into = outputs.isAll() ? "" : " into " + outputs;
    return pool + " of " + input + " " + operands.layout() + into;
  }

  /** A run in progress. A thread keeps the object for its next run. */
  private static final class Pass implements Workers.Task {

    private static final ThreadLocal<Pass> OF_THREAD = ThreadLocal.withInitial(Pass::new);

    private Pooling pooling;
    private MemorySegment in;
    private MemorySegment out;

    static void run(Pooling pooling, MemorySegment in, MemorySegment out, Workers workers) {
      Pass mine = OF_THREAD.get();
      // In use: this call comes from within a task of the pass.
      Pass pass = mine.pooling == null ? mine : new Pass();
      pass.pooling = pooling;
      pass.in = in;
      pass.out = out;
      try {
        workers.run(pooling.rowUnits(), pass);
      } finally {
        pass.pooling = null;
        pass.in = null;
        pass.out = null;
      }
    }

    @Override
    public void run(int unit, int slot) {
      pooling.run(unit, in, out);
    }
  }
}
