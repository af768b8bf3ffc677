package dev.tilewise;

import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.internal.plan.Verdict;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs of plans on fenced tensors, and comparisons that say which output differs. */
final class ConvRun {

  private static final long MOST_NAIVE_MACS = 50_000;

  /** Those that compute with differences, and so have bits of their own. */
  static final List<Algorithm> WINOGRAD =
      Arrays.stream(Algorithm.values()).filter(a -> a.name().startsWith("WINOGRAD")).toList();

  private ConvRun() {}

  /** The algorithms that apply to a case and keep the order of summation of the naive loop. */
  static List<Algorithm> algorithms(ConvCase extents) {
    List<Algorithm> ordered = all(extents);
    ordered.removeAll(WINOGRAD);
    return ordered;
  }

  /** The algorithms that apply to a case. */
  static List<Algorithm> all(ConvCase extents) {
    List<Algorithm> applicable = new ArrayList<>();
    for (Candidate candidate : Candidate.values()) {
      if (candidate.judge(extents.geometry()) instanceof Verdict.Accept) {
        applicable.add(Algorithm.valueOf(candidate.name()));
      }
    }
    return applicable;
  }

  /**
   * The algorithms that a property runs. The naive loop has no special cases, so the small
   * convolutions are enough for it.
   */
  static List<Algorithm> quickAlgorithms(ConvCase extents) {
    List<Algorithm> quick = algorithms(extents);
    if (extents.macs() > MOST_NAIVE_MACS) {
      quick.remove(Algorithm.NAIVE);
    }
    return quick;
  }

  /** A plan on memory that the garbage collector owns. */
  static ConvPlan plan(Algorithm algorithm, ConvData data, Layout layout) {
    return data.conv(algorithm).plan(data.extents().input(), layout, Arena.ofAuto());
  }

  /**
   * The output, NHWC. Along the way: nothing but the output is written, nothing is left of a run
   * before it, on an input of NaN, and another run of Winograd gives the same bits.
   */
  static float[] run(Algorithm algorithm, ConvData data, Setting setting) {
    MemoryKind.reset();
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined()) {
      ConvCase e = data.extents();
      FencedTensor x = FencedTensor.allocate(setting.input(), shared, confined, e.input(), setting);
      FencedTensor y =
          FencedTensor.allocate(setting.output(), shared, confined, e.output(), setting);
      FencedTensor residual = null;
      if (data.residual() != null) {
        residual = FencedTensor.allocate(setting.residual(), shared, confined, e.output(), setting);
        residual.write(data.residual());
      }
      Tensor added = residual == null ? null : residual.tensor();
      // No bit depends on where filters come from.
      Conv2d conv = data.conv(algorithm).coldFilters(e.k() % 2 == 0);
      ConvPlan plan = conv.plan(e.input(), setting.layout(), shared);
      Workspace workspace = plan.workspace(shared, setting.threads());
      if (algorithm != Algorithm.NAIVE) {
        x.write(filled(data.x().length, Float.NaN));
        plan.run(x.tensor(), added, y.tensor(), workspace, setting.workers());
      }
      x.write(data.x());
      plan.run(x.tensor(), added, y.tensor(), workspace, setting.workers());
      float[] first = y.read();
      // Others have the bits of the naive loop, which is more.
      if (WINOGRAD.contains(plan.algorithm())) {
        plan.run(x.tensor(), added, y.tensor(), workspace, setting.workers());
        sameBits("second run", first, y.read());
      }
      untouched("input", x, data.x());
      untouched("output", y, null);
      if (residual != null) {
        untouched("residual", residual, data.residual());
      }
      return first;
    }
  }

  private static void untouched(String role, FencedTensor tensor, float[] content) {
    if (!tensor.damage().equals("none")) {
      throw new AssertionError(role + " fence " + tensor.damage());
    }
    if (content != null) {
      sameBits(role + " after the run", content, tensor.read());
    }
  }

  static float[] run(Algorithm algorithm, ConvData data) {
    return run(algorithm, data, Setting.PLAIN);
  }

  /** Equal bit for bit; all NaN are one. */
  static void sameBits(String what, float[] expected, float[] actual) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
        throw different(what, i, expected, actual);
      }
    }
  }

  /** Equal as numbers: a zero is a zero, all NaN are one. */
  static void sameNumbers(String what, float[] expected, float[] actual) {
    for (int i = 0; i < expected.length; i++) {
      boolean bothNaN = Float.isNaN(expected[i]) && Float.isNaN(actual[i]);
      if (expected[i] != actual[i] && !bothNaN) {
        throw different(what, i, expected, actual);
      }
    }
  }

  /**
   * As equal as an algorithm promises: im2col multiplies its padding, so that a sum of zeros may
   * end with the other sign.
   */
  static void same(Algorithm algorithm, Object what, float[] expected, float[] actual) {
    if (algorithm == Algorithm.IM2COL) {
      sameNumbers(algorithm + " " + what, expected, actual);
    } else {
      sameBits(algorithm + " " + what, expected, actual);
    }
  }

  private static AssertionError different(String what, int i, float[] expected, float[] actual) {
    long wrong = 0;
    for (int j = 0; j < expected.length; j++) {
      wrong += Float.compare(expected[j], actual[j]) == 0 ? 0 : 1;
    }
    return new AssertionError(
        String.format(
            "%s: element %d (NHWC) is %s = %a, not %s = %a; %d of %d differ",
            what, i, actual[i], actual[i], expected[i], expected[i], wrong, expected.length));
  }

  /** One value, many times. */
  static float[] filled(long count, float value) {
    float[] values = new float[Math.toIntExact(count)];
    Arrays.fill(values, value);
    return values;
  }
}
