package dev.tilewise.nn;

import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The memory and the passes of training steps with one batch size. A step is {@link #forward}, then
 * whoever knows the loss fills {@link #gradient}, then {@link #backward} leaves the gradients in
 * the parameters. For one thread at a time.
 */
public final class Training {

  private final Pass pass;
  private final List<Tensor> gradients = new ArrayList<>();

  Training(Pass pass) {
    this.pass = pass;
    for (Pass.Stage stage : pass.stages()) {
      gradients.add(Pass.allocate(stage.output().shape()));
    }
  }

  /**
   * Computes the outputs of a batch with the present weights.
   *
   * @param images of the network's input shape and this batch size; not to be changed before {@link
   *     #backward}
   * @param workers who computes
   * @return the outputs, NHWC; the next forward pass overwrites them
   * @throws IllegalArgumentException if the images have another shape
   * @throws IllegalStateException if their arena is closed or belongs to another thread
   */
  public Tensor forward(Tensor images, Workers workers) {
    return pass.forward(images, workers);
  }

  /**
   * Where the gradient of the loss with respect to the outputs goes; {@link #backward} may change
   * it.
   *
   * @return a tensor of the outputs' shape, NHWC
   */
  public Tensor gradient() {
    return gradients.getLast();
  }

  /**
   * Computes the gradients of all parameters from {@link #gradient} and what the last forward pass
   * left.
   *
   * @param workers who computes
   * @throws IllegalStateException if there is no completed forward pass
   */
  public void backward(Workers workers) {
    Objects.requireNonNull(workers, "workers");
    if (pass.input() == null) {
      throw new IllegalStateException(
          "training: there is no forward pass to go back from; call forward first");
    }
    List<Pass.Stage> stages = pass.stages();
    for (int i = stages.size() - 1; i >= 0; i--) {
      Pass.Stage stage = stages.get(i);
      Tensor x = i == 0 ? pass.input() : stages.get(i - 1).output();
      Tensor dy = gradients.get(i);
      Tensor dx = i == 0 ? null : gradients.get(i - 1);
      if (stage.rectified()) {
        ReluStep.mask(stage.output(), dy, dy, workers);
      }
      stage.step().backward(x, stage.output(), dy, dx, workers);
    }
  }
}
