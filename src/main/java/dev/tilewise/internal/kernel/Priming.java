package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Has a kernel compiled before somebody waits for it, by calling it until it is fast.
 *
 * <p>The limits of HotSpot's tiers decide how: C2 compiles a method from its start after 600
 * profiled calls, if they and the rounds of its loops make 15,000, but looks every 1,024 calls or
 * 8,192 rounds only; and after 40,000 rounds it compiles the loop from its middle, with vectors in
 * objects, which takes up to nine seconds, while others wait. C1, where it compiles without
 * profiles because C2 has a queue, looks every 2,048 calls or 16,384 rounds. So the rounds of a
 * call decide: docs/decisions/0016-a-core-with-two-multipliers.md.
 */
public final class Priming {

  /** Less than 8 rounds. */
  private static final int FEW_TERMS = 4;

  /** Less than 16 rounds. */
  private static final int MORE_TERMS = 13;

  /** More than fill a vector, and those of the next one. */
  static final int MANY_TERMS = Lanes.COUNT + FEW_TERMS;

  /** Most terms of a call. */
  static final int MOST_TERMS = Math.max(MANY_TERMS, MORE_TERMS) + 1;

  /** So many calls make one of many terms, and of a second stack. */
  private static final int LONG_CALLS = 16;

  /**
   * Tiles of so many vectors get few terms. C1 has not enough registers for their loop from its
   * middle, and a kernel that it refused so is never compiled again. Narrower tiles get more: after
   * short calls alone C2 finds their loops not worth the registers, which costs 3 to 15 % of their
   * speed.
   */
  static final int WIDE_VECTORS = 3;

  /**
   * Narrow tiles of products are called a few times only: their sums are long from the first run
   * on, and left to C2 they are faster (docs/decisions/0016-a-core-with-two-multipliers.md). The
   * calls show it every limit and a second stack.
   */
  private static final int FEW_CALLS = 750;

  /** So many calls are interpreted, which takes 1 us for each operation. */
  private static final int INTERPRETED_CALLS = 240;

  /** Calls of a round: some 10 ms before C2 has compiled the kernel. */
  private static final int CALLS = 240;

  /** No compiled call takes so long, no other one takes less; nanoseconds. */
  private static final long FAST_CALL = 400;

  /** The same of calls with more terms. */
  private static final long FAST_LONG_CALL = 1_000;

  /** Compiled calls that still allocate after so many rounds keep vectors in objects for good. */
  private static final int MOST_BOXING_ROUNDS = 20;

  /** Bytes; the question itself allocates a little. */
  private static final long SMALLEST_OBJECT = 16;

  /** Where C2 is busy with others, or is switched off, calls end; the next plan goes on. */
  static final long MOST_NANOS = 1_500_000_000;

  /** Where it is switched off, no more plans wait. */
  private static final int MOST_GIVEN_UP = 3;

  private final int rows;
  private final int vectors;
  private final boolean wide;
  private final boolean few;
  private final Kernel kernel;
  private int calls;
  private long nanos;
  private boolean done;
  private volatile boolean boxes;
  private int boxingRounds;
  private int givenUp;

  /**
   * Of a tile.
   *
   * @param rows of A
   * @param vectors of B
   * @param few whether a narrow tile is called a few times only
   * @param kernel to be called
   */
  Priming(int rows, int vectors, boolean few, Kernel kernel) {
    this(rows, vectors, vectors >= WIDE_VECTORS, few, kernel);
  }

  /**
   * Of a tile.
   *
   * @param rows of A
   * @param vectors of B
   * @param wide whether it gets few terms
   * @param few whether a narrow tile is called a few times only
   * @param kernel to be called
   */
  Priming(int rows, int vectors, boolean wide, boolean few, Kernel kernel) {
    this.rows = rows;
    this.vectors = vectors;
    this.wide = wide;
    this.few = few && !wide;
    this.kernel = kernel;
  }

  /**
   * One call of the kernel, of everything from offset 0 on, with some limits; b's factors are those
   * of the memory.
   */
  interface Kernel {
    void run(
        float[] a,
        int aStep,
        int terms,
        Panel b,
        MemorySegment memory,
        MemorySegment d,
        int stacks,
        float lo,
        float hi);
  }

  /**
   * Primes kernels in turn: while one of them is compiled, the others are called. One for which C2
   * had no time is left alone after a while, and goes on when it is asked for again.
   */
  public static void all(Collection<Priming> kernels) {
    List<Priming> left = new ArrayList<>(kernels);
    while (!left.isEmpty()) {
      left.removeIf(Priming::round);
    }
  }

  /**
   * Whether the kernel still kept vectors in objects when its calls ended last, because C2 got it
   * wrong in this process or was not there in time: six to eighteen times slower, or worse.
   */
  public boolean boxes() {
    return boxes;
  }

  /** Whether no more calls are needed. */
  private synchronized boolean round() {
    if (done) {
      return true;
    }
    long start = System.nanoTime();
    long shortest = Long.MAX_VALUE;
    long allocated;
    boolean more = !wide && !few && calls >= INTERPRETED_CALLS;
    int step = rows * 4 * Lanes.COUNT;
    float[] a = new float[2 * step];
    long rowBytes = (long) vectors * Lanes.BYTES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(MOST_TERMS * rowBytes, Lanes.BYTES);
      Panel b = new Panel(new float[MOST_TERMS * vectors * Lanes.COUNT]);
      b.set(memory, 0);
      b.copy(memory, 0, 0, MOST_TERMS * vectors * Lanes.COUNT);
      MemorySegment d = arena.allocate(2 * rows * rowBytes, Lanes.BYTES);
      allocated = -Allocation.bytes();
      for (int i = 0; i < CALLS; i++) {
        // Other terms than fill vectors, other limits: a branch that was never taken is left out,
        // and the first convolution that takes it finds the kernel thrown away.
        boolean isLong = i % LONG_CALLS == 0;
        int terms = (isLong ? MANY_TERMS : more ? MORE_TERMS : FEW_TERMS) + i / 2 % 2;
        float lo = i / 2 % 2 == 0 ? 0 : Float.NEGATIVE_INFINITY;
        float hi = i % 4 == 3 ? 6 : Float.POSITIVE_INFINITY;
        long before = System.nanoTime();
        kernel.run(a, step, terms, b, memory, d, isLong ? 2 : 1, lo, hi);
        shortest = Math.min(shortest, System.nanoTime() - before);
      }
      allocated += Allocation.bytes();
    }
    calls += CALLS;
    nanos += System.nanoTime() - start;
    boolean longEnough = wide || more;
    boolean fast = longEnough && shortest < (more ? FAST_LONG_CALL : FAST_CALL);
    boolean clean = allocated < CALLS * SMALLEST_OBJECT;
    boxingRounds = fast && !clean ? boxingRounds + 1 : 0;
    boolean tooLong = nanos > MOST_NANOS;
    if (tooLong) {
      givenUp++;
      nanos = 0;
    }
    done =
        fast && clean
            || boxingRounds > MOST_BOXING_ROUNDS
            || givenUp == MOST_GIVEN_UP
            || few && calls >= FEW_CALLS;
    if (done || tooLong) {
      boxes = !clean;
    }
    return done || tooLong;
  }
}
