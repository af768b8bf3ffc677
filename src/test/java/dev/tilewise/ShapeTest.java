package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ShapeTest {

  @Test
  void anImageIsWidthHeightDepth() {
    assertEquals(Shape.nchw(1, 3, 480, 640), Shape.image(640, 480, 3));
  }

  @Test
  void aBatchHasTheSameVolumes() {
    assertEquals(Shape.nchw(9, 3, 4, 5), Shape.nchw(2, 3, 4, 5).withBatch(9));
  }

  @Test
  void sizesBeyondTwoGigabytesAreLongs() {
    Shape shape = Shape.nchw(64, 1024, 512, 512);
    assertEquals(17_179_869_184L, shape.elements());
    assertEquals(68_719_476_736L, shape.bytes());
  }

  @Test
  void theStringIsThatOfCases() {
    assertEquals("n1c64h56w55", Shape.nchw(1, 64, 56, 55).toString());
  }

  @Test
  void extentsMustBePositive() {
    assertEquals(
        "shape: extents must be positive, not n=1 c=0 h=2 w=3",
        assertThrows(IllegalArgumentException.class, () -> Shape.nchw(1, 0, 2, 3)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> Shape.nchw(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> Shape.nchw(1, 1, -4, 1));
    assertThrows(IllegalArgumentException.class, () -> Shape.nchw(1, 1, 1, Integer.MIN_VALUE));
    assertThrows(IllegalArgumentException.class, () -> Shape.nchw(1, 1, 1, 1).withBatch(0));
  }

  @Test
  void theLargestShapesHaveAByteSizeThatFitsALong() {
    Shape largest = Shape.nchw((1 << 30) - 1, 1 << 30, 2, 1);
    assertEquals(((1L << 30) - 1) << 31, largest.elements());
    assertEquals(Long.MAX_VALUE - (1L << 33) + 1, largest.bytes());
  }

  @Test
  void aShapeWhoseByteSizeOverflowsIsRejected() {
    int max = Integer.MAX_VALUE;
    for (int[] e :
        new int[][] {
          {1 << 30, 1 << 30, 2, 1},
          {1 << 30, 1 << 30, 4, 4},
          {max, max, max, max},
          {1 << 16, 1 << 16, 1 << 16, 1 << 16},
          {1 << 15, 1 << 16, 1 << 16, 1 << 16},
          {max, max, 1, 2}
        }) {
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> Shape.nchw(e[0], e[1], e[2], e[3]));
      assertTrue(thrown.getMessage().contains("n=" + e[0] + " c=" + e[1]), thrown.getMessage());
      assertTrue(thrown.getMessage().endsWith("2^61 elements or more"), thrown.getMessage());
    }
  }

  @Test
  void layoutsCoincideForOneChannelOrOnePixel() {
    assertTrue(Shape.nchw(5, 1, 3, 4).layoutsCoincide());
    assertTrue(Shape.nchw(5, 7, 1, 1).layoutsCoincide());
    assertFalse(Shape.nchw(5, 2, 1, 2).layoutsCoincide());
    assertFalse(Shape.nchw(5, 2, 2, 1).layoutsCoincide());
  }
}
