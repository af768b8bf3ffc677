package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;

/** A convolution: K filters, each shared by all positions, with biases. */
public final class Convolution extends Layer {

  private final ConvCase extents;

  Convolution(LayerSpec spec, String name, ConvCase extents) {
    super(
        spec,
        name,
        extents.input(),
        extents.output(),
        new Parameter(
            name + ".weight", false, extents.k(), extents.groupC(), extents.fh(), extents.fw()),
        new Parameter(name + ".bias", false, extents.k()));
    this.extents = extents;
  }

  /**
   * The extents for one image.
   *
   * @return the case
   */
  public ConvCase extents() {
    return extents;
  }

  @Override
  public long multiplyAdds() {
    return extents.macs();
  }

  @Override
  public String description() {
    return LayerSpec.describe(extents);
  }

  @Override
  long fanIn() {
    return (long) extents.groupC() * extents.fh() * extents.fw();
  }

  @Override
  boolean fusesRelu() {
    return true;
  }

  @Override
  Value append(GraphBuilder to, Value x) {
    return to.conv(
        x, constant(to, parameters().get(0)), constant(to, parameters().get(1)), settings(extents));
  }

  @Override
  Step step(int batch, boolean rectified) {
    return new ConvolutionStep(
        extents.withBatch(batch), parameters().get(0), parameters().get(1), rectified);
  }
}
