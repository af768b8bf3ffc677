package dev.tilewise.cli;

import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/** The largest error found, relative to the scale of the value that has it. */
final class LargestError {

  private static final long SEED = 20_260_103;

  private double worst;

  /** Takes one value into account; what is not a number is infinitely wrong. */
  void add(double got, double exact, double scale) {
    double error = Math.abs(got - exact);
    double relative =
        error == 0 ? 0 : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / scale;
    worst = Math.max(worst, relative);
  }

  double value() {
    return worst;
  }

  /** Visits all of so many places, or the first, the last and random ones, {@code most} in all. */
  static void visit(long count, long most, LongConsumer visitor) {
    if (count <= most) {
      for (long i = 0; i < count; i++) {
        visitor.accept(i);
      }
      return;
    }
    visitor.accept(0);
    visitor.accept(count - 1);
    SplittableRandom random = new SplittableRandom(SEED);
    for (long i = 2; i < most; i++) {
      visitor.accept(random.nextLong(count));
    }
  }
}
