package dev.tilewise;

/** The order of a tensor's four extents in memory, slowest first. */
public enum Layout {
  /** Planes: all values of one channel are contiguous. */
  NCHW,
  /** Depth columns: the C values at one pixel are contiguous. What the kernels work on. */
  NHWC
}
