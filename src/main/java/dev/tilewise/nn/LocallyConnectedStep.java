package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.Unshared;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** A locally connected layer bound to a batch size. */
final class LocallyConnectedStep implements Step {

  private final Unshared unshared;
  private final Parameter weight;
  private final Parameter bias;
  private Unshared.Scratch[] scratch = {};

  LocallyConnectedStep(ConvCase c, Parameter weight, Parameter bias) {
    unshared =
        new Unshared(
            new Geometry(
                c.n(), c.c(), c.h(), c.w(), c.k(), 1, c.fh(), c.fw(), c.sh(), c.sw(), c.pt(),
                c.pl(), c.pb(), c.pr(), c.dh(), c.dw()));
    this.weight = weight;
    this.bias = bias;
  }

  private void growTo(int threads) {
    int have = scratch.length;
    if (have < threads) {
      scratch = Arrays.copyOf(scratch, threads);
      Arrays.setAll(scratch, i -> i < have ? scratch[i] : unshared.scratch());
    }
  }

  @Override
  public void forward(Tensor x, Tensor y, Workers workers) {
    growTo(workers.threads());
    MemorySegment from = x.segment();
    MemorySegment to = y.segment();
    workers.run(
        unshared.pixelUnits(),
        (unit, slot) ->
            unshared.forward(unit, scratch[slot], from, weight.memory(), bias.memory(), to));
  }

  @Override
  public void backward(Tensor x, Tensor y, Tensor dy, Tensor dx, Workers workers) {
    growTo(workers.threads());
    MemorySegment from = x.segment();
    MemorySegment slope = dy.segment();
    MemorySegment dw = weight.gradient();
    MemorySegment db = bias.gradient();
    workers.run(
        unshared.pixelUnits(),
        (unit, slot) -> unshared.filter(unit, scratch[slot], from, slope, dw, db));
    if (dx != null) {
      MemorySegment to = dx.segment();
      workers.run(
          unshared.imageUnits(),
          (unit, slot) -> unshared.data(unit, scratch[slot], weight.memory(), slope, to));
    }
  }
}
