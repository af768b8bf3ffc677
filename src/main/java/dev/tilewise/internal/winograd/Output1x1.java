package dev.tilewise.internal.winograd;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** AT from 1 products to 1 outputs. */
final class Output1x1 implements OutputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS = List.of(Matrix.parse("1"));

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public List<Matrix> factors() {
    return FACTORS;
  }

  @Override
  public void columns(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromBlock,
      int blocks,
      int vectors,
      MemorySegment to,
      long toOff,
      long toStep) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long from0 = fromOff;
    long to0 = toOff;
    long fromJump = fromBlock - (long) vectors * BYTES;
    long f = 0;
    long t = 0;
    int left = vectors;
    for (int n = blocks * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      x0.intoMemorySegment(to, to0 + t, ORDER);
      f += BYTES;
      t += BYTES;
      if (--left == 0) {
        left = vectors;
        f += fromJump;
      }
    }
  }

  @Override
  public void rows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromRow,
      int rows,
      int tiles,
      int count,
      MemorySegment init,
      long initOff,
      MemorySegment residual,
      MemorySegment y,
      long yOff,
      long yStep,
      long yRow,
      int lastOutputs,
      float lo,
      float hi,
      float[] rest) {
    if (from.getClass() != NATIVE
        || init.getClass() != NATIVE
        || y.getClass() != NATIVE
        || (residual != null && residual.getClass() != NATIVE)) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    long from0 = fromOff;
    int vectors = (count + COUNT - 1) / COUNT;
    long jump = 1 * yStep - (long) vectors * BYTES;
    long out = yOff;
    long f = 0;
    int k = 0;
    long rowF = 0;
    long rowOut = yOff;
    int left = tiles;
    int outputs = left > 1 ? 1 : lastOutputs;
    for (int n = rows * tiles * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector bias =
          FloatVector.fromMemorySegment(SPECIES, init, initOff + (long) k * Float.BYTES, ORDER);
      FloatVector t0 = x0.add(bias);
      if (k + COUNT <= count) {
        if (residual != null) {
          t0 = t0.add(FloatVector.fromMemorySegment(SPECIES, residual, out, ORDER));
        }
        t0 = t0.blend(low, t0.compare(VectorOperators.LT, low));
        t0 = t0.blend(high, t0.compare(VectorOperators.GT, high));
        t0.intoMemorySegment(y, out, ORDER);
      } else {
        t0.intoArray(rest, 0);
        Rest.store(rest, outputs, count - k, residual, y, out, yStep, lo, hi);
      }
      f += BYTES;
      out += BYTES;
      k += COUNT;
      if (k >= count) {
        k = 0;
        out += jump;
        if (--left == 0) {
          left = tiles;
          rowF += fromRow;
          f = rowF;
          rowOut += yRow;
          out = rowOut;
        }
        outputs = left > 1 ? 1 : lastOutputs;
      }
    }
  }
}
