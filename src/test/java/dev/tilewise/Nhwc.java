package dev.tilewise;

/** Images as arrays, channels fastest: what laws do to inputs and outputs. */
record Nhwc(Shape shape, float[] values) {

  /** A pixel's place in another image; negative coordinates are outside. */
  interface Place {
    int at(int to);
  }

  float at(int n, int c, int y, int x) {
    return values[Math.toIntExact(Layout.NHWC.index(shape, n, c, y, x))];
  }

  /**
   * An image whose pixel (y, x) is this image's (row(y), column(x)), or zero where that is outside.
   */
  Nhwc map(int h, int w, Place row, Place column) {
    Shape to = new Shape(shape.n(), shape.c(), h, w);
    float[] mapped = new float[Math.toIntExact(to.elements())];
    int i = 0;
    for (int n = 0; n < to.n(); n++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int fromY = row.at(y);
          int fromX = column.at(x);
          boolean inside = fromY >= 0 && fromY < shape.h() && fromX >= 0 && fromX < shape.w();
          for (int c = 0; c < to.c(); c++) {
            mapped[i++] = inside ? at(n, c, fromY, fromX) : 0;
          }
        }
      }
    }
    return new Nhwc(to, mapped);
  }

  /** The image mirrored at its diagonal. */
  Nhwc transposed() {
    Shape to = new Shape(shape.n(), shape.c(), shape.w(), shape.h());
    float[] mirrored = new float[values.length];
    for (int i = 0; i < mirrored.length; i++) {
      int pixel = i / to.c();
      int row = pixel / to.w();
      mirrored[i] = at(row / to.h(), i % to.c(), pixel % to.w(), row % to.h());
    }
    return new Nhwc(to, mirrored);
  }

  /** Some of the channels. */
  Nhwc channels(int first, int count) {
    Shape to = new Shape(shape.n(), count, shape.h(), shape.w());
    float[] some = new float[Math.toIntExact(to.elements())];
    for (int i = 0; i < some.length; i++) {
      some[i] = values[i / count * shape.c() + first + i % count];
    }
    return new Nhwc(to, some);
  }

  /** One image of the batch. */
  Nhwc image(int n) {
    Shape to = shape.withBatch(1);
    int length = Math.toIntExact(to.elements());
    float[] one = new float[length];
    System.arraycopy(values, n * length, one, 0, length);
    return new Nhwc(to, one);
  }
}
