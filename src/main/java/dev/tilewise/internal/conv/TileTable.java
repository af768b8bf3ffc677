package dev.tilewise.internal.conv;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Tile;
import java.lang.management.ManagementFactory;

/** Which tile a machine runs best: measured, docs/decisions/0004-tile-table.md. */
final class TileTable {

  private static final int REGISTERS = registers();

  private TileTable() {}

  /**
   * The shapes of the panels, all of as many rows.
   *
   * @param vectors vectors of filters in a group
   * @param plain whether every block of the sum is one run: then three vectors fit the registers
   */
  static Tile[] choose(int vectors, boolean plain) {
    Tile[] byVectors =
        REGISTERS == 32
            ? new Tile[] {Tile.T8X1, Tile.T8X2, Tile.T8X3}
            : new Tile[] {Tile.T4X1, Tile.T4X2};
    int most = plain ? byVectors.length : 2;
    int panels = (vectors + most - 1) / most;
    Tile[] tiles = new Tile[panels];
    // As even as possible, the wider ones first: two panels of two rather than three and one.
    for (int panel = 0; panel < panels; panel++) {
      tiles[panel] = byVectors[(vectors + panels - 1 - panel) / panels - 1];
    }
    return tiles;
  }

  /** Vector registers: 32 with AVX-512 at any vector length and on AArch64, else 16. */
  private static int registers() {
    if (Lanes.COUNT == 16 || System.getProperty("os.arch").equals("aarch64")) {
      return 32;
    }
    try {
      HotSpotDiagnosticMXBean vm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return Integer.parseInt(vm.getVMOption("UseAVX").getValue()) >= 3 ? 32 : 16;
    } catch (RuntimeException | LinkageError e) {
      // Another VM, or a run-time image without the management modules: 16 are always there.
      return 16;
    }
  }
}
