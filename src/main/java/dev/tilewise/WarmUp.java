package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.kernel.Allocation;
import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.internal.plan.Verdict;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Brings code to its compiled speed before the first run that somebody waits for, and tells how
 * that went. A process begins interpreted, where vector code is a hundred times slower; see
 * docs/warm-up.md.
 *
 * @param took from the call to the return
 * @param runs how many runs were begun
 * @param settled whether times had settled, and runs of plans allocated nothing; if not, the limit
 *     came first, or C2 keeps the vectors of a kernel in objects
 */
public record WarmUp(Duration took, long runs, boolean settled) {

  /** Shorter timings are made of several runs. */
  private static final long SHORTEST_TIMING_NANOS = 200_000;

  /** Times are of compiled code below so many times the expected one. */
  private static final double COMPILED = 4;

  /** Multiply-adds of a lane in a nanosecond on a slow machine: one instruction at 2 GHz. */
  private static final double SLOW_LANE = 2;

  /** How long code that runs at about the expected speed is watched for getting faster still. */
  private static final long COMPILED_NANOS = 400_000_000;

  /**
   * How long other code is watched: C2 takes 0.5 to 0.8 s to compile the largest kernel, in which
   * nothing gets faster.
   */
  private static final long PATIENCE_NANOS = 1_500_000_000;

  /**
   * How long runs of a plan that allocate are watched: a kernel keeps its vectors in objects until
   * C2 has compiled it, for which it takes up to nine seconds.
   */
  private static final long ALLOCATING_NANOS = 10_000_000_000L;

  /** Bytes of a timing; the question itself allocates a little, a vector takes 80. */
  static final long CLEAN_BYTES = 1_000;

  /** Of one piece of work among others. */
  private static final long TURN_NANOS = 10_000_000;

  /** Turns of each in which nothing has become faster. */
  private static final int SETTLED_TURNS = 3;

  /** A new best time below this share of the old one means that compilation goes on. */
  private static final double FASTER = 0.8;

  /**
   * Warms up plans, one after the other, each on tensors and a workspace of its own, which are
   * freed before this returns. The calling thread does all the work; the machine code it brings
   * forth serves every thread. Runs with a residual take a code path of their own: use {@link
   * #of(Duration, Runnable)} for them.
   *
   * @param limit of the time for all plans together; after it only the unit of work in progress is
   *     finished
   * @param plans at least one
   * @return how long it took, and whether the times of all plans settled, without allocations
   * @throws IllegalArgumentException if the limit is not positive, or there is no plan
   * @throws IllegalStateException if the arena of a plan's filters is closed
   */
  public static WarmUp of(Duration limit, ConvPlan... plans) {
    long start = System.nanoTime();
    long nanos = nanos(limit);
    if (Objects.requireNonNull(plans, "plans").length == 0) {
      throw new IllegalArgumentException("warm-up: there is no plan");
    }
    for (int i = 0; i < plans.length; i++) {
      Objects.requireNonNull(plans[i], "plan " + i);
    }
    long runs = 0;
    boolean settled = true;
    for (ConvPlan plan : plans) {
      try (Arena arena = Arena.ofShared()) {
        Tensor x = Tensor.allocate(arena, plan.inputShape(), plan.layout());
        Tensor y = Tensor.allocate(arena, plan.outputShape(), plan.layout());
        Workspace workspace = plan.workspace(arena);
        Workers workers = new Impatient(start, nanos);
        Times times = new Times(expectedNanos(plan), CLEAN_BYTES);
        settled &= times.watch(() -> plan.run(x, y, workspace, workers), start, nanos);
        runs += times.runs;
      }
    }
    return new WarmUp(Duration.ofNanos(System.nanoTime() - start), runs, settled);
  }

  /**
   * Does any work again and again until its times have settled, which takes 1.5 s more than its
   * compilation.
   *
   * @param limit of the time; it is checked between runs
   * @param work what is to become fast
   * @return how long it took, and whether times settled
   * @throws IllegalArgumentException if the limit is not positive
   */
  public static WarmUp of(Duration limit, Runnable work) {
    return inTurns(limit, List.of(Objects.requireNonNull(work, "work")));
  }

