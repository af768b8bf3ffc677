package dev.tilewise;

import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * Who does the work of one run. Results never depend on it: a run is cut into units whose bits do
 * not depend on who computes them. No thread exists that the caller did not ask for.
 */
public abstract class Workers implements AutoCloseable {

  /** The most threads a team has, and a workspace is for: more would be a mistake. */
  public static final int MAX_THREADS = 1024;

  /** Work that is cut into independent units. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does one unit.
     *
     * @param unit which unit, from 0
     * @param slot which of the team's threads this is, from 0: an index of per-thread scratch
     */
    void run(int unit, int slot);
  }

  Workers() {}

  /**
   * The calling thread alone.
   *
   * @return workers that need no closing
   */
  public static Workers serial() {
    return Serial.INSTANCE;
  }

  /**
   * A team: the calling thread and {@code threads - 1} daemon threads of its own, which look for
   * the next run for 2 ms (50 microseconds if there are fewer processors than threads) and then
   * park.
   *
   * @param threads at least 1
   * @return a team, to be closed
   * @throws IllegalArgumentException if the number is not in 1 .. 1024
   */
  public static Workers of(int threads) {
    requireCount(threads);
    return threads == 1 ? serial() : new Team(threads);
  }

  /**
   * The calling thread and threads of an executor, for programs whose threads belong to a pool. A
   * run submits up to {@code threads - 1} tasks, works itself, and waits for none of them but those
   * that have begun a unit; so it ends whether the executor has idle threads or not, whether it
   * rejects tasks, is shut down, or is the one the caller runs in. A task that starts late finds
   * nothing to do and returns at once, and until it has started, no other is submitted in its
   * place: an executor that drops tasks without a word leaves the work to the caller.
   *
   * <p>Nothing is allocated here, but most executors allocate a node for every task they take, and
   * an exception for every one they reject. Handing tasks over takes tens of microseconds where
   * idle threads have to wake up; {@link #of} is faster.
   *
   * @param executor whose threads help; closing these workers does not shut it down
   * @param threads how many work on a run at most, the caller included
   * @return workers that start no thread, and need closing only to be refused further runs
   * @throws IllegalArgumentException if the number is not in 1 .. 1024
   */
  public static Workers on(Executor executor, int threads) {
    Objects.requireNonNull(executor, "executor");
    requireCount(threads);
    return threads == 1 ? serial() : new Borrowed(executor, threads);
  }

  private static void requireCount(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "workers: a team has 1 to " + MAX_THREADS + " threads, not " + threads);
    }
  }

  /**
   * Number of threads that take part, the caller included.
   *
   * @return at least 1
   */
  public abstract int threads();

  /**
   * Does all units and returns when they are done. If a unit throws, units not yet begun are left
   * out and the first exception is thrown here. A call from within a task, or while another thread
   * uses the team, is done by the calling thread alone; so nothing ever waits for itself.
   *
   * @param units how many, at least 0
   * @param task what to do
   * @throws IllegalArgumentException if units is negative
   * @throws IllegalStateException if the team is closed
   */
  public abstract void run(int units, Task task);

  static void requireUnits(int units) {
    if (units < 0) {
      throw new IllegalArgumentException("workers: " + units + " units");
    }
  }

  /**
   * Refuses further runs and ends the team's threads, but not an executor's. Serial workers have
   * none and stay usable.
   */
  @Override
  public abstract void close();

  private static final class Serial extends Workers {
    private static final Serial INSTANCE = new Serial();

    @Override
    public int threads() {
      return 1;
    }

    @Override
    public void run(int units, Task task) {
      Objects.requireNonNull(task, "task");
      requireUnits(units);
      for (int unit = 0; unit < units; unit++) {
        task.run(unit, 0);
      }
    }

    @Override
    public void close() {}
  }
}
