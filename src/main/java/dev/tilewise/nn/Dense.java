package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;

/**
 * A fully connected layer: a convolution whose filters are as large as the input. Its weights are
 * {@code [K, C, H, W]}, so that they are those of a matrix times the flattened planes. In memory
 * they have the order of the input's, which makes the layer a 1x1 convolution over H x W x C
 * channels.
 */
public final class Dense extends Layer {

  private final ConvCase flat;

  Dense(LayerSpec spec, String name, Shape input, int units) {
    super(
        spec,
        name,
        input,
        Shape.image(1, 1, units),
        new Parameter(name + ".weight", true, units, input.c(), input.h(), input.w()),
        new Parameter(name + ".bias", false, units));
    int inputs = Math.toIntExact(input.elements());
    flat = new ConvCase(1, inputs, 1, 1, units, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1);
  }

  @Override
  public long multiplyAdds() {
    return flat.macs();
  }

  @Override
  public String description() {
    return flat.k() + (flat.k() == 1 ? " unit" : " units");
  }

  @Override
  long fanIn() {
    return flat.c();
  }

  @Override
  boolean fusesRelu() {
    return true;
  }

  @Override
  Value append(GraphBuilder to, Value x) {
    Value weights = constant(to, parameters().get(0));
    Dims rows = Dims.of(flat.k(), flat.c());
    Value units =
        to.dense(to.flatten(x), to.reshape(weights, rows), constant(to, parameters().get(1)));
    return to.reshape(units, Dims.of(x.dims().get(0), flat.k(), 1, 1));
  }

  @Override
  Step step(int batch, boolean rectified) {
    return new ConvolutionStep(
        flat.withBatch(batch), parameters().get(0), parameters().get(1), rectified);
  }
}
