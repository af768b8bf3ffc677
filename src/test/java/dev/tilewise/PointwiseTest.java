package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.conv.Destination;
import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.PointwiseForward;
import dev.tilewise.internal.conv.PointwisePlan;
import dev.tilewise.internal.conv.StackHeights;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.OutputTile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Stacked pixels decide about speed alone: 1x1 filters give the bits of the naive loop. */
@Tag("widths")
class PointwiseTest {

  private static final StackHeights FIVE_AND_FOUR = StackHeights.FIVE_AND_FOUR;

  /** Two groups of so many channels make pixels that share the sets of the caches. */
  private static final int FAR = 1024;

  private static final Activation[] ACTIVATIONS = {
    Activation.IDENTITY,
    Activation.RELU,
    Activation.RELU6,
    Activation.clamp(-0.25f, 0.5f),
    Activation.clamp(Float.NEGATIVE_INFINITY, 0.5f)
  };
  private static final Values[] VALUES = {
    Values.UNIT, Values.INTEGERS, Values.WIDE, Values.TINY, Values.SPECIAL
  };

  /**
   * Channels of two blocks of the sum, or of one; a group's filters rarely fill their panels, or
   * not even a vector.
   */
  private static ConvCase extents(SplittableRandom random) {
    while (true) {
      boolean deep = random.nextInt(6) == 0;
      boolean few = !deep && random.nextInt(5) == 0;
      boolean far = !deep && !few && random.nextInt(10) == 0;
      int groups = deep || few ? 1 : far ? 2 : 1 + random.nextInt(3);
      int c =
          random.nextBoolean()
              ? 1 + random.nextInt(80)
              : Lanes.COUNT * (1 + random.nextInt(80 / Lanes.COUNT));
      c = far ? FAR : c;
      int size = far ? 7 : 20;
      int k =
          random.nextBoolean()
              ? Lanes.COUNT * (1 + random.nextInt(5))
              : Lanes.COUNT + random.nextInt(70);
      k = far ? Lanes.COUNT + random.nextInt(17) : k;
      ConvCase e =
          new ConvCase(
              far ? 1 : 1 + random.nextInt(3),
              deep ? 1024 + 32 + 2 * c / Lanes.COUNT * Lanes.COUNT : groups * c,
              1 + random.nextInt(size),
              1 + random.nextInt(size),
              few ? 1 + random.nextInt(Lanes.COUNT - 1) : groups * k,
              groups,
              1,
              1,
              few || far ? 1 : 1 + random.nextInt(3),
              few || far ? 1 : 1 + random.nextInt(3),
              0,
              0,
              0,
              0,
              1,
              1);
      boolean fits = few ? fitsFew(e.geometry()) : fitsAny(e.geometry());
      if (fits && e.macs() < 2_000_000) {
        return e;
      }
    }
  }

  @Property(tries = 1000)
  void stackedPixelsGiveTheBitsOfTheNaiveLoopAndOfTiles(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ConvCase e = extents(random);
    ConvCases.Surround surround =
        new ConvCases.Surround(
            random.nextBoolean(),
            random.nextInt(3) == 0,
            ACTIVATIONS[random.nextInt(ACTIVATIONS.length)]);
    ConvData data = ConvData.random(e, VALUES[random.nextInt(VALUES.length)], seed, surround);
    Geometry g = e.geometry();
    Destination dense = Destination.dense(g.k());
    StackHeights heights = random.nextBoolean() ? StackHeights.EIGHT_AND_NINE : FIVE_AND_FOUR;
    boolean few = g.groupK() < Lanes.COUNT;
    if (!few && !PointwisePlan.fits(g, heights)) {
      heights = heights == FIVE_AND_FOUR ? StackHeights.EIGHT_AND_NINE : FIVE_AND_FOUR;
    }
    boolean tall = heights == StackHeights.EIGHT_AND_NINE;
    OutputTile.Rows source = OutputTile.Rows.STACKS;
    int most = tall ? OutputTile.MOST_VECTORS : 2;
    boolean far = g.groupC() == FAR;
    int[] panels = panels(g, OutputTile.MOST_PIXEL_VECTORS, random);
    boolean inPlace = PointwisePlan.fitsInPlace(g, panels);
    // Copies hold all channels of sixteen pixels.
    boolean enough = g.groups() == 1 && g.n() * g.oh() * g.ow() >= 16;
    boolean copied = PointwisePlan.liesInRows(g) && enough;
    if (few || tall && (inPlace || copied) && (far || random.nextBoolean())) {
      boolean copies = copied && (!inPlace || random.nextBoolean());
      source = copies ? OutputTile.Rows.STRIP : OutputTile.Rows.PIXELS;
      most = copies ? 2 : OutputTile.MOST_PIXEL_VECTORS;
    }
    if (source != OutputTile.Rows.PIXELS) {
      panels = panels(g, most, random);
    }
    int chunkBytes = 1 << random.nextInt(10, 20);
    PointwisePlan plan = new PointwisePlan(g, source, heights, panels, chunkBytes);
    MemorySegment weights = MemorySegment.ofArray(data.weights());
    MemorySegment bias = data.bias() == null ? null : MemorySegment.ofArray(data.bias());
    float lo = data.activation().lo();
    float hi = data.activation().hi();
    String what =
        seed
            + ": "
            + e
            + " "
            + surround
            + ", "
            + source
            + " "
            + heights
            + " "
            + Arrays.toString(panels);
    try (Arena arena = Arena.ofShared()) {
      float[] actual =
          outputs(
              new PointwiseForward(g, dense, plan, seed % 2 == 0, lo, hi, weights, bias, arena),
              data,
              seed);
      Forward tiles = new DirectForward(g, dense, DirectPlan.of(g), lo, hi, weights, bias, arena);
      ConvRun.sameBits(what, outputs(tiles, data, seed), actual);
      ConvRun.sameBits(what, data.naive(), actual);
    }
  }

