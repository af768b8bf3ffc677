package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tilewise.ConvCases.Trial;
import dev.tilewise.internal.conv.Destination;
import dev.tilewise.internal.conv.DirectForward;
import dev.tilewise.internal.conv.DirectPlan;
import dev.tilewise.internal.conv.DirectPlan.Staging;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.kernel.Tile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.domains.Domain;

/** The tile table decides about speed alone: a convolution has the same bits with every tile. */
@Tag("widths")
@Domain(ConvCases.class)
class TileChoiceTest {

  @Property(tries = 600)
  void everyTileGivesTheBitsOfTheNaiveLoop(@ForAll Trial trial) {
    ConvData data = trial.data();
    float[] expected = data.naive();
    for (Tile tile : Tile.values()) {
      for (Tile last : Tile.values()) {
        if (tile.rows() == last.rows()) {
          for (Staging staging : Staging.values()) {
            if (staging != Staging.STACKS || canStack(data, tile, last)) {
              String what = tile + " and " + last + ", " + staging + ": " + trial;
              ConvRun.sameBits(what, expected, run(data, tile, last, staging, trial.seed()));
            }
          }
        }
      }
    }
  }

  /** Chunks that have no stack, one, or some, and what is left over. */
  @Example
  void everyNumberOfPixelsGivesTheBitsOfTheNaiveLoop() {
    for (int rows = 1; rows <= 2; rows++) {
      for (int columns = 1; columns <= 24; columns++) {
        String extents = "n1c16h" + (rows + 2) + "w" + (columns + 2) + " k24f3";
        for (String padding : new String[] {"", "p1"}) {
          ConvCase e = ConvCase.parse(extents + padding);
          ConvCases.Surround plain = new ConvCases.Surround(true, false, Activation.RELU);
          ConvData data = ConvData.random(e, Values.UNIT, columns, plain);
          for (Tile tile : new Tile[] {Tile.T4X2, Tile.T8X2}) {
            Staging staging = canStack(data, tile, tile) ? Staging.STACKS : Staging.WINDOWS;
            float[] actual =
                run(data, tile, tile == Tile.T4X2 ? Tile.T4X1 : Tile.T8X1, staging, columns);
            ConvRun.sameBits(e + " " + tile, data.naive(), actual);
          }
        }
      }
    }
  }

  /**
   * Borders of enough pixels for stacks, of several lines or columns, at once with the interior or
   * without it, with sums of several blocks.
   */
  @Example
  void bordersGiveTheBitsOfTheNaiveLoop() {
    String[] cases = {
      "n1c128h37w35 k24f3p1",
      "n2c16h14w15 k40f5p2",
      "n1c32h16w18 k70f3x5p2x1x0x3",
      "n3c16h29w27 k16f3s2p1",
      "n1c16h20w22 k24f3p2d2",
      "n1c160h15w16 k80f3p1",
      "n1c128h30w14 k24f5p2",
      "n1c1536h4w14 k16f1p1"
    };
    for (String name : cases) {
      ConvCase e = ConvCase.parse(name);
      ConvCases.Surround plain = new ConvCases.Surround(true, false, Activation.RELU);
      ConvData data = ConvData.random(e, Values.UNIT, 7, plain);
      for (Tile tile : new Tile[] {Tile.T4X2, Tile.T8X2}) {
        Staging staging = canStack(data, tile, tile) ? Staging.STACKS : Staging.STRIPS;
        Tile last = tile == Tile.T4X2 ? Tile.T4X1 : Tile.T8X1;
        ConvRun.sameBits(name + " " + tile, data.naive(), run(data, tile, last, staging, 7));
      }
    }
  }

  /**
   * Maps whose strips do not fit at once are cut into bands, each with its share of the borders.
   */
  @Example
  void bandsGiveTheBitsOfTheNaiveLoop() {
    Map<String, int[]> cases =
        Map.of(
            "n1c256h24w24 k%df3p1", new int[] {6, 6},
            "n1c256h28w28 k%df3p1", new int[] {6, 3, 6},
            "n1c256h28w28 k%df3s2p1", new int[] {4, 2},
            "n1c512h14w14 k%df3s2p1", new int[] {4},
            "n1c256h31w23 k%df5x3s2x1p2x1", new int[] {6, 3, 3, 6},
            "n2c512h14w14 k%df3s2p1", new int[] {1, 1, 1, 1});
    int filters = 4 * Tile.T8X1.width() + 3;
    cases.forEach(
        (form, together) -> {
          String name = String.format(form, filters);
          ConvCase e = ConvCase.parse(name);
          Tile[] tiles = new Tile[5];
          Arrays.fill(tiles, Tile.T8X1);
          int[] parts = new DirectPlan(e.geometry(), tiles, Staging.STRIPS).partsOfBatches();
          assertArrayEquals(together, parts, name);
          ConvCases.Surround all = new ConvCases.Surround(true, true, Activation.RELU);
          ConvData data = ConvData.random(e, Values.UNIT, 8, all);
          float[] actual = run(data, Tile.T8X1, Tile.T8X1, Staging.STRIPS, 8);
          ConvRun.sameBits(name, data.naive(), actual);
        });
  }

  private static boolean canStack(ConvData data, Tile tile, Tile last) {
    return DirectPlan.canStack(data.extents().geometry())
        && tile.rows() >= 4
        && Math.max(tile.vectors(), last.vectors()) <= 2;
  }

  private static float[] run(ConvData data, Tile tile, Tile last, Staging staging, long seed) {
    Geometry g = data.extents().geometry();
    // The last panel must hold what the others leave.
    int columns = (g.groupK() - 1) % tile.width() + 1;
    Tile[] tiles = new Tile[(g.groupK() - 1) / tile.width() + 1];
    Arrays.fill(tiles, tile);
    tiles[tiles.length - 1] = columns <= last.width() ? last : tile;
    MemorySegment bias = data.bias() == null ? null : MemorySegment.ofArray(data.bias());
    try (Arena arena = Arena.ofShared()) {
      DirectForward forward =
          new DirectForward(
              g,
              Destination.dense(g.k()),
              new DirectPlan(g, tiles, staging),
              data.activation().lo(),
              data.activation().hi(),
              MemorySegment.ofArray(data.weights()),
              bias,
              arena);
      try (UnitRun units = new UnitRun(forward, seed)) {
        return units.of(data);
      }
    }
  }
}
