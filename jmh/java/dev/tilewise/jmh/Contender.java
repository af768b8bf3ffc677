package dev.tilewise.jmh;

import dev.tilewise.Tensor;

/** One library's convolution of one layer, ready to run. */
interface Contender extends AutoCloseable {

  /** Convolves once; this alone is timed. */
  void run();

  /** What the last run computed, in either layout. */
  Tensor output();

  /** Which algorithm or code computes, as far as the library tells. */
  String how();

  @Override
  void close();
}
