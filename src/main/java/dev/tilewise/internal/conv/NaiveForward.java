package dev.tilewise.internal.conv;

import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link NaiveConvolution} as an algorithm: a unit is one output row. */
public final class NaiveForward implements SingleStage {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /**
   * The loops over the input of the run in progress, kept so that runs over the same input allocate
   * nothing.
   */
  private static final class Loops implements Scratch {
    private NaiveConvolution naive;
  }

  private final Geometry g;
  private final Destination destination;
  private final float lo;
  private final float hi;
  private final MemorySegment weights;
  private final MemorySegment bias;

  /**
   * Copies the weights.
   *
   * @param g extents
   * @param destination where outputs go
   * @param lo lower limit of the outputs
   * @param hi upper limit of the outputs
   * @param weights {@code [K, C/groups, FH, FW]}
   * @param bias K floats or null
   * @param arena owns the copy
   */
  public NaiveForward(
      Geometry g,
      Destination destination,
      float lo,
      float hi,
      MemorySegment weights,
      MemorySegment bias,
      Arena arena) {
    this.g = g;
    this.destination = destination;
    this.lo = lo;
    this.hi = hi;
    this.weights = copy(weights, arena);
    this.bias = bias == null ? null : copy(bias, arena);
  }

  private static MemorySegment copy(MemorySegment from, Arena arena) {
    MemorySegment to = Memory.allocate(arena, from.byteSize());
    MemorySegment.copy(from, 0, to, 0, from.byteSize());
    return to;
  }

  @Override
  public int units(int threads) {
    return Math.multiplyExact(g.n(), g.oh());
  }

  @Override
  public long scratchBytes() {
    return 0;
  }

  @Override
  public long heapBytes() {
    return 0;
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    return new Loops();
  }

  @Override
  public void run(
      int threads,
      int unit,
      int units,
      Scratch scratch,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    Loops loops = (Loops) scratch;
    if (loops.naive == null || loops.naive.x() != x || loops.naive.w() != weights) {
      loops.naive = new NaiveConvolution(g, x, weights, bias);
    }
    NaiveConvolution naive = loops.naive;
    int n = unit / g.oh();
    int oy = unit % g.oh();
    for (int ox = 0; ox < g.ow(); ox++) {
      long pixel = (long) unit * g.ow() + ox;
      for (int k = 0; k < g.k(); k++) {
        float sum = naive.at(n, k, oy, ox);
        if (residual != null) {
          sum += residual.getAtIndex(FLOAT, pixel * g.k() + k);
        }
        y.set(FLOAT, destination.at(pixel, k), sum < lo ? lo : sum > hi ? hi : sum);
      }
    }
  }

  @Override
  public Forward withWeights(MemorySegment newWeights, MemorySegment newBias, Arena arena) {
    return new NaiveForward(g, destination, lo, hi, newWeights, newBias, arena);
  }

  @Override
  public int roundings() {
    return Math.min(g.blockLength(), g.sumLength()) + g.blocks() - 1;
  }

  @Override
  public MemorySegment packed() {
    return weights;
  }

  @Override
  public long packedBytes() {
    return weights.byteSize();
  }

  @Override
  public String describe() {
    return "plain loops, one output at a time";
  }
}
