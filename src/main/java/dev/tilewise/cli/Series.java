package dev.tilewise.cli;

import dev.tilewise.internal.kernel.FmaPeak;
import java.util.ArrayList;
import java.util.List;

/**
 * The timings of one subject of an {@link Alternation}, each with the FMA peak around it. The share
 * of the peak is the median over the timings; each is taken of the larger of the two samples.
 */
final class Series {

  /** Samples below this share of the best one of the process were disturbed, or not compiled. */
  private static final double CREDIBLE = 0.8;

  private final double operations;
  private final List<Double> nanos = new ArrayList<>();
  private final List<Double> peaks = new ArrayList<>();

  /**
   * Prepares.
   *
   * @param operations of one run
   */
  Series(double operations) {
    this.operations = operations;
  }

  void add(double time, double before, double after) {
    nanos.add(time);
    peaks.add(Math.max(before, after));
  }

  void clear() {
    nanos.clear();
    peaks.clear();
  }

  int count() {
    return nanos.size();
  }

  /** In the order in which they were taken. */
  List<Double> times() {
    return nanos;
  }

  /** Nanoseconds of a run: 0 the shortest, 0.5 the median. */
  double nanos(double quantile) {
    return nanos.stream()
        .sorted()
        .skip((long) (quantile * (nanos.size() - 1)))
        .findFirst()
        .orElseThrow();
  }

  /** The best sample around the timings, operations per nanosecond. */
  double peak() {
    return peaks.stream().max(Double::compare).orElseThrow();
  }

  /** The median share of the peak of one core. */
  double share() {
    List<Double> shares = new ArrayList<>();
    for (int i = 0; i < nanos.size(); i++) {
      if (peaks.get(i) >= CREDIBLE * FmaPeak.best()) {
        shares.add(operations / nanos.get(i) / peaks.get(i));
      }
    }
    if (shares.isEmpty()) {
      return operations / nanos(0.5) / FmaPeak.best();
    }
    shares.sort(Double::compare);
    return shares.get(shares.size() / 2);
  }
}
