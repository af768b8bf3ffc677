package dev.tilewise;

import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Kernel memory for an input and an output that kernels cannot use in place. It belongs to one run
 * at a time; the garbage collector owns it.
 */
final class Staging {

  private MemorySegment input;
  private MemorySegment output;

  private Staging() {}

  /** The input as NHWC kernel memory: its own, or a copy. */
  MemorySegment read(Tensor x) {
    if (Operands.inPlace(x)) {
      return x.segment();
    }
    if (input == null) {
      input = Memory.allocate(Arena.ofAuto(), x.shape().bytes());
    }
    Tensor.convert(x.segment(), x.layout(), input, Layout.NHWC, x.shape());
    return input;
  }

  /** NHWC kernel memory for the values of the output: its own, or memory to copy from. */
  MemorySegment written(Tensor y) {
    if (Operands.inPlace(y)) {
      return y.segment();
    }
    if (output == null) {
      output = Memory.allocate(Arena.ofAuto(), y.shape().bytes());
    }
    return output;
  }

  /** The staging of one plan: as many as it ever had runs at once. Any number of threads. */
  static final class Shelf {

    private final ArrayDeque<Staging> free = new ArrayDeque<>();

    synchronized Staging take() {
      return free.isEmpty() ? new Staging() : free.pop();
    }

    synchronized void put(Staging staging) {
      free.push(staging);
    }
  }
}
