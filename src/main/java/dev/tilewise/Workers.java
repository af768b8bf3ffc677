package dev.tilewise;

import java.util.Objects;

/**
 * Who does the work of one run. Results never depend on it: a run is cut into units whose bits do
 * not depend on who computes them. No thread exists that the caller did not ask for.
 */
public abstract class Workers implements AutoCloseable {

  /** More would be a mistake. */
  static final int MAX_THREADS = 1024;

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
   * A team: the calling thread and {@code threads - 1} daemon threads of its own, which spin
   * briefly and then park between runs.
   *
   * @param threads at least 1
   * @return a team, to be closed
   * @throws IllegalArgumentException if the number is not in 1 .. 1024
   */
  public static Workers of(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "workers: a team has 1 to " + MAX_THREADS + " threads, not " + threads);
    }
    return threads == 1 ? serial() : new Team(threads);
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
   * @param units how many
   * @param task what to do
   * @throws IllegalStateException if the team is closed
   */
  public abstract void run(int units, Task task);

  /** Ends the team's threads. Serial workers have none and stay usable. */
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
      for (int unit = 0; unit < units; unit++) {
        task.run(unit, 0);
      }
    }

    @Override
    public void close() {}
  }
}
