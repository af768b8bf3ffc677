package dev.tilewise;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed team of threads for regions of tens of microseconds. A run is open while {@code active >=
 * 0}; a member joins by counting itself in and the caller closes the run once it has found no unit
 * left and nobody counted in. A member that wakes too late finds the run closed and goes back to
 * sleep, so that a short run never waits for it.
 */
final class Team extends Workers {

  /** How long a member looks for work before it parks: about the time a wake-up costs. */
  private static final long SPIN_NANOS = 50_000;

  private static final int CLOSED = -1;

  private final Thread[] members;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger active = new AtomicInteger(CLOSED);
  // Every member counts one past the end: as an int it would wrap behind 2^31 - 1 units.
  private final AtomicLong next = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  // Counts runs. Written before `active` opens a run, read by members that wait for the next one.
  private volatile int epoch;
  private volatile boolean ended;
  // Published by the opening of `active`.
  private Task task;
  private int units;

  Team(int threads) {
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
  public int threads() {
    return members.length + 1;
  }

  @Override
  public void run(int count, Task work) {
    Objects.requireNonNull(work, "task");
    if (ended) {
      throw new IllegalStateException("workers: the team is closed");
    }
    if (count <= 1 || !busy.compareAndSet(false, true)) {
      Workers.serial().run(count, work);
      return;
    }
    try {
      open(count, work);
      takeUnits(0);
      awaitMembers();
      task = null;
      Throwable thrown = failure.getAndSet(null);
      if (thrown != null) {
        throw Team.<RuntimeException>unchecked(thrown);
      }
    } finally {
      busy.set(false);
    }
  }

  private void open(int count, Task work) {
    task = work;
    units = count;
    next.set(0);
    active.set(0);
    epoch++;
    for (Thread member : members) {
      LockSupport.unpark(member);
    }
  }

  private void takeUnits(int slot) {
    Task work = task;
    int count = units;
    try {
      for (long unit = next.getAndIncrement(); unit < count; unit = next.getAndIncrement()) {
        work.run((int) unit, slot);
      }
    } catch (Throwable thrown) { // rethrown to the caller of run
      next.set(count);
      failure.compareAndSet(null, thrown);
    }
  }

  private void awaitMembers() {
    while (!active.compareAndSet(0, CLOSED)) {
      Thread.onSpinWait();
    }
  }

  private void serve(int slot) {
    int seen = 0;
    while (true) {
      seen = awaitEpoch(seen);
      if (ended) {
        return;
      }
      if (join()) {
        try {
          takeUnits(slot);
        } finally {
          active.getAndDecrement();
        }
      }
    }
  }

  private int awaitEpoch(int seen) {
    long deadline = System.nanoTime() + SPIN_NANOS;
    while (epoch == seen && !ended) {
      if (System.nanoTime() < deadline) {
        Thread.onSpinWait();
      } else {
        // Closing an arena under a running access interrupts the accessing thread, which then would
        // never park again.
        Thread.interrupted();
        LockSupport.park(this);
      }
    }
    return epoch;
  }

  private boolean join() {
    while (true) {
      int count = active.get();
      if (count == CLOSED) {
        return false;
      }
      if (active.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  @Override
  public void close() {
    ended = true;
    for (Thread member : members) {
      LockSupport.unpark(member);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T unchecked(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
