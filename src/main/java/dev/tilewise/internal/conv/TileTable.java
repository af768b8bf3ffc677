package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Tile;

/** Which tile a machine runs best: measured, docs/decisions/0004-tile-table.md. */
final class TileTable {

  private TileTable() {}

  /**
   * Shapes of the panels.
   *
   * @param tile all panels but the last
   * @param last the last panel
   */
  record Choice(Tile tile, Tile last) {}

  /** The choice for a number of vectors of filters in a group. */
  static Choice choose(int vectors) {
    boolean odd = vectors % 2 == 1;
    if (Lanes.COUNT < 16) {
      return new Choice(Tile.T4X2, odd ? Tile.T4X1 : Tile.T4X2);
    }
    return new Choice(Tile.T8X2, odd ? Tile.T8X1 : Tile.T8X2);
  }
}
