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

/** AT of any size, driven by the matrix. */
final class AnyOutput implements OutputCode {

  /** Elements take as long as this many of written code. */
  private static final double COST = 2.5;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final int m;
  private final int alpha;
  private final Matrix matrix;
  private final float[] at;

  AnyOutput(Matrix at) {
    m = at.rows();
    alpha = at.columns();
    matrix = at;
    this.at = at.floats();
  }

  @Override
  public List<Matrix> factors() {
    return List.of(matrix);
  }

  @Override
  public double cost() {
    return COST;
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
    for (int block = 0; block < blocks; block++) {
      long f = fromOff + block * fromBlock;
      long t = toOff + (long) block * vectors * BYTES;
      for (int j = 0; j < m; j++) {
        column(at, j * alpha, alpha, from, f, fromStep, vectors * COUNT, to, t + j * toStep);
      }
    }
  }

  private static void column(
      float[] at,
      int row,
      int alpha,
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      MemorySegment to,
      long toOff) {
    if (from.getClass() != NATIVE || to.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int i = 0; i < count; i += COUNT) {
      long f = (long) i * Float.BYTES;
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int l = 0; l < alpha; l++) {
        FloatVector x =
            FloatVector.fromMemorySegment(SPECIES, from, fromOff + l * fromStep + f, ORDER);
        sum = x.fma(FloatVector.broadcast(SPECIES, at[row + l]), sum);
      }
      sum.intoMemorySegment(to, toOff + f, ORDER);
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
    long tileBytes = (long) (count + COUNT - 1) / COUNT * BYTES;
    int whole = count - count % COUNT;
    for (int n = 0; n < rows * tiles; n++) {
      int tile = n % tiles;
      int outputs = tile == tiles - 1 ? lastOutputs : m;
      long f = fromOff + n / tiles * fromRow + tile * tileBytes;
      long out = yOff + n / tiles * yRow + tile * m * yStep;
      for (int j = 0; j < outputs; j++) {
        pixel(
            at,
            j * alpha,
            alpha,
            from,
            f,
            fromStep,
            whole,
            init,
            initOff,
            residual,
            y,
            out + j * yStep,
            lo,
            hi);
        if (whole < count) {
          long wholeBytes = (long) whole * Float.BYTES;
          last(
              at,
              j * alpha,
              alpha,
              from,
              f + wholeBytes,
              fromStep,
              init,
              initOff + wholeBytes,
              rest,
              j * COUNT);
        }
      }
      if (whole < count) {
        long tail = out + (long) whole * Float.BYTES;
        Rest.store(rest, outputs, count - whole, residual, y, tail, yStep, lo, hi);
      }
    }
  }

  /** Whole vectors of one pixel's filters. */
  private static void pixel(
      float[] at,
      int row,
      int alpha,
      MemorySegment from,
      long fromOff,
      long fromStep,
      int count,
      MemorySegment init,
      long initOff,
      MemorySegment residual,
      MemorySegment y,
      long yOff,
      float lo,
      float hi) {
    if (from.getClass() != NATIVE
        || init.getClass() != NATIVE
        || y.getClass() != NATIVE
        || (residual != null && residual.getClass() != NATIVE)) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector low = FloatVector.broadcast(SPECIES, lo);
    FloatVector high = FloatVector.broadcast(SPECIES, hi);
    for (int i = 0; i < count; i += COUNT) {
      long f = (long) i * Float.BYTES;
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int l = 0; l < alpha; l++) {
        FloatVector x =
            FloatVector.fromMemorySegment(SPECIES, from, fromOff + l * fromStep + f, ORDER);
        sum = x.fma(FloatVector.broadcast(SPECIES, at[row + l]), sum);
      }
      sum = sum.add(FloatVector.fromMemorySegment(SPECIES, init, initOff + f, ORDER));
      if (residual != null) {
        sum = sum.add(FloatVector.fromMemorySegment(SPECIES, residual, yOff + f, ORDER));
      }
      sum = sum.blend(low, sum.compare(VectorOperators.LT, low));
      sum = sum.blend(high, sum.compare(VectorOperators.GT, high));
      sum.intoMemorySegment(y, yOff + f, ORDER);
    }
  }

  /** The last filters of one pixel, before residual and clamp. */
  private static void last(
      float[] at,
      int row,
      int alpha,
      MemorySegment from,
      long fromOff,
      long fromStep,
      MemorySegment init,
      long initOff,
      float[] to,
      int toOff) {
    if (from.getClass() != NATIVE || init.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int l = 0; l < alpha; l++) {
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, from, fromOff + l * fromStep, ORDER);
      sum = x.fma(FloatVector.broadcast(SPECIES, at[row + l]), sum);
    }
    sum.add(FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER)).intoArray(to, toOff);
  }
}
