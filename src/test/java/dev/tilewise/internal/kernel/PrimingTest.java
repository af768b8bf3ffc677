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
}
