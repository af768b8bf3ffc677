package dev.tilewise;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The units of a run, a range of them for each thread, which takes its own from the front. Who has
 * none left takes the last of another's. Neighbouring units read and write neighbouring memory, so
 * from one layer to the next a thread finds most of its inputs where it left them: in a cache of
 * its own. Between cores without a common cache a line takes three times as long.
 */
final class Shares {

  static final int NONE = -1;

  /** Longs from one range to the next: two lines, which are fetched together. */
  private static final int STEP = 16;

  private final int threads;

  // Ranges: the first unit that is left in the upper half, one past the last one in the lower.
  private final AtomicLongArray ranges;
  private int count;

  Shares(int threads) {
    this.threads = threads;
    ranges = new AtomicLongArray((threads + 1) * STEP);
  }

  /** Begins a run; to be published to those who take part. */
  void deal(int units) {
    count = Math.min(threads, units);
    for (int i = 0; i < count; i++) {
      ranges.setPlain(at(i), range(share(units, i), share(units, i + 1)));
    }
  }

  private int share(int units, int i) {
    return (int) ((long) units * i / count);
  }

  /**
   * Takes a unit.
   *
   * @param slot of the calling thread
   * @return a unit that nobody else has taken, or {@link #NONE} if none is left
   */
  int take(int slot) {
    for (int i = 0; i < count; i++) {
      int share = (slot + i) % count;
      boolean own = share == slot;
      long left = ranges.get(at(share));
      while (first(left) < end(left)) {
        int unit = own ? first(left) : end(left) - 1;
        long rest = own ? range(unit + 1, end(left)) : range(first(left), unit);
        long seen = ranges.compareAndExchange(at(share), left, rest);
        if (seen == left) {
          return unit;
        }
        left = seen;
      }
    }
    return NONE;
  }

  /** Leaves nothing to take. */
  void clear() {
    for (int i = 0; i < count; i++) {
      ranges.set(at(i), 0);
    }
  }

  private static int at(int share) {
    // The array's header shares a line with its first elements.
    return (share + 1) * STEP;
  }

  private static long range(int first, int end) {
    return (long) first << Integer.SIZE | end;
  }

  private static int first(long range) {
    return (int) (range >>> Integer.SIZE);
  }

  private static int end(long range) {
    return (int) range;
  }
}
