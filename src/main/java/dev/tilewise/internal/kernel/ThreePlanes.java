package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Three planes become pixels of three floats, as images come to a first layer: {@code y[3 i + c] =
 * x[c, i]}. A vector of each plane makes three vectors of pixels.
 */
final class ThreePlanes {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Which pixel each float of the first, second and third vector belongs to. */
  private static final VectorShuffle<Float> PIXEL0 = pixels(0);

  private static final VectorShuffle<Float> PIXEL1 = pixels(1);
  private static final VectorShuffle<Float> PIXEL2 = pixels(2);

  /** Floats of the second and of the third plane. */
  private static final VectorMask<Float> SECOND0 = plane(0, 1);

  private static final VectorMask<Float> SECOND1 = plane(1, 1);
  private static final VectorMask<Float> SECOND2 = plane(2, 1);
  private static final VectorMask<Float> THIRD0 = plane(0, 2);
  private static final VectorMask<Float> THIRD1 = plane(1, 2);
  private static final VectorMask<Float> THIRD2 = plane(2, 2);

  private ThreePlanes() {}

  private static VectorShuffle<Float> pixels(int vector) {
    return VectorShuffle.fromOp(SPECIES, i -> (vector * COUNT + i) / 3);
  }

  private static VectorMask<Float> plane(int vector, int plane) {
    boolean[] of = new boolean[COUNT];
    for (int i = 0; i < COUNT; i++) {
      of[i] = (vector * COUNT + i) % 3 == plane;
    }
    return VectorMask.fromArray(SPECIES, of, 0);
  }

  /**
   * Interleaves. Both are kernel memory and do not overlap; offsets and steps are bytes.
   *
   * @param x planes
   * @param xOff where the first starts
   * @param xStep from plane to plane
   * @param count floats of each
   * @param y receives the pixels
   * @param yOff where the first starts
   */
  static void run(MemorySegment x, long xOff, long xStep, int count, MemorySegment y, long yOff) {
    if (x.getClass() != NATIVE || y.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int whole = SPECIES.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      long in = xOff + (long) i * Float.BYTES;
      long out = yOff + 3L * i * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, in, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, in + xStep, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, in + 2 * xStep, ORDER);
      a.rearrange(PIXEL0)
          .blend(b.rearrange(PIXEL0), SECOND0)
          .blend(c.rearrange(PIXEL0), THIRD0)
          .intoMemorySegment(y, out, ORDER);
      a.rearrange(PIXEL1)
          .blend(b.rearrange(PIXEL1), SECOND1)
          .blend(c.rearrange(PIXEL1), THIRD1)
          .intoMemorySegment(y, out + BYTES, ORDER);
      a.rearrange(PIXEL2)
          .blend(b.rearrange(PIXEL2), SECOND2)
          .blend(c.rearrange(PIXEL2), THIRD2)
          .intoMemorySegment(y, out + 2L * BYTES, ORDER);
    }
    for (int i = whole; i < count; i++) {
      for (int plane = 0; plane < 3; plane++) {
        float value = x.get(FLOAT, xOff + plane * xStep + (long) i * Float.BYTES);
        y.set(FLOAT, yOff + (3L * i + plane) * Float.BYTES, value);
      }
    }
  }
}
