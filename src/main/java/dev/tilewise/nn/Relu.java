package dev.tilewise.nn;

import dev.tilewise.Shape;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;

/** The rectified linear unit, {@code max(0, x)}; its gradient at 0 is 0. NaN passes both ways. */
public final class Relu extends Layer {

  Relu(LayerSpec spec, String name, Shape input) {
    super(spec, name, input, input);
  }

  @Override
  public long multiplyAdds() {
    return 0;
  }

  @Override
  public String description() {
    return "relu";
  }

  @Override
  long fanIn() {
    return 1;
  }

  @Override
  boolean fusesRelu() {
    return false;
  }

  @Override
  Value append(GraphBuilder to, Value x) {
    return to.relu(x);
  }

  @Override
  Step step(int batch, boolean rectified) {
    return new ReluStep();
  }
}
