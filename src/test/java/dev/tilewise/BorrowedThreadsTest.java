package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link Workers#on}: the threads of an executor, whatever state it is in. */
@Timeout(60)
class BorrowedThreadsTest {

  private static final Map<String, Executor> EXECUTORS = new LinkedHashMap<>();
  private static final CountDownLatch OVER = new CountDownLatch(1);
  private static final ExecutorService FIXED = Executors.newFixedThreadPool(3);
  private static final ExecutorService VIRTUAL = Executors.newVirtualThreadPerTaskExecutor();
  private static final ThreadPoolExecutor BLOCKED =
      new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>());
  // No queue, and its only thread is blocked.
  private static final ThreadPoolExecutor REJECTING =
      new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new SynchronousQueue<>());

  @BeforeAll
  static void start() {
    BLOCKED.execute(BorrowedThreadsTest::untilOver);
    REJECTING.execute(BorrowedThreadsTest::untilOver);
    ExecutorService dead = Executors.newFixedThreadPool(1);
    dead.shutdownNow();
    EXECUTORS.put("fixed pool", FIXED);
    EXECUTORS.put("virtual threads", VIRTUAL);
    EXECUTORS.put("common pool", ForkJoinPool.commonPool());
    EXECUTORS.put("thread for each task", task -> Thread.ofPlatform().daemon().start(task));
    EXECUTORS.put("the caller", Runnable::run);
    EXECUTORS.put("blocked pool", BLOCKED);
    EXECUTORS.put("rejecting pool", REJECTING);
    EXECUTORS.put("dead pool", dead);
    EXECUTORS.put("dropping", task -> {});
  }

  private static void untilOver() {
    try {
      OVER.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @AfterAll
  static void end() {
    OVER.countDown();
    FIXED.shutdown();
    VIRTUAL.shutdown();
    BLOCKED.shutdown();
    REJECTING.shutdown();
  }

  @Test
  void everyUnitIsDoneOnceByASlotOfItsOwn() {
    EXECUTORS.forEach(
        (name, executor) -> {
          for (int threads = 1; threads <= 8; threads++) {
            try (Workers workers = Workers.on(executor, threads)) {
              assertEquals(threads, workers.threads());
              for (int units : new int[] {0, 1, 2, 7, 8, 9, 500}) {
                everyUnitOnce(name, workers, units);
              }
            }
          }
        });
  }

  private static void everyUnitOnce(String name, Workers workers, int units) {
    AtomicIntegerArray done = new AtomicIntegerArray(units);
    AtomicIntegerArray inSlot = new AtomicIntegerArray(workers.threads());
    workers.run(
        units,
        (unit, slot) -> {
          assertEquals(1, inSlot.incrementAndGet(slot), "two units at once in a slot");
          done.incrementAndGet(unit);
          Thread.onSpinWait();
          inSlot.decrementAndGet(slot);
        });
    for (int unit = 0; unit < units; unit++) {
      assertEquals(1, done.get(unit), name + ", unit " + unit + ", " + workers.threads());
    }
  }

  @Test
  void tenThousandRunsEndWhateverTheExecutorDoes() {
    EXECUTORS.forEach(
        (name, executor) -> {
          // A thread or an exception for each run takes its time.
          int runs = name.startsWith("thread") ? 500 : 10_000;
          try (Workers workers = Workers.on(executor, 3)) {
            AtomicInteger done = new AtomicInteger();
            int[] sums = new int[5];
            for (int run = 1; run <= runs; run++) {
              int number = run;
              workers.run(
                  sums.length,
                  (unit, slot) -> {
                    sums[unit] += number;
                    done.incrementAndGet();
                  });
            }
            assertEquals(5 * runs, done.get(), name);
            for (int sum : sums) {
              assertEquals(runs * (runs + 1) / 2, sum, name);
            }
          }
        });
  }

  @Test
  void aBlockedPoolHoldsNoMoreTasksThanTheRunHasThreads() {
    int before = BLOCKED.getQueue().size();
    Workers workers = Workers.on(BLOCKED, 4);
    for (int run = 0; run < 1000; run++) {
      workers.run(10, (unit, slot) -> assertEquals(0, slot));
    }
    assertEquals(3, BLOCKED.getQueue().size() - before);
  }

  @Test
  void onlyHelpersThatCouldFindAUnitAreAskedFor() {
    AtomicInteger asked = new AtomicInteger();
    Workers workers = Workers.on(task -> asked.incrementAndGet(), 8);
    workers.run(1, (unit, slot) -> {});
    assertEquals(0, asked.get());
    workers.run(3, (unit, slot) -> {});
    assertEquals(2, asked.get());
    workers.run(100, (unit, slot) -> {});
    assertEquals(7, asked.get());
  }

  /** No unit ends until all slots have begun one: the executor's threads really take part. */
  @Test
  void idleThreadsHelp() {
    for (Executor executor : new Executor[] {FIXED, VIRTUAL}) {
      try (Workers workers = Workers.on(executor, 2)) {
        for (int repeat = 0; repeat < 100; repeat++) {
          CountDownLatch both = new CountDownLatch(2);
          AtomicInteger slots = new AtomicInteger();
          workers.run(
              2,
              (unit, slot) -> {
                slots.accumulateAndGet(1 << slot, (a, b) -> a | b);
                both.countDown();
                try {
                  assertTrue(both.await(20, TimeUnit.SECONDS), "nobody helped");
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
          assertEquals(0b11, slots.get());
        }
      }
    }
  }

  @Test
  void aTaskThatStartsLateFindsNothingToDo() {
    Queue<Runnable> kept = new ArrayDeque<>();
    Workers workers = Workers.on(kept::add, 3);
    AtomicInteger done = new AtomicInteger();
    workers.run(10, (unit, slot) -> done.incrementAndGet());
    assertEquals(10, done.get());
    assertEquals(2, kept.size());
    kept.remove().run();
    kept.remove().run();
    assertEquals(10, done.get());
    // They have begun, so others are asked for in their place.
    workers.run(10, (unit, slot) -> done.incrementAndGet());
    assertEquals(2, kept.size());
    workers.close();
    kept.remove().run();
    assertEquals(20, done.get());
  }

  @Test
  void theCallerMayRunInTheSamePool() throws Exception {
    try (ExecutorService one = Executors.newFixedThreadPool(1)) {
      Workers workers = Workers.on(one, 4);
      AtomicInteger done = new AtomicInteger();
      one.submit(
              () -> {
                for (int run = 0; run < 10_000; run++) {
                  workers.run(5, (unit, slot) -> done.incrementAndGet());
                }
              })
          .get(50, TimeUnit.SECONDS);
      assertEquals(50_000, done.get());
    }
  }

  @Test
  void anExceptionSurfacesOnceAndTheWorkersStillWork() {
    EXECUTORS.forEach(
        (name, executor) -> {
          try (Workers workers = Workers.on(executor, 3)) {
            for (int guilty : new int[] {0, 13, 99}) {
              IllegalStateException thrown = new IllegalStateException("unit");
              Throwable seen =
                  assertThrows(
                      IllegalStateException.class,
                      () ->
                          workers.run(
                              100,
                              (unit, slot) -> {
                                if (unit >= guilty) {
                                  throw thrown;
                                }
                              }));
              assertSame(thrown, seen, name);
              everyUnitOnce(name, workers, 100);
            }
          }
        });
  }

  @Test
  void whatTheExecutorThrowsSurfacesAndTheWorkersStillWork() {
    UnsupportedOperationException thrown = new UnsupportedOperationException("broken");
    AtomicInteger calls = new AtomicInteger();
    Executor broken =
        task -> {
          if (calls.getAndIncrement() == 1) {
            throw thrown;
          }
          FIXED.execute(task);
        };
    Workers workers = Workers.on(broken, 3);
    AtomicInteger running = new AtomicInteger();
    Throwable seen =
        assertThrows(
            UnsupportedOperationException.class,
            () ->
                workers.run(
                    1000,
                    (unit, slot) -> {
                      running.incrementAndGet();
                      Thread.onSpinWait();
                      running.decrementAndGet();
                    }));
    assertSame(thrown, seen);
    assertEquals(0, running.get());
    everyUnitOnce("once broken", workers, 100);
  }

  @Test
  void aRejectedRunTriesAgainTheNextTime() {
    AtomicInteger calls = new AtomicInteger();
    Executor full =
        task -> {
          calls.incrementAndGet();
          throw new RejectedExecutionException("full");
        };
    Workers workers = Workers.on(full, 4);
    everyUnitOnce("full", workers, 10);
    assertEquals(1, calls.get());
    everyUnitOnce("full", workers, 10);
    assertEquals(2, calls.get());
  }

  @Test
  void aNestedRunIsDoneByTheThreadThatCalls() {
    EXECUTORS.forEach(
        (name, executor) -> {
          try (Workers workers = Workers.on(executor, 4)) {
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
            assertEquals(200, done.get(), name);
          }
        });
  }

  @Test
  void callersOfOneTeamDoNotWaitForEachOtherForEver() throws InterruptedException {
    Workers workers = Workers.on(FIXED, 3);
    AtomicInteger done = new AtomicInteger();
    Runnable caller =
        () -> {
          for (int repeat = 0; repeat < 500; repeat++) {
            workers.run(10, (unit, slot) -> done.incrementAndGet());
          }
        };
    ConvPlanTest.elsewhere(caller, caller, caller, caller);
    assertEquals(4 * 500 * 10, done.get());
  }

  @Test
  void anInterruptedCallerFinishesAndStaysInterrupted() {
    Workers workers = Workers.on(FIXED, 3);
    Thread.currentThread().interrupt();
    AtomicInteger done = new AtomicInteger();
    for (int repeat = 0; repeat < 100; repeat++) {
      workers.run(50, (unit, slot) -> done.incrementAndGet());
    }
    assertTrue(Thread.interrupted(), "the interrupt was swallowed");
    assertEquals(5000, done.get());
  }

  @Test
  void closingRefusesRunsAndLeavesTheExecutorOpen() throws Exception {
    Workers workers = Workers.on(FIXED, 3);
    workers.close();
    workers.close();
    for (int units : new int[] {1, 2, 100}) {
      String message =
          assertThrows(IllegalStateException.class, () -> workers.run(units, (unit, slot) -> {}))
              .getMessage();
      assertEquals("workers: the team is closed", message);
    }
    assertFalse(FIXED.isShutdown());
    assertEquals(7, FIXED.submit(() -> 7).get());
  }

  @Test
  void argumentsAreChecked() {
    assertEquals(
        "executor",
        assertThrows(NullPointerException.class, () -> Workers.on(null, 1)).getMessage());
    for (int threads : new int[] {0, -1, 1025}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> Workers.on(FIXED, threads))
              .getMessage();
      assertEquals("workers: a team has 1 to 1024 threads, not " + threads, message);
    }
    assertEquals(
        "task",
        assertThrows(NullPointerException.class, () -> Workers.on(FIXED, 2).run(2, null))
            .getMessage());
  }

  @Test
  void aConvolutionHasTheSameBitsOnAnyExecutorAndNumberOfThreads() {
    ConvCase extents = ConvCase.parse("n2c24h13w13 k40f3s1p1");
    ConvCases.Surround all = new ConvCases.Surround(true, false, Activation.RELU);
    ConvData data = ConvData.random(extents, Values.UNIT, 7, all);
    for (Algorithm algorithm : new Algorithm[] {Algorithm.DIRECT, Algorithm.AUTO}) {
      try (Arena arena = Arena.ofShared()) {
        ConvPlan plan = data.conv(algorithm).plan(extents.input(), Layout.NHWC, arena);
        Tensor x = Tensor.allocate(arena, extents.input(), Layout.NHWC);
        x.copyFrom(data.x(), Layout.NHWC);
        Tensor y = Tensor.allocate(arena, extents.output(), Layout.NHWC);
        plan.run(x, y, plan.workspace(arena), Workers.serial());
        int[] expected = bits(y);
        EXECUTORS.forEach(
            (name, executor) -> {
              for (int threads = 1; threads <= 8; threads++) {
                try (Workers workers = Workers.on(executor, threads)) {
                  y.segment().fill((byte) -1);
                  plan.run(x, y, plan.workspace(arena, threads), workers);
                  assertArrayEquals(expected, bits(y), name + ", " + threads + " threads");
                }
              }
            });
      }
    }
  }

  private static int[] bits(Tensor y) {
    float[] values = y.toArray(Layout.NHWC);
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  /** The executor keeps its tasks in a slot of its own, so that nothing else allocates. */
  @Test
  void aRunAllocatesNothing() {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Workers workers = Workers.on(Runnable::run, 3);
    AtomicLong sum = new AtomicLong();
    Workers.Task task = (unit, slot) -> sum.addAndGet(unit);
    for (int run = 0; run < 20_000; run++) {
      workers.run(10, task);
    }
    long before = memory.getCurrentThreadAllocatedBytes();
    for (int run = 0; run < 1000; run++) {
      workers.run(10, task);
    }
    // The second call of the counter itself.
    assertTrue(memory.getCurrentThreadAllocatedBytes() - before < 100, "a run allocates");
  }
}
