package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * A row of products of four tiles of F(4, 3) with filters that are transformed on the way, the
 * second dimension here, the first one by {@link HalfFilters}: from h0, h1 and h2 of a channel
 *
 * <pre>{@code
 * u[0] = h0         u[1] = (h0 + h2) + h1        u[2] = (h0 + h2) - h1
 * u[5] = h2         u[3] = (4 h0 + h2) + 2 h1    u[4] = (4 h2 + h0) - 2 h1
 *
 * sums[j, t] += v[j, t] * u[j],   one fused multiply-add for each channel, in order
 * }</pre>
 *
 * Filters that only four tiles use cost more to be read from memory than to be transformed anew.
 */
public final class FilteredProducts {

  /** Tiles. */
  public static final int TILES = 4;

  /** Products of a row of a tile. */
  public static final int ROW = 6;

  /** Of a call. */
  public static final int SUMS = ROW * TILES;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final Priming PRIMING = priming();

  private FilteredProducts() {}

  /** Of this kernel. */
  public static Priming kernel() {
    return PRIMING;
  }

  private static Priming priming() {
    float[] sums = new float[SUMS * COUNT];
    MemorySegment h = Memory.allocate(Arena.global(), Priming.MOST_TERMS * (3L * BYTES));
    // As of a narrow tile, with long calls: real ones have more terms than those of wide tiles get.
    return new Priming(
        SUMS,
        2,
        false,
        (a, aStep, terms, b, memory, d, stacks, lo, hi) ->
            run(a, 0, h, 0, BYTES, 3L * BYTES, terms, sums, 0));
  }

