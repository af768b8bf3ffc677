package dev.tilewise.cli;

import dev.tilewise.ConvCase;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.NaiveConvolution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Random data for a case, and the definition to compare with. */
final class Sample {

  private static final long SEED = 20_260_101;

  final ConvCase extents;
  final Filter filter;
  final Tensor x;
  final Tensor y;
  final NaiveConvolution naive;

  Sample(ConvCase c, Arena arena) {
    extents = c;
    SplittableRandom random = new SplittableRandom(SEED);
    long weightCount = (long) c.k() * c.groupC() * c.fh() * c.fw();
    MemorySegment weights = fill(arena, weightCount, random);
    MemorySegment bias = fill(arena, c.k(), random);
    filter = Filter.of(weights, c.k(), c.groupC(), c.fh(), c.fw()).withBias(bias);
    x = Tensor.of(fill(arena, c.input().elements(), random), c.input(), Layout.NHWC);
    y = Tensor.allocate(arena, c.output(), Layout.NHWC);
    naive = new NaiveConvolution(geometry(c), x.segment(), weights, bias);
  }

  static Geometry geometry(ConvCase c) {
    return new Geometry(
        c.n(),
        c.c(),
        c.h(),
        c.w(),
        c.k(),
        c.groups(),
        c.fh(),
        c.fw(),
        c.sh(),
        c.sw(),
        c.pt(),
        c.pl(),
        c.pb(),
        c.pr(),
        c.dh(),
        c.dw());
  }

  private static MemorySegment fill(Arena arena, long count, SplittableRandom random) {
    MemorySegment memory = arena.allocate(count * Float.BYTES, Tensor.ALIGNMENT);
    for (long i = 0; i < count; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
    }
    return memory;
  }

  /**
   * The largest error of outputs before the activation, relative to their scale: of all of them, or
   * of that many random ones and the corners.
   */
  double maxError(long most, boolean relu) {
    double worst = 0;
    if (extents.output().elements() <= most) {
      for (int n = 0; n < extents.n(); n++) {
        for (int k = 0; k < extents.k(); k++) {
          for (int oy = 0; oy < extents.oh(); oy++) {
            for (int ox = 0; ox < extents.ow(); ox++) {
              worst = Math.max(worst, error(n, k, oy, ox, relu));
            }
          }
        }
      }
      return worst;
    }
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < most; i++) {
      int n = random.nextInt(extents.n());
      int k = random.nextInt(extents.k());
      int oy = i < 4 ? i / 2 * (extents.oh() - 1) : random.nextInt(extents.oh());
      int ox = i < 4 ? i % 2 * (extents.ow() - 1) : random.nextInt(extents.ow());
      worst = Math.max(worst, error(n, k, oy, ox, relu));
    }
    return worst;
  }

  private double error(int n, int k, int oy, int ox, boolean relu) {
    double exact = naive.exactAt(n, k, oy, ox);
    double expected = relu ? Math.max(0, exact) : exact;
    double scale = naive.scaleAt(n, k, oy, ox);
    double error = Math.abs(y.get(n, k, oy, ox) - expected);
    return error == 0 ? 0 : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / scale;
  }
}
