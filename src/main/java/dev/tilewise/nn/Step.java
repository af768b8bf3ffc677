package dev.tilewise.nn;

import dev.tilewise.Tensor;
import dev.tilewise.Workers;

/** A layer bound to a batch size. All tensors are NHWC. */
interface Step {

  /**
   * Computes the outputs.
   *
   * @param x input
   * @param y output, overwritten
   * @param workers who computes
   */
  void forward(Tensor x, Tensor y, Workers workers);

  /**
   * Computes the gradients of the last forward pass; those of the parameters go to their memory.
   *
   * @param x input
   * @param y output
   * @param dy gradient of the output
   * @param dx gradient of the input, overwritten; null if it is not wanted
   * @param workers who computes
   */
  void backward(Tensor x, Tensor y, Tensor dy, Tensor dx, Workers workers);
}
