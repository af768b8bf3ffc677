package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.internal.conv.Destination;
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

  private static final float OTHERS = -12345;

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
    MemorySegment y = copyOf(ConvRun.filled(data.extents().output().elements(), Float.NaN));
    run(data, threads, y);
    return y.toArray(FLOAT);
  }

  /** Some channels of an output tensor; the others must stay as they are. */
  float[] of(ConvData data, Destination destination) {
    int depth = destination.depth();
    int channels = data.extents().k();
    int pixels = Math.toIntExact(data.extents().output().elements() / channels);
    MemorySegment y = copyOf(ConvRun.filled((long) pixels * depth, OTHERS));
    run(data, 1 + random.nextInt(3), y);
    float[] all = y.toArray(FLOAT);
    float[] own = new float[pixels * channels];
    for (int at = 0; at < all.length; at++) {
      int channel = at % depth - destination.first();
      if (channel >= 0 && channel < channels) {
        own[at / depth * channels + channel] = all[at];
      } else {
        assertEquals(OTHERS, all[at], "channel " + channel + " beside those that are written");
      }
    }
    return own;
  }

  private void run(ConvData data, int threads, MemorySegment y) {
    MemorySegment x = copyOf(data.x());
    MemorySegment residual = data.residual() == null ? null : copyOf(data.residual());
    for (Forward.Scratch scratch : scratches) {
      scratch.begin();
    }
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
