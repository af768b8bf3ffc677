package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
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

  /** Counts its runs and what is done to its results; a run takes about so long. */
  private static final class Counted implements Alternation.Subject {
    private final long nanos;
    private int runs;
    private int forgotten;
    private int verified;

    Counted(long nanos) {
      this.nanos = nanos;
    }

    @Override
    public void run() {
      runs++;
      for (long end = System.nanoTime() + nanos; System.nanoTime() < end; ) {
        Thread.onSpinWait();
      }
    }

    @Override
    public double operations() {
      return 2;
    }

    @Override
    public double expectedNanos() {
      return Math.max(1, nanos);
    }

    @Override
    public void forget() {
      forgotten = runs;
    }

    @Override
    public void verify() {
      assertTrue(runs > forgotten && forgotten > 0, "what is verified was computed since");
      verified++;
    }
  }

  @Test
  void anythingIsRunMoreThanOnceAndHasAShareOfThePeak() {
    Counted subject = new Counted(0);
    Series found = new Alternation(List.of(subject)).measure(0.001).get(0);
    assertTrue(subject.runs >= 2);
    assertTrue(found.nanos(0) > 0 && found.nanos(0) <= found.nanos(0.5));
    assertTrue(found.share() > 0 && found.peak() > 0);
    assertEquals(1, subject.verified);
  }

  @Test
  void allHaveTheirTurnInEachRoundAndAreVerifiedOnce() {
    List<Counted> subjects = List.of(new Counted(100_000), new Counted(200_000));
    List<Series> found = new Alternation(subjects).measure(0.02);
    assertEquals(found.get(0).count(), found.get(1).count());
    assertTrue(found.get(0).count() >= 6);
    assertTrue(found.get(0).nanos(0.5) < found.get(1).nanos(0.5));
    subjects.forEach(s -> assertEquals(1, s.verified));
  }

  @Test
  void whoIsMuchSlowerThanTheOthersSitsOut() {
    List<Counted> subjects = List.of(new Counted(10_000), new Counted(10_000_000));
    List<Series> found = new Alternation(subjects).measure(0.1);
    assertTrue(found.get(0).count() > 20, found.get(0).count() + " rounds");
    assertEquals(6, found.get(1).count());
  }

  @Test
  void codeThatIsAsFastAsExpectedHasAShortWarmUpAndALongRunASingleOne() {
    long start = System.nanoTime();
    new Alternation(List.of(new Counted(100_000))).measure(0.001);
    assertTrue(System.nanoTime() - start < 900_000_000L, "less than slow code is given");
    Counted longRun = new Counted(30_000_000);
    new Alternation(List.of(longRun)).measure(0.001);
    assertEquals(3, longRun.runs);
  }
}
