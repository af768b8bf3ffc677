package dev.tilewise.nn;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import java.util.List;

/** The layers by their definitions, for one image, in double and NCHW order. */
final class PlainNetwork {

  private PlainNetwork() {}

  /**
   * Computes the outputs.
   *
   * @param layers in order
   * @param parameters the values of each layer's parameters
   * @param image in NCHW order
   */
  static double[] run(List<Layer> layers, double[][][] parameters, double[] image) {
    double[] x = image;
    for (int i = 0; i < layers.size(); i++) {
      x = run(layers.get(i), parameters[i], x);
    }
    return x;
  }

  private static double[] run(Layer layer, double[][] p, double[] x) {
    if (layer instanceof Convolution convolution) {
      return windows(convolution.extents(), p[0], p[1], x, false);
    }
    if (layer instanceof LocallyConnected local) {
      return windows(local.extents(), p[0], p[1], x, true);
    }
    if (layer instanceof Dense) {
      Shape in = layer.inputShape();
      int k = (int) layer.outputShape().elements();
      ConvCase whole =
          new ConvCase(1, in.c(), in.h(), in.w(), k, 1, in.h(), in.w(), 1, 1, 0, 0, 0, 0, 1, 1);
      return windows(whole, p[0], p[1], x, false);
    }
    if (layer instanceof Relu) {
      double[] y = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        y[i] = Math.max(0, x[i]);
      }
      return y;
    }
    return pool(layer, x);
  }

  private static double[] windows(
      ConvCase e, double[] w, double[] b, double[] x, boolean unshared) {
    int pixels = e.oh() * e.ow();
    int terms = e.groupC() * e.fh() * e.fw();
    double[] y = new double[e.k() * pixels];
    for (int i = 0; i < y.length; i++) {
      int k = i / pixels;
      int pixel = i % pixels;
      int filter = unshared ? pixel * e.k() + k : k;
      y[i] = b[unshared ? i : k];
      for (int term = 0; term < terms; term++) {
        int c = k / (e.k() / e.groups()) * e.groupC() + term / e.fw() / e.fh();
        int iy = pixel / e.ow() * e.sh() - e.pt() + term / e.fw() % e.fh() * e.dh();
        int ix = pixel % e.ow() * e.sw() - e.pl() + term % e.fw() * e.dw();
        if (iy >= 0 && iy < e.h() && ix >= 0 && ix < e.w()) {
          y[i] += x[(c * e.h() + iy) * e.w() + ix] * w[filter * terms + term];
        }
      }
    }
    return y;
  }

  private static double[] pool(Layer layer, double[] x) {
    Shape in = layer.inputShape();
    Shape out = layer.outputShape();
    LayerSpec spec = layer.spec();
    boolean global = spec.kind() == LayerSpec.Kind.GLOBAL_AVERAGE_POOL;
    boolean max = spec.kind() == LayerSpec.Kind.MAX_POOL;
    int fh = global ? in.h() : spec.numbers().get(0);
    int fw = global ? in.w() : spec.numbers().get(0);
    int s = global ? 1 : spec.numbers().get(1);
    int p = global ? 0 : spec.numbers().get(2);
    double[] y = new double[(int) out.elements()];
    for (int i = 0; i < y.length; i++) {
      int c = i / out.w() / out.h();
      double largest = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (int tap = 0; tap < fh * fw; tap++) {
        int iy = i / out.w() % out.h() * s - p + tap / fw;
        int ix = i % out.w() * s - p + tap % fw;
        if (iy >= 0 && iy < in.h() && ix >= 0 && ix < in.w()) {
          double value = x[(c * in.h() + iy) * in.w() + ix];
          largest = Math.max(largest, value);
          sum += value;
        }
      }
      y[i] = max ? largest : sum / (fh * fw);
    }
    return y;
  }
}
