package dev.tilewise.nn;

import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.kernel.Rectifier;
import java.lang.foreign.MemorySegment;

/** The rectified linear unit over tensors of any size. */
final class ReluStep implements Step {

  /** Floats of one unit of work. */
  private static final int UNIT = 1 << 14;

  @Override
  public void forward(Tensor x, Tensor y, Workers workers) {
    MemorySegment from = x.segment();
    MemorySegment to = y.segment();
    workers.run(
        units(to), (unit, slot) -> Rectifier.forward(from, to, start(unit), count(to, unit)));
  }

  @Override
  public void backward(Tensor x, Tensor y, Tensor dy, Tensor dx, Workers workers) {
    if (dx != null) {
      mask(y, dy, dx, workers);
    }
  }

  /** Passes on what belongs to positive outputs; dx may be dy. */
  static void mask(Tensor y, Tensor dy, Tensor dx, Workers workers) {
    MemorySegment outputs = y.segment();
    MemorySegment from = dy.segment();
    MemorySegment to = dx.segment();
    workers.run(
        units(to),
        (unit, slot) -> Rectifier.backward(outputs, from, to, start(unit), count(to, unit)));
  }

  private static int units(MemorySegment memory) {
    return Math.toIntExact((memory.byteSize() / Float.BYTES + UNIT - 1) / UNIT);
  }

  private static long start(int unit) {
    return (long) unit * UNIT * Float.BYTES;
  }

  private static int count(MemorySegment memory, int unit) {
    return (int) Math.min(UNIT, (memory.byteSize() - start(unit)) / Float.BYTES);
  }
}
