package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Example;

/** Priming ends, and finds out what C2 made of a kernel. */
class PrimingTest {

  private static volatile Object kept;

  @Example
  void aKernelThatAllocatesForGoodIsFoundOut() {
    int[] calls = new int[1];
    Priming priming =
        new Priming(
            8,
            2,
            false,
            (a, aStep, terms, b, d, stacks, lo, hi) -> {
              calls[0]++;
              kept = new float[16];
            });
    Priming.all(List.of(priming));
    assertTrue(priming.boxes());
    int before = calls[0];
    Priming.all(List.of(priming));
    assertEquals(before, calls[0], "a kernel is primed once");
  }

  @Example
  void aKernelThatStopsAllocatingIsFine() {
    int[] calls = new int[1];
    Priming priming =
        new Priming(
            8,
            2,
            false,
            (a, aStep, terms, b, d, stacks, lo, hi) -> {
              if (calls[0]++ < 2_000) {
                kept = new float[16];
              }
            });
    Priming.all(List.of(priming));
    assertFalse(priming.boxes());
    assertTrue(calls[0] > 2_000);
  }
}
