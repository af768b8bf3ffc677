package dev.tilewise.zoo;

import dev.tilewise.Activation;
import dev.tilewise.graph.ConvSettings;

/** MobileNets: depthwise convolutions between 1x1 ones. */
final class Mobile {

  private static final int CLASSES = 1000;

  private Mobile() {}

  static <V> V v1(Sketch<V> s, V image) {
    V x = s.convNorm("conv1", image, 32, 3, Sketch.strided(2, 1), Activation.RELU);
    int[] filters = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
    for (int i = 0; i < filters.length; i++) {
      String name = "conv" + (i + 2);
      // Every widening but the first comes with a stride.
      int stride = i > 0 && filters[i] > filters[i - 1] ? 2 : 1;
      x = s.convNorm(name + "/dw", x, s.depth(x), 3, depthwise(s, x, stride), Activation.RELU);
      x = s.convNorm(name + "/sep", x, filters[i], 1, Sketch.unit(), Activation.RELU);
    }
    return s.classes(s.means(x), CLASSES);
  }

  static <V> V v2(Sketch<V> s, V image) {
    V x = s.convNorm("conv1", image, 32, 3, Sketch.strided(2, 1), Activation.RELU6);
    x = bottlenecks(s, "conv2", x, 1, 16, 1, 1);
    x = bottlenecks(s, "conv3", x, 6, 24, 2, 2);
    x = bottlenecks(s, "conv4", x, 6, 32, 3, 2);
    x = bottlenecks(s, "conv5", x, 6, 64, 4, 2);
    x = bottlenecks(s, "conv6", x, 6, 96, 3, 1);
    x = bottlenecks(s, "conv7", x, 6, 160, 3, 2);
    x = bottlenecks(s, "conv8", x, 6, 320, 1, 1);
    x = s.convNorm("conv9", x, 1280, 1, Sketch.unit(), Activation.RELU6);
    return s.classes(s.means(x), CLASSES);
  }

  private static <V> V bottlenecks(
      Sketch<V> s, String stage, V image, int expansion, int k, int count, int firstStride) {
    V x = image;
    for (int i = 1; i <= count; i++) {
      String name = stage + "_" + i;
      int stride = i == 1 ? firstStride : 1;
      int wide = expansion * s.depth(x);
      V y =
          expansion == 1
              ? x
              : s.convNorm(name + "/expand", x, wide, 1, Sketch.unit(), Activation.RELU6);
      y = s.convNorm(name + "/dw", y, wide, 3, depthwise(s, y, stride), Activation.RELU6);
      y = s.convNorm(name + "/linear", y, k, 1, Sketch.unit());
      x = stride == 1 && s.depth(x) == k ? s.layers().add(name, x, y) : y;
    }
    return x;
  }

  private static <V> ConvSettings depthwise(Sketch<V> s, V x, int stride) {
    return Sketch.strided(stride, 1).groups(s.depth(x));
  }
}
