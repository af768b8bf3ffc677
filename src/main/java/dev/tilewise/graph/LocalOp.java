package dev.tilewise.graph;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import dev.tilewise.internal.conv.Geometry;
import dev.tilewise.internal.conv.Unshared;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * A locally connected layer: other filters at each position. Inputs: x, weights OH x OW x K x C x
 * FH x FW, biases K x OH x OW.
 */
final class LocalOp extends Op {

  private final ConvSettings settings;

  LocalOp(ConvSettings settings) {
    this.settings = settings;
  }

  @Override
  String kind() {
    return "local";
  }

  @Override
  String description() {
    return settings.describe().strip();
  }

  private ConvCase extents(Dims x, Dims weights) {
    if (x.rank() != 4 || weights.rank() != 6 || settings.groups() != 1) {
      throw new IllegalArgumentException(
          "local: input " + x + " must be images, and weights " + weights + " have 6 extents");
    }
    Shape in = x.shape();
    return new ConvCase(
        in.n(),
        in.c(),
        in.h(),
        in.w(),
        weights.get(2),
        1,
        weights.get(4),
        weights.get(5),
        settings.sh(),
        settings.sw(),
        settings.pt(),
        settings.pl(),
        settings.pb(),
        settings.pr(),
        settings.dh(),
        settings.dw());
  }

  @Override
  String words() {
    return settings.words(kind());
  }

  @Override
  Dims infer(List<Dims> inputs) {
    ConvCase c = extents(inputs.get(0), inputs.get(1));
    Dims expected = Dims.of(c.oh(), c.ow(), c.k(), c.c(), c.fh(), c.fw());
    Dims biases = Dims.of(c.k(), c.oh(), c.ow());
    if (!inputs.get(1).equals(expected) || !inputs.get(2).equals(biases)) {
      throw new IllegalArgumentException(
          "local: "
              + c
              + " takes weights "
              + expected
              + " and biases "
              + biases
              + ", not "
              + inputs.get(1)
              + " and "
              + inputs.get(2));
    }
    return Dims.of(c.output());
  }

  @Override
  long multiplyAdds(List<Dims> inputs, Dims output) {
    return extents(inputs.get(0), inputs.get(1)).macs();
  }

  @Override
  void lower(Node node, Lowering to) {
    ConvCase c = extents(node.input(0).dims(), node.input(1).dims());
    Unshared unshared =
        new Unshared(
            new Geometry(
                c.n(), c.c(), c.h(), c.w(), c.k(), 1, c.fh(), c.fw(), c.sh(), c.sw(), c.pt(),
                c.pl(), c.pb(), c.pr(), c.dh(), c.dw()));
    View x = to.dense(node.input(0));
    View y = to.make(node);
    MemorySegment weights = kernelMemory(node.input(1), to);
    MemorySegment biases = kernelMemory(node.input(2), to);
    int threads = to.options().threads();
    to.add(
        kind() + " " + c,
        List.of(x, y),
        memories -> {
          MemorySegment in = memories.tensor(x).segment();
          MemorySegment out = memories.tensor(y).segment();
          Scratches scratches = new Scratches(unshared, threads);
          return workers -> {
            scratches.growTo(workers.threads());
            workers.run(
                unshared.pixelUnits(),
                (unit, slot) ->
                    unshared.forward(unit, scratches.of[slot], in, weights, biases, out));
          };
        });
  }

  private static MemorySegment kernelMemory(Value value, Lowering to) {
    try (Arena own = Arena.ofShared()) {
      MemorySegment from = value.memory(own);
      MemorySegment memory = Memory.allocate(to.arena(), from.byteSize());
      return memory.asSlice(0, from.byteSize()).copyFrom(from);
    }
  }

  /** One for each thread. */
  private static final class Scratches {
    private final Unshared unshared;
    private Unshared.Scratch[] of = {};

    Scratches(Unshared unshared, int threads) {
      this.unshared = unshared;
      growTo(threads);
    }

    void growTo(int threads) {
      int have = of.length;
      if (have < threads) {
        of = Arrays.copyOf(of, threads);
        Arrays.setAll(of, i -> i < have ? of[i] : unshared.scratch());
      }
    }
  }
}
