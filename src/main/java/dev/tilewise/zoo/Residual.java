package dev.tilewise.zoo;

import dev.tilewise.Activation;

/** Residual networks. */
final class Residual {

  private static final int CLASSES = 1000;

  /** Channels of a bottleneck's output for one of its middle. */
  private static final int EXPANSION = 4;

  private Residual() {}

  static <V> V basic(Sketch<V> s, V image, int... blocks) {
    V x = stem(s, image);
    for (int stage = 0; stage < blocks.length; stage++) {
      for (int block = 0; block < blocks[stage]; block++) {
        int k = 64 << stage;
        int stride = block == 0 && stage > 0 ? 2 : 1;
        String name = name(stage, block);
        V y = s.convNorm(name + "_branch2a", x, k, 3, Sketch.strided(stride, 1), Activation.RELU);
        y = s.convNorm(name + "_branch2b", y, k, 3, Sketch.padded(1));
        x = sum(s, name, shortcut(s, name, x, k, stride), y);
      }
    }
    return s.classes(s.means(x), CLASSES);
  }

  static <V> V bottleneck(Sketch<V> s, V image, int... blocks) {
    V x = stem(s, image);
    for (int stage = 0; stage < blocks.length; stage++) {
      for (int block = 0; block < blocks[stage]; block++) {
        int k = 64 << stage;
        int stride = block == 0 && stage > 0 ? 2 : 1;
        String name = name(stage, block);
        V y = s.convNorm(name + "_branch2a", x, k, 1, Sketch.unit(), Activation.RELU);
        y = s.convNorm(name + "_branch2b", y, k, 3, Sketch.strided(stride, 1), Activation.RELU);
        y = s.convNorm(name + "_branch2c", y, EXPANSION * k, 1, Sketch.unit());
        x = sum(s, name, shortcut(s, name, x, EXPANSION * k, stride), y);
      }
    }
    return s.classes(s.means(x), CLASSES);
  }

  private static <V> V stem(Sketch<V> s, V image) {
    V x = s.convNorm("conv1", image, 64, 7, Sketch.strided(2, 3), Activation.RELU);
    return s.layers().maxPool("pool1", x, 3, 2, 1, false);
  }

  /** res2a, res2b, ..., res3a, ... */
  private static String name(int stage, int block) {
    return "res" + (stage + 2) + (char) ('a' + block);
  }

  private static <V> V shortcut(Sketch<V> s, String name, V x, int k, int stride) {
    return s.depth(x) == k && stride == 1
        ? x
        : s.convNorm(name + "_branch1", x, k, 1, Sketch.strided(stride, 0));
  }

  private static <V> V sum(Sketch<V> s, String name, V shortcut, V y) {
    return s.relu(name + "/relu", s.layers().add(name, shortcut, y));
  }
}
