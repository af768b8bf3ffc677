package dev.tilewise.train;

import dev.tilewise.Shape;

/** Labelled images to train and test with. */
public interface Examples {

  /**
   * How many there are.
   *
   * @return the number of examples
   */
  int size();

  /**
   * The extents of one image.
   *
   * @return a shape with a batch of one
   */
  Shape shape();

  /**
   * The class of one example.
   *
   * @param i which example, from 0
   * @return its class, from 0
   */
  int label(int i);

  /**
   * The pixels of one example.
   *
   * @param i which example, from 0
   * @param to receives h * w * c floats in NHWC order
   * @param offset where the first one goes
   */
  void pixels(int i, float[] to, int offset);
}
