package dev.tilewise;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A tensor in the middle of a bigger allocation. The fence on both sides is a pattern that is also
 * NaN: a write to it is found by its bits, a read of it shows in the result.
 */
record FencedTensor(MemorySegment whole, Tensor tensor) {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final int MARK = 0x7FC0_BEEF;

  /** More than the widest tile could overshoot: 8 vectors of 64 bytes. */
  private static final long FENCE_BYTES = 512;

  /** A tensor whose content is the fence's pattern too. */
  static FencedTensor allocate(
      MemoryKind kind, Arena shared, Arena confined, Shape shape, Setting setting) {
    long start = FENCE_BYTES + (long) setting.offset() * Float.BYTES;
    long bytes = start + shape.bytes() + FENCE_BYTES;
    MemorySegment whole = kind.allocate(shared, confined, bytes);
    for (long i = 0; i < bytes / Integer.BYTES; i++) {
      whole.setAtIndex(INT, i, MARK);
    }
    MemorySegment inner = whole.asSlice(start, shape.bytes());
    return new FencedTensor(whole, Tensor.of(inner, shape, setting.layout()));
  }

  /** Fills the tensor, element by element. */
  FencedTensor write(float[] nhwc) {
    Shape s = tensor.shape();
    int i = 0;
    for (int n = 0; n < s.n(); n++) {
      for (int y = 0; y < s.h(); y++) {
        for (int x = 0; x < s.w(); x++) {
          for (int c = 0; c < s.c(); c++) {
            tensor.set(n, c, y, x, nhwc[i++]);
          }
        }
      }
    }
    return this;
  }

  /** The content, element by element. */
  float[] read() {
    Shape s = tensor.shape();
    float[] nhwc = new float[Math.toIntExact(s.elements())];
    int i = 0;
    for (int n = 0; n < s.n(); n++) {
      for (int y = 0; y < s.h(); y++) {
        for (int x = 0; x < s.w(); x++) {
          for (int c = 0; c < s.c(); c++) {
            nhwc[i++] = tensor.get(n, c, y, x);
          }
        }
      }
    }
    return nhwc;
  }

  /**
   * Where the fence was written to: a byte offset from the start of the tensor, or -1 if it is
   * whole.
   */
  String damage() {
    long start = tensor.segment().address() - whole.address();
    long end = start + tensor.shape().bytes();
    for (long at = 0; at < whole.byteSize(); at += Integer.BYTES) {
      if ((at < start || at >= end) && whole.get(INT, at) != MARK) {
        return "written " + (at - start) + " bytes from the start of " + tensor;
      }
    }
    return "none";
  }
}
