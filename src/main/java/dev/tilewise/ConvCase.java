package dev.tilewise;

import dev.tilewise.internal.conv.Geometry;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * All the extents of one convolution, and its name: the string {@code n1c256h56w56 k256f3s1p1}, the
 * same in tests, benchmarks and error messages. Optional are {@code g} (groups), {@code d}
 * (dilation), {@code s} (stride, 1) and {@code p} (padding, 0); rectangular values are written with
 * an x: {@code f1x7}, {@code s2x1}, {@code p1x3} (top and bottom, left and right) or {@code
 * p1x0x1x0} (top, left, bottom, right).
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
 * @param dh dilation down, 1 for a dense filter
 * @param dw dilation across
 */
public record ConvCase(
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
   * Checks that the numbers make a convolution.
   *
   * @throws IllegalArgumentException if an extent is not positive, the groups do not divide the
   *     channels and filters, the filter is larger than the padded input, or a size does not fit
   */
  public ConvCase {
    requirePositive("number of images", n);
    requirePositive("number of channels", c);
    requirePositive("input's height and width", h, w);
    requirePositive("number of filters", k);
    requirePositive("filter's height and width", fh, fw);
    requirePositive("number of groups", groups);
    requirePositive("stride", sh, sw);
    requirePositive("dilation", dh, dw);
    if (pt < 0 || pl < 0 || pb < 0 || pr < 0) {
      throw new IllegalArgumentException(
          "conv2d: padding must not be negative, not " + pt + "x" + pl + "x" + pb + "x" + pr);
    }
    if (c % groups != 0 || k % groups != 0) {
      throw new IllegalArgumentException(
          "conv2d: "
              + groups
              + " groups do not divide "
              + c
              + " channels and "
              + k
              + " filters; both must be multiples of the number of groups");
    }
    requireFit("height", h, pt, pb, fh, dh, sh);
    requireFit("width", w, pl, pr, fw, dw, sw);
    if (Math.multiplyHigh((long) fh * fw, c / groups) != 0
        || (long) fh * fw * (c / groups) > Integer.MAX_VALUE / 2) {
      throw new IllegalArgumentException(
          "conv2d: a filter of "
              + c / groups
              + "x"
              + fh
              + "x"
              + fw
              + " has more than 2^30 weights");
    }
    new Shape(n, c, h, w);
    new Shape(k, c / groups, fh, fw);
    Geometry g = new Geometry(n, c, h, w, k, groups, fh, fw, sh, sw, pt, pl, pb, pr, dh, dw);
    new Shape(n, k, g.oh(), g.ow());
  }

  private static void requirePositive(String what, int... values) {
    int[] distinct = Arrays.stream(values).distinct().toArray();
    if (Arrays.stream(distinct).anyMatch(value -> value <= 0)) {
      throw new IllegalArgumentException(
          "conv2d: the "
              + what
              + " must be positive, not "
              + Arrays.stream(distinct)
                  .mapToObj(Integer::toString)
                  .collect(Collectors.joining("x")));
    }
  }

  private static void requireFit(
      String side, int size, int before, int after, int f, int d, int s) {
    long padded = (long) size + before + after;
    long extent = (long) d * (f - 1) + 1;
    if (padded < extent) {
      throw new IllegalArgumentException(
          "conv2d: filter "
              + side
              + " "
              + extent
              + (d > 1 ? " (" + f + " with dilation " + d + ")" : "")
              + " is larger than the padded input's "
              + padded
              + " ("
              + size
              + "+"
              + before
              + "+"
              + after
              + ")");
    }
    if ((padded - extent) / s + 1 > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "conv2d: padding "
              + before
              + " and "
              + after
              + " makes the output "
              + side
              + " too large");
    }
  }

  /**
   * Reads a case string.
   *
   * @param text such as {@code n1c256h56w56 k256f3s1p1}
   * @return the case
   * @throws IllegalArgumentException if the string is not a case or its numbers do not make a
   *     convolution
   */
  public static ConvCase parse(String text) {
    Letters letters = new Letters("case", text, "n1c256h56w56 k256f3s1p1");
    for (String word : text.strip().toLowerCase(Locale.ROOT).split("\\s+")) {
      letters.read(word, "nchwkgfspd");
    }
    letters.require("fchwk");
    int[] f = letters.values('f', null, 2);
    int[] s = letters.values('s', "1", 2);
    int[] d = letters.values('d', "1", 2);
    int[] p = letters.values('p', "0", 4);
    return new ConvCase(
        letters.values('n', "1", 1)[0],
        letters.values('c', null, 1)[0],
        letters.values('h', null, 1)[0],
        letters.values('w', null, 1)[0],
        letters.values('k', null, 1)[0],
        letters.values('g', "1", 1)[0],
        f[0],
        f[1],
        s[0],
        s[1],
        p[0],
        p[1],
        p[2],
        p[3],
        d[0],
        d[1]);
  }

  /**
   * The input's shape.
   *
   * @return n, c, h, w
   */
  public Shape input() {
    return new Shape(n, c, h, w);
  }

  /**
   * The output's shape, {@code floor((W - F + 2P) / S) + 1} across and down.
   *
   * @return n, k, oh, ow
   */
  public Shape output() {
    return new Shape(n, k, oh(), ow());
  }

  /**
   * Output height H2.
   *
   * @return {@code floor((H - F + PT + PB) / S) + 1}, F counted with dilation
   */
  public int oh() {
    return geometry().oh();
  }

  /**
   * Output width W2.
   *
   * @return {@code floor((W - F + PL + PR) / S) + 1}, F counted with dilation
   */
  public int ow() {
    return geometry().ow();
  }

  /**
   * Multiply-adds of direct convolution over the unpadded output; taps in the padding count.
   *
   * @return n * oh * ow * k * fh * fw * c / groups; the largest {@code long} if it does not fit
   */
  public long macs() {
    long outputs = output().elements();
    int terms = geometry().sumLength();
    return outputs > Long.MAX_VALUE / terms ? Long.MAX_VALUE : outputs * terms;
  }

  /**
   * Channels of one group.
   *
   * @return c / groups
   */
  public int groupC() {
    return c / groups;
  }

  /**
   * The same convolution for a batch of another size.
   *
   * @param images batch size
   * @return the case
   */
  public ConvCase withBatch(int images) {
    return new ConvCase(images, c, h, w, k, groups, fh, fw, sh, sw, pt, pl, pb, pr, dh, dw);
  }

  Geometry geometry() {
    return new Geometry(n, c, h, w, k, groups, fh, fw, sh, sw, pt, pl, pb, pr, dh, dw);
  }

  /** The case string. What has its usual value is left out. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(input()).append(" k").append(k);
    if (groups > 1) {
      text.append('g').append(groups);
    }
    text.append('f').append(pair(fh, fw));
    boolean padded = (pt | pl | pb | pr) != 0;
    if (padded || sh != 1 || sw != 1) {
      text.append('s').append(pair(sh, sw));
    }
    if (padded) {
      text.append('p');
      if (pt == pb && pl == pr) {
        text.append(pair(pt, pl));
      } else {
        text.append(pt).append('x').append(pl).append('x').append(pb).append('x').append(pr);
      }
    }
    if (dh != 1 || dw != 1) {
      text.append('d').append(pair(dh, dw));
    }
    return text.toString();
  }

  private static String pair(int vertical, int horizontal) {
    return vertical == horizontal ? "" + vertical : vertical + "x" + horizontal;
  }
}
