package dev.tilewise.graph;

import dev.tilewise.ConvPlan;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workspace;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Where buffers are, once lifetimes are known. */
final class Memories {

  private final MemorySegment shared;
  private final Map<ConvPlan, Workspace> workspaces = new IdentityHashMap<>();

  /**
   * Takes memory.
   *
   * @param bytes of the buffers that share memory
   * @param plans of the convolutions, which share their scratch
   * @param threads of a run
   * @param arena owns it all
   */
  Memories(long bytes, List<ConvPlan> plans, int threads, Arena arena) {
    shared = Memory.allocate(arena, bytes);
    List<Workspace> made = Workspace.shared(plans, arena, threads);
    for (int i = 0; i < plans.size(); i++) {
      workspaces.put(plans.get(i), made.get(i));
    }
  }

  Workspace workspace(ConvPlan plan) {
    return workspaces.get(plan);
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

  /** All of the value that a view is some channels of. */
  Tensor whole(View view, Shape shape) {
    long first = offset(view) - (long) view.firstChannel() * Float.BYTES;
    return Tensor.of(segment(view).asSlice(first, shape.bytes()), shape, Layout.NHWC);
  }

  /** Memory from a view's first element on as a tensor. */
  Tensor tensor(View view, Shape shape, Layout layout) {
    return Tensor.of(segment(view).asSlice(offset(view), shape.bytes()), shape, layout);
  }
}