  private static float[] outputs(Forward forward, ConvData data, long seed) {
    try (UnitRun units = new UnitRun(forward, seed)) {
      return units.of(data);
    }
  }

  /** Panels of at most so many vectors that hold the filters. */
  private static int[] panels(Geometry g, int most, SplittableRandom random) {
    int left = (g.groupK() + Lanes.COUNT - 1) / Lanes.COUNT;
    IntStream.Builder panels = IntStream.builder();
    while (left > 0) {
      int vectors = 1 + random.nextInt(Math.min(left, most));
      panels.add(vectors);
      left -= vectors;
    }
    return panels.build().toArray();
  }

  /** The last tile lies over pixels that were stored before, and adds the residuals of the rest. */
  @Example
  void sumsOfBlocksInRowsAddResidualsWhereTheyAre() {
    int k = 3 * Lanes.COUNT;
    ConvCase e = new ConvCase(1, 1056, 3, 5, k, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    ConvCases.Surround surround = new ConvCases.Surround(true, true, Activation.RELU);
    ConvData data = ConvData.random(e, Values.UNIT, 5, surround);
    Geometry g = e.geometry();
    PointwisePlan plan =
        new PointwisePlan(
            g, OutputTile.Rows.PIXELS, StackHeights.EIGHT_AND_NINE, new int[] {3}, 1 << 18);
    MemorySegment weights = MemorySegment.ofArray(data.weights());
    MemorySegment bias = MemorySegment.ofArray(data.bias());
    float high = Float.POSITIVE_INFINITY;
    try (Arena arena = Arena.ofShared()) {
      Forward forward =
          new PointwiseForward(g, Destination.dense(k), plan, false, 0, high, weights, bias, arena);
      ConvRun.sameBits("blocks in rows", data.naive(), outputs(forward, data, 5));
    }
  }

  /** Copied as they are, if not in place. */
  private static boolean fitsFew(Geometry g) {
    return PointwisePlan.liesInRows(g) && g.n() * g.oh() * g.ow() >= 16;
  }

  private static boolean fitsAny(Geometry g) {
    return PointwisePlan.fits(g, StackHeights.EIGHT_AND_NINE)
        || PointwisePlan.fits(g, FIVE_AND_FOUR);
  }

  @Example
  void onlyPixelsThatFillStacksFit() {
    for (StackHeights heights : new StackHeights[] {StackHeights.EIGHT_AND_NINE, FIVE_AND_FOUR}) {
      for (int pixels = 1; pixels <= 200; pixels++) {
        boolean fills = false;
        for (int usual = 0; heights.usual() * usual <= pixels; usual++) {
          fills |= (pixels - heights.usual() * usual) % heights.other() == 0;
        }
        Geometry g = ConvCase.parse("n1c16h1w" + pixels + " k16f1").geometry();
        assertEquals(fills, PointwisePlan.fits(g, heights), heights + ", " + pixels + " pixels");
      }
    }
  }

  @Example
  void otherFiltersDoNotFit() {
    for (StackHeights heights : new StackHeights[] {StackHeights.EIGHT_AND_NINE, FIVE_AND_FOUR}) {
      assertTrue(fits("n1c64h9w9 k16f1s2", heights));
      assertFalse(fits("n1c64h9w9 k16f1x2", heights));
      assertFalse(fits("n1c64h9w9 k16f1p1", heights));
      assertTrue(fits("n1c66h9w9 k16f1", heights));
    }
  }

  private static boolean fits(String text, StackHeights heights) {
    return PointwisePlan.fits(ConvCase.parse(text).geometry(), heights);
  }
}
