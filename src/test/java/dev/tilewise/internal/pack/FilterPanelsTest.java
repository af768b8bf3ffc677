package dev.tilewise.internal.pack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  @Test
  void aLastPanelThatLacksFiltersBeginsWithSomeOfTheOneBefore() {
    FilterPanels panels = new FilterPanels(2, 10, 1, 1, new int[] {4, 4, 4});
    assertEquals(4, panels.firstFilter(1));
    assertEquals(6, panels.firstFilter(2));
    assertEquals(8, panels.columnsBefore(2));
    float[] weights = new float[20];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = k;
    }
    MemorySegment packed = MemorySegment.ofArray(new float[24]);
    panels.packWeights(MemorySegment.ofArray(weights), packed);
    MemorySegment bias = MemorySegment.ofArray(new float[24]);
    panels.packBias(MemorySegment.ofArray(weights), bias, 0);
    float[] expected = {
      0, 1, 2, 3, 4, 5, 6, 7, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 16, 17, 18, 19
    };
    assertArrayEquals(expected, packed.toArray(ValueLayout.JAVA_FLOAT));
    assertArrayEquals(expected, bias.toArray(ValueLayout.JAVA_FLOAT));
  }

  @Test
  void aSinglePanelThatIsWiderThanAllFiltersEndsWithZeros() {
    FilterPanels panels = new FilterPanels(1, 3, 1, 1, new int[] {4});
    assertEquals(0, panels.firstFilter(0));
    MemorySegment packed = MemorySegment.ofArray(new float[4]);
    panels.packWeights(MemorySegment.ofArray(new float[] {1, 2, 3}), packed);
    assertArrayEquals(new float[] {1, 2, 3, 0}, packed.toArray(ValueLayout.JAVA_FLOAT));
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
