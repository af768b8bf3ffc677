package dev.tilewise;

import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.DomainContextBase;

/**
 * Random convolutions, and random ways to run them. Every extent is drawn from a list that starts
 * with its simplest value and holds the awkward ones (neighbours of vector lengths, of tile
 * heights, of block lengths of the sum; padding and strides larger than the filter) more often than
 * chance would; failures shrink towards the front of each list. A case with too much work is made
 * smaller, first in its spatial extents, because depth is where the kernels branch.
 */
public final class ConvCases extends DomainContextBase {

  private static final int[] BATCH = {1, 1, 1, 1, 1, 1, 2, 2, 3};
  private static final int[] GROUPS = {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 8, 17, 33};
  private static final int[] GROUP_C = {
    1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 63, 64, 65
  };

  /**
   * Lengths of the sum at the ends of blocks, and one before and after; 0 leaves the channels as
   * drawn.
   */
  private static final int[] SUM_LENGTH = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 767, 768, 769, 1535, 1536, 1537, 2305
  };

  private static final int[] GROUP_K = {
    1, 1, 2, 3, 4, 4, 5, 7, 8, 8, 9, 12, 15, 16, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 64, 65
  };
  private static final int[] FILTER = {1, 1, 1, 1, 3, 3, 3, 3, 3, 2, 2, 4, 5, 5, 6, 7, 11};
  private static final int[] STRIDE = {1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5, 13};
  private static final int[] DILATION = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5};
  private static final int[] PADDING = {0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6, 9, 15};

  /** How many rows or columns the padded input has beyond the filter: 0 is F = W + 2P. */
  private static final int[] BEYOND = {
    0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 12, 13, 14, 15, 16, 20, 23, 27, 34
  };

  private static final int[] SAME = {1, 1, 0};
  private static final int[] WORK = {
    60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 500_000
  };

  /** Convolutions of all kinds. */
  @Provide
  public Arbitrary<ConvCase> cases() {
    List<Arbitrary<Integer>> draws =
        Stream.of(
                BATCH,
                GROUPS,
                GROUP_C,
                SUM_LENGTH,
                GROUP_K,
                FILTER,
                FILTER,
                STRIDE,
                STRIDE,
                DILATION,
                DILATION,
                PADDING,
                PADDING,
                PADDING,
                PADDING,
                BEYOND,
                BEYOND,
                SAME,
                WORK)
            .map(ConvCases::of)
            .toList();
    return Combinators.combine(draws).as(values -> new Draft(values).fitted()).withoutEdgeCases();
  }

  /** Convolutions with everything else that a run takes. */
  @Provide
  public Arbitrary<Trial> trials() {
    return Combinators.combine(
            cases(),
            settings(),
            surrounds(),
            Arbitraries.of(Values.UNIT, Values.INTEGERS, Values.WIDE, Values.TINY),
            Arbitraries.longs().withoutEdgeCases())
        .as(Trial::new)
        .withoutEdgeCases();
  }

  /** Ways to run a convolution. */
  private static Arbitrary<Setting> settings() {
    Arbitrary<MemoryKind> kind = Arbitraries.of(MemoryKind.class).withoutEdgeCases();
    return Combinators.combine(
            Arbitraries.of(Layout.NHWC, Layout.NCHW),
            of(new int[] {1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8}),
            kind,
            kind,
            kind,
            of(new int[] {0, 0, 0, 1, 2, 4, 7, 8, 15}))
        .as(Setting::new);
  }

  private static Arbitrary<Surround> surrounds() {
    return Combinators.combine(
            Arbitraries.of(false, true),
            Arbitraries.of(false, false, true),
            Arbitraries.of(
                Activation.IDENTITY,
                Activation.IDENTITY,
                Activation.RELU,
                Activation.RELU6,
                Activation.clamp(-1.5f, 2.25f),
                Activation.clamp(Float.NEGATIVE_INFINITY, 0.5f)))
        .as(Surround::new);
  }

  /** What a random convolution has besides its extents. */
  public record Surround(boolean bias, boolean residual, Activation activation) {
    static final Surround NOTHING = new Surround(false, false, Activation.IDENTITY);
  }

  /**
   * One try of a property. Its string is all that is needed to repeat it.
   *
   * @param extents the convolution
   * @param setting how it is run
   * @param surround bias, residual, activation
   * @param values kind of numbers
   * @param seed of the numbers
   */
  public record Trial(
      ConvCase extents, Setting setting, Surround surround, Values values, long seed) {

    ConvData data() {
      return ConvData.random(extents, values, seed, surround);
    }

    ConvData data(Values other) {
      return ConvData.random(extents, other, seed, surround);
    }

    /** Input and weights alone, for laws that hold for the sum. */
    ConvData bare(Values other) {
      return ConvData.random(extents, other, seed, Surround.NOTHING);
    }
  }

  private static Arbitrary<Integer> of(int[] values) {
    return Arbitraries.of(IntStream.of(values).boxed().toList()).withoutEdgeCases();
  }

  /** Extents while they are made to fit. */
  private static final class Draft {
    private int n;
    private final int groups;
    private int groupC;
    private int groupK;
    private final int fh;
    private final int fw;
    private final int sh;
    private final int sw;
    private final int dh;
    private final int dw;
    private int pt;
    private int pl;
    private int pb;
    private int pr;
    private int beyondH;
    private int beyondW;
    private final int work;

    Draft(List<Integer> values) {
      Iterator<Integer> draw = values.iterator();
      n = draw.next();
      groups = draw.next();
      int drawnC = draw.next();
      int sumLength = draw.next();
      groupK = draw.next();
      fh = draw.next();
      int drawnFw = draw.next();
      sh = draw.next();
      int drawnSw = draw.next();
      dh = draw.next();
      int drawnDw = draw.next();
      pt = draw.next();
      pl = draw.next();
      pb = draw.next();
      pr = draw.next();
      beyondH = draw.next();
      beyondW = draw.next();
      boolean same = draw.next() == 1;
      work = draw.next();
      fw = same ? fh : drawnFw;
      sw = same ? sh : drawnSw;
      dw = same ? dh : drawnDw;
      groupC = sumLength == 0 ? drawnC : Math.max(1, (sumLength + fh * fw / 2) / (fh * fw));
    }

    ConvCase fitted() {
      ConvCase made = made();
      while (made.macs() + 4 * made.input().elements() + made.output().elements() > work
          && makeSmaller(made)) {
        made = made();
      }
      return made;
    }

    private ConvCase made() {
      return new ConvCase(
          n,
          groups * groupC,
          Math.max(1, dh * (fh - 1) + 1 - pt - pb + beyondH),
          Math.max(1, dw * (fw - 1) + 1 - pl - pr + beyondW),
          groups * groupK,
          groups,
          fh,
          fw,
          sh,
          sw,
          pt,
          pl,
          pb,
          pr,
          dh,
          dw);
    }

    /** Whether there was something left to make smaller. */
    private boolean makeSmaller(ConvCase made) {
      if (n > 1) {
        n = 1;
      } else if (beyondH + beyondW > 0) {
        boolean rows = beyondW == 0 || (beyondH > 0 && made.oh() >= made.ow());
        beyondH = rows ? beyondH / 2 : beyondH;
        beyondW = rows ? beyondW : beyondW / 2;
      } else if (pt + pl + pb + pr > 0 && made.oh() * made.ow() > 1) {
        pt /= 2;
        pl /= 2;
        pb /= 2;
        pr /= 2;
      } else if (groupK > 1 && groupK >= groupC / 32) {
        groupK /= 2;
      } else if (groupC > 1) {
        groupC /= 2;
      } else {
        return false;
      }
      return true;
    }
  }
}
