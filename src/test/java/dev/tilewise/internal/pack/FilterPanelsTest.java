package dev.tilewise.internal.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FilterPanelsTest {

  @Test
  void panelsStartWhereThoseBeforeEnd() {
    FilterPanels panels = new FilterPanels(2, 10, 3, 4, new int[] {8, 2, 2});
    assertEquals(12, panels.paddedK());
    assertEquals(0, panels.start(0, 0));
    assertEquals(8 * 12, panels.start(0, 1));
    assertEquals(10 * 12, panels.start(0, 2));
    assertEquals((12 + 8) * 12, panels.start(1, 1));
    assertEquals(2 * 12 * 12, panels.elements());
  }

  /** With a sum over all panels for each of them this takes minutes. */
  @Test
  @Timeout(20)
  void manyPanelsAreFoundInLinearTime() {
    int[] widths = new int[1_000_000];
    Arrays.fill(widths, 16);
    FilterPanels panels = new FilterPanels(1, 16_000_000, 1, 1, widths);
    for (int panel = 0; panel < widths.length; panel++) {
      assertEquals(16L * panel, panels.start(0, panel));
    }
  }
}
