package dev.tilewise.zoo;

import java.util.List;

/** SqueezeNet: modules that squeeze and expand. */
final class Fire {

  private Fire() {}

  static <V> V squeezenet(Sketch<V> s, V image) {
    Layers<V> to = s.layers();
    V x = s.convRelu("conv1", image, 64, 3, Sketch.strided(2, 0));
    x = to.maxPool("pool1", x, 3, 2, 0, true);
    x = module(s, "fire3", module(s, "fire2", x, 16, 64), 16, 64);
    x = to.maxPool("pool3", x, 3, 2, 0, true);
    x = module(s, "fire5", module(s, "fire4", x, 32, 128), 32, 128);
    x = to.maxPool("pool5", x, 3, 2, 0, true);
    x = module(s, "fire7", module(s, "fire6", x, 48, 192), 48, 192);
    x = module(s, "fire9", module(s, "fire8", x, 64, 256), 64, 256);
    x = s.convRelu("conv10", x, 1000, 1, Sketch.unit());
    return to.flatten(Zoo.SCORES, to.globalAverage("mean", x));
  }

  private static <V> V module(Sketch<V> s, String name, V x, int few, int many) {
    V squeezed = s.convRelu(name + "/squeeze1x1", x, few, 1, Sketch.unit());
    return s.concat(
        name + "/concat",
        List.of(
            s.convRelu(name + "/expand1x1", squeezed, many, 1, Sketch.unit()),
            s.convRelu(name + "/expand3x3", squeezed, many, 3, Sketch.padded(1))));
  }
}
