package dev.tilewise.jmh;

import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;

/** A library that convolves. */
interface Peer {

  /** What tables call it. */
  String name();

  /** Which release of it. */
  String version();

  /**
   * Prepares one convolution with bias and ReLU: whatever can be done once is done here.
   *
   * @param sample extents and data
   * @param arena owns the memory, and lives until the contender is closed
   * @return ready to run
   * @throws UnsupportedOperationException if the library has no such convolution; the message says
   *     why
   */
  Contender bind(Sample sample, Arena arena);
}
