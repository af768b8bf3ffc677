package dev.tilewise.zoo;

import java.util.List;

/** The network that narrows and widens again, with a way across at each size. */
final class UNet {

  private static final int SIZES = 5;
  private static final int CLASSES = 2;

  private UNet() {}

  static <V> V describe(Sketch<V> s, V image) {
    return s.conv(Zoo.SCORES, around(s, image, 1), CLASSES, 1);
  }

  /** Two convolutions, what lies below at half the size, and two convolutions of both. */
  private static <V> V around(Sketch<V> s, V image, int size) {
    int k = 64 << (size - 1);
    V across = twice(s, "enc" + size, image, k);
    if (size == SIZES) {
      return across;
    }
    V below = around(s, s.layers().maxPool("pool" + size, across, 2, 2, 0, false), size + 1);
    String name = "dec" + (SIZES - size);
    V up = s.twice(name + "_up", below, k);
    V cut = s.layers().crop(name + "_crop", across, s.height(up), s.width(up));
    return twice(s, name, s.concat(name + "_concat", List.of(cut, up)), k);
  }

  private static <V> V twice(Sketch<V> s, String name, V x, int k) {
    V once = s.convRelu(name + "_conv1", x, k, 3, Sketch.unit());
    return s.convRelu(name + "_conv2", once, k, 3, Sketch.unit());
  }
}
