package dev.tilewise.jmh;

import dev.tilewise.ConvCase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured of one layer.
 *
 * @param name what the file calls it
 * @param extents the case
 * @param repeats how often its network has it
 * @param threads threads of each library
 * @param peak FMA peak of one core, GFLOP/s
 * @param times of each library, Tilewise first
 */
record Layer(
    String name, ConvCase extents, int repeats, int threads, double peak, List<Time> times) {

  /**
   * One library's times.
   *
   * @param library which
   * @param how its algorithm or code
   * @param msMin shortest
   * @param msMedian median over the rounds
   * @param difference largest difference to Tilewise's output, relative to sum |x| |w|; of
   *     Tilewise, to the exact one
   * @param tolerance the largest that is proved to be no mistake
   */
  record Time(
      String library,
      String how,
      double msMin,
      double msMedian,
      double difference,
      double tolerance) {}

  Layer withName(String other, int count) {
    return new Layer(other, extents, count, threads, peak, times);
  }

  Time tilewise() {
    return times.get(0);
  }

  private List<Time> peers() {
    return times.subList(1, times.size());
  }

  boolean hasPeers() {
    return times.size() > 1;
  }

  /** The fastest of the others, by median. */
  Time bestPeer() {
    return peers().stream().min((a, b) -> Double.compare(a.msMedian(), b.msMedian())).orElseThrow();
  }

  /** How many times longer the fastest of the others takes: medians. */
  double ratioMedian() {
    return bestPeer().msMedian() / tilewise().msMedian();
  }

  /** How many times longer the fastest of the others takes: shortest times. */
  double ratioMin() {
    return peers().stream().mapToDouble(Time::msMin).min().orElseThrow() / tilewise().msMin();
  }

  /** Effective share of the peak, counted as direct convolution, by median. */
  double ofPeak(Time time) {
    return 2.0 * extents.macs() / (time.msMedian() * 1e6) / (peak * threads);
  }

  /** Operations for each byte, if input, filters and output move once. */
  double intensity() {
    long weights = (long) extents.k() * extents.groupC() * extents.fh() * extents.fw();
    long floats = extents.input().elements() + weights + extents.output().elements();
    return 2.0 * extents.macs() / (floats * Float.BYTES);
  }

  /** The network, which the name begins with. */
  String network() {
    return name.isEmpty() ? "cases" : name.split(":", 2)[0];
  }

  Map<String, Object> object() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("case", extents.toString());
    object.put("repeats", repeats);
    object.put("macs", extents.macs());
    object.put("threads", threads);
    object.put("peak_gflops", peak);
    if (hasPeers()) {
      object.put("best_peer", bestPeer().library());
      object.put("ratio_median", ratioMedian());
      object.put("ratio_min", ratioMin());
    }
    List<Map<String, Object>> all = new ArrayList<>();
    for (Time t : times) {
      Map<String, Object> time = new LinkedHashMap<>();
      time.put("library", t.library());
      time.put("how", t.how());
      time.put("ms_min", t.msMin());
      time.put("ms_median", t.msMedian());
      time.put("of_peak", ofPeak(t));
      time.put("difference", t.difference());
      time.put("tolerance", t.tolerance());
      all.add(time);
    }
    object.put("times", all);
    return object;
  }
}
