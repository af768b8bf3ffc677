package dev.tilewise.internal.conv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class GeometryTest {

  /** One row of an image; only the horizontal extents vary. */
  private static Geometry row(int w, int f, int s, int left, int right, int d) {
    return new Geometry(1, 1, 1, w, 1, 1, 1, f, 1, s, 0, left, 0, right, 1, d);
  }

  @Property(tries = 1000)
  void theTapsBetweenFirstAndEndAreThoseThatMeetTheInput(
      @ForAll @IntRange(min = 1, max = 12) int w,
      @ForAll @IntRange(min = 1, max = 6) int f,
      @ForAll @IntRange(min = 1, max = 5) int s,
      @ForAll @IntRange(max = 14) int left,
      @ForAll @IntRange(max = 14) int right,
      @ForAll @IntRange(min = 1, max = 4) int d) {
    if (w + left + right < d * (f - 1) + 1) {
      return;
    }
    Geometry g = row(w, f, s, left, right, d);
    int outputs = 0;
    for (int start = -left; start + d * (f - 1) < w + right; start += s) {
      int ox = outputs++;
      int first = g.firstTapX(ox);
      int end = g.endTapX(ox);
      assertTrue(0 <= first && first <= end && end <= f, g + " at " + ox);
      for (int fx = 0; fx < f; fx++) {
        int ix = start + fx * d;
        boolean met = ix >= 0 && ix < w;
        assertEquals(met, fx >= first && fx < end, g + " at " + ox + ", tap " + fx);
      }
    }
    assertEquals(outputs, g.ow());
  }

  @Property(tries = 1000)
  void rowsAndColumnsFollowTheSameRules(
      @ForAll @IntRange(min = 1, max = 12) int w,
      @ForAll @IntRange(min = 1, max = 4) int f,
      @ForAll @IntRange(min = 1, max = 3) int s,
      @ForAll @IntRange(max = 9) int before,
      @ForAll @IntRange(min = 3, max = 9) int after,
      @ForAll @IntRange(min = 1, max = 2) int d) {
    if (w + before + after < d * (f - 1) + 1) {
      return;
    }
    Geometry across = row(w, f, s, before, after, d);
    Geometry down = new Geometry(1, 1, w, 1, 1, 1, f, 1, s, 1, before, 0, after, 0, d, 1);
    assertEquals(across.ow(), down.oh());
    for (int o = 0; o < across.ow(); o++) {
      assertEquals(across.firstTapX(o), down.firstTapY(o));
      assertEquals(across.endTapX(o), down.endTapY(o));
    }
  }

  @Example
  void extentsNearTheLargestIntDoNotOverflow() {
    int max = Integer.MAX_VALUE;
    Geometry wide = row(5, 3, max, max, max, max);
    assertEquals(1, wide.ow());
    assertEquals(1, wide.firstTapX(0));
    assertEquals(2, wide.endTapX(0));
    Geometry narrow = row(1, 1, 1, max / 2, max / 2, 1);
    assertEquals(max, narrow.ow());
    assertEquals(0, narrow.firstTapX(max / 2));
    assertEquals(1, narrow.endTapX(max / 2));
    assertEquals(narrow.firstTapX(max - 1), narrow.endTapX(max - 1));
  }

  @Property(tries = 1000)
  void blocksCoverTheSumAndAreAsEqualAsMultiplesOf16CanBe(
      @ForAll @IntRange(min = 1, max = 20_000) int terms) {
    Geometry g = new Geometry(1, terms, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
    assertEquals(terms, g.sumLength());
    assertTrue(g.blockLength() <= Geometry.MAX_BLOCK);
    assertTrue((long) g.blocks() * g.blockLength() >= terms);
    assertTrue((long) (g.blocks() - 1) * Geometry.MAX_BLOCK < terms, "one block fewer would do");
    boolean whole = g.blocks() == 1 || g.blockLength() % 16 == 0;
    assertTrue(whole, "blocks are multiples of 16 terms");
    int unit = g.blocks() == 1 ? 1 : 16;
    assertTrue((long) g.blocks() * (g.blockLength() - unit) < terms, "shorter blocks would do");
    assertTrue((long) (g.blocks() - 1) * g.blockLength() < terms, "the last block is empty");
  }

  @Example
  void theWorkOfALargeLayerIsALong() {
    Geometry g = new Geometry(256, 512, 224, 224, 512, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1);
    assertEquals(256L * 224 * 224 * 512 * 512 * 9, g.macs());
  }
}
