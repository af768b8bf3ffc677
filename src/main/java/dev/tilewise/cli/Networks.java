package dev.tilewise.cli;

import dev.tilewise.Shape;
import dev.tilewise.nn.Network;
import java.util.List;

/** The network that is trained unless another one is loaded. */
final class Networks {

  private Networks() {}

  /** Two convolutions with pooling and two dense layers, after LeNet. */
  static Network small(Shape image, List<String> classes, long seed) {
    if (image.h() < 16 || image.w() < 16) {
      throw new IllegalArgumentException(
          "the small network needs images of at least 16x16, not " + image.w() + "x" + image.h());
    }
    return Network.sequential(image.withBatch(1))
        .conv(16, 5, 1, 2)
        .relu()
        .maxPool(2)
        .conv(32, 5, 1, 2)
        .relu()
        .maxPool(2)
        .dense(128)
        .relu()
        .dense(classes.size())
        .classNames(classes)
        .build(seed);
  }
}
