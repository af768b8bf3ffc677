package dev.tilewise.format;

/** What the elements of a stored tensor are, named as in the file. */
public enum Dtype {
  /** IEEE double. */
  F64(8, true),
  /** IEEE single: what Tilewise computes in. */
  F32(4, true),
  /** IEEE half: 5 bits of exponent, 10 of fraction. */
  F16(2, true),
  /** The upper half of a single: 8 bits of exponent, 7 of fraction. */
  BF16(2, true),
  /** Signed, 64 bits. */
  I64(8, false),
  /** Signed, 32 bits. */
  I32(4, false),
  /** Signed, 16 bits. */
  I16(2, false),
  /** Signed, 8 bits. */
  I8(1, false),
  /** Unsigned, 8 bits. */
  U8(1, false),
  /** A byte, 0 or 1. */
  BOOL(1, false);

  private final int bytes;
  private final boolean floating;

  Dtype(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  /**
   * The size of one element.
   *
   * @return bytes
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether elements are floating-point numbers, which {@link StoredTensor#floats} can give.
   *
   * @return true for F64, F32, F16 and BF16
   */
  public boolean isFloating() {
    return floating;
  }
}
