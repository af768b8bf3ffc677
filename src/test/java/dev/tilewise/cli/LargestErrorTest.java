package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LargestErrorTest {

  @Test
  void errorsAreRelativeToTheScaleAndTheLargestStays() {
    LargestError worst = new LargestError();
    worst.add(2.5, 2, 10);
    worst.add(1, 1, 0);
    worst.add(7, 7.01, 10);
    assertEquals(0.05, worst.value());
  }

  @Test
  void whatIsNoNumberIsInfinitelyWrong() {
    LargestError worst = new LargestError();
    worst.add(Float.NaN, 1, 1);
    worst.add(1, 1, 1);
    assertEquals(Double.POSITIVE_INFINITY, worst.value());
  }

  @Test
  void fewPlacesAreAllVisitedInOrder() {
    List<Long> visited = new ArrayList<>();
    LargestError.visit(4, 4, visited::add);
    assertEquals(List.of(0L, 1L, 2L, 3L), visited);
  }

  @Test
  void ofManyPlacesTheEndsAndSomeOthersAreVisited() {
    long count = 1L << 40;
    List<Long> visited = new ArrayList<>();
    LargestError.visit(count, 100, visited::add);
    assertEquals(100, visited.size());
    assertTrue(visited.contains(0L) && visited.contains(count - 1));
    assertTrue(visited.stream().allMatch(at -> at >= 0 && at < count));
  }
}
