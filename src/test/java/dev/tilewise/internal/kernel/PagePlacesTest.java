package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** Large tensors that follow each other start at different places of a page. */
class PagePlacesTest {

  private static final long LARGE = 100_000;

  @Property
  void theNextTensorStartsElsewhere(
      @ForAll @LongRange(min = 0, max = 1L << 40) long a,
      @ForAll @LongRange(min = 0, max = 1L << 40) long b,
      @ForAll int number,
      @ForAll @IntRange(min = 1, max = 4) int later) {
    long one = PagePlaces.from(a * 64, LARGE, number);
    long other = PagePlaces.from(b * 64, LARGE, number + later);
    assertEquals(0, one % 64);
    assertTrue(one >= a * 64 && one - a * 64 <= PagePlaces.room(LARGE) - 64);
    // The counter may have wrapped between them.
    if (number <= Integer.MAX_VALUE - later) {
      long distance = Math.floorMod(other - one, 2048L);
      assertTrue(distance >= 384 && distance <= 2048 - 384, distance + " bytes");
    }
  }

  @Example
  void smallTensorsStartAnywhere() {
    assertEquals(192, PagePlaces.from(192, 1000, 3));
    assertEquals(0, PagePlaces.room(1000));
  }
}
