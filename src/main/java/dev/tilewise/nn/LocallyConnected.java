package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;

/**
 * A locally connected layer: every output pixel has filters of its own, so that nothing is shared
 * between positions.
 *
 * <pre>{@code
 * y[n, k, oy, ox] = b[k, oy, ox] + sum over c, fy, fx of
 *     x[n, c, oy*SH + fy*DH - PT, ox*SW + fx*DW - PL] * w[oy, ox, k, c, fy, fx]
 * }</pre>
 */
public final class LocallyConnected extends Layer {

  private final ConvCase extents;

  LocallyConnected(LayerSpec spec, String name, ConvCase extents) {
    super(
        spec,
        name,
        extents.input(),
        extents.output(),
        new Parameter(
            name + ".weight",
            false,
            extents.oh(),
            extents.ow(),
            extents.k(),
            extents.c(),
            extents.fh(),
            extents.fw()),
        new Parameter(name + ".bias", false, extents.k(), extents.oh(), extents.ow()));
    if (extents.groups() != 1) {
      throw new IllegalArgumentException(
          "locally connected: one group only, not " + extents.groups());
    }
    this.extents = extents;
  }

  /**
   * The extents of the convolution that has the same connections, for one image.
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
    return LayerSpec.describe(extents) + " at each pixel";
  }

  @Override
  long fanIn() {
    return (long) extents.c() * extents.fh() * extents.fw();
  }

  @Override
  boolean fusesRelu() {
    return false;
  }

  @Override
  Value append(GraphBuilder to, Value x) {
    return to.local(
        x, constant(to, parameters().get(0)), constant(to, parameters().get(1)), settings(extents));
  }

  @Override
  Step step(int batch, boolean rectified) {
    return new LocallyConnectedStep(
        extents.withBatch(batch), parameters().get(0), parameters().get(1));
  }
}
