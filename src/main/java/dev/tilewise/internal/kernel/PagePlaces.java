package dev.tilewise.internal.kernel;

/**
 * Where large tensors start in a page. A load waits for an earlier store whose address is the same
 * in its low 12 bits, and pixels of powers of two of channels lie a page, a half or a quarter
 * apart: where input and output start at the same place, depthwise convolutions run at half their
 * speed (docs/decisions/0009-depthwise.md and 0022-few-filters-and-far-pixels.md). So one tensor
 * starts at another place than the next.
 */
public final class PagePlaces {

  private static final long PAGE = 4096;

  /** Multiples of 832 up to the fourth lie at least 384 bytes apart, modulo half a page. */
  private static final long STEP = 832;

  private static final int PLACES = 5;

  /** Smaller tensors start anywhere. */
  private static final long LARGE = 1 << 16;

  private PagePlaces() {}

  /** Bytes that a tensor of so many may start later than memory for it does. */
  public static long room(long bytes) {
    return bytes < LARGE ? 0 : PAGE;
  }

  /**
   * The first place that is a tensor's own.
   *
   * @param at where it may start: an address or an offset, a multiple of a cache line
   * @param bytes of the tensor
   * @param number counts the tensors
   * @return at least {@code at}, less than a page later
   */
  public static long from(long at, long bytes, int number) {
    long place = Math.floorMod(number, PLACES) * STEP;
    return bytes < LARGE ? at : at + Math.floorMod(place - at, PAGE);
  }
}
