package dev.tilewise.zoo;

import java.util.List;

/** GoogLeNet: modules of four branches. */
final class Inception {

  private Inception() {}

  static <V> V googlenet(Sketch<V> s, V image) {
    Layers<V> to = s.layers();
    V x = s.convRelu("conv1/7x7_s2", image, 64, 7, Sketch.strided(2, 3));
    x = Chains.lrn(to, "pool1/norm1", to.maxPool("pool1/3x3_s2", x, 3, 2, 0, true));
    x = s.convRelu("conv2/3x3_reduce", x, 64, 1, Sketch.unit());
    x = s.convRelu("conv2/3x3", x, 192, 3, Sketch.padded(1));
    x = to.maxPool("pool2/3x3_s2", Chains.lrn(to, "conv2/norm2", x), 3, 2, 0, true);
    x = module(s, "3a", x, 64, 96, 128, 16, 32, 32);
    x = module(s, "3b", x, 128, 128, 192, 32, 96, 64);
    x = to.maxPool("pool3/3x3_s2", x, 3, 2, 0, true);
    x = module(s, "4a", x, 192, 96, 208, 16, 48, 64);
    x = module(s, "4b", x, 160, 112, 224, 24, 64, 64);
    x = module(s, "4c", x, 128, 128, 256, 24, 64, 64);
    x = module(s, "4d", x, 112, 144, 288, 32, 64, 64);
    x = module(s, "4e", x, 256, 160, 320, 32, 128, 128);
    x = to.maxPool("pool4/3x3_s2", x, 3, 2, 0, true);
    x = module(s, "5a", x, 256, 160, 320, 32, 128, 128);
    x = module(s, "5b", x, 384, 192, 384, 48, 128, 128);
    return s.classes(s.means(x), 1000);
  }

  private static <V> V module(
      Sketch<V> s, String name, V x, int one, int less, int three, int few, int five, int pooled) {
    String prefix = "inception_" + name + "/";
    V reduced = s.convRelu(prefix + "3x3_reduce", x, less, 1, Sketch.unit());
    V narrow = s.convRelu(prefix + "5x5_reduce", x, few, 1, Sketch.unit());
    V pool = s.layers().maxPool(prefix + "pool", x, 3, 1, 1, true);
    return s.concat(
        prefix + "output",
        List.of(
            s.convRelu(prefix + "1x1", x, one, 1, Sketch.unit()),
            s.convRelu(prefix + "3x3", reduced, three, 3, Sketch.padded(1)),
            s.convRelu(prefix + "5x5", narrow, five, 5, Sketch.padded(2)),
            s.convRelu(prefix + "pool_proj", pool, pooled, 1, Sketch.unit())));
  }
}
