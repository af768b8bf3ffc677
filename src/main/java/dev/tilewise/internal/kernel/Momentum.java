package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * One step of stochastic gradient descent with momentum over a run of weights:
 *
 * <pre>{@code
 * v = momentum * v + (decay * w + g)
 * w = w - rate * v
 * }</pre>
 *
 * Each of the three operations is one fused multiply-add.
 */
public final class Momentum {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private Momentum() {}

  /**
   * Updates a run. All memory is kernel memory.
   *
   * @param w weights
   * @param g their gradients
   * @param v their velocities, zeros before the first step
   * @param off where all start, bytes
   * @param count floats
   * @param rate learning rate
   * @param momentum how much of the velocity stays
   * @param decay weight decay
   */
  public static void step(
      MemorySegment w,
      MemorySegment g,
      MemorySegment v,
      long off,
      int count,
      float rate,
      float momentum,
      float decay) {
    if (w.getClass() != Memory.NATIVE
        || g.getClass() != Memory.NATIVE
        || v.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector down = FloatVector.broadcast(Lanes.SPECIES, -rate);
    FloatVector keep = FloatVector.broadcast(Lanes.SPECIES, momentum);
    FloatVector shrink = FloatVector.broadcast(Lanes.SPECIES, decay);
    int whole = count - count % Lanes.COUNT;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = off + (long) i * Float.BYTES;
      FloatVector weight = FloatVector.fromMemorySegment(Lanes.SPECIES, w, at, ORDER);
      FloatVector slope =
          shrink.fma(weight, FloatVector.fromMemorySegment(Lanes.SPECIES, g, at, ORDER));
      FloatVector speed =
          keep.fma(FloatVector.fromMemorySegment(Lanes.SPECIES, v, at, ORDER), slope);
      speed.intoMemorySegment(v, at, ORDER);
      down.fma(speed, weight).intoMemorySegment(w, at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = off + (long) i * Float.BYTES;
      float weight = w.get(FLOAT, at);
      float speed = Math.fma(momentum, v.get(FLOAT, at), Math.fma(decay, weight, g.get(FLOAT, at)));
      v.set(FLOAT, at, speed);
      w.set(FLOAT, at, Math.fma(-rate, speed, weight));
    }
  }
}
