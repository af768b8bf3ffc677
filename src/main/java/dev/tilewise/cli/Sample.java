package dev.tilewise.cli;

import dev.tilewise.ConvCase;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.NaiveConvolution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Random data for a case, and the definition to compare with. */
public final class Sample {

  private static final long SEED = 20_260_101;

  private Expected expected;

  /** The case. */
  public final ConvCase extents;

  /** Weights and bias. */
  public final Filter filter;

  /** Input, NHWC. */
  public final Tensor x;

  /** Output, NHWC, of the size; zeros until a plan has run. */
  public final Tensor y;

  /** The definition, over the same input, weights and bias. */
  public final NaiveConvolution naive;

  /**
   * Makes the data, the same for the same case.
   *
   * @param c the case
   * @param arena owns the memory
   */
  public Sample(ConvCase c, Arena arena) {
    extents = c;
    SplittableRandom random = new SplittableRandom(SEED);
    long weightCount = (long) c.k() * c.groupC() * c.fh() * c.fw();
    MemorySegment weights = fill(arena, weightCount, random);
    MemorySegment bias = fill(arena, c.k(), random);
    filter = Filter.of(weights, c.k(), c.groupC(), c.fh(), c.fw()).withBias(bias);
    x = random(c.input(), arena, random);
    y = Tensor.allocate(arena, c.output(), Layout.NHWC);
    naive = new NaiveConvolution(geometry(c), x.segment(), weights, bias);
  }

  /** What to say of a case whose tensors do not fit into memory. */
  static IllegalStateException tooLarge(ConvCase c, OutOfMemoryError e) {
    return new IllegalStateException("case \"" + c + "\": not enough memory: " + e.getMessage(), e);
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

  /** Random values from -0.5 to 0.5. */
  static Tensor random(Shape shape, Arena arena, SplittableRandom random) {
    return Tensor.of(fill(arena, shape.elements(), random), shape, Layout.NHWC);
  }

  /**
   * The largest error of outputs, relative to their scale: of all of them, or of that many, the
   * corners of the first plane among them.
   *
   * @param most how many are compared
   * @param relu whether the output went through it
   * @return the error divided by {@code |bias| + sum |x| |w|}
   */
  public double maxError(long most, boolean relu) {
    if (expected == null || expected.most != most) {
      expected = new Expected(most);
    }
    return expected.maxError(relu);
  }

  /** What the definition makes of some outputs: computed once, for all algorithms. */
  private final class Expected {

    private static final int CORNERS = 4;

    private final long most;
    private final double[] exact;
    private final double[] scale;

    Expected(long most) {
      this.most = most;
      int count = Math.toIntExact(CORNERS + Math.min(most, extents.output().elements()));
      exact = new double[count];
      scale = new double[count];
      visit(
          (i, n, k, oy, ox) -> {
            exact[i] = naive.exactAt(n, k, oy, ox);
            scale[i] = naive.scaleAt(n, k, oy, ox);
          });
    }

    double maxError(boolean relu) {
      LargestError worst = new LargestError();
      visit(
          (i, n, k, oy, ox) ->
              worst.add(y.get(n, k, oy, ox), relu ? Math.max(0, exact[i]) : exact[i], scale[i]));
      return worst.value();
    }

    private void visit(Visitor visitor) {
      for (int i = 0; i < CORNERS; i++) {
        visitor.at(i, 0, 0, i / 2 * (extents.oh() - 1), i % 2 * (extents.ow() - 1));
      }
      int[] next = {CORNERS};
      LargestError.visit(
          extents.output().elements(),
          most,
          at -> {
            int k = (int) (at % extents.k());
            int ox = (int) (at / extents.k() % extents.ow());
            int oy = (int) (at / extents.k() / extents.ow() % extents.oh());
            int n = (int) (at / extents.k() / extents.ow() / extents.oh());
            visitor.at(next[0]++, n, k, oy, ox);
          });
    }
  }

  /** Takes the i-th output and where it is. */
  private interface Visitor {
    void at(int i, int n, int k, int oy, int ox);
  }
}
