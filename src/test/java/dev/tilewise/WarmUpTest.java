package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WarmUpTest {

  private static final ConvCase EXTENTS = ConvCase.parse("n1c64h20w20 k48f3s1p1");
  private static final ConvCases.Surround BIASED =
      new ConvCases.Surround(true, false, Activation.RELU);
  private static final Duration AMPLE = Duration.ofSeconds(60);

  @Test
  void afterItRunsAllocateNothingAndGiveTheSameBits() {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ConvData data = ConvData.random(EXTENTS, Values.UNIT, 3, BIASED);
    for (Algorithm algorithm : new Algorithm[] {Algorithm.DIRECT, Algorithm.AUTO}) {
      try (Arena arena = Arena.ofShared()) {
        ConvPlan plan = data.conv(algorithm).plan(EXTENTS.input(), Layout.NHWC, arena);
        Tensor x = Tensor.allocate(arena, EXTENTS.input(), Layout.NHWC);
        x.copyFrom(data.x(), Layout.NHWC);
        Tensor y = Tensor.allocate(arena, EXTENTS.output(), Layout.NHWC);
        Workspace workspace = plan.workspace(arena);
        plan.run(x, y, workspace, Workers.serial());
        float[] before = y.toArray(Layout.NHWC);
        WarmUp found = WarmUp.of(AMPLE, plan);
        assertTrue(found.settled(), found::toString);
        assertTrue(found.runs() > 10, found::toString);
        assertArrayEquals(before, y.toArray(Layout.NHWC), "a tensor of ours was written");
        y.segment().fill((byte) -1);
        long bytes = memory.getCurrentThreadAllocatedBytes();
        for (int run = 0; run < 20; run++) {
          plan.run(x, y, workspace, Workers.serial());
        }
        bytes = memory.getCurrentThreadAllocatedBytes() - bytes;
        // A vector that is not in a register takes 80 bytes, and a run has 100,000 of them.
        assertTrue(bytes < 1000, algorithm + ": " + bytes + " bytes in 20 runs");
        assertArrayEquals(before, y.toArray(Layout.NHWC));
      }
    }
  }

  private static volatile float[] object;

  /** As a kernel does whose vectors C2 keeps in objects: at once as fast as expected. */
  @Test
  void whatAllocatesIsNotSettled() {
    Runnable boxing = () -> object = new float[16];
    long seconds = Duration.ofSeconds(2).toNanos();
    var allocating = new WarmUp.Times(1_000_000, WarmUp.CLEAN_BYTES);
    // Given up long before the limit.
    long start = System.nanoTime();
    assertFalse(allocating.watch(boxing, start, 10 * seconds));
    assertTrue(System.nanoTime() - start < 9 * seconds, "the limit ended it");
    var mayAllocate = new WarmUp.Times(1_000_000, Long.MAX_VALUE);
    assertTrue(mayAllocate.watch(boxing, System.nanoTime(), seconds));
    long begun = System.nanoTime();
    var becomesClean = new WarmUp.Times(1_000_000, WarmUp.CLEAN_BYTES);
    Runnable atFirst =
        () -> {
          if (System.nanoTime() - begun < seconds / 4) {
            boxing.run();
          }
        };
    assertTrue(becomesClean.watch(atFirst, begun, seconds));
    assertTrue(System.nanoTime() - begun > seconds / 4, "settled while it allocated");
  }

  @Test
  void theLimitEndsIt() {
    ConvCase large = ConvCase.parse("n8c64h112w112 k64f3s1p1");
    ConvData data = ConvData.random(large, Values.UNIT, 3, BIASED);
    try (Arena arena = Arena.ofShared()) {
      ConvPlan plan = data.conv(Algorithm.DIRECT).plan(large.input(), Layout.NHWC, arena);
      WarmUp found = WarmUp.of(Duration.ofNanos(1), plan, plan, plan);
      assertFalse(found.settled());
      assertTrue(found.took().toMillis() < 2000, found::toString);
      found = WarmUp.of(Duration.ofMillis(60), plan);
      assertFalse(found.settled(), "400 ms are the least to settle");
      assertTrue(found.took().toMillis() < 2000, found::toString);
    }
  }

  @Test
  void workThatGetsFasterIsWatchedOn() {
    AtomicInteger runs = new AtomicInteger();
    long start = System.nanoTime();
    WarmUp found =
        WarmUp.of(
            AMPLE,
            () -> {
              runs.incrementAndGet();
              boolean slow = System.nanoTime() - start < 1_000_000_000;
              spin(slow ? 10_000_000 : 1_000_000);
            });
    assertTrue(found.settled());
    assertEquals(runs.get(), found.runs());
    assertTrue(found.took().toMillis() >= 2500, found::toString);
    assertFalse(WarmUp.of(Duration.ofMillis(20), () -> {}).settled());
  }

  /** The whole takes 20 ms, of which the piece that gets faster is a part that nobody sees. */
  @Test
  void inTurnsASmallPieceIsWatchedOn() {
    AtomicInteger runs = new AtomicInteger();
    long start = System.nanoTime();
    Runnable small =
        () -> {
          runs.incrementAndGet();
          spin(System.nanoTime() - start < 1_000_000_000 ? 300_000 : 30_000);
        };
    Runnable whole =
        () -> {
          small.run();
          spin(20_000_000);
          runs.incrementAndGet();
        };
    WarmUp found = WarmUp.inTurns(AMPLE, List.of(small, whole));
    assertTrue(found.settled());
    assertTrue(found.took().toMillis() >= 2500, found::toString);
    assertTrue(found.runs() <= runs.get() && runs.get() < 2 * found.runs(), found::toString);
    assertFalse(WarmUp.inTurns(Duration.ofMillis(20), List.of(small, whole)).settled());
  }

  private static void spin(long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  /** Eight times 134 MB, of which the address space keeps nothing. */
  @Test
  void itsMemoryIsFreed() {
    ConvCase large = ConvCase.parse("n16c64h128w128 k64f1");
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (Arena arena = Arena.ofShared()) {
      Filter filter = Filter.of(new float[64 * 64], 64, 64, 1, 1);
      ConvPlan plan = Conv2d.of(large, filter).plan(large.input(), Layout.NHWC, arena);
      WarmUp.of(Duration.ofNanos(1), plan);
      long before = system.getCommittedVirtualMemorySize();
      for (int i = 0; i < 8; i++) {
        WarmUp.of(Duration.ofNanos(1), plan);
      }
      long more = system.getCommittedVirtualMemorySize() - before;
      assertTrue(more < 512L << 20, more + " bytes are left");
    }
  }

  @Test
  void aClosedPlanIsRefused() {
    ConvData data = ConvData.random(EXTENTS, Values.UNIT, 3, BIASED);
    Arena arena = Arena.ofShared();
    ConvPlan plan = data.conv(Algorithm.DIRECT).plan(EXTENTS.input(), Layout.NHWC, arena);
    arena.close();
    String message =
        assertThrows(IllegalStateException.class, () -> WarmUp.of(AMPLE, plan)).getMessage();
    assertEquals("conv2d: the arena of the plan's filters is closed", message);
  }

  @Test
  void badArgumentsAreNamed() {
    Runnable nothing = () -> {};
    for (Duration limit : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1)}) {
      assertEquals(
          "warm-up: the limit must be positive, not " + limit,
          assertThrows(IllegalArgumentException.class, () -> WarmUp.of(limit, nothing))
              .getMessage());
    }
    assertEquals(
        "limit",
        assertThrows(NullPointerException.class, () -> WarmUp.of(null, nothing)).getMessage());
    assertEquals(
        "work",
        assertThrows(NullPointerException.class, () -> WarmUp.of(AMPLE, (Runnable) null))
            .getMessage());
    assertEquals(
        "warm-up: there is no work",
        assertThrows(IllegalArgumentException.class, () -> WarmUp.inTurns(AMPLE, List.of()))
            .getMessage());
    assertEquals(
        "work 1",
        assertThrows(
                NullPointerException.class,
                () -> WarmUp.inTurns(AMPLE, Arrays.asList(nothing, null)))
            .getMessage());
    assertEquals(
        "warm-up: there is no plan",
        assertThrows(IllegalArgumentException.class, () -> WarmUp.of(AMPLE)).getMessage());
    assertEquals(
        "plan 0",
        assertThrows(NullPointerException.class, () -> WarmUp.of(AMPLE, (ConvPlan) null))
            .getMessage());
  }
}
