package dev.tilewise;

import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.ScratchArrays;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Runs the units of a convolution by hand: in random order, on two scratches in turn that held 0xA5
 * (a small negative float) or 0xFF (NaN) in every byte.
 */
final class UnitRun implements AutoCloseable {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Arena arena = Arena.ofShared();
  private final Forward forward;
  private final Random random;
  private final Forward.Scratch[] scratches = new Forward.Scratch[2];

  UnitRun(Forward forward, long seed) {
    this.forward = forward;
    this.random = new Random(seed);
    for (int i = 0; i < scratches.length; i++) {
      MemorySegment memory = Memory.allocate(arena, forward.scratchBytes());
      memory.fill(random.nextBoolean() ? (byte) 0xA5 : (byte) 0xFF);
      scratches[i] = forward.scratch(memory, new ScratchArrays());
    }
  }

  /** The output, NHWC, however many threads the units were cut for. */
  float[] of(ConvData data) {
    return of(data, 1 + random.nextInt(3));
  }

  /** The output, NHWC, by units that were cut for so many threads. */
  float[] of(ConvData data, int threads) {
    MemorySegment x = copyOf(data.x());
    MemorySegment residual = data.residual() == null ? null : copyOf(data.residual());
    long count = data.extents().output().elements();
    MemorySegment y = copyOf(ConvRun.filled(count, Float.NaN));
    for (int stage = 0; stage < forward.stages(threads); stage++) {
      List<Integer> order = new ArrayList<>();
      int units = forward.units(threads, stage);
      for (int unit = 0; unit < units; unit++) {
        order.add(unit);
      }
      Collections.shuffle(order, random);
      for (int unit : order) {
        Forward.Scratch own = scratches[random.nextInt(2)];
        forward.run(threads, stage, unit, units, own, scratches[0], x, residual, y);
      }
    }
    return y.toArray(FLOAT);
  }

  private MemorySegment copyOf(float[] values) {
    MemorySegment copy = Memory.allocate(arena, (long) values.length * Float.BYTES);
    MemorySegment.copy(values, 0, copy, FLOAT, 0, values.length);
    return copy.asSlice(0, (long) values.length * Float.BYTES);
  }

  @Override
  public void close() {
    arena.close();
  }
}
