package dev.tilewise.internal.winograd;

import dev.tilewise.internal.kernel.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Stores the filters of a last vector that is not full, one by one. */
final class Rest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Rest() {}

  static void store(
      float[] from,
      int outputs,
      int filters,
      MemorySegment residual,
      MemorySegment y,
      long yOff,
      long yStep,
      float lo,
      float hi) {
    for (int j = 0; j < outputs; j++) {
      for (int k = 0; k < filters; k++) {
        long at = yOff + j * yStep + (long) k * Float.BYTES;
        float sum = from[j * Lanes.COUNT + k];
        if (residual != null) {
          sum += residual.get(FLOAT, at);
        }
        y.set(FLOAT, at, sum < lo ? lo : sum > hi ? hi : sum);
      }
    }
  }
}
