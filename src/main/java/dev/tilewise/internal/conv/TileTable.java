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
   * Shapes of the panels.
   *
   * @param tile all panels but the last
   * @param last the last panel
   */
  record Choice(Tile tile, Tile last) {}

  /** The choice for a number of vectors of filters in a group. */
  static Choice choose(int vectors) {
    boolean odd = vectors % 2 == 1;
    return REGISTERS == 32
        ? new Choice(Tile.T8X2, odd ? Tile.T8X1 : Tile.T8X2)
        : new Choice(Tile.T4X2, odd ? Tile.T4X1 : Tile.T4X2);
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
