package dev.tilewise.graph;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.Workers;
import java.util.List;
import java.util.Objects;

/** How a graph is compiled. Immutable; every method returns a changed copy. */
public final class CompileOptions {

  private boolean fuse = true;
  private boolean share = true;
  private boolean poison;
  private int threads = 1;
  private Algorithm algorithm = Algorithm.AUTO;
  private double tolerance = Conv2d.DEFAULT_TOLERANCE;
  private List<String> kept = List.of();

  private CompileOptions() {}

  private CompileOptions copy() {
    CompileOptions copy = new CompileOptions();
    copy.fuse = fuse;
    copy.share = share;
    copy.poison = poison;
    copy.threads = threads;
    copy.algorithm = algorithm;
    copy.tolerance = tolerance;
    copy.kept = kept;
    return copy;
  }

  /**
   * What serves best: everything fused, memory shared, the fastest algorithm within the usual
   * tolerance.
   *
   * @return the options
   */
  public static CompileOptions fastest() {
    return new CompileOptions();
  }

  /**
   * Node by node as described, each value in memory of its own, convolutions by {@link
   * Algorithm#DIRECT}: to compare with, and to look at what is in between.
   *
   * @return the options
   */
  public static CompileOptions plain() {
    CompileOptions plain = new CompileOptions();
    plain.fuse = false;
    plain.share = false;
    plain.algorithm = Algorithm.DIRECT;
    return plain;
  }

  /**
   * Whether nodes are joined: batch normalisation with the convolution before it, activation and
   * residual likewise.
   *
   * @param on yes or no
   * @return changed options
   */
  public CompileOptions fuse(boolean on) {
    CompileOptions changed = copy();
    changed.fuse = on;
    return changed;
  }

  /**
   * Whether values that are not needed at the same time share memory.
   *
   * @param on yes or no
   * @return changed options
   */
  public CompileOptions shareMemory(boolean on) {
    CompileOptions changed = copy();
    changed.share = on;
    return changed;
  }

  /**
   * Whether memory is filled with NaN after the last step that reads it: a mistake of lifetimes
   * shows in the outputs then.
   *
   * @param on yes or no
   * @return changed options
   */
  public CompileOptions poison(boolean on) {
    CompileOptions changed = copy();
    changed.poison = on;
    return changed;
  }

  /**
   * Threads that runs will have; runs with more add memory once.
   *
   * @param count 1 to {@link Workers#MAX_THREADS}
   * @return changed options
   * @throws IllegalArgumentException if it is not
   */
  public CompileOptions threads(int count) {
    if (count < 1 || count > Workers.MAX_THREADS) {
      throw new IllegalArgumentException(
          "compile: there must be 1 to " + Workers.MAX_THREADS + " threads, not " + count);
    }
    CompileOptions changed = copy();
    changed.threads = count;
    return changed;
  }

  /**
   * The algorithm of convolutions; where it does not apply, the fastest that does.
   *
   * @param choice an algorithm
   * @return changed options
   */
  public CompileOptions algorithm(Algorithm choice) {
    CompileOptions changed = copy();
    changed.algorithm = Objects.requireNonNull(choice, "algorithm");
    return changed;
  }

  /**
   * How large the error of each convolution may typically be, as in {@link Conv2d#tolerance}.
   *
   * @param t relative to the sum of absolute products
   * @return changed options
   * @throws IllegalArgumentException if it is not positive and finite
   */
  public CompileOptions tolerance(double t) {
    if (!(t > 0) || t == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "compile: a tolerance must be positive and finite, not " + t);
    }
    CompileOptions changed = copy();
    changed.tolerance = t;
    return changed;
  }

  /**
   * Values that are outputs besides the graph's own.
   *
   * @param names of values
   * @return changed options
   */
  public CompileOptions keep(List<String> names) {
    CompileOptions changed = copy();
    changed.kept = List.copyOf(names);
    return changed;
  }

  boolean fuses() {
    return fuse;
  }

  boolean shares() {
    return share;
  }

  boolean poisons() {
    return poison;
  }

  int threads() {
    return threads;
  }

  Algorithm algorithm() {
    return algorithm;
  }

  double tolerance() {
    return tolerance;
  }

  List<String> kept() {
    return kept;
  }
}
