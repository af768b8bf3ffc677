package dev.tilewise.jmh;

import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Tile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One tile of each shape, with sums of several lengths, all in the caches. */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@OutputTimeUnit(TimeUnit.SECONDS)
public class MicroKernelBench {

  private static final int TILES = 6;

  @Param({"T8X3", "T8X2", "T8X1", "T7X3", "T6X2", "T4X2", "T4X1", "T3X3", "T2X5"})
  public Tile tile;

  @Param({"27", "64", "192", "576"})
  public int terms;

  /** Whether the form without a loop over runs is taken. */
  @Param({"false", "true"})
  public boolean once;

  private final Arena arena = Arena.ofShared();
  private float[] a;
  private int[] rows;
  private int[] runs;
  private long[] dRows;
  private MemorySegment b;
  private MemorySegment init;
  private MemorySegment d;

  /** Operations done, reported per second. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Work {
    public double flops;
  }

  @Setup
  public void allocate() {
    int count = TILES * tile.rows();
    a = new float[count * (terms + 16)];
    rows = new int[count];
    dRows = new long[count];
    for (int i = 0; i < count; i++) {
      rows[i] = i * (terms + 16);
      dRows[i] = (long) i * (tile.width() + 16) * Float.BYTES;
    }
    runs = new int[] {0, 0, terms};
    b = Memory.allocate(arena, (long) terms * tile.width() * Float.BYTES);
    init = Memory.allocate(arena, (long) tile.width() * Float.BYTES);
    d = Memory.allocate(arena, (long) count * (tile.width() + 16) * Float.BYTES);
  }

  @Benchmark
  public void tiles(Work work) {
    for (int t = 0; t < TILES; t++) {
      int row = t * tile.rows();
      if (once) {
        Tile.runOnce(tile, a, rows, row, 0, terms, b, 0, init, 0, d, dRows, row, 0, 0f, 6f);
      } else {
        Tile.run(tile, a, rows, row, runs, 0, 1, b, 0, init, 0, d, dRows, row, 0, 0f, 6f);
      }
    }
    work.flops += 2.0 * TILES * tile.rows() * tile.width() * terms;
  }
}
