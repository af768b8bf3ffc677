package dev.tilewise.jmh;

import dev.tilewise.Tensor;

/** One library's convolution of one layer, ready to run. */
interface Contender extends AutoCloseable {

  /** Enough for code that is compiled already; the caches and the calls from Java settle. */
  double WARM_UP_SECONDS = 0.1;

  /** Convolves once; this alone is timed. */
  void run();

  /** What the last run computed, in either layout. */
  Tensor output();

  /** Which algorithm or code computes, as far as the library tells. */
  String how();

  /** How long it runs before it is timed, at least. */
  double warmUpSeconds();

  @Override
  void close();
}
