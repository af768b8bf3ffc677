package dev.tilewise;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The caller, and threads of an executor that come if they can. One {@link Runnable} is submitted
 * again and again; it helps with whatever run is open when it starts, and with none if it is late.
 */
final class Borrowed extends Crew implements Runnable {

  private final Executor executor;

  // Submitted and not begun. A run adds what is missing to those of earlier runs: an executor
  // whose threads are all busy holds threads - 1 entries of this team, however many runs there are.
  private final AtomicInteger waiting = new AtomicInteger();

  Borrowed(Executor executor, int threads) {
    super(threads);
    this.executor = Objects.requireNonNull(executor, "executor");
  }

  @Override
  void invite(int most) {
    for (int i = waiting.get(); i < most; i++) {
      waiting.getAndIncrement();
      boolean accepted = false;
      try {
        executor.execute(this);
        accepted = true;
      } catch (RejectedExecutionException e) { // the caller works alone
        return;
      } finally {
        if (!accepted) {
          waiting.getAndDecrement();
        }
      }
    }
  }

  /** Called by the executor. */
  @Override
  public void run() {
    waiting.getAndDecrement();
    help();
  }
}
