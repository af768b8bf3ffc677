package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How good {@link Algorithm#AUTO}'s choices are: its median time beside that of the fastest
 * algorithm that the default tolerance accepts.
 */
final class AutoSummary {

  /** A ratio above this is a wrong choice. */
  private static final double GOOD = 1.05;

  /**
   * One shape on which there was a choice.
   *
   * @param name what its file calls it
   * @param taken by AUTO
   * @param fastest of those accepted
   */
  private record Choice(String name, Timing taken, Timing fastest) {
    double ratio() {
      return taken.msMedian() / fastest.msMedian();
    }
  }

  private final List<Choice> choices = new ArrayList<>();
  private int shapes;

  /** Counts one case. */
  void add(String name, Comparison comparison) {
    shapes++;
    List<Timing> accepted = comparison.choices();
    Algorithm auto = Comparison.auto(comparison.extents());
    if (accepted.size() > 1) {
      Timing taken = accepted.stream().filter(t -> t.algorithm() == auto).findFirst().orElseThrow();
      Timing fastest =
          accepted.stream().min(Comparator.comparingDouble(Timing::msMedian)).orElseThrow();
      choices.add(new Choice(name, taken, fastest));
    }
  }

  private List<Choice> beyond() {
    return choices.stream()
        .filter(c -> c.ratio() > GOOD)
        .sorted(Comparator.comparingDouble(Choice::ratio).reversed())
        .toList();
  }

  private double share() {
    return choices.isEmpty() ? 1 : 1 - (double) beyond().size() / choices.size();
  }

  private Choice worst() {
    return choices.stream().max(Comparator.comparingDouble(Choice::ratio)).orElse(null);
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "AUTO, tolerance %.0e: %d of %d cases leave a choice; within 5 %% of the fastest"
                + " accepted on %d of them, %.1f %%.",
            Conv2d.DEFAULT_TOLERANCE,
            choices.size(),
            shapes,
            choices.size() - beyond().size(),
            100 * share()));
    if (worst() != null) {
      Choice w = worst();
      lines.add(
          String.format(Locale.ROOT, "Worst: %.3f times the fastest; %s", w.ratio(), label(w)));
    }
    for (Choice c : beyond()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  beyond 5 %%: %.3f  took %s, %.4f ms; %s, %.4f ms; %s",
              c.ratio(),
              c.taken.algorithm(),
              c.taken.msMedian(),
              c.fastest.algorithm(),
              c.fastest.msMedian(),
              label(c)));
    }
    return lines;
  }

  private static String label(Choice c) {
    return (c.taken.extents() + " " + c.name).strip();
  }

  /** For programs. */
  Map<String, Object> object() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("cases", shapes);
    object.put("cases_with_a_choice", choices.size());
    object.put("tolerance", Conv2d.DEFAULT_TOLERANCE);
    object.put("within_5_percent", choices.size() - beyond().size());
    object.put("share_within_5_percent", share());
    object.put("worst_ratio", worst() == null ? 1 : worst().ratio());
    object.put("worst_case", worst() == null ? null : worst().taken.extents().toString());
    List<Map<String, Object>> list = new ArrayList<>();
    for (Choice c : beyond()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("case", c.taken.extents().toString());
      one.put("name", c.name);
      one.put("taken", c.taken.algorithm().name());
      one.put("taken_ms_median", c.taken.msMedian());
      one.put("fastest", c.fastest.algorithm().name());
      one.put("fastest_ms_median", c.fastest.msMedian());
      one.put("ratio", c.ratio());
      list.add(one);
    }
    object.put("beyond_5_percent", list);
    return object;
  }
}
