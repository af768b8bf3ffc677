package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;
import static jdk.incubator.vector.VectorOperators.LT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/** A leaky rectifier for each channel: {@code x < 0 ? slope[c] * x : x}. */
public final class ChannelLeaky implements ChannelCurve {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final float[] slope;
  private final MemorySegment slopeTable;

  /**
   * A leaky rectifier for each channel, copied.
   *
   * @param slope factors of the negative side of the channels
   */
  public ChannelLeaky(float[] slope) {
    this.slope = slope.clone();
    slopeTable = ChannelTable.of(slope);
  }

  @Override
  public int channels() {
    return slope.length;
  }

  @Override
  public float at(int channel, float x) {
    return x < 0 ? x * slope[channel] : x;
  }

  @Override
  public void plane(
      int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector slopes = FloatVector.broadcast(SPECIES, slope[channel]);
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      v.blend(v.mul(slopes), v.compare(LT, 0)).intoMemorySegment(y, yOff + at, ORDER);
    }
    for (int i = whole; i < count; i++) {
      long at = (long) i * Float.BYTES;
      y.set(FLOAT, yOff + at, at(channel, x.get(FLOAT, xOff + at)));
    }
  }

  @Override
  public void columns(
      int channel, MemorySegment x, long xOff, MemorySegment y, long yOff, int count) {
    MemorySegment slopes = slopeTable;
    if (x.getClass() != NATIVE || y.getClass() != NATIVE || slopes.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int channels = slope.length;
    int step = Lanes.COUNT % channels;
    int whole = SPECIES.loopBound(count);
    int c = channel;
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      long at = (long) i * Float.BYTES;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, xOff + at, ORDER);
      FloatVector slope0 =
          FloatVector.fromMemorySegment(SPECIES, slopes, (long) c * Float.BYTES, ORDER);
      v.blend(v.mul(slope0), v.compare(LT, 0)).intoMemorySegment(y, yOff + at, ORDER);
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
