package dev.tilewise;

import dev.tilewise.internal.conv.NaiveBackward;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** One problem with all its operands, on the heap in NHWC, filters [K, C/G, FH, FW]. */
record BackwardProblem(ConvCase extents, float[] x, float[] w, float[] dy) {

  static BackwardProblem of(ConvCase extents, Supplier<Float> value) {
    return new BackwardProblem(
        extents,
        values((int) extents.input().elements(), value),
        values(extents.k() * extents.groupC() * extents.fh() * extents.fw(), value),
        values((int) extents.output().elements(), value));
  }

  private static float[] values(int count, Supplier<Float> value) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = value.get();
    }
    return values;
  }

  NaiveBackward naive() {
    return new NaiveBackward(
        extents.geometry(),
        MemorySegment.ofArray(x),
        MemorySegment.ofArray(w),
        MemorySegment.ofArray(dy));
  }

  Filter filter() {
    return Filter.of(w, extents.k(), extents.groupC(), extents.fh(), extents.fw());
  }

  Tensor tensor(Arena arena, Shape shape, Layout layout, float[] nhwc) {
    return Tensor.allocate(arena, shape, layout).copyFrom(nhwc, Layout.NHWC);
  }

  float[] dx(Arena arena, Layout layout, Workers workers) {
    Tensor dx = Tensor.allocate(arena, extents.input(), layout).fill(Float.NaN);
    ConvBackward.of(extents, layout)
        .data(tensor(arena, extents.output(), layout, dy), filter(), dx, workers);
    return dx.toArray(Layout.NHWC);
  }

  /** The gradients of weights and, behind them, biases. */
  float[] dw(Arena arena, Layout layout, Workers workers) {
    float[] dw = new float[w.length];
    float[] db = new float[extents.k()];
    ConvBackward.of(extents, layout)
        .filter(
            tensor(arena, extents.input(), layout, x),
            tensor(arena, extents.output(), layout, dy),
            dw,
            db,
            workers);
    float[] both = Arrays.copyOf(dw, dw.length + db.length);
    System.arraycopy(db, 0, both, dw.length, db.length);
    return both;
  }

  /** Small extents with everything a convolution can have. */
  static ConvCase randomCase(Random random) {
    while (true) {
      int groups = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1;
      try {
        return new ConvCase(
            1 + random.nextInt(4),
            groups * (1 + random.nextInt(9)),
            1 + random.nextInt(12),
            1 + random.nextInt(12),
            groups * (1 + random.nextInt(20)),
            groups,
            1 + random.nextInt(5),
            1 + random.nextInt(5),
            1 + random.nextInt(4),
            1 + random.nextInt(4),
            random.nextInt(6),
            random.nextInt(6),
            random.nextInt(6),
            random.nextInt(6),
            1 + random.nextInt(3),
            1 + random.nextInt(3));
      } catch (IllegalArgumentException tooSmall) {
        // The filter is larger than the padded input: draw again.
      }
    }
  }

  /** So many tests, each with a seed; its random case is in its name. */
  static Stream<DynamicTest> tests(int count, LongConsumer test) {
    return IntStream.range(0, count)
        .mapToObj(
            seed -> {
              String name = "seed " + seed + ": " + randomCase(new Random(seed));
              return DynamicTest.dynamicTest(name, () -> test.accept(seed));
            });
  }
}
