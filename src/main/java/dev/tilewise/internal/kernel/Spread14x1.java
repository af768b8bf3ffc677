package dev.tilewise.internal.kernel;

import static dev.tilewise.internal.kernel.Lanes.BYTES;
import static dev.tilewise.internal.kernel.Lanes.COUNT;
import static dev.tilewise.internal.kernel.Lanes.SPECIES;
import static dev.tilewise.internal.kernel.Memory.NATIVE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Tiles of 14 pixels x 1 vector of filters, for long runs; contract in {@link OutputTile#strips}.
 *
 * <p>Of 8 pixels a vector of terms is loaded at once, and each term spread from it to all lanes; of
 * 6 each term is loaded by itself (docs/decisions/0029-long-runs-spread.md).
 */
final class Spread14x1 {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int SPREAD = 8;

  private Spread14x1() {}

  static void run(
      float[] a,
      int aOff,
      int pitch,
      StripRuns runs,
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
    if (b.getClass() != NATIVE || init.getClass() != NATIVE || d.getClass() != NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    int aRun = runs.aStep();
    int length = runs.length();
    long bRun = (long) runs.bStep() * BYTES;
    long bEnd = bOff + runs.count() * bRun;
    // One; C2 does not know it, and so does not make counted loops of it (decisions/0008 and 0027).
    int one = Math.min(tiles, 1);
    int first = aOff;
    long out = dOff;
    for (int tile = 0; tile < tiles; tile++) {
      FloatVector i0 = FloatVector.fromMemorySegment(SPECIES, init, initOff, ORDER);
      FloatVector d00 = i0;
      FloatVector d10 = i0;
      FloatVector d20 = i0;
      FloatVector d30 = i0;
      FloatVector d40 = i0;
      FloatVector d50 = i0;
      FloatVector d60 = i0;
      FloatVector d70 = i0;
      FloatVector d80 = i0;
      FloatVector d90 = i0;
      FloatVector da0 = i0;
      FloatVector db0 = i0;
      FloatVector dc0 = i0;
      FloatVector dd0 = i0;
      int run = first;
      for (long bStart = bOff; bStart < bEnd; bStart += bRun) {
        int at = run;
        long bAt = bStart;
        int rest = length;
        do {
          int left = Math.min(rest, COUNT);
          rest -= left;
          // The pitch; new in each round, it gets a register (decisions/0029).
          int step = pitch + (left >> 31);
          int row = at;
          IntVector x0 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x1 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x2 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x3 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x4 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x5 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x6 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          row += step;
          IntVector x7 = FloatVector.fromArray(SPECIES, a, row).reinterpretAsInts();
          int term = at + SPREAD * step;
          IntVector from = IntVector.zero(INTS);
          do {
            FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
            int q = term;
            FloatVector v = from.selectFrom(x0).reinterpretAsFloats();
            d00 = v.fma(b0, d00);
            v = FloatVector.broadcast(SPECIES, a[q]);
            d80 = v.fma(b0, d80);
            q += step;
            v = from.selectFrom(x1).reinterpretAsFloats();
            d10 = v.fma(b0, d10);
            v = FloatVector.broadcast(SPECIES, a[q]);
            d90 = v.fma(b0, d90);
            q += step;
            v = from.selectFrom(x2).reinterpretAsFloats();
            d20 = v.fma(b0, d20);
            v = FloatVector.broadcast(SPECIES, a[q]);
            da0 = v.fma(b0, da0);
            q += step;
            v = from.selectFrom(x3).reinterpretAsFloats();
            d30 = v.fma(b0, d30);
            v = from.selectFrom(x4).reinterpretAsFloats();
            d40 = v.fma(b0, d40);
            v = FloatVector.broadcast(SPECIES, a[q]);
            db0 = v.fma(b0, db0);
            q += step;
            v = from.selectFrom(x5).reinterpretAsFloats();
            d50 = v.fma(b0, d50);
            v = FloatVector.broadcast(SPECIES, a[q]);
            dc0 = v.fma(b0, dc0);
            q += step;
            v = from.selectFrom(x6).reinterpretAsFloats();
            d60 = v.fma(b0, d60);
            v = FloatVector.broadcast(SPECIES, a[q]);
            dd0 = v.fma(b0, dd0);
            v = from.selectFrom(x7).reinterpretAsFloats();
            d70 = v.fma(b0, d70);
            from = from.add(1);
            term++;
            bAt += BYTES;
            left -= one;
          } while (left != 0);
          at += COUNT;
        } while (rest != 0);
        run += aRun;
      }
      if (lo > Float.NEGATIVE_INFINITY) {
        FloatVector low = FloatVector.broadcast(SPECIES, lo);
        d00 = d00.blend(low, d00.compare(VectorOperators.LT, low));
        d10 = d10.blend(low, d10.compare(VectorOperators.LT, low));
        d20 = d20.blend(low, d20.compare(VectorOperators.LT, low));
        d30 = d30.blend(low, d30.compare(VectorOperators.LT, low));
        d40 = d40.blend(low, d40.compare(VectorOperators.LT, low));
        d50 = d50.blend(low, d50.compare(VectorOperators.LT, low));
        d60 = d60.blend(low, d60.compare(VectorOperators.LT, low));
        d70 = d70.blend(low, d70.compare(VectorOperators.LT, low));
        d80 = d80.blend(low, d80.compare(VectorOperators.LT, low));
        d90 = d90.blend(low, d90.compare(VectorOperators.LT, low));
        da0 = da0.blend(low, da0.compare(VectorOperators.LT, low));
        db0 = db0.blend(low, db0.compare(VectorOperators.LT, low));
        dc0 = dc0.blend(low, dc0.compare(VectorOperators.LT, low));
        dd0 = dd0.blend(low, dd0.compare(VectorOperators.LT, low));
      }
      if (hi < Float.POSITIVE_INFINITY) {
        FloatVector high = FloatVector.broadcast(SPECIES, hi);
        d00 = d00.blend(high, d00.compare(VectorOperators.GT, high));
        d10 = d10.blend(high, d10.compare(VectorOperators.GT, high));
        d20 = d20.blend(high, d20.compare(VectorOperators.GT, high));
        d30 = d30.blend(high, d30.compare(VectorOperators.GT, high));
        d40 = d40.blend(high, d40.compare(VectorOperators.GT, high));
        d50 = d50.blend(high, d50.compare(VectorOperators.GT, high));
        d60 = d60.blend(high, d60.compare(VectorOperators.GT, high));
        d70 = d70.blend(high, d70.compare(VectorOperators.GT, high));
        d80 = d80.blend(high, d80.compare(VectorOperators.GT, high));
        d90 = d90.blend(high, d90.compare(VectorOperators.GT, high));
        da0 = da0.blend(high, da0.compare(VectorOperators.GT, high));
        db0 = db0.blend(high, db0.compare(VectorOperators.GT, high));
        dc0 = dc0.blend(high, dc0.compare(VectorOperators.GT, high));
        dd0 = dd0.blend(high, dd0.compare(VectorOperators.GT, high));
      }
      d00.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d10.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d20.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d30.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d40.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d50.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d60.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d70.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d80.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      d90.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      da0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      db0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      dc0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      dd0.intoMemorySegment(d, out + last, ORDER);
      out += dStep;
      first += 14 * pitch;
    }
  }
}
