package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Element by element over operands that lie at strides of their own: copies, functions of one and
 * of two operands. The last operand is the one written. Axes are put into its order, and merged
 * where every operand has them side by side, so that the innermost loop is long.
 *
 * <p>Immutable; allocates nothing when it runs.
 */
public final class Strided {

  /** A function of one float. */
  public interface Mapping {
    /**
     * The function.
     *
     * @param x argument
     * @return its value
     */
    float apply(float x);
  }

  /** A function of two floats. */
  public interface Pairing {
    /**
     * The function.
     *
     * @param a first argument
     * @param b second argument
     * @return its value
     */
    float apply(float a, float b);
  }

  /** The sum, which {@link #combine} knows a faster way for. */
  public static final Pairing ADD = Float::sum;

  /** The product, which {@link #combine} knows a faster way for. */
  public static final Pairing MULTIPLY = (a, b) -> a * b;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** From here on a bulk copy beats a loop. */
  private static final int BULK = 16;

  private final int[] extents;
  // Bytes, of each operand along each axis.
  private final long[][] steps;
  private final int last;

  /**
   * A loop.
   *
   * @param extents of the axes, at least 1
   * @param strides of each operand along each axis, in floats; the last operand is written
   */
  public Strided(int[] extents, long[]... strides) {
    int written = strides.length - 1;
    Integer[] order = new Integer[extents.length];
    Arrays.setAll(order, axis -> axis);
    Arrays.sort(
        order,
        Comparator.comparingLong((Integer axis) -> Math.abs(strides[written][axis])).reversed());
    int[] merged = new int[extents.length + 1];
    long[][] bytes = new long[strides.length][extents.length + 1];
    int count = 0;
    for (int axis : order) {
      if (extents[axis] == 1) {
        continue;
      }
      if (count > 0 && continues(bytes, count - 1, strides, axis, extents[axis])) {
        merged[count - 1] *= extents[axis];
        count--;
      } else {
        merged[count] = extents[axis];
      }
      for (int operand = 0; operand < strides.length; operand++) {
        bytes[operand][count] = strides[operand][axis] * Float.BYTES;
      }
      count++;
    }
    if (count == 0) {
      merged[count++] = 1;
    }
    this.extents = Arrays.copyOf(merged, count);
    steps = new long[strides.length][];
    for (int operand = 0; operand < strides.length; operand++) {
      steps[operand] = Arrays.copyOf(bytes[operand], count);
    }
    last = count - 1;
  }

  /** Whether an axis goes on where the one before it leaves off, for all operands. */
  private static boolean continues(
      long[][] bytes, int before, long[][] strides, int axis, int extent) {
    for (int operand = 0; operand < strides.length; operand++) {
      if (bytes[operand][before] != strides[operand][axis] * Float.BYTES * extent) {
        return false;
      }
    }
    return true;
  }

  /**
   * Into how many parts the work falls.
   *
   * @return the extent of the outermost loop, 1 if there is but one
   */
  public int units() {
    return last == 0 ? 1 : extents[0];
  }

  /**
   * Copies one part: {@code y = x}.
   *
   * @param unit which part
   * @param x source
   * @param xOff bytes to its first element
   * @param y target, apart from x
   * @param yOff bytes to its first element
   */
  public void copy(int unit, MemorySegment x, long xOff, MemorySegment y, long yOff) {
    if (last == 0) {
      copyAxis(0, x, xOff, y, yOff);
    } else {
      copyAxis(1, x, xOff + unit * steps[0][0], y, yOff + unit * steps[1][0]);
    }
  }

  private void copyAxis(int axis, MemorySegment x, long xOff, MemorySegment y, long yOff) {
    int extent = extents[axis];
    long xStep = steps[0][axis];
    long yStep = steps[1][axis];
    if (axis < last) {
      for (int i = 0; i < extent; i++) {
        copyAxis(axis + 1, x, xOff + i * xStep, y, yOff + i * yStep);
      }
    } else if (xStep == Float.BYTES && yStep == Float.BYTES && extent >= BULK) {
      MemorySegment.copy(x, xOff, y, yOff, (long) extent * Float.BYTES);
    } else {
      for (int i = 0; i < extent; i++) {
        y.set(FLOAT, yOff + i * yStep, x.get(FLOAT, xOff + i * xStep));
      }
    }
  }

  /**
   * Maps one part: {@code y = f(x)}.
   *
   * @param f the function
   * @param unit which part
   * @param x argument
   * @param xOff bytes to its first element
   * @param y value; may be x
   * @param yOff bytes to its first element
   */
  public void map(Mapping f, int unit, MemorySegment x, long xOff, MemorySegment y, long yOff) {
    if (last == 0) {
      mapAxis(f, 0, x, xOff, y, yOff);
    } else {
      mapAxis(f, 1, x, xOff + unit * steps[0][0], y, yOff + unit * steps[1][0]);
    }
  }

  private void mapAxis(
      Mapping f, int axis, MemorySegment x, long xOff, MemorySegment y, long yOff) {
    int extent = extents[axis];
    long xStep = steps[0][axis];
    long yStep = steps[1][axis];
    for (int i = 0; i < extent; i++) {
      if (axis < last) {
        mapAxis(f, axis + 1, x, xOff + i * xStep, y, yOff + i * yStep);
      } else {
        y.set(FLOAT, yOff + i * yStep, f.apply(x.get(FLOAT, xOff + i * xStep)));
      }
    }
  }

  /**
   * Combines one part: {@code y = f(a, b)}.
   *
   * @param f the function
   * @param unit which part
   * @param a first argument
   * @param aOff bytes to its first element
   * @param b second argument
   * @param bOff bytes to its first element
   * @param y value; may be a or b
   * @param yOff bytes to its first element
   */
  public void combine(
      Pairing f,
      int unit,
      MemorySegment a,
      long aOff,
      MemorySegment b,
      long bOff,
      MemorySegment y,
      long yOff) {
    if (last == 0) {
      combineAxis(f, 0, a, aOff, b, bOff, y, yOff);
    } else {
      combineAxis(
          f,
          1,
          a,
          aOff + unit * steps[0][0],
          b,
          bOff + unit * steps[1][0],
          y,
          yOff + unit * steps[2][0]);
    }
  }

  private void combineAxis(
      Pairing f,
      int axis,
      MemorySegment a,
      long aOff,
      MemorySegment b,
      long bOff,
      MemorySegment y,
      long yOff) {
    int extent = extents[axis];
    long aStep = steps[0][axis];
    long bStep = steps[1][axis];
    long yStep = steps[2][axis];
    if (axis < last) {
      for (int i = 0; i < extent; i++) {
        combineAxis(f, axis + 1, a, aOff + i * aStep, b, bOff + i * bStep, y, yOff + i * yStep);
      }
      return;
    }
    boolean sideBySide = aStep == Float.BYTES && bStep == Float.BYTES && yStep == Float.BYTES;
    if (sideBySide && f == ADD) {
      Pairs.add(a, aOff, b, bOff, y, yOff, extent);
    } else if (sideBySide && f == MULTIPLY) {
      Pairs.multiply(a, aOff, b, bOff, y, yOff, extent);
    } else {
      for (int i = 0; i < extent; i++) {
        float value = f.apply(a.get(FLOAT, aOff + i * aStep), b.get(FLOAT, bOff + i * bStep));
        y.set(FLOAT, yOff + i * yStep, value);
      }
    }
  }
}
