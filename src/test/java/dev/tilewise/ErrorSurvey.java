package dev.tilewise;

import dev.tilewise.internal.plan.Candidate;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Measures the errors that docs/winograd.md states and {@code TypicalErrors} records: the largest
 * of all outputs of a layer, over several seeds.
 *
 * <p>{@code java --add-modules jdk.incubator.vector -cp target/classes:target/test-classes
 * dev.tilewise.ErrorSurvey NORMAL 5} prints, for each transform, the largest of all layers and the
 * largest of each.
 */
final class ErrorSurvey {

  /** By taps, channels and size; phases of strides, and single dimensions, at the end. */
  static final List<String> LAYERS =
      List.of(
          "n1c64h30w30 k16f1",
          "n1c8h40w40 k24f2",
          "n1c64h20w20 k24f2",
          "n1c192h12w12 k24f2",
          "n1c8h60w60 k16f3p1",
          "n1c16h44w44 k16f3p1",
          "n1c32h32w32 k24f3p1",
          "n1c64h26w26 k24f3p1",
          "n1c256h14w14 k16f3p1",
          "n1c8h40w40 k24f4p1",
          "n1c12h40w40 k24f4p1",
          "n1c32h26w26 k24f4p1",
          "n1c64h20w20 k24f4p1",
          "n1c160h12w12 k16f4p1",
          "n1c8h40w40 k16f5p2",
          "n1c48h20w20 k16f5p2",
          "n1c128h14w14 k16f5p2",
          "n1c8h36w36 k16f6p2",
          "n1c32h20w20 k24f6p2",
          "n1c96h12w12 k16f6p2",
          "n1c8h36w36 k16f7p3",
          "n1c32h20w20 k24f7p3",
          "n1c96h12w12 k16f7p3",
          "n1c32h20w20 k24f8p3",
          "n1c32h20w20 k24f9p3",
          "n1c64h27w27 k16f3s2p1",
          "n1c32h29w29 k16f5s2p2",
          "n1c3h59w59 k64f7s2p3",
          "n1c3h59w59 k64f11s4p3",
          "n1c32h20w20 k24f1x7p0x3",
          "n1c32h20w20 k24f3x1p1x0d2");

  private static final long FIRST_SEED = 11;

  private ErrorSurvey() {}

  /** Kinds of data. */
  enum Data {
    /** Standard normal. */
    NORMAL {
      @Override
      float draw(Random random) {
        return (float) random.nextGaussian();
      }
    },

    /** Its magnitude: sums only grow, and so do their roundings. */
    POSITIVE {
      @Override
      float draw(Random random) {
        return (float) Math.abs(random.nextGaussian());
      }
    },

    /** Magnitudes of sixteen binades, 2^U(-8, 8), and either sign. */
    WIDE {
      @Override
      float draw(Random random) {
        float magnitude = (float) Math.pow(2, random.nextDouble(-8, 8));
        return random.nextBoolean() ? magnitude : -magnitude;
      }

      @Override
      double[] scale(ConvData data, Algorithm algorithm) {
        return data.scale(algorithm);
      }
    };

    abstract float draw(Random random);

    /** What an error is relative to: {@code sum |x| |w|} of the output. */
    double[] scale(ConvData data, Algorithm algorithm) {
      return data.scale();
    }
  }

  /** The largest relative error of each algorithm, but the naive loop, over one layer. */
  static Map<Algorithm, Double> largest(ConvCase e, Data kind, long seed) {
    Random random = new Random(seed);
    float[] x = values(random, e.input().elements(), kind);
    float[] weights = values(random, ConvData.weightCount(e), kind);
    ConvData data = new ConvData(e, x, weights, null, null, Activation.IDENTITY);
    double[] exact = data.exact();
    Map<Algorithm, Double> largest = new EnumMap<>(Algorithm.class);
    for (Algorithm algorithm : ConvRun.all(e)) {
      if (algorithm != Algorithm.NAIVE && algorithm != Algorithm.IM2COL) {
        float[] actual = ConvRun.run(algorithm, data);
        double[] scale = kind.scale(data, algorithm);
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
          worst = Math.max(worst, Math.abs(actual[i] - exact[i]) / scale[i]);
        }
        largest.put(algorithm, worst);
      }
    }
    return largest;
  }

  private static float[] values(Random random, long count, Data kind) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = kind.draw(random);
    }
    return values;
  }

  /** DIRECT, or F(m, r) by the larger of both dimensions' taps. */
  static String transform(Algorithm algorithm, ConvCase e) {
    if (algorithm == Algorithm.DIRECT) {
      return "DIRECT";
    }
    return "F(" + ConvData.tileSize(algorithm) + ", " + taps(e) + ")";
  }

  /** Taps of a phase in the longer dimension. */
  static int taps(ConvCase e) {
    return Math.max((e.fh() + e.sh() - 1) / e.sh(), (e.fw() + e.sw() - 1) / e.sw());
  }

  /**
   * Prints a table.
   *
   * @param args the kind of data, the number of seeds, and layers other than {@link #LAYERS}
   */
  public static void main(String[] args) {
    Data kind = Data.valueOf(args[0]);
    int seeds = Integer.parseInt(args[1]);
    Map<String, Map<String, Double>> found = new TreeMap<>();
    Map<String, Double> counted = new TreeMap<>();
    List<String> layers = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : LAYERS;
    for (String layer : layers) {
      ConvCase e = ConvCase.parse(layer);
      for (long seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
        largest(e, kind, seed)
            .forEach(
                (algorithm, error) -> {
                  String name = transform(algorithm, e);
                  found.computeIfAbsent(name, n -> new TreeMap<>()).merge(layer, error, Math::max);
                  counted.put(name, Candidate.valueOf(algorithm.name()).typicalError(e.geometry()));
                });
      }
    }
    System.out.println(kind + ", " + seeds + " seeds: largest, what AUTO counts with, each layer");
    found.forEach(
        (name, each) ->
            System.out.printf(
                Locale.ROOT,
                "%-8s %.1e  %.1e  %s%n",
                name,
                each.values().stream().max(Double::compare).orElseThrow(),
                counted.get(name),
                each.entrySet().stream()
                    .map(l -> String.format(Locale.ROOT, "%s %.1e", l.getKey(), l.getValue()))
                    .collect(Collectors.joining(", "))));
  }
}
