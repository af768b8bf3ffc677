package dev.tilewise.nn;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A network bound to a batch size, with memory for the outputs of every stage. */
final class Pass {

  /**
   * A layer, and the rectified linear unit behind it if it is computed with it.
   *
   * @param step what computes
   * @param rectified whether it rectifies
   * @param output where its outputs go
   */
  record Stage(Step step, boolean rectified, Tensor output) {}

  private final Shape inputShape;
  private final Tensor copy;
  private final List<Stage> stages = new ArrayList<>();
  private Tensor input;

  /**
   * Binds layers.
   *
   * @param layers in order
   * @param batch images
   * @param fuse whether to compute rectified linear units with the layers before them
   */
  Pass(List<Layer> layers, int batch, boolean fuse) {
    inputShape = layers.getFirst().inputShape().withBatch(batch);
    copy = allocate(inputShape);
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      boolean relu = i + 1 < layers.size() && layers.get(i + 1) instanceof Relu;
      boolean rectified = fuse && relu && layer.fusesRelu();
      Tensor output = allocate(layer.outputShape().withBatch(batch));
      stages.add(new Stage(layer.step(batch, rectified), rectified, output));
      i += rectified ? 1 : 0;
    }
  }

  static Tensor allocate(Shape shape) {
    return Tensor.allocate(Arena.ofAuto(), shape, Layout.NHWC);
  }

  /** The outputs of every stage after a forward pass. */
  List<Stage> stages() {
    return stages;
  }

  /** What the last forward pass read; null if there is none that was completed. */
  Tensor input() {
    return input;
  }

  /** The outputs of the last stage. */
  Tensor output() {
    return stages.getLast().output;
  }

  /**
   * Throws unless a tensor has a shape and this thread may read it.
   *
   * @param x images
   * @param shape what they must have
   */
  static void require(Tensor x, Shape shape) {
    Objects.requireNonNull(x, "images");
    if (!x.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "network: input is " + x.shape() + " but the network takes " + shape);
    }
    Memory.requireAccess("network", "input", x, x.segment());
  }

  /**
   * Computes all stages.
   *
   * @param x images in any layout and memory
   * @param workers who computes
   * @return {@link #output}
   */
  Tensor forward(Tensor x, Workers workers) {
    require(x, inputShape);
    Objects.requireNonNull(workers, "workers");
    // Until the pass is complete there is none to go back from.
    input = null;
    boolean inPlace = x.layout() == Layout.NHWC && Memory.isKernelMemory(x.segment());
    Tensor read = inPlace ? x : copy.copyFrom(x);
    Tensor from = read;
    for (Stage stage : stages) {
      stage.step.forward(from, stage.output, workers);
      from = stage.output;
    }
    input = read;
    return from;
  }
}
