package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Example;

/** Priming ends, and finds out what C2 made of a kernel. */
class PrimingTest {

  private static volatile Object kept;

  private int calls;
  private int callsThatMayTakeIt;
  private Priming priming;

  /** Primed with a kernel whose first calls allocate, and take a while. */
  private Priming primed(int allocating, long nanos) {
    Priming.Kernel kernel =
        (a, aStep, terms, b, memory, d, stacks, lo, hi) -> {
          for (long end = System.nanoTime() + nanos; System.nanoTime() < end; ) {
            Thread.onSpinWait();
          }
          if (calls++ < allocating) {
            kept = new float[16];
          }
        };
    Priming priming = new Priming(8, 2, false, kernel);
    Priming.all(List.of(priming));
    return priming;
  }

  @Example
  void aKernelThatAllocatesForGoodIsFoundOut() {
    Priming priming = primed(Integer.MAX_VALUE, 0);
    assertTrue(priming.boxes());
    int before = calls;
    Priming.all(List.of(priming));
    assertEquals(before, calls, "a kernel is primed once");
  }

  @Example
  void aKernelThatIsNeverFastAndAllocatesIsFoundOut() {
    assertTrue(primed(Integer.MAX_VALUE, 20_000).boxes());
  }

  @Example
  void aKernelThatStopsAllocatingIsFine() {
    assertFalse(primed(2_000, 0).boxes());
    assertTrue(calls > 2_000);
  }

  /** As slow as interpreted code for a time, as when C2 is busy. */
  private Priming slowUntil(long end) {
    return new Priming(
        8,
        2,
        false,
        (a, aStep, terms, b, memory, d, stacks, lo, hi) -> {
          calls++;
          if (priming != null && !priming.boxes()) {
            callsThatMayTakeIt++;
          }
          if (System.nanoTime() < end) {
            kept = new float[16];
            for (long until = System.nanoTime() + 20_000; System.nanoTime() < until; ) {
              Thread.onSpinWait();
            }
          }
        });
  }

  @Example
  void aKernelThatIsCompiledLateIsPrimedAgain() {
    Priming priming = slowUntil(System.nanoTime() + Priming.MOST_NANOS * 3 / 2);
    Priming.all(List.of(priming));
    assertTrue(priming.boxes());
    Priming.all(List.of(priming));
    assertFalse(priming.boxes());
    int before = calls;
    Priming.all(List.of(priming));
    assertEquals(before, calls, "nothing is left to do");
  }

  @Example
  void aKernelThatWasGivenUpStaysSoUntilItIsCompiled() {
    priming = slowUntil(System.nanoTime() + Priming.MOST_NANOS * 3 / 2);
    Priming.all(List.of(priming));
    assertTrue(priming.boxes());
    int before = calls;
    callsThatMayTakeIt = 0;
    Priming.all(List.of(priming));
    assertFalse(priming.boxes());
    assertTrue(calls > before);
    assertEquals(0, callsThatMayTakeIt, "others would have taken a slow kernel");
  }

  @Example
  void aKernelThatIsNeverCompiledIsGivenUp() {
    Priming priming = slowUntil(Long.MAX_VALUE);
    for (int i = 0; i < 3; i++) {
      Priming.all(List.of(priming));
      assertTrue(priming.boxes());
    }
    int before = calls;
    Priming.all(List.of(priming));
    assertTrue(priming.boxes());
    assertEquals(before, calls, "three plans have waited");
  }
}
