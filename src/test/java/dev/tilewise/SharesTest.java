package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SharesTest {

  @Test
  void everyThreadTakesItsOwnFromTheFrontAndThenTheLastOfOthers() {
    Shares shares = new Shares(3);
    shares.deal(8);
    assertEquals(2, shares.take(1));
    assertEquals(0, shares.take(0));
    assertEquals(List.of(3, 4, 7, 6, 5, 1), takeAll(shares, 1));
    assertEquals(Shares.NONE, shares.take(0));
  }

  @Property(tries = 300)
  void oneThreadGetsEveryUnitOnce(
      @ForAll @IntRange(min = 2, max = 40) int threads,
      @ForAll @IntRange(min = 1, max = 200) int units,
      @ForAll @IntRange(min = 0, max = 39) int slot) {
    Shares shares = new Shares(threads);
    shares.deal(units);
    List<Integer> all = IntStream.range(0, units).boxed().toList();
    assertEquals(all, takeAll(shares, slot % threads).stream().sorted().toList());
  }

  @Test
  void theLargestNumberOfUnitsIsDealt() {
    Shares shares = new Shares(2);
    shares.deal(Integer.MAX_VALUE);
    assertEquals(0, shares.take(0));
    assertEquals(Integer.MAX_VALUE / 2, shares.take(1));
    shares.clear();
    assertEquals(Shares.NONE, shares.take(1));
  }

  @Test
  void nobodyGetsWhatAnotherHas() throws Exception {
    int threads = 4;
    Shares shares = new Shares(threads);
    for (int round = 0; round < 2_000; round++) {
      int units = 1 + round % 50;
      shares.deal(units);
      AtomicIntegerArray taken = new AtomicIntegerArray(units);
      CyclicBarrier together = new CyclicBarrier(threads);
      List<Thread> all = new ArrayList<>();
      for (int slot = 0; slot < threads; slot++) {
        int own = slot;
        all.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        together.await();
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                      takeAll(shares, own).forEach(taken::incrementAndGet);
                    }));
      }
      for (Thread thread : all) {
        thread.join();
      }
      for (int unit = 0; unit < units; unit++) {
        assertEquals(1, taken.get(unit));
      }
    }
  }

  private static List<Integer> takeAll(Shares shares, int slot) {
    List<Integer> units = new ArrayList<>();
    for (int unit = shares.take(slot); unit != Shares.NONE; unit = shares.take(slot)) {
      units.add(unit);
    }
    return units;
  }
}
