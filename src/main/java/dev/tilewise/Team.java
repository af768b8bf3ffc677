package dev.tilewise;

import java.util.concurrent.locks.LockSupport;

/** A fixed team of threads of its own, for runs of tens of microseconds. */
final class Team extends Crew {

  /**
   * How long a member looks for work before it parks. A parked one costs the next run 50 to 200
   * microseconds of its help, so this bridges what a program does between two layers.
   */
  private static final long SPIN_NANOS = 2_000_000;

  /** As long as this it keeps its core for itself; then it lets others have it between looks. */
  private static final long GREEDY_NANOS = 50_000;

  private final Thread[] members;
  private final long spinNanos;
  // Counts runs. Written when a run has been opened, read by members that wait for the next one.
  private volatile int epoch;

  Team(int threads) {
    super(threads);
    boolean hasCores = threads <= Runtime.getRuntime().availableProcessors();
    spinNanos = hasCores ? SPIN_NANOS : GREEDY_NANOS;
    members = new Thread[threads - 1];
    for (int i = 0; i < members.length; i++) {
      int slot = i + 1;
      members[i] =
          Thread.ofPlatform().daemon().name("tilewise-" + slot).unstarted(() -> serve(slot));
    }
    for (Thread member : members) {
      member.start();
    }
  }

  @Override
  void invite(int most) {
    epoch++;
    for (Thread member : members) {
      LockSupport.unpark(member);
    }
  }

  private void serve(int slot) {
    int seen = 0;
    while (true) {
      seen = awaitEpoch(seen);
      if (isEnded()) {
        return;
      }
      help(slot);
    }
  }

  private int awaitEpoch(int seen) {
    long start = System.nanoTime();
    while (epoch == seen && !isEnded()) {
      long waited = System.nanoTime() - start;
      if (waited < GREEDY_NANOS) {
        Thread.onSpinWait();
      } else if (waited < spinNanos) {
        Thread.yield();
      } else {
        // Closing an arena under a running access interrupts the accessing thread, which then would
        // never park again.
        Thread.interrupted();
        LockSupport.park(this);
      }
    }
    return epoch;
  }

  @Override
  public void close() {
    super.close();
    for (Thread member : members) {
      LockSupport.unpark(member);
    }
  }
}
