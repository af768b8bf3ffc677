package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AlternationTest {

  @Test
  void oneTimeHasNotSettled() {
    assertFalse(Alternation.settled(List.of(1.0)));
    assertFalse(Alternation.settled(List.of()));
  }

  @Test
  void timesHaveSettledWhenTheLaterOnesAreHardlyFaster() {
    assertTrue(Alternation.settled(List.of(1.0, 1.0)));
    assertTrue(Alternation.settled(List.of(1.0, 0.8)));
    assertFalse(Alternation.settled(List.of(1.0, 0.79)));
    assertTrue(Alternation.settled(List.of(100.0, 1.0, 1.1, 0.9)));
    assertFalse(Alternation.settled(List.of(100.0, 100.0, 100.0, 1.0)));
  }

  @Test
  void timesThatGrowHaveSettled() {
    assertTrue(Alternation.settled(List.of(1.0, 1.0, 3.0, 3.0)));
  }

  @Test
  void theMiddleOneOfAnOddNumberIsALaterOne() {
    assertFalse(Alternation.settled(List.of(2.0, 1.0, 2.0)));
  }

  @Test
  void anythingIsRunMoreThanOnceAndHasAShareOfThePeak() {
    AtomicInteger runs = new AtomicInteger();
    Alternation found = new Alternation(runs::incrementAndGet, 2);
    found.measure(0.001);
    assertTrue(runs.get() >= 2);
    assertTrue(found.nanos(0) > 0 && found.nanos(0) <= found.nanos(0.5));
    assertTrue(found.share() > 0 && found.peak() > 0);
  }
}
