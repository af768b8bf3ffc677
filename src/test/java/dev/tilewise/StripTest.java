package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.conv.Destination;
import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.StripForward;
import dev.tilewise.internal.conv.StripPlan;
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

/** Strips decide about speed alone: few channels give the bits of the naive loop. */
@Tag("widths")
class StripTest {

  private static final Activation[] ACTIVATIONS = {
    Activation.IDENTITY, Activation.RELU, Activation.RELU6, Activation.clamp(-0.25f, 0.5f)
  };
  private static final Values[] VALUES = {
    Values.UNIT, Values.INTEGERS, Values.WIDE, Values.TINY, Values.SPECIAL
  };

  /** Any padding that leaves each output a tap, any dilation down. */
  private static ConvCase extents(SplittableRandom random) {
    while (true) {
      int fh = 1 + random.nextInt(5);
      int fw = 1 + random.nextInt(5);
      ConvCase e =
          new ConvCase(
              1 + random.nextInt(3),
              1 + random.nextInt(6),
              2 * fh + random.nextInt(36),
              fw + random.nextInt(36),
              random.nextInt(5) == 0
                  ? 1 + random.nextInt(Lanes.COUNT - 1)
                  : Lanes.COUNT + random.nextInt(6 * Lanes.COUNT),
              1,
              fh,
              fw,
              1 + random.nextInt(4),
              1 + random.nextInt(4),
              random.nextInt(fh),
              random.nextInt(fw),
              random.nextInt(fh),
              random.nextInt(fw),
              1 + random.nextInt(2),
              1);
      if (e.macs() < 2_000_000 && StripPlan.fits(e.geometry())) {
        return e;
      }
    }
  }

  /** Panels of one to three vectors that hold the filters. */
  private static int[] panels(Geometry g, int most, SplittableRandom random) {
    int left = (g.k() + Lanes.COUNT - 1) / Lanes.COUNT;
    IntStream.Builder panels = IntStream.builder();
    while (left > 0) {
      int vectors = 1 + random.nextInt(Math.min(left, most));
      panels.add(vectors);
      left -= vectors;
    }
    return panels.build().toArray();
  }

  /** Heights that there are for all panels. */
  private static int[] heights(int[] panels, SplittableRandom random) {
    int widest = Arrays.stream(panels).max().getAsInt();
    int narrowest = Arrays.stream(panels).min().getAsInt();
    if (widest != narrowest || widest == OutputTile.MOST_VECTORS || random.nextInt(4) == 0) {
      return new int[] {8, 8};
    }
    return widest == 1 ? new int[] {14, 16} : new int[] {11, 12};
  }

  @Property(tries = 1000)
  void stripsGiveTheBitsOfTheNaiveLoopAndOfTiles(@ForAll long seed) {
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
    int vectors = (g.k() + Lanes.COUNT - 1) / Lanes.COUNT;
    int[] panels;
    int[] heights;
    if (g.k() >= Lanes.COUNT && random.nextInt(4) == 0) {
      panels = panels(g, 2, random);
      heights = new int[] {5, 4};
    } else if (vectors % OutputTile.O5X4.vectors() == 0 && random.nextBoolean()) {
      panels = new int[vectors / OutputTile.O5X4.vectors()];
      Arrays.fill(panels, OutputTile.O5X4.vectors());
      heights = new int[] {5, 5};
    } else {
      panels = panels(g, 1 + random.nextInt(OutputTile.MOST_VECTORS), random);
      heights = heights(panels, random);
    }
    int usual = heights[0];
    int other = heights[1];
    StripPlan plan = new StripPlan(g, usual, other, panels, 1 << random.nextInt(8, 18));
    MemorySegment weights = MemorySegment.ofArray(data.weights());
    MemorySegment bias = data.bias() == null ? null : MemorySegment.ofArray(data.bias());
    float lo = data.activation().lo();
    float hi = data.activation().hi();
    String what =
        seed + ": " + e + " " + surround + ", " + usual + " and " + other + Arrays.toString(panels);
    try (Arena arena = Arena.ofShared()) {
      float[] actual =
          outputs(new StripForward(g, dense, plan, lo, hi, weights, bias, arena), data, seed);
      Forward tiles = new DirectForward(g, dense, DirectPlan.of(g), lo, hi, weights, bias, arena);
      ConvRun.sameBits(what, outputs(tiles, data, seed), actual);
      ConvRun.sameBits(what, data.naive(), actual);
      int before = random.nextInt(3);
      Destination some = new Destination(before + g.k() + random.nextInt(1, 20), before);
      StripForward beside = new StripForward(g, some, plan, lo, hi, weights, bias, arena);
      try (UnitRun units = new UnitRun(beside, seed)) {
        ConvRun.sameBits(what + " beside others", actual, units.of(data, some));
      }
    }
  }

  private static float[] outputs(Forward forward, ConvData data, long seed) {
    try (UnitRun units = new UnitRun(forward, seed)) {
      return units.of(data);
    }
  }

  @Example
  void whatIsNotARowOfPixelsDoesNotFit() {
    assertTrue(StripPlan.fits(ConvCase.parse("n1c3h9w9 k16f3s2p1").geometry()));
    assertFalse(StripPlan.fits(ConvCase.parse("n1c4h9w9 k16g2f3").geometry()), "groups");
    assertFalse(StripPlan.fits(ConvCase.parse("n1c512h9w9 k16f3").geometry()), "several blocks");
    assertFalse(StripPlan.fits(ConvCase.parse("n1c3h3w3 k16f1p1").geometry()), "no taps");
  }

  @Example
  void theFirstLayersOfNetworksAreStrips() {
    for (String layer :
        new String[] {"n1c3h224w224 k64f3s1p1", "n1c1h28w28 k20f5", "n1c3h227w227 k96f11s4"}) {
      assertTrue(pays(layer), layer);
    }
    boolean masks = Lanes.COUNT > 2 && Lanes.REGISTERS == 32;
    assertEquals(masks, pays("n1c3h12w12 k2f3"), "few filters are computed with part of a vector");
    assertFalse(pays("n1c3h7w9 k20f3"), "too small");
  }

  private static boolean pays(String layer) {
    return StripPlan.pays(ConvCase.parse(layer).geometry());
  }
}
