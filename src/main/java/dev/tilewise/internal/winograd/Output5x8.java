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

/** AT from 8 products to 5 outputs. */
final class Output5x8 implements OutputCode {

  /**
   * The codelet is the product of these, in order; each row is one chain of additions or
   * multiply-adds.
   */
  private static final List<Matrix> FACTORS =
      List.of(
          Matrix.parse(
              "1 0 0 0 0 0 0 0",
              "0 1 1 0 0 0 0 0",
              "0 1 -1 0 0 0 0 0",
              "0 0 0 1 1 0 0 0",
              "0 0 0 1 -1 0 0 0",
              "0 0 0 0 0 1 1 0",
              "0 0 0 0 0 1 -1 0",
              "0 0 0 0 0 0 0 1"),
          Matrix.parse(
              "1 1 0 1 0 1 0 0",
              "0 0 1 0 2 0 0.5 0",
              "0 1 0 4 0 0.25 0 0",
              "0 0 1 0 8 0 0.125 0",
              "0 1 0 16 0 0.0625 0 1"));

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
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c0_125 = FloatVector.broadcast(SPECIES, 0.125f);
    FloatVector c8 = FloatVector.broadcast(SPECIES, 8f);
    FloatVector c0_0625 = FloatVector.broadcast(SPECIES, 0.0625f);
    FloatVector c16 = FloatVector.broadcast(SPECIES, 16f);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    long from5 = fromOff + 5 * fromStep;
    long from6 = fromOff + 6 * fromStep;
    long from7 = fromOff + 7 * fromStep;
    long to0 = toOff;
    long to1 = toOff + toStep;
    long to2 = toOff + 2 * toStep;
    long to3 = toOff + 3 * toStep;
    long to4 = toOff + 4 * toStep;
    long fromJump = fromBlock - (long) vectors * BYTES;
    long f = 0;
    long t = 0;
    int left = vectors;
    for (int n = blocks * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, from, from6 + f, ORDER);
      FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, from, from7 + f, ORDER);
      FloatVector s1 = x1.add(x2);
      FloatVector u1 = x1.sub(x2);
      FloatVector s2 = x3.add(x4);
      FloatVector u2 = x3.sub(x4);
      FloatVector s3 = x5.add(x6);
      FloatVector u3 = x5.sub(x6);
      x0.add(s1).add(s2.add(s3)).intoMemorySegment(to, to0 + t, ORDER);
      u3.fma(c0_5, u2.fma(c2, u1)).intoMemorySegment(to, to1 + t, ORDER);
      s3.fma(c0_25, s2.fma(c4, s1)).intoMemorySegment(to, to2 + t, ORDER);
      u3.fma(c0_125, u2.fma(c8, u1)).intoMemorySegment(to, to3 + t, ORDER);
      s3.fma(c0_0625, s2.fma(c16, s1)).add(x7).intoMemorySegment(to, to4 + t, ORDER);
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
    FloatVector c0_5 = FloatVector.broadcast(SPECIES, 0.5f);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2f);
    FloatVector c0_25 = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4f);
    FloatVector c0_125 = FloatVector.broadcast(SPECIES, 0.125f);
    FloatVector c8 = FloatVector.broadcast(SPECIES, 8f);
    FloatVector c0_0625 = FloatVector.broadcast(SPECIES, 0.0625f);
    FloatVector c16 = FloatVector.broadcast(SPECIES, 16f);
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    long from0 = fromOff;
    long from1 = fromOff + fromStep;
    long from2 = fromOff + 2 * fromStep;
    long from3 = fromOff + 3 * fromStep;
    long from4 = fromOff + 4 * fromStep;
    long from5 = fromOff + 5 * fromStep;
    long from6 = fromOff + 6 * fromStep;
    long from7 = fromOff + 7 * fromStep;
    int vectors = (count + COUNT - 1) / COUNT;
    long jump = 5 * yStep - (long) vectors * BYTES;
    long out = yOff;
    long f = 0;
    int k = 0;
    long rowF = 0;
    long rowOut = yOff;
    int left = tiles;
    int outputs = left > 1 ? 5 : lastOutputs;
    for (int n = rows * tiles * vectors; n > 0; n--) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, from, from0 + f, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, from, from1 + f, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, from, from2 + f, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, from, from3 + f, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, from, from4 + f, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, from, from5 + f, ORDER);
      FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, from, from6 + f, ORDER);
      FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, from, from7 + f, ORDER);
      FloatVector bias =
          FloatVector.fromMemorySegment(SPECIES, init, initOff + (long) k * Float.BYTES, ORDER);
      FloatVector s1 = x1.add(x2);
      FloatVector u1 = x1.sub(x2);
      FloatVector s2 = x3.add(x4);
      FloatVector u2 = x3.sub(x4);
      FloatVector s3 = x5.add(x6);
      FloatVector u3 = x5.sub(x6);
      FloatVector t0 = x0.add(s1).add(s2.add(s3)).add(bias);
      FloatVector t1 = u3.fma(c0_5, u2.fma(c2, u1)).add(bias);
      FloatVector t2 = s3.fma(c0_25, s2.fma(c4, s1)).add(bias);
      FloatVector t3 = u3.fma(c0_125, u2.fma(c8, u1)).add(bias);
      FloatVector t4 = s3.fma(c0_0625, s2.fma(c16, s1)).add(x7).add(bias);
      if (k + COUNT <= count) {
        if (residual != null) {
          t0 = t0.add(FloatVector.fromMemorySegment(SPECIES, residual, out, ORDER));
          if (outputs > 1) {
            t1 = t1.add(FloatVector.fromMemorySegment(SPECIES, residual, out + yStep, ORDER));
          }
          if (outputs > 2) {
            t2 = t2.add(FloatVector.fromMemorySegment(SPECIES, residual, out + 2 * yStep, ORDER));
          }
          if (outputs > 3) {
            t3 = t3.add(FloatVector.fromMemorySegment(SPECIES, residual, out + 3 * yStep, ORDER));
          }
          if (outputs > 4) {
            t4 = t4.add(FloatVector.fromMemorySegment(SPECIES, residual, out + 4 * yStep, ORDER));
          }
        }
        t0 = t0.blend(low, t0.compare(VectorOperators.LT, low));
        t0 = t0.blend(high, t0.compare(VectorOperators.GT, high));
        t1 = t1.blend(low, t1.compare(VectorOperators.LT, low));
        t1 = t1.blend(high, t1.compare(VectorOperators.GT, high));
        t2 = t2.blend(low, t2.compare(VectorOperators.LT, low));
        t2 = t2.blend(high, t2.compare(VectorOperators.GT, high));
        t3 = t3.blend(low, t3.compare(VectorOperators.LT, low));
        t3 = t3.blend(high, t3.compare(VectorOperators.GT, high));
        t4 = t4.blend(low, t4.compare(VectorOperators.LT, low));
        t4 = t4.blend(high, t4.compare(VectorOperators.GT, high));
        t0.intoMemorySegment(y, out, ORDER);
        if (outputs > 1) {
          t1.intoMemorySegment(y, out + yStep, ORDER);
        }
        if (outputs > 2) {
          t2.intoMemorySegment(y, out + 2 * yStep, ORDER);
        }
        if (outputs > 3) {
          t3.intoMemorySegment(y, out + 3 * yStep, ORDER);
        }
        if (outputs > 4) {
          t4.intoMemorySegment(y, out + 4 * yStep, ORDER);
        }
      } else {
        t0.intoArray(rest, 0);
        t1.intoArray(rest, COUNT);
        t2.intoArray(rest, 2 * COUNT);
        t3.intoArray(rest, 3 * COUNT);
        t4.intoArray(rest, 4 * COUNT);
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
        outputs = left > 1 ? 5 : lastOutputs;
      }
    }
  }
}
