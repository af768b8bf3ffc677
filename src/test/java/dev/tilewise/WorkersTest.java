package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkersTest {

  @Test
  void everyUnitIsDoneOnceByASlotOfItsOwn() {
    for (int threads = 1; threads <= 8; threads++) {
      try (Workers workers = Workers.of(threads)) {
        assertEquals(threads, workers.threads());
        for (int units : new int[] {0, 1, 2, 7, 8, 9, 500}) {
          AtomicIntegerArray done = new AtomicIntegerArray(units);
          AtomicIntegerArray inSlot = new AtomicIntegerArray(threads);
          workers.run(
              units,
              (unit, slot) -> {
                assertEquals(1, inSlot.incrementAndGet(slot), "two units at once in a slot");
                done.incrementAndGet(unit);
                Thread.onSpinWait();
                inSlot.decrementAndGet(slot);
              });
          for (int unit = 0; unit < units; unit++) {
            assertEquals(1, done.get(unit), unit + " of " + units + ", " + threads + " threads");
          }
        }
      }
    }
  }

  @Test
  void unitsAreNotNegative() {
    try (Workers team = Workers.of(2)) {
      for (Workers workers : List.of(Workers.serial(), team)) {
        assertThrows(IllegalArgumentException.class, () -> workers.run(-1, (unit, slot) -> {}));
      }
    }
  }

  @Test
  void whatTheUnitsWroteIsSeenByTheCaller() {
    try (Workers workers = Workers.of(4)) {
      int[] squares = new int[1000];
      for (int repeat = 1; repeat <= 200; repeat++) {
        int factor = repeat;
        workers.run(squares.length, (unit, slot) -> squares[unit] = unit * unit * factor);
        for (int i = 0; i < squares.length; i++) {
          assertEquals(i * i * factor, squares[i]);
        }
      }
    }
  }

  @Test
  void tenThousandTinyRunsEnd() {
    try (Workers workers = Workers.of(3)) {
      AtomicInteger done = new AtomicInteger();
      for (int i = 0; i < 10_000; i++) {
        workers.run(2, (unit, slot) -> done.incrementAndGet());
      }
      assertEquals(20_000, done.get());
    }
  }

  @Test
  void anExceptionSurfacesOnceAndTheTeamStillWorks() {
    for (int threads : new int[] {1, 2, 5}) {
      try (Workers workers = Workers.of(threads)) {
        for (Throwable thrown :
            new Throwable[] {new IllegalStateException("unit"), new AssertionError("unit")}) {
          for (int guilty : new int[] {0, 13, 99}) {
            Throwable seen =
                assertThrows(
                    Throwable.class,
                    () ->
                        workers.run(
                            100,
                            (unit, slot) -> {
                              if (unit >= guilty) {
                                WorkersTest.<RuntimeException>sneak(thrown);
                              }
                            }));
            assertSame(thrown, seen);
            AtomicInteger done = new AtomicInteger();
            workers.run(100, (unit, slot) -> done.incrementAndGet());
            assertEquals(100, done.get());
          }
        }
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Test
  void noUnitRunsOnceTheCallHasReturnedInFailure() {
    try (Workers workers = Workers.of(4)) {
      for (int repeat = 0; repeat < 300; repeat++) {
        AtomicInteger running = new AtomicInteger();
        assertThrows(
            ArithmeticException.class,
            () ->
                workers.run(
                    64,
                    (unit, slot) -> {
                      running.incrementAndGet();
                      try {
                        Thread.onSpinWait();
                        if (unit % 3 == 2) {
                          throw new ArithmeticException();
                        }
                      } finally {
                        running.decrementAndGet();
                      }
                    }));
        assertEquals(0, running.get());
      }
    }
  }

  @Test
  void aNestedRunIsDoneByTheThreadThatCalls() {
    try (Workers workers = Workers.of(4)) {
      AtomicInteger done = new AtomicInteger();
      workers.run(
          20,
          (unit, slot) -> {
            Thread caller = Thread.currentThread();
            workers.run(
                10,
                (inner, innerSlot) -> {
                  assertSame(caller, Thread.currentThread());
                  assertEquals(0, innerSlot);
                  done.incrementAndGet();
                });
          });
      assertEquals(200, done.get());
    }
  }

  @Test
  void callersOfOneTeamDoNotWaitForEachOtherForEver() throws InterruptedException {
    try (Workers workers = Workers.of(3)) {
      AtomicInteger done = new AtomicInteger();
      Runnable[] callers = new Runnable[4];
      for (int i = 0; i < callers.length; i++) {
        callers[i] =
            () -> {
              for (int repeat = 0; repeat < 500; repeat++) {
                workers.run(10, (unit, slot) -> done.incrementAndGet());
              }
            };
      }
      ConvPlanTest.elsewhere(callers);
      assertEquals(4 * 500 * 10, done.get());
    }
  }

  @Test
  void aClosedTeamRefusesWork() {
    Workers workers = Workers.of(2);
    workers.close();
    workers.close();
    for (int units : new int[] {1, 2, 100}) {
      String message =
          assertThrows(IllegalStateException.class, () -> workers.run(units, (unit, slot) -> {}))
              .getMessage();
      assertEquals("workers: the team is closed", message);
    }
  }

  @Test
  void serialWorkersStayUsableWhenClosed() {
    Workers.serial().close();
    Workers.of(1).close();
    AtomicInteger done = new AtomicInteger();
    Workers.serial().run(5, (unit, slot) -> done.addAndGet(unit + slot));
    assertEquals(10, done.get());
  }

  @Test
  void anInterruptedCallerFinishesAndStaysInterrupted() {
    try (Workers workers = Workers.of(3)) {
      Thread.currentThread().interrupt();
      AtomicInteger done = new AtomicInteger();
      for (int repeat = 0; repeat < 100; repeat++) {
        workers.run(50, (unit, slot) -> done.incrementAndGet());
      }
      assertTrue(Thread.interrupted(), "the interrupt was swallowed");
      assertEquals(5000, done.get());
    }
  }

  @Test
  void closingEndsTheTeamsThreads() throws InterruptedException {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Workers workers = Workers.of(4);
    Set<Thread> members = new HashSet<>(Thread.getAllStackTraces().keySet());
    members.removeAll(before);
    members.removeIf(member -> !member.getName().startsWith("tilewise"));
    assertEquals(3, members.size());
    workers.close();
    for (Thread member : members) {
      assertTrue(member.isDaemon(), "a team must not keep the process alive");
      assertTrue(member.join(Duration.ofSeconds(10)), member + " still runs");
    }
  }

  @Test
  void anIdleTeamSleeps() throws InterruptedException {
    ThreadMXBean cpu = ManagementFactory.getThreadMXBean();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (Workers workers = Workers.of(3)) {
      Set<Thread> members = new HashSet<>(Thread.getAllStackTraces().keySet());
      members.removeAll(before);
      workers.run(10, (unit, slot) -> {});
      Thread.sleep(50);
      for (Thread member : members) {
        if (member.getName().startsWith("tilewise")) {
          long start = cpu.getThreadCpuTime(member.threadId());
          Thread.sleep(100);
          long used = cpu.getThreadCpuTime(member.threadId()) - start;
          assertTrue(used < 20_000_000, member + " used " + used + " ns of 100 ms");
        }
      }
    }
  }

  @Test
  void theNumberOfThreadsHasLimits() {
    for (int threads : new int[] {0, -1, 1025, Integer.MAX_VALUE}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> Workers.of(threads)).getMessage();
      assertEquals("workers: a team has 1 to 1024 threads, not " + threads, message);
    }
  }

  @Test
  void runsInterruptedByCloseStillDoTheirUnits() throws InterruptedException {
    for (int repeat = 0; repeat < 100; repeat++) {
      Workers workers = Workers.of(3);
      AtomicInteger done = new AtomicInteger();
      AtomicReference<Throwable> refused = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  workers.run(100, (unit, slot) -> done.incrementAndGet());
                } catch (IllegalStateException e) {
                  refused.set(e);
                }
              });
      caller.start();
      workers.close();
      caller.join();
      // All or nothing.
      assertEquals(refused.get() == null ? 100 : 0, done.get());
    }
  }

  /** All members count past the end; as an int the count would begin again below 0. */
  @Test
  void theLargestNumberOfUnitsHasNoNegativeOnes() {
    try (Workers workers = Workers.of(4)) {
      AtomicInteger least = new AtomicInteger();
      AtomicInteger slots = new AtomicInteger();
      assertThrows(
          ArithmeticException.class,
          () ->
              workers.run(
                  Integer.MAX_VALUE,
                  (unit, slot) -> {
                    least.accumulateAndGet(unit, Math::min);
                    slots.accumulateAndGet(1 << slot, (a, b) -> a | b);
                    while (unit == 0 && slots.get() != 0b1111) {
                      Thread.onSpinWait();
                    }
                    if (unit <= 0) {
                      throw new ArithmeticException();
                    }
                  }));
      assertEquals(0, least.get());
    }
  }

  @Test
  void aMissingTaskIsNamed() {
    try (Workers team = Workers.of(2)) {
      for (Workers workers : new Workers[] {Workers.serial(), team}) {
        String message =
            assertThrows(NullPointerException.class, () -> workers.run(2, null)).getMessage();
        assertEquals("task", message);
      }
    }
  }
}
