package dev.tilewise.graph;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import java.lang.foreign.MemorySegment;

/** Where buffers are, once lifetimes are known. */
final class Memories {

  private final MemorySegment shared;

  Memories(MemorySegment shared) {
    this.shared = shared;
  }

  /** The memory a view is in; {@link #offset} is relative to it. */
  MemorySegment segment(View view) {
    Buffer buffer = view.buffer();
    return buffer.constant != null ? buffer.constant : shared.asSlice(buffer.offset, buffer.bytes);
  }

  /** Bytes to a view's first element. */
  static long offset(View view) {
    return view.offset() * Float.BYTES;
  }

  /** A dense value as a tensor. */
  Tensor tensor(View view) {
    Layout layout = view.dims().rank() == 3 || view.dims().rank() == 4 ? Layout.NHWC : Layout.NCHW;
    return tensor(view, view.dims().shape(), layout);
  }

  /** Memory from a view's first element on as a tensor. */
  Tensor tensor(View view, Shape shape, Layout layout) {
    return Tensor.of(segment(view).asSlice(offset(view), shape.bytes()), shape, layout);
  }
}