  /**
   * Adds the products of some channels.
   *
   * @param v for each vector of channels {@code v[j, t]}, {@code j TILES + t} vectors from the
   *     first
   * @param vOff the first one
   * @param h for each channel h0, h1 and h2
   * @param hOff the first one
   * @param hStep from h0 to h1 and from h1 to h2
   * @param channelStep from channel to channel
   * @param channels how many
   * @param sums {@code sums[j, t]} is {@code j TILES + t} vectors from the first one
   * @param sumsOff the first one
   */
  public static void run(
      float[] v,
      int vOff,
      MemorySegment h,
      long hOff,
      long hStep,
      long channelStep,
      int channels,
      float[] sums,
      int sumsOff) {
    if (h.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector d0 = FloatVector.fromArray(SPECIES, sums, sumsOff);
    FloatVector d1 = FloatVector.fromArray(SPECIES, sums, sumsOff + COUNT);
    FloatVector d2 = FloatVector.fromArray(SPECIES, sums, sumsOff + 2 * COUNT);
    FloatVector d3 = FloatVector.fromArray(SPECIES, sums, sumsOff + 3 * COUNT);
    FloatVector d4 = FloatVector.fromArray(SPECIES, sums, sumsOff + 4 * COUNT);
    FloatVector d5 = FloatVector.fromArray(SPECIES, sums, sumsOff + 5 * COUNT);
    FloatVector d6 = FloatVector.fromArray(SPECIES, sums, sumsOff + 6 * COUNT);
    FloatVector d7 = FloatVector.fromArray(SPECIES, sums, sumsOff + 7 * COUNT);
    FloatVector d8 = FloatVector.fromArray(SPECIES, sums, sumsOff + 8 * COUNT);
    FloatVector d9 = FloatVector.fromArray(SPECIES, sums, sumsOff + 9 * COUNT);
    FloatVector d10 = FloatVector.fromArray(SPECIES, sums, sumsOff + 10 * COUNT);
    FloatVector d11 = FloatVector.fromArray(SPECIES, sums, sumsOff + 11 * COUNT);
    FloatVector d12 = FloatVector.fromArray(SPECIES, sums, sumsOff + 12 * COUNT);
    FloatVector d13 = FloatVector.fromArray(SPECIES, sums, sumsOff + 13 * COUNT);
    FloatVector d14 = FloatVector.fromArray(SPECIES, sums, sumsOff + 14 * COUNT);
    FloatVector d15 = FloatVector.fromArray(SPECIES, sums, sumsOff + 15 * COUNT);
    FloatVector d16 = FloatVector.fromArray(SPECIES, sums, sumsOff + 16 * COUNT);
    FloatVector d17 = FloatVector.fromArray(SPECIES, sums, sumsOff + 17 * COUNT);
    FloatVector d18 = FloatVector.fromArray(SPECIES, sums, sumsOff + 18 * COUNT);
    FloatVector d19 = FloatVector.fromArray(SPECIES, sums, sumsOff + 19 * COUNT);
    FloatVector d20 = FloatVector.fromArray(SPECIES, sums, sumsOff + 20 * COUNT);
    FloatVector d21 = FloatVector.fromArray(SPECIES, sums, sumsOff + 21 * COUNT);
    FloatVector d22 = FloatVector.fromArray(SPECIES, sums, sumsOff + 22 * COUNT);
    FloatVector d23 = FloatVector.fromArray(SPECIES, sums, sumsOff + 23 * COUNT);
    int at = vOff;
    long hAt = hOff;
    long end = hOff + channels * channelStep;
    // Bounded by addresses, so that C2 does not make counted loops of it (decisions/0008). A fence
    // is no instruction here, but no load crosses it (decisions/0018).
    while (hAt < end) {
      long stop = Math.min(end, hAt + COUNT * channelStep);
      do {
        FloatVector h0 = FloatVector.fromMemorySegment(SPECIES, h, hAt, ORDER);
        FloatVector h2 = FloatVector.fromMemorySegment(SPECIES, h, hAt + 2 * hStep, ORDER);
        FloatVector h1 = FloatVector.fromMemorySegment(SPECIES, h, hAt + hStep, ORDER);
        FloatVector u = h0;
        d0 = FloatVector.broadcast(SPECIES, v[at]).fma(u, d0);
        d1 = FloatVector.broadcast(SPECIES, v[at + COUNT]).fma(u, d1);
        VarHandle.loadLoadFence();
        d2 = FloatVector.broadcast(SPECIES, v[at + 2 * COUNT]).fma(u, d2);
        d3 = FloatVector.broadcast(SPECIES, v[at + 3 * COUNT]).fma(u, d3);
        VarHandle.loadLoadFence();
        u = h0.add(h2).add(h1);
        d4 = FloatVector.broadcast(SPECIES, v[at + 4 * COUNT]).fma(u, d4);
        d5 = FloatVector.broadcast(SPECIES, v[at + 5 * COUNT]).fma(u, d5);
        VarHandle.loadLoadFence();
        d6 = FloatVector.broadcast(SPECIES, v[at + 6 * COUNT]).fma(u, d6);
        d7 = FloatVector.broadcast(SPECIES, v[at + 7 * COUNT]).fma(u, d7);
        VarHandle.loadLoadFence();
        u = h0.add(h2).sub(h1);
        d8 = FloatVector.broadcast(SPECIES, v[at + 8 * COUNT]).fma(u, d8);
        d9 = FloatVector.broadcast(SPECIES, v[at + 9 * COUNT]).fma(u, d9);
        VarHandle.loadLoadFence();
        d10 = FloatVector.broadcast(SPECIES, v[at + 10 * COUNT]).fma(u, d10);
        d11 = FloatVector.broadcast(SPECIES, v[at + 11 * COUNT]).fma(u, d11);
        VarHandle.loadLoadFence();
        u = h0.fma(four, h2).add(h1.add(h1));
        d12 = FloatVector.broadcast(SPECIES, v[at + 12 * COUNT]).fma(u, d12);
        d13 = FloatVector.broadcast(SPECIES, v[at + 13 * COUNT]).fma(u, d13);
        VarHandle.loadLoadFence();
        d14 = FloatVector.broadcast(SPECIES, v[at + 14 * COUNT]).fma(u, d14);
        d15 = FloatVector.broadcast(SPECIES, v[at + 15 * COUNT]).fma(u, d15);
        VarHandle.loadLoadFence();
        u = h2.fma(four, h0).sub(h1.add(h1));
        d16 = FloatVector.broadcast(SPECIES, v[at + 16 * COUNT]).fma(u, d16);
        d17 = FloatVector.broadcast(SPECIES, v[at + 17 * COUNT]).fma(u, d17);
        VarHandle.loadLoadFence();
        d18 = FloatVector.broadcast(SPECIES, v[at + 18 * COUNT]).fma(u, d18);
        d19 = FloatVector.broadcast(SPECIES, v[at + 19 * COUNT]).fma(u, d19);
        VarHandle.loadLoadFence();
        u = h2;
        d20 = FloatVector.broadcast(SPECIES, v[at + 20 * COUNT]).fma(u, d20);
        d21 = FloatVector.broadcast(SPECIES, v[at + 21 * COUNT]).fma(u, d21);
        VarHandle.loadLoadFence();
        d22 = FloatVector.broadcast(SPECIES, v[at + 22 * COUNT]).fma(u, d22);
        d23 = FloatVector.broadcast(SPECIES, v[at + 23 * COUNT]).fma(u, d23);
        VarHandle.loadLoadFence();
        at++;
        hAt += channelStep;
      } while (hAt < stop);
      at += (SUMS - 1) * COUNT;
    }
    d0.intoArray(sums, sumsOff);
    d1.intoArray(sums, sumsOff + COUNT);
    d2.intoArray(sums, sumsOff + 2 * COUNT);
    d3.intoArray(sums, sumsOff + 3 * COUNT);
    d4.intoArray(sums, sumsOff + 4 * COUNT);
    d5.intoArray(sums, sumsOff + 5 * COUNT);
    d6.intoArray(sums, sumsOff + 6 * COUNT);
    d7.intoArray(sums, sumsOff + 7 * COUNT);
    d8.intoArray(sums, sumsOff + 8 * COUNT);
    d9.intoArray(sums, sumsOff + 9 * COUNT);
    d10.intoArray(sums, sumsOff + 10 * COUNT);
    d11.intoArray(sums, sumsOff + 11 * COUNT);
    d12.intoArray(sums, sumsOff + 12 * COUNT);
    d13.intoArray(sums, sumsOff + 13 * COUNT);
    d14.intoArray(sums, sumsOff + 14 * COUNT);
    d15.intoArray(sums, sumsOff + 15 * COUNT);
    d16.intoArray(sums, sumsOff + 16 * COUNT);
    d17.intoArray(sums, sumsOff + 17 * COUNT);
    d18.intoArray(sums, sumsOff + 18 * COUNT);
    d19.intoArray(sums, sumsOff + 19 * COUNT);
    d20.intoArray(sums, sumsOff + 20 * COUNT);
    d21.intoArray(sums, sumsOff + 21 * COUNT);
    d22.intoArray(sums, sumsOff + 22 * COUNT);
    d23.intoArray(sums, sumsOff + 23 * COUNT);
  }
}
