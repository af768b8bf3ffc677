package dev.tilewise;

import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * One pass over the elements of tensors, as they lie in memory, in blocks. A thread keeps the
 * object for its next pass, so a pass allocates nothing. Memory that kernels cannot use in place is
 * staged block by block, on the calling thread alone.
 */
final class Sweep implements Workers.Task {

  /** What is done to a block. */
  @FunctionalInterface
  interface Body {
    /**
     * Computes a block. All memory is kernel memory; offsets are bytes.
     *
     * @param shape of the tensors
     * @param from the block's first element, counted from the start of the tensors
     * @param count its elements
     * @param x first input
     * @param xOff the block in it
     * @param a second input, or x again
     * @param aOff the block in it
     * @param y receives the result
     * @param yOff the block in it
     */
    void run(
        Shape shape,
        long from,
        int count,
        MemorySegment x,
        long xOff,
        MemorySegment a,
        long aOff,
        MemorySegment y,
        long yOff);
  }

  /** Elements of a block: what is worth handing to a thread. */
  private static final int BLOCK = 1 << 14;

  private static final int MAX_UNITS = 1 << 20;

  /** Elements of a block that is staged: three of them stay in L1 and L2. */
  private static final int STAGED_BLOCK = 1 << 12;

  private static final ThreadLocal<Sweep> OF_THREAD = ThreadLocal.withInitial(Sweep::new);

  private Body body;
  private MemorySegment x;
  private MemorySegment a;
  private MemorySegment y;
  private Shape shape;
  private long elements;
  private long unitElements;

  private Sweep() {}

  /**
   * Checks the tensors and does the pass.
   *
   * @param operation what messages begin with
   * @param body what to do
   * @param x first input
   * @param a second input, or x again
   * @param y output
   * @param workers who computes
   */
  static void run(String operation, Body body, Tensor x, Tensor a, Tensor y, Workers workers) {
    Objects.requireNonNull(workers, "workers");
    check(operation, x, a, y);
    Sweep mine = OF_THREAD.get();
    // In use: this call comes from within a task of the pass.
    Sweep sweep = mine.body == null ? mine : new Sweep();
    sweep.start(body, x.shape(), x.segment(), a.segment(), y.segment());
    try {
      sweep.compute(workers);
    } finally {
      sweep.end();
    }
  }

  /** Throws unless x, a and y have one shape and layout, and y is x, a or apart from them. */
  static void check(String operation, Tensor x, Tensor a, Tensor y) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(a, "a");
    Objects.requireNonNull(y, "y");
    Shape shape = x.shape();
    if (fits(x, x.layout(), shape)
        && fits(a, x.layout(), shape)
        && fits(y, x.layout(), shape)
        && !y.segment().isReadOnly()
        && sameOrApart(x, y)
        && sameOrApart(a, y)) {
      return;
    }
    Operands operands = new Operands(operation, x.layout(), "input is " + x);
    operands.requireAccess("input", x.segment());
    operands.require("second input", a, shape);
    operands.require("output", y, shape);
    operands.requireWritable("output", y.segment());
    if (!sameOrApart(x, y)) {
      operands.requireApart("output", y.segment(), "input", x.segment());
    }
    operands.requireApart("output", y.segment(), "second input", a.segment());
  }

  private static boolean fits(Tensor t, Layout layout, Shape shape) {
    return t.layout() == layout
        && t.shape().equals(shape)
        && t.segment().scope().isAlive()
        && t.segment().isAccessibleBy(Thread.currentThread());
  }

  private static boolean sameOrApart(Tensor read, Tensor written) {
    long first = read.segment().address();
    long second = written.segment().address();
    long bytes = read.segment().byteSize();
    return first == second || first + bytes <= second || second + bytes <= first;
  }

  private void start(
      Body what, Shape extents, MemorySegment first, MemorySegment second, MemorySegment output) {
    body = what;
    shape = extents;
    x = first;
    a = second;
    y = output;
    elements = extents.elements();
    unitElements = Math.max(BLOCK, (elements / MAX_UNITS / BLOCK + 1) * BLOCK);
  }

  private void end() {
    body = null;
    x = null;
    a = null;
    y = null;
  }

  private void compute(Workers workers) {
    if (Memory.isKernelMemory(x) && Memory.isKernelMemory(a) && Memory.isKernelMemory(y)) {
      workers.run((int) ((elements + unitElements - 1) / unitElements), this);
    } else {
      staged();
    }
  }

  /** One unit of the pass. Called by {@link Workers} alone. */
  @Override
  public void run(int unit, int slot) {
    long first = unit * unitElements;
    long end = Math.min(first + unitElements, elements);
    for (long from = first; from < end; from += BLOCK) {
      long off = from * Float.BYTES;
      body.run(shape, from, (int) Math.min(BLOCK, end - from), x, off, a, off, y, off);
    }
  }

  private void staged() {
    long blockBytes = (long) STAGED_BLOCK * Float.BYTES;
    MemorySegment scratch = Scratch.ofThread(2 * blockBytes);
    for (long from = 0; from < elements; from += STAGED_BLOCK) {
      int count = (int) Math.min(STAGED_BLOCK, elements - from);
      long off = from * Float.BYTES;
      long bytes = (long) count * Float.BYTES;
      MemorySegment.copy(x, off, scratch, 0, bytes);
      MemorySegment.copy(a, off, scratch, blockBytes, bytes);
      body.run(shape, from, count, scratch, 0, scratch, blockBytes, scratch, 0);
      MemorySegment.copy(scratch, 0, y, off, bytes);
    }
  }
}
