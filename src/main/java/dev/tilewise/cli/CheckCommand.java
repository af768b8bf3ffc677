package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Workers;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares every algorithm and direction with the naive loops in double. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Compares every algorithm, forward and backward, with the naive loop in double.",
      "Errors are relative to the sum of |x| |w|. Large cases are sampled, and say so."
    })
final class CheckCommand implements Callable<Integer> {

  private static final int MIN_SAMPLES = 200;

  /** Their expected values are kept. */
  private static final int MOST_SAMPLES = 4_000_000;

  @Mixin private Cases cases;
  @Mixin private JsonLines json;

  @Option(
      names = "--work",
      paramLabel = "MACS",
      description =
          "Naive multiply-adds for each comparison; what needs more is sampled. Default" + " 2e7.")
  private double work = 2e7;

  private boolean allOk = true;

  @Override
  public Integer call() throws IOException {
    if (!(work >= 1)) {
      throw new IllegalArgumentException("--work must be at least 1, not " + work);
    }
    json.requireOther("--shapes", cases.shapes());
    List<Cases.Named> all = cases.read();
    try (JsonLines lines = json.open()) {
      for (Cases.Named named : all) {
        check(named, lines);
      }
    }
    return allOk ? 0 : 1;
  }

  private void check(Cases.Named named, JsonLines lines) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      Sample s = new Sample(named.extents(), arena);
      for (Algorithm algorithm : Algorithm.values()) {
        if (algorithm != Algorithm.AUTO) {
          forward(named, algorithm, s, arena, lines);
        }
      }
      BackwardCheck gradients = new BackwardCheck(s, arena);
      long inputs = most(gradients.dataTerms());
      report(
          lines,
          named,
          "DIRECT",
          "backward_data",
          gradients.dataError(inputs),
          gradients.dataBound(),
          inputs < gradients.dataCount());
      long weights = most(gradients.filterTerms());
      report(
          lines,
          named,
          "DIRECT",
          "backward_filter",
          gradients.filterError(weights),
          gradients.filterBound(),
          weights < gradients.filterCount());
    } catch (OutOfMemoryError e) {
      throw Sample.tooLarge(named.extents(), e);
    }
  }

  private void forward(
      Cases.Named named, Algorithm algorithm, Sample s, Arena arena, JsonLines lines)
      throws IOException {
    ConvCase c = named.extents();
    // The naive loop over all of a large case would take minutes.
    if (algorithm == Algorithm.NAIVE && c.macs() > 10 * work) {
      lines.note(c + " NAIVE: left out, " + c.macs() + " multiply-adds");
      return;
    }
    ConvPlan plan;
    try {
      plan = Conv2d.of(c, s.filter).algorithm(algorithm).plan(c.input(), Layout.NHWC, arena);
    } catch (IllegalArgumentException e) {
      lines.note(e.getMessage());
      return;
    }
    // What a run leaves unwritten is no number and shows.
    s.y.fill(Float.NaN);
    plan.run(s.x, s.y, plan.workspace(arena), Workers.serial());
    long outputs = most((long) c.groupC() * c.fh() * c.fw());
    boolean sampled = outputs < c.output().elements();
    double error = s.maxError(outputs, false);
    report(lines, named, algorithm.name(), "forward", error, plan.errorBound(), sampled);
  }

  /** How many values of so many terms are compared at most. */
  private long most(long terms) {
    return Math.max(MIN_SAMPLES, Math.min(MOST_SAMPLES, (long) (work / terms)));
  }

  private void report(
      JsonLines lines,
      Cases.Named named,
      String algorithm,
      String direction,
      double error,
      double bound,
      boolean sampled)
      throws IOException {
    ConvCase c = named.extents();
    boolean ok = error <= bound;
    allOk &= ok;
    String line =
        String.format(
            Locale.ROOT,
            "%-34s %-11s %-16s error %8.1e  bound %8.1e  %-6s  %s%s",
            c,
            algorithm,
            direction,
            error,
            bound,
            ok ? "ok" : "FAILED",
            sampled ? "sampled  " : "",
            named.name());
    lines.text(line.stripTrailing());
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("case", c.toString());
    object.put("algorithm", algorithm);
    object.put("direction", direction);
    object.put("max_error", error);
    object.put("error_bound", bound);
    object.put("ok", ok);
    object.put("sampled", sampled);
    lines.object(object);
  }
}
