package dev.tilewise;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Several threads on one run, which the caller opens, works on, and closes. Who wants to help joins
 * by counting itself in; the caller closes the run once it has found no unit left and nobody
 * counted in. Who comes too late finds the run closed, so nobody is waited for who has not begun.
 */
abstract class Crew extends Workers {

  /** Looks before a waiting caller offers its core to somebody else: a few microseconds. */
  private static final int LOOKS_BEFORE_YIELD = 200;

  private static final int CLOSED = -1;

  /** The state of an open run: helpers at work, and helpers so far in steps of this. */
  private static final int JOINED = 1 << 12;

  private static final int AT_WORK = JOINED - 1;

  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger state = new AtomicInteger(CLOSED);
  private final Shares shares;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final int threads;
  private volatile boolean ended;
  // Published by the opening of `state`.
  private Task task;

  Crew(int threads) {
    this.threads = threads;
    shares = new Shares(threads);
  }

  /**
   * Asks for help with the run that has just been opened; what it throws, the run throws.
   *
   * @param most helpers that could find a unit
   */
  abstract void invite(int most);

  @Override
  public final int threads() {
    return threads;
  }

  final boolean isEnded() {
    return ended;
  }

  @Override
  public void close() {
    ended = true;
  }

  @Override
  public final void run(int count, Task work) {
    Objects.requireNonNull(work, "task");
    Workers.requireUnits(count);
    if (ended) {
      throw new IllegalStateException("workers: the team is closed");
    }
    if (count <= 1 || !busy.compareAndSet(false, true)) {
      Workers.serial().run(count, work);
      return;
    }
    try {
      task = work;
      shares.deal(count);
      state.set(0);
      try {
        invite(Math.min(count, threads) - 1);
        takeUnits(0);
      } catch (Throwable thrown) { // of invite: rethrown below, once nobody is at work
        fail(thrown);
      }
      awaitHelpers();
      task = null;
      Throwable thrown = failure.getAndSet(null);
      if (thrown != null) {
        throw Crew.<RuntimeException>unchecked(thrown);
      }
    } finally {
      busy.set(false);
    }
  }

  /**
   * Takes part in the open run, if there is one and it has had fewer helpers than {@code threads -
   * 1}; each has a slot of its own.
   */
  final void help() {
    help(0);
  }

  /**
   * Takes part in the open run, if there is one.
   *
   * @param slot of the calling thread alone; or 0 for a free one
   */
  final void help(int slot) {
    int joined = join(slot == 0);
    if (joined == 0) {
      return;
    }
    try {
      takeUnits(slot == 0 ? joined : slot);
    } finally {
      state.getAndDecrement();
    }
  }

  /** Which helper of the run this is, from 1; 0 if it is closed, or has had enough of them. */
  private int join(boolean limited) {
    while (true) {
      int now = state.get();
      if (now == CLOSED) {
        return 0;
      }
      int joined = now / JOINED + 1;
      if (limited && joined >= threads) {
        return 0;
      }
      if (state.compareAndSet(now, now + JOINED + 1)) {
        return joined;
      }
    }
  }

  private void takeUnits(int slot) {
    Task work = task;
    try {
      for (int unit = shares.take(slot); unit != Shares.NONE; unit = shares.take(slot)) {
        work.run(unit, slot);
      }
    } catch (Throwable thrown) { // rethrown to the caller of run
      fail(thrown);
    }
  }

  private void fail(Throwable thrown) {
    shares.clear();
    failure.compareAndSet(null, thrown);
  }

  private void awaitHelpers() {
    for (int looks = 0; ; looks++) {
      int now = state.get();
      if ((now & AT_WORK) == 0) {
        if (state.compareAndSet(now, CLOSED)) {
          return;
        }
      } else if (looks < LOOKS_BEFORE_YIELD) {
        Thread.onSpinWait();
      } else {
        // A helper may need this core, or be a virtual thread that needs this carrier.
        Thread.yield();
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T unchecked(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
