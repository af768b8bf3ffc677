package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LayoutTest {

  private static final Shape SHAPE = Shape.nchw(2, 3, 4, 5);

  @Test
  void planesCountWidthFirst() {
    int i = 0;
    for (int n = 0; n < 2; n++) {
      for (int c = 0; c < 3; c++) {
        for (int y = 0; y < 4; y++) {
          for (int x = 0; x < 5; x++) {
            assertEquals(i++, Layout.NCHW.index(SHAPE, n, c, y, x));
          }
        }
      }
    }
  }

  @Test
  void depthColumnsCountChannelsFirst() {
    int i = 0;
    for (int n = 0; n < 2; n++) {
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 5; x++) {
          for (int c = 0; c < 3; c++) {
            assertEquals(i++, Layout.NHWC.index(SHAPE, n, c, y, x));
          }
        }
      }
    }
  }

  @Test
  void theLastElementOfALargeTensorHasALongIndex() {
    Shape large = Shape.nchw(70_000, 300, 400, 500);
    for (Layout layout : Layout.values()) {
      assertEquals(large.elements() - 1, layout.index(large, 69_999, 299, 399, 499));
    }
  }

  @Test
  void everyIndexIsCheckedByItself() {
    for (Layout layout : Layout.values()) {
      for (int[] bad :
          new int[][] {{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}, {0, 0, 0, 5}, {1, -1, 0, 0}}) {
        assertThrows(
            IndexOutOfBoundsException.class,
            () -> layout.index(SHAPE, bad[0], bad[1], bad[2], bad[3]));
      }
    }
  }
}
