package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvBackward;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.conv.NaiveBackward;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
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

  @Mixin private Cases cases;
  @Mixin private JsonLines json;

  @Option(
      names = "--work",
      paramLabel = "MACS",
      description = "Naive multiply-adds for each comparison; default ${DEFAULT-VALUE}.")
  private double work = 2e7;

  private boolean allOk = true;

  @Override
  public Integer call() throws IOException {
    for (Cases.Named named : cases.read()) {
      check(named.extents());
    }
    json.close();
    return allOk ? 0 : 1;
  }

  private void check(ConvCase c) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      Sample s = new Sample(c, arena);
      long terms = (long) c.groupC() * c.fh() * c.fw();
      long outputs = Math.max(MIN_SAMPLES, (long) (work / terms));
      for (Algorithm algorithm : BenchCommand.algorithms("ALL")) {
        // The naive loop over all of a large case would take minutes.
        if (algorithm == Algorithm.NAIVE && c.macs() > 10 * work) {
          json.note(c + " NAIVE: left out, " + c.macs() + " multiply-adds");
          continue;
        }
        ConvPlan plan;
        try {
          plan = Conv2d.of(c, s.filter).algorithm(algorithm).plan(c.input(), Layout.NHWC, arena);
        } catch (IllegalArgumentException e) {
          json.note(e.getMessage());
          continue;
        }
        plan.run(s.x, s.y, plan.workspace(arena), Workers.serial());
        boolean sampled = c.output().elements() > outputs;
        double error = s.maxError(outputs, false);
        report(c, algorithm.name(), "forward", error, plan.errorBound(), sampled);
      }
      backward(s, arena);
    }
  }

  private void backward(Sample s, Arena arena) throws IOException {
    ConvCase c = s.extents;
    SplittableRandom random = new SplittableRandom(1);
    Tensor dy = Tensor.allocate(arena, c.output(), Layout.NHWC);
    for (int n = 0; n < c.n(); n++) {
      for (int k = 0; k < c.k(); k++) {
        for (int oy = 0; oy < c.oh(); oy++) {
          for (int ox = 0; ox < c.ow(); ox++) {
            dy.set(n, k, oy, ox, random.nextFloat() - 0.5f);
          }
        }
      }
    }
    ConvBackward plan = ConvBackward.of(c, Layout.NHWC);
    Tensor dx = Tensor.allocate(arena, c.input(), Layout.NHWC);
    plan.data(dy, s.filter, dx, Workers.serial());
    float[] dw = new float[c.k() * c.groupC() * c.fh() * c.fw()];
    plan.filter(s.x, dy, dw, new float[c.k()], Workers.serial());
    NaiveBackward naive =
        new NaiveBackward(Sample.geometry(c), s.x.segment(), s.filter.weights(), dy.segment());
    long perInput = (long) c.k() / c.groups() * c.fh() * c.fw();
    long inputs = Math.max(MIN_SAMPLES, (long) (work / perInput));
    double worst = 0;
    long count = Math.min(inputs, c.input().elements());
    for (long i = 0; i < count; i++) {
      long at = count == c.input().elements() ? i : random.nextLong(c.input().elements());
      int channel = (int) (at % c.c());
      int ix = (int) (at / c.c() % c.w());
      int iy = (int) (at / c.c() / c.w() % c.h());
      int n = (int) (at / c.c() / c.w() / c.h());
      double exact = naive.exactDataAt(n, channel, iy, ix);
      double scale = naive.scaleDataAt(n, channel, iy, ix);
      worst = Math.max(worst, relative(dx.get(n, channel, iy, ix), exact, scale));
    }
    boolean sampled = count < c.input().elements();
    report(c, "DIRECT", "backward_data", worst, plan.dataErrorBound(), sampled);
    filter(c, dw, naive, plan, random);
  }

  private void filter(
      ConvCase c, float[] dw, NaiveBackward naive, ConvBackward plan, SplittableRandom random)
      throws IOException {
    long perWeight = (long) c.n() * c.oh() * c.ow();
    int count = (int) Math.min(dw.length, Math.max(MIN_SAMPLES, work / perWeight));
    double worst = 0;
    for (int i = 0; i < count; i++) {
      int at = count == dw.length ? i : random.nextInt(dw.length);
      int fx = at % c.fw();
      int fy = at / c.fw() % c.fh();
      int channel = at / c.fw() / c.fh() % c.groupC();
      int k = at / c.fw() / c.fh() / c.groupC();
      double exact = naive.exactFilterAt(k, channel, fy, fx);
      worst = Math.max(worst, relative(dw[at], exact, naive.scaleFilterAt(k, channel, fy, fx)));
    }
    report(c, "DIRECT", "backward_filter", worst, plan.filterErrorBound(), count < dw.length);
  }

  private static double relative(float got, double exact, double scale) {
    double error = Math.abs(got - exact);
    return error == 0 ? 0 : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / scale;
  }

  private void report(
      ConvCase c, String algorithm, String direction, double error, double bound, boolean sampled)
      throws IOException {
    boolean ok = error <= bound;
    allOk &= ok;
    json.text(
        String.format(
            Locale.ROOT,
            "%-34s %-7s %-16s error %8.1e  bound %8.1e  %s%s",
            c,
            algorithm,
            direction,
            error,
            bound,
            ok ? "ok" : "FAILED",
            sampled ? " (sampled)" : ""));
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("case", c.toString());
    object.put("algorithm", algorithm);
    object.put("direction", direction);
    object.put("max_error", error);
    object.put("error_bound", bound);
    object.put("ok", ok);
    json.object(object);
  }
}
