package dev.tilewise.zoo;

import dev.tilewise.graph.ConvSettings;

/** Networks of one layer after another: LeNet, AlexNet, VGG. */
final class Chains {

  private static final int CLASSES = 1000;
  private static final int UNITS = 4096;

  private Chains() {}

  static <V> V lenet5(Sketch<V> s, V image) {
    Layers<V> to = s.layers();
    V x = to.maxPool("pool1", s.conv("conv1", image, 20, 5), 2, 2, 0, false);
    x = to.maxPool("pool2", s.conv("conv2", x, 50, 5), 2, 2, 0, false);
    return s.classes(s.denseRelu("ip1", s.flatten(x), 500), 10);
  }

  static <V> V alexnet(Sketch<V> s, V image) {
    Layers<V> to = s.layers();
    ConvSettings pairs = ConvSettings.UNIT.groups(2);
    V x = s.convRelu("conv1", image, 96, 11, Sketch.strided(4, 0));
    x = to.maxPool("pool1", lrn(to, "norm1", x), 3, 2, 0, false);
    x = s.convRelu("conv2", x, 256, 5, pairs.padding(2));
    x = to.maxPool("pool2", lrn(to, "norm2", x), 3, 2, 0, false);
    x = s.convRelu("conv3", x, 384, 3, Sketch.padded(1));
    x = s.convRelu("conv4", x, 384, 3, pairs.padding(1));
    x = s.convRelu("conv5", x, 256, 3, pairs.padding(1));
    x = s.flatten(to.maxPool("pool5", x, 3, 2, 0, false));
    x = s.denseRelu("fc6", x, UNITS);
    x = s.denseRelu("fc7", x, UNITS);
    return s.classes(x, CLASSES);
  }

  /** Caffe's numbers. */
  static <V> V lrn(Layers<V> to, String name, V x) {
    return to.lrn(name, x, 5, 1e-4f, 0.75f, 1);
  }

  /** Stages of 3x3 convolutions, each with so many, and three dense layers. */
  static <V> V vgg(Sketch<V> s, V image, int... convolutions) {
    V x = image;
    int k = 64;
    for (int stage = 1; stage <= convolutions.length; stage++) {
      for (int i = 1; i <= convolutions[stage - 1]; i++) {
        x = s.convRelu("conv" + stage + "_" + i, x, k, 3, Sketch.padded(1));
      }
      x = s.layers().maxPool("pool" + stage, x, 2, 2, 0, false);
      k = Math.min(2 * k, 512);
    }
    x = s.denseRelu("fc6", s.flatten(x), UNITS);
    x = s.denseRelu("fc7", x, UNITS);
    return s.classes(x, CLASSES);
  }
}
