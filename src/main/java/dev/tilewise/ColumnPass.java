package dev.tilewise;

import dev.tilewise.internal.conv.AcrossChannels;
import dev.tilewise.internal.kernel.ColumnKernel;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * One pass over the pixels of tensors, all channels of a pixel at once. A thread keeps the object
 * for its next pass, so a pass allocates nothing, unless memory that kernels cannot use in place
 * must be copied.
 */
final class ColumnPass implements Workers.Task {

  private static final ThreadLocal<ColumnPass> OF_THREAD = ThreadLocal.withInitial(ColumnPass::new);

  private ColumnKernel kernel;
  private MemorySegment x;
  private MemorySegment y;
  private int channels;
  private long plane;
  private long pixels;
  private long unitPixels;
  private boolean contiguous;

  private ColumnPass() {}

  /** Checks the tensors and does the pass. */
  static void run(String operation, ColumnKernel kernel, Tensor x, Tensor y, Workers workers) {
    Objects.requireNonNull(workers, "workers");
    Sweep.check(operation, x, x, y);
    ColumnPass mine = OF_THREAD.get();
    // In use: this call comes from within a task of the pass.
    ColumnPass pass = mine.kernel == null ? mine : new ColumnPass();
    MemorySegment in = Memory.isKernelMemory(x.segment()) ? x.segment() : copy(x.segment());
    boolean staged = !Memory.isKernelMemory(y.segment());
    MemorySegment out = staged ? copy(y.segment()) : y.segment();
    pass.start(kernel, x.shape(), x.layout(), in, out);
    try {
      workers.run((int) ((pass.pixels + pass.unitPixels - 1) / pass.unitPixels), pass);
    } finally {
      pass.end();
    }
    if (staged) {
      MemorySegment.copy(out, 0, y.segment(), 0, y.shape().bytes());
    }
  }

  private static MemorySegment copy(MemorySegment memory) {
    MemorySegment copy = Memory.allocate(Arena.ofAuto(), memory.byteSize());
    MemorySegment.copy(memory, 0, copy, 0, memory.byteSize());
    return copy;
  }

  private void start(
      ColumnKernel what, Shape shape, Layout layout, MemorySegment input, MemorySegment output) {
    kernel = what;
    x = input;
    y = output;
    channels = shape.c();
    plane = (long) shape.h() * shape.w();
    pixels = shape.n() * plane;
    unitPixels = AcrossChannels.unitPixels(pixels, channels);
    contiguous = layout == Layout.NHWC || plane == 1;
  }

  private void end() {
    kernel = null;
    x = null;
    y = null;
  }

  /** One unit of the pass. Called by {@link Workers} alone. */
  @Override
  public void run(int unit, int slot) {
    long from = unit * unitPixels;
    long to = Math.min(from + unitPixels, pixels);
    if (contiguous) {
      AcrossChannels.columns(kernel, x, y, from, to, channels);
    } else {
      AcrossChannels.planes(kernel, x, y, from, to, channels, plane);
    }
  }
}
