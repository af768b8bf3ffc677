package dev.tilewise;

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
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.domains.Domain;

/** The tile table decides about speed alone: a convolution has the same bits with every tile. */
@Tag("widths")
@Domain(ConvCases.class)
class TileChoiceTest {

  @Property(tries = 1000)
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
