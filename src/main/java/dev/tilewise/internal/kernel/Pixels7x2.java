package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * 7 pixels where they are x 2 vectors of filters; contract in {@link OutputTile#pixels}.
 *
 * <p>Of 4 pixels a vector of terms is loaded at once, and each term spread from it to all lanes; of
 * 3 each term is loaded by itself. Spreading and multiply-adds together keep three units busy,
 * loads others (docs/decisions/0027-terms-spread-from-registers.md).
 */
final class Pixels7x2 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int SPREAD = 4;

  private Pixels7x2() {}

  static void run(
      MemorySegment a,
      long aOff,
      long pitch,
      int length,
      MemorySegment b,
      long bOff,
      MemorySegment init,
      long initOff,
      MemorySegment d,
      long dOff,
      long dStep,
      long last,
      int tiles,
      float lo,
      float hi) {
    if (a.getClass() != NATIVE
        || b.getClass() != NATIVE
        || init.getClass() != NATIVE
        || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    long bEnd = bOff + (long) length * 2 * BYTES;
    // One; C2 does not know it, and so does not make counted loops of it (decisions/0008 and 0027).
    int one = Math.min(tiles, 1);
    long first = aOff;
    long out = dOff;
    for (int tile = 0; tile < tiles; tile++) {
      FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
      FloatVector i1 = FloatVector.fromMemorySegment(SPECIES, init, initOff + BYTES, ORDER);
      FloatVector d00 = i0;
      FloatVector d01 = i1;
      FloatVector d10 = i0;
      FloatVector d11 = i1;
      FloatVector d20 = i0;
      FloatVector d21 = i1;
      FloatVector d30 = i0;
      FloatVector d31 = i1;
      FloatVector d40 = i0;
      FloatVector d41 = i1;
      FloatVector d50 = i0;
      FloatVector d51 = i1;
      FloatVector d60 = i0;
      FloatVector d61 = i1;
      long at = first;
      long bAt = bOff;
      while (bAt < bEnd) {
        long stop = Math.min(bEnd, bAt + 2L * COUNT * BYTES);
        // Terms that do not fill a vector are its last lanes, behind terms before them.
        int left = (int) ((stop - bAt) / (2 * BYTES));
        int lane = COUNT - left;
        // The pitch; new in each round, it gets a register (decisions/0029).
        long step = pitch + (left >> 31);
        long row = at - (long) lane * Float.BYTES;
        IntVector x0 = FloatVector.fromMemorySegment(SPECIES, a, row, ORDER).reinterpretAsInts();
        row += step;
        IntVector x1 = FloatVector.fromMemorySegment(SPECIES, a, row, ORDER).reinterpretAsInts();
        row += step;
        IntVector x2 = FloatVector.fromMemorySegment(SPECIES, a, row, ORDER).reinterpretAsInts();
        row += step;
        IntVector x3 = FloatVector.fromMemorySegment(SPECIES, a, row, ORDER).reinterpretAsInts();
        long term = at + SPREAD * step;
        IntVector from = IntVector.broadcast(INTS, lane);
        do {
          FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
          FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
          long q = term;
          FloatVector v = from.selectFrom(x0).reinterpretAsFloats();
          d00 = v.fma(b0, d00);
          d01 = v.fma(b1, d01);
          v = FloatVector.broadcast(SPECIES, a.get(FLOAT, q));
          d40 = v.fma(b0, d40);
          d41 = v.fma(b1, d41);
          q += step;
          v = from.selectFrom(x1).reinterpretAsFloats();
          d10 = v.fma(b0, d10);
          d11 = v.fma(b1, d11);
          v = FloatVector.broadcast(SPECIES, a.get(FLOAT, q));
          d50 = v.fma(b0, d50);
          d51 = v.fma(b1, d51);
          q += step;
          v = from.selectFrom(x2).reinterpretAsFloats();
          d20 = v.fma(b0, d20);
          d21 = v.fma(b1, d21);
          v = FloatVector.broadcast(SPECIES, a.get(FLOAT, q));
          d60 = v.fma(b0, d60);
          d61 = v.fma(b1, d61);
          v = from.selectFrom(x3).reinterpretAsFloats();
          d30 = v.fma(b0, d30);
          d31 = v.fma(b1, d31);
          from = from.add(1);
          term += Float.BYTES;
          bAt += 2 * BYTES;
          left -= one;
        } while (left != 0);
        at += BYTES;
      }
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d01 = d01.blend(low, d01.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d11 = d11.blend(low, d11.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d21 = d21.blend(low, d21.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
        d31 = d31.blend(low, d31.compare(VectorOperators.LT, low));
        d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
        d41 = d41.blend(low, d41.compare(VectorOperators.LT, low));
        d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
        d51 = d51.blend(low, d51.compare(VectorOperators.LT, low));
        d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
        d61 = d61.blend(low, d61.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d01 = d01.blend(high, d01.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d11 = d11.blend(high, d11.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d21 = d21.blend(high, d21.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
        d31 = d31.blend(high, d31.compare(VectorOperators.GT, high));
        d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
        d41 = d41.blend(high, d41.compare(VectorOperators.GT, high));
        d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
        d51 = d51.blend(high, d51.compare(VectorOperators.GT, high));
        d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
        d61 = d61.blend(high, d61.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out, ORDER);
      d01.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out, ORDER);
      d11.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out, ORDER);
      d21.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out, ORDER);
      d31.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out, ORDER);
      d41.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out, ORDER);
      d51.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out, ORDER);
      d61.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 7 * pitch;
    }
  }
}