  /**
   * Does pieces of work in turns until the times of all have settled. Each turn repeats a piece for
   * 10 ms: what a whole does but once, and what it hides in its time, becomes fast too.
   *
   * @param limit of the time; it is checked between runs
   * @param works at least one
   * @return how long it took, how many runs were begun, of all pieces together, and whether times
   *     settled
   * @throws IllegalArgumentException if the limit is not positive, or there is no work
   */
  public static WarmUp inTurns(Duration limit, List<? extends Runnable> works) {
    long start = System.nanoTime();
    long nanos = nanos(limit);
    if (works.isEmpty()) {
      throw new IllegalArgumentException("warm-up: there is no work");
    }
    List<Times> times = new ArrayList<>();
    for (int i = 0; i < works.size(); i++) {
      Objects.requireNonNull(works.get(i), "work " + i);
      times.add(new Times(0, Long.MAX_VALUE));
    }
    boolean settled = false;
    while (!settled && System.nanoTime() - start < nanos) {
      settled = true;
      for (int i = 0; i < times.size(); i++) {
        settled &= times.get(i).turn(works.get(i), start, nanos);
      }
    }
    long runs = times.stream().mapToLong(t -> t.runs).sum();
    return new WarmUp(Duration.ofNanos(System.nanoTime() - start), runs, settled);
  }

  private static long nanos(Duration limit) {
    if (!Objects.requireNonNull(limit, "limit").isPositive()) {
      throw new IllegalArgumentException("warm-up: the limit must be positive, not " + limit);
    }
    return limit.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0 ? limit.toNanos() : Long.MAX_VALUE;
  }

  /** What a run takes on a slow machine, if it is compiled. */
  private static double expectedNanos(ConvPlan plan) {
    Geometry g = plan.extents().geometry();
    Verdict verdict = Candidate.valueOf(plan.algorithm().name()).judge(g);
    double cost = verdict instanceof Verdict.Accept accept ? accept.cost() : 0;
    return cost / (SLOW_LANE * Lanes.COUNT);
  }

  /** Times of runs, as they fall. */
  static final class Times {
    private final double compiled;
    private final long cleanBytes;
    private long runs;
    private double best = Double.MAX_VALUE;
    private long lastFaster = System.nanoTime();
    private boolean isCompiled;
    private boolean clean;
    private int turnsSince;

    /**
     * Times of work.
     *
     * @param expectedNanos of a compiled run, or 0
     * @param cleanBytes that a timing of compiled runs may allocate
     */
    Times(double expectedNanos, long cleanBytes) {
      compiled = COMPILED * expectedNanos;
      this.cleanBytes = cleanBytes;
    }

    /** Runs until times have settled (true), or the time or all hope is over (false). */
    boolean watch(Runnable work, long start, long limit) {
      while (System.nanoTime() - start < limit) {
        long now = time(work, start, limit);
        if (now - lastFaster > patience() && now - start < limit) {
          return clean;
        }
      }
      return false;
    }

    private long patience() {
      if (!clean) {
        return ALLOCATING_NANOS;
      }
      return isCompiled ? COMPILED_NANOS : PATIENCE_NANOS;
    }

    /** Runs for a while; whether times have settled. */
    boolean turn(Runnable work, long start, long limit) {
      long before = System.nanoTime();
      long faster = lastFaster;
      long now;
      do {
        now = time(work, start, limit);
      } while (now - before < TURN_NANOS && now - start < limit);
      turnsSince = faster == lastFaster ? turnsSince + 1 : 0;
      return turnsSince >= SETTLED_TURNS
          && now - lastFaster > PATIENCE_NANOS
          && now - start < limit;
    }

    /** Times some runs; the time at their end. */
    private long time(Runnable work, long start, long limit) {
      long allocated = -Allocation.bytes();
      long before = System.nanoTime();
      long many = 0;
      long now;
      do {
        work.run();
        many++;
        now = System.nanoTime();
      } while (now - before < SHORTEST_TIMING_NANOS && now - start < limit);
      allocated += Allocation.bytes();
      runs += many;
      double time = (double) (now - before) / many;
      boolean becameClean = !clean && allocated <= cleanBytes;
      if (becameClean || time < FASTER * best || !isCompiled && time <= compiled) {
        lastFaster = now;
      }
      clean = allocated <= cleanBytes;
      best = Math.min(best, time);
      isCompiled |= time <= compiled;
      return now;
    }
  }

  /** The calling thread, which leaves out what it has no time for. */
  private static final class Impatient extends Workers {
    private final long start;
    private final long limit;

    Impatient(long start, long limit) {
      this.start = start;
      this.limit = limit;
    }

    @Override
    public int threads() {
      return 1;
    }

    @Override
    public void run(int units, Task task) {
      for (int unit = 0; unit < units && System.nanoTime() - start < limit; unit++) {
        task.run(unit, 0);
      }
    }

    @Override
    public void close() {}
  }
}
