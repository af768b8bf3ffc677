package dev.tilewise.train;

import dev.tilewise.Workers;
import dev.tilewise.nn.Parameter;
import java.util.List;

/**
 * Changes parameters along their gradients. An optimizer keeps state for the parameters it has
 * seen.
 */
public sealed interface Optimizer permits Sgd {

  /**
   * One step: changes every parameter by its gradient.
   *
   * @param parameters with the gradients of a backward pass
   * @param workers who computes
   */
  void step(List<Parameter> parameters, Workers workers);

  /**
   * The present learning rate.
   *
   * @return the rate
   */
  float learningRate();

  /**
   * Changes the learning rate of the steps to come.
   *
   * @param rate not negative
   * @throws IllegalArgumentException if the rate is negative, infinite or NaN
   */
  void learningRate(float rate);
}
