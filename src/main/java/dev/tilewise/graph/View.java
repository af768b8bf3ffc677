package dev.tilewise.graph;

/**
 * Where a value lies: element (i0, i1, ...) is {@code offset + i0 strides[0] + i1 strides[1] ...}
 * floats into a buffer. A transposed, cut or repeated value is another view of the same memory.
 *
 * @param buffer memory
 * @param offset floats to the first element
 * @param dims extents
 * @param strides floats from one to the next along each axis; 0 repeats, below 0 goes back
 */
record View(Buffer buffer, long offset, Dims dims, long[] strides) {

  static View dense(Buffer buffer, Dims dims) {
    return new View(buffer, 0, dims, dims.dense());
  }

  /** Whether the elements lie side by side, channels fastest. */
  boolean isDense() {
    return dims.sameStrides(strides, dims.dense());
  }

  /** Channels of the whole that this is some channels of, as a concatenation has parts. */
  int depth() {
    if (isDense()) {
      return dims.rank() == 2 ? dims.get(1) : dims.shape().c();
    }
    int pixel = dims.get(3) > 1 ? 3 : dims.get(2) > 1 ? 2 : 0;
    return Math.toIntExact(strides[pixel]);
  }

  /** The first of those channels: wholes begin where their buffers do. */
  int firstChannel() {
    return isDense() ? 0 : Math.toIntExact(offset);
  }

  View transposed(int... axes) {
    int[] extents = new int[axes.length];
    long[] turned = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      extents[i] = dims.get(axes[i]);
      turned[i] = strides[axes[i]];
    }
    return new View(buffer, offset, Dims.of(extents), turned);
  }

  /** Elements start, start + step, ... along an axis. */
  View cut(int axis, int start, int step, int count) {
    long[] wider = strides.clone();
    wider[axis] *= step;
    return new View(buffer, offset + start * strides[axis], dims.with(axis, count), wider);
  }

  /** Repeated along new leading axes and axes of one element. */
  View repeated(Dims to) {
    long[] repeated = new long[to.rank()];
    int missing = to.rank() - dims.rank();
    for (int axis = missing; axis < to.rank(); axis++) {
      repeated[axis] = dims.get(axis - missing) == 1 ? 0 : strides[axis - missing];
    }
    return new View(buffer, offset, to, repeated);
  }

  /**
   * The same elements in the same order with other extents.
   *
   * @return a view; null if it takes a copy
   */
  View reshaped(Dims to) {
    long[] split = new long[to.rank()];
    int axis = 0;
    int place = 0;
    // Groups of old axes and of new ones that have as many elements.
    while (axis < dims.rank() || place < to.rank()) {
      int end = axis;
      int last = place;
      long old = end < dims.rank() ? dims.get(end++) : 1;
      long fresh = last < to.rank() ? to.get(last++) : 1;
      while (old != fresh) {
        if (old < fresh) {
          old *= dims.get(end++);
        } else {
          fresh *= to.get(last++);
        }
      }
      while (end < dims.rank() && dims.get(end) == 1) {
        end++;
      }
      while (last < to.rank() && to.get(last) == 1) {
        last++;
      }
      long step = mergedStride(axis, end);
      if (step == Long.MIN_VALUE) {
        return null;
      }
      for (int i = last - 1; i >= place; i--) {
        split[i] = step;
        step *= to.get(i);
      }
      axis = end;
      place = last;
    }
    return new View(buffer, offset, to, split);
  }

  /** The stride of several axes as one; MIN_VALUE if they cannot be one. */
  private long mergedStride(int from, int end) {
    long stride = 0;
    long next = 0;
    boolean any = false;
    for (int axis = end - 1; axis >= from; axis--) {
      if (dims.get(axis) == 1) {
        continue;
      }
      if (!any) {
        stride = strides[axis];
      } else if (strides[axis] != next) {
        return Long.MIN_VALUE;
      }
      any = true;
      next = strides[axis] * dims.get(axis);
    }
    return any ? stride : 1;
  }
}
