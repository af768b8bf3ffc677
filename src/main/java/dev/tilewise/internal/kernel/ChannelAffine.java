package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** A line for each channel, one fused multiply-add: {@code y = scale[c] * x + shift[c]}. */
public final class ChannelAffine implements ChannelCurve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final float[] scale;
  private final float[] shift;
  private final MemorySegment scaleTable;
  private final MemorySegment shiftTable;

  /**
   * A line for each channel, copied.
   *
   * @param scale factors of the channels
   * @param shift summands of the channels
   */
  public ChannelAffine(float[] scale, float[] shift) {
    this.scale = scale.clone();
    this.shift = shift.clone();
    scaleTable = ChannelTable.of(scale);
    shiftTable = ChannelTable.of(shift);
  }

  @Override
  public int channels() {
    return scale.length;
  }

  @Override
  public float at(int channel, float x) {
    return Math.fma(x, scale[channel], shift[channel]);
  }

  @Override
  public void plane(
      int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector scales = FloatVector.broadcast(SPECIES, scale[channel]);
    FloatVector shifts = FloatVector.broadcast(SPECIES, shift[channel]);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER)
          .fma(scales, shifts)
          .intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(channel, x.get(FLOAT, xOff + at)));
    }
  }

  @Override
  public void columns(
      int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    MemorySegment scales = scaleTable;
    MemorySegment shifts = shiftTable;
    if (x.getClass() != NATIVE
        || y.getClass() != NATIVE
        || scales.getClass() != NATIVE
        || shifts.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int channels = scale.length;
    int step = Lanes.COUNT % channels;
    int whole = SPECIES.loopBound(count);
    int c = channel;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER)
          .fma(
              FloatVector.fromMemorySegment(SPECIES, scales, (long) c * Float.BYTES, ORDER),
              FloatVector.fromMemorySegment(SPECIES, shifts, (long) c * Float.BYTES, ORDER))
          .intoMemorySegment(y, yOff + at, ORDER);
      c += step;
      c -= c >= channels ? channels : 0;
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(c, x.get(FLOAT, xOff + at)));
      c = c + 1 == channels ? 0 : c + 1;
    }
  }
}
