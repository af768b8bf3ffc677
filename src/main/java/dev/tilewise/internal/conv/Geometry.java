package dev.tilewise.internal.conv;

/**
 * The extents of one convolution, flattened: what every loop nest under {@code internal} is given.
 * The numbers have been validated at the public edge.
 *
 * <p>Each output is a sum over taps and channels. Its terms are numbered {@code i = (fy * FW + fx)
 * * groupC + c}, cut into blocks of {@link #blockLength} terms; see docs/numerics.md.
 *
 * @param n images
 * @param c input channels
 * @param h input height
 * @param w input width
 * @param k filters
 * @param groups groups
 * @param fh filter height
 * @param fw filter width
 * @param sh stride down
 * @param sw stride across
 * @param pt padding on top
 * @param pl padding on the left
 * @param pb padding at the bottom
 * @param pr padding on the right
 * @param dh dilation down
 * @param dw dilation across
 */
public record Geometry(
    int n,
    int c,
    int h,
    int w,
    int k,
    int groups,
    int fh,
    int fw,
    int sh,
    int sw,
    int pt,
    int pl,
    int pb,
    int pr,
    int dh,
    int dw) {

  /**
   * The longest chain of multiply-adds. Long chains lose accuracy, short ones lose speed: 1024
   * holds 3x3x64 and 1x1x1024 in one block and one row of 3x256 in one
   * (docs/decisions/0003-sum-blocks.md).
   */
  public static final int MAX_BLOCK = 1024;

  /**
   * Blocks are whole vectors of the widest kind, so that stacks of any width can begin with one.
   */
  private static final int BLOCK_UNIT = 16;

  /** Output height. */
  public int oh() {
    return outputs(h, pt, pb, fh, dh, sh);
  }

  /** Output width. */
  public int ow() {
    return outputs(w, pl, pr, fw, dw, sw);
  }

  private static int outputs(int size, int before, int after, int f, int d, int s) {
    return (int) (((long) size + before + after - ((long) d * (f - 1) + 1)) / s + 1);
  }

  /** Input channels of one group. */
  public int groupC() {
    return c / groups;
  }

  /** Filters of one group. */
  public int groupK() {
    return k / groups;
  }

  /** Terms of one output's sum, those in the padding included. */
  public int sumLength() {
    return fh * fw * groupC();
  }

  /** Number of blocks the sum is cut into. */
  public int blocks() {
    return (sumLength() + MAX_BLOCK - 1) / MAX_BLOCK;
  }

  /**
   * Terms of every block but the last, which may be shorter: the blocks are as equal as multiples
   * of 16 can be.
   */
  public int blockLength() {
    if (blocks() == 1) {
      return sumLength();
    }
    int even = (sumLength() + blocks() - 1) / blocks();
    return (even + BLOCK_UNIT - 1) / BLOCK_UNIT * BLOCK_UNIT;
  }

  /** First filter row that meets the input at output row oy; those before it lie in the padding. */
  public int firstTapY(int oy) {
    return firstTap((long) oy * sh - pt, dh, fh);
  }

  /**
   * One past the last filter row that meets the input at output row oy, at least {@link
   * #firstTapY}.
   */
  public int endTapY(int oy) {
    return Math.max(firstTapY(oy), endTap((long) oy * sh - pt, dh, fh, h));
  }

  /** First filter column that meets the input at output column ox. */
  public int firstTapX(int ox) {
    return firstTap((long) ox * sw - pl, dw, fw);
  }

  /** One past the last filter column that meets the input at output column ox. */
  public int endTapX(int ox) {
    return Math.max(firstTapX(ox), endTap((long) ox * sw - pl, dw, fw, w));
  }

  private static int firstTap(long origin, int d, int f) {
    return origin >= 0 ? 0 : (int) Math.min(f, (-origin + d - 1) / d);
  }

  private static int endTap(long origin, int d, int f, int size) {
    long room = size - origin;
    return room <= 0 ? 0 : (int) Math.min(f, (room + d - 1) / d);
  }

  /** Multiply-adds of the unpadded definition: every tap counts, also those in the padding. */
  public long macs() {
    return (long) n * oh() * ow() * k * sumLength();
  }
}
