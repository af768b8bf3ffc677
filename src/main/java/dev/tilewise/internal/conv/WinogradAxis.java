package dev.tilewise.internal.conv;

import dev.tilewise.internal.winograd.Codelet;

/**
 * One dimension of a Winograd convolution: how outputs, taps and inputs of a convolution with a
 * stride or a dilation are those of one without.
 *
 * <p>A stride of s cuts input and taps into s phases, which become channels: phase p has the taps
 * p, p + s, ... A dilation of d cuts input and outputs into d lattices, each a convolution of its
 * own: lattice l has the outputs l, l + d, ... Positions count along a phase of a lattice: input
 * {@code position * step} from its first. (Both at once do not come here.)
 *
 * @param codelet F(m, r) with r = taps of a phase
 * @param taps taps of the filter
 * @param stride stride, 1 with a dilation
 * @param dilation dilation, 1 with a stride
 * @param before padding before the input
 * @param size inputs
 * @param first the first output, 0 with a dilation
 * @param outputs outputs from it on
 */
record WinogradAxis(
    Codelet codelet,
    int taps,
    int stride,
    int dilation,
    int before,
    int size,
    int first,
    int outputs) {

  int m() {
    return codelet.m();
  }

  int alpha() {
    return codelet.alpha();
  }

  /** Phases that have taps. */
  int phases() {
    return Math.min(stride, taps);
  }

  /** Phases that have as many taps as the first: they come first. */
  int fullPhases() {
    return taps - stride * (codelet.r() - 1);
  }

  int lattices() {
    return Math.min(dilation, outputs);
  }

  private int latticeOutputs(int lattice) {
    return (int) (((long) outputs - lattice + dilation - 1) / dilation);
  }

  /** Tiles of a lattice, as many as the first one has. */
  int tiles() {
    return (latticeOutputs(0) + m() - 1) / m();
  }

  /** Outputs of a tile, none if the lattice has ended. */
  int outputsOf(int lattice, int tile) {
    return (int) Math.max(0, Math.min(m(), latticeOutputs(lattice) - (long) tile * m()));
  }

  /** The first output of a tile; the next is {@link #dilation} away. */
  int firstOutput(int lattice, int tile) {
    return first + lattice + dilation * tile * m();
  }

  /** Inputs from position to position. */
  int step() {
    return stride * dilation;
  }

  /** The input at the first position of a tile; in the padding if it is not in [0, size). */
  long firstInput(int lattice, int tile, int phase) {
    return (long) lattice * stride + ((long) first + (long) tile * m()) * step() + phase - before;
  }

  /** The first position that lies on or after an input, counted from the input {@code first}. */
  int positionAt(long input, long first, int positions) {
    long position = input <= first ? 0 : (input - first + step() - 1) / step();
    return (int) Math.min(positions, position);
  }

  /** Positions under so many tiles. */
  int positions(int tileCount) {
    return tileCount * m() + codelet.r() - 1;
  }
}
