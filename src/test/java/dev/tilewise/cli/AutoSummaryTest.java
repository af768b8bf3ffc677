package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AutoSummaryTest {

  private static final ConvCase LARGE = ConvCase.parse("n1c64h56w56 k64f3p1");
  private static final ConvCase SEVEN = ConvCase.parse("n1c64h56w56 k64f7p3");
  private static final ConvCase ONE = ConvCase.parse("n1c64h56w56 k64f1");

  private final AutoSummary summary = new AutoSummary();

  private void add(String name, ConvCase extents, Map<Algorithm, Double> milliseconds) {
    List<Timing> timings = new ArrayList<>();
    milliseconds.forEach(
        (a, ms) -> timings.add(new Timing(extents, a, 1, ms / 2, ms, 1, 1, 1, 1, 0, 1, 0)));
    summary.add(name, new Comparison(extents, timings, ""));
  }

  /** AUTO's choice takes this many milliseconds, the other one 1. */
  private void addChoice(String name, ConvCase extents, Algorithm other, double milliseconds) {
    Map<Algorithm, Double> times = new EnumMap<>(Algorithm.class);
    times.put(other, 1.0);
    times.put(Comparison.auto(extents), milliseconds);
    add(name, extents, times);
  }

  @Test
  void aChoiceWithinFivePercentIsGood() {
    addChoice("same", LARGE, Algorithm.DIRECT, 1.049);
    addChoice("far", LARGE, Algorithm.DIRECT, 1.25);
    addChoice("better", LARGE, Algorithm.DIRECT, 0.5);
    addChoice("near", LARGE, Algorithm.DIRECT, 1.06);
    List<String> lines = summary.lines();
    assertEquals(
        "AUTO, tolerance 1e-05: 4 of 4 cases leave a choice; within 5 % of the fastest accepted on"
            + " 2 of them, 50.0 %.",
        lines.get(0));
    assertEquals("Worst: 1.250 times the fastest; " + LARGE + " far", lines.get(1));
    assertTrue(lines.get(2).contains("1.250") && lines.get(2).endsWith(" far"), lines.get(2));
    assertTrue(lines.get(3).contains("1.060") && lines.get(3).endsWith(" near"), lines.get(3));
    assertEquals(4, lines.size());
    Map<String, Object> object = summary.object();
    assertEquals(0.5, object.get("share_within_5_percent"));
    assertEquals(1.25, object.get("worst_ratio"));
    assertEquals(LARGE.toString(), object.get("worst_case"));
    assertEquals(2, ((List<?>) object.get("beyond_5_percent")).size());
  }

  @Test
  void whatTheToleranceDoesNotAcceptDoesNotCount() {
    assertTrue(Comparison.typicalError(SEVEN, Algorithm.WINOGRAD_F4) > 1e-5);
    addChoice("too inaccurate", SEVEN, Algorithm.WINOGRAD_F4, 2);
    addChoice("a reference", LARGE, Algorithm.NAIVE, 2);
    add("alone", ONE, Map.of(Algorithm.DIRECT, 1.0));
    assertEquals(
        "AUTO, tolerance 1e-05: 0 of 3 cases leave a choice; within 5 % of the fastest accepted on"
            + " 0 of them, 100.0 %.",
        summary.lines().get(0));
    assertEquals(1, summary.lines().size());
  }
}
