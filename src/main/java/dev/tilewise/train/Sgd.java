package dev.tilewise.train;

import dev.tilewise.Workers;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Momentum;
import dev.tilewise.nn.Parameter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Stochastic gradient descent with momentum and weight decay, as in PyTorch; v starts as 0:
 *
 * <pre>{@code
 * v = momentum * v + (g + weightDecay * w)
 * w = w - learningRate * v
 * }</pre>
 */
public final class Sgd implements Optimizer {

  /** Floats of one unit of work. */
  private static final int UNIT = 1 << 14;

  private final float momentum;
  private final float weightDecay;
  private final Map<Parameter, MemorySegment> velocities = new HashMap<>();
  private float learningRate;

  private Sgd(float learningRate, float momentum, float weightDecay) {
    this.momentum = momentum;
    this.weightDecay = weightDecay;
    learningRate(learningRate);
  }

  /**
   * Plain gradient descent.
   *
   * @param learningRate not negative
   * @return an optimizer without momentum and weight decay
   * @throws IllegalArgumentException if the rate is negative, infinite or NaN
   */
  public static Sgd of(float learningRate) {
    return new Sgd(learningRate, 0, 0);
  }

  /**
   * Gradient descent with momentum.
   *
   * @param learningRate not negative
   * @param momentum how much of the velocity stays, in 0 .. 1
   * @return an optimizer without weight decay
   * @throws IllegalArgumentException if a number is outside its range
   */
  public static Sgd momentum(float learningRate, float momentum) {
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new IllegalArgumentException("sgd: momentum 0 to 1, not " + momentum);
    }
    return new Sgd(learningRate, momentum, 0);
  }

  /**
   * Adds weight decay.
   *
   * @param decay not negative
   * @return a new optimizer, which has seen no parameters
   * @throws IllegalArgumentException if the decay is negative, infinite or NaN
   */
  public Sgd weightDecay(float decay) {
    if (!(decay >= 0 && decay < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "sgd: weight decay must be finite and not negative, not " + decay);
    }
    return new Sgd(learningRate, momentum, decay);
  }

  @Override
  public float learningRate() {
    return learningRate;
  }

  @Override
  public void learningRate(float rate) {
    if (!(rate >= 0 && rate < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "sgd: learning rate must be finite and not negative, not " + rate);
    }
    learningRate = rate;
  }

  @Override
  public void step(List<Parameter> parameters, Workers workers) {
    Objects.requireNonNull(parameters, "parameters");
    Objects.requireNonNull(workers, "workers");
    for (Parameter parameter : parameters) {
      MemorySegment w = parameter.memory();
      MemorySegment g = parameter.gradient();
      MemorySegment v =
          velocities.computeIfAbsent(
              parameter, p -> Memory.allocate(Arena.ofAuto(), p.size() * Float.BYTES));
      long size = parameter.size();
      int units = Math.toIntExact((size + UNIT - 1) / UNIT);
      workers.run(
          units,
          (unit, slot) -> {
            long first = (long) unit * UNIT;
            int count = (int) Math.min(UNIT, size - first);
            Momentum.step(w, g, v, first * Float.BYTES, count, learningRate, momentum, weightDecay);
          });
      parameter.changed();
    }
  }

  /** The rule, such as {@code sgd rate 0.01 momentum 0.9}. */
  @Override
  public String toString() {
    return "sgd rate "
        + learningRate
        + (momentum > 0 ? " momentum " + momentum : "")
        + (weightDecay > 0 ? " weight decay " + weightDecay : "");
  }
}
