package dev.tilewise;

import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The tensors of one call: checks them with messages that begin with the operation's name, and
 * brings those that kernels cannot use in place, NCHW or memory of one thread, to where they can.
 *
 * @param operation what the messages begin with
 * @param layout what every tensor must have
 * @param what the extents, for the messages
 */
record Operands(String operation, Layout layout, String what) {

  /** Throws unless the tensor is alive, accessible, and of this shape and layout. */
  void require(String role, Tensor t, Shape shape) {
    Objects.requireNonNull(t, role);
    if (!t.shape().equals(shape)) {
      throw new IllegalArgumentException(
          operation + ": " + role + " is " + t.shape() + ", not " + shape + "; " + what);
    }
    if (t.layout() != layout) {
      throw new IllegalArgumentException(
          operation + ": " + role + " is " + t.layout() + ", not " + layout + "; " + what);
    }
    requireAccess(role, t.segment());
  }

  /** Throws unless the memory is alive and this thread may use it. */
  void requireAccess(String role, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException(
          operation + ": the arena of the " + role + " is closed; " + what);
    }
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalStateException(
          operation
              + ": the "
              + role
              + " is in a confined arena of another thread; use Arena.ofShared() or run on that"
              + " thread; "
              + what);
    }
  }

  /** Throws if the memory must not be written. */
  void requireWritable(String role, MemorySegment memory) {
    if (memory.isReadOnly()) {
      throw new IllegalArgumentException(operation + ": the " + role + " is read-only; " + what);
    }
  }

  /** Throws if what is written overlaps what is read. */
  void requireApart(String role, MemorySegment written, String other, MemorySegment read) {
    if (written.asOverlappingSlice(read).isPresent()) {
      throw new IllegalArgumentException(
          operation + ": " + role + " and " + other + " overlap in memory; " + what);
    }
  }

  /** The number of floats in some memory, such as {@code 5} or {@code 5.25}. */
  static String floats(MemorySegment memory) {
    return memory.byteSize() % Float.BYTES == 0
        ? Long.toString(memory.byteSize() / Float.BYTES)
        : Double.toString(memory.byteSize() / (double) Float.BYTES);
  }

  /** Throws unless the memory has exactly so many floats. */
  void requireFloats(String role, MemorySegment memory, long count) {
    Objects.requireNonNull(memory, role);
    if (memory.byteSize() != count * Float.BYTES) {
      throw new IllegalArgumentException(
          operation
              + ": "
              + role
              + " must have "
              + count
              + " floats, not "
              + floats(memory)
              + "; "
              + what);
    }
  }

  /** A tensor as NHWC kernel memory: its own, or a copy. */
  static MemorySegment read(Tensor t) {
    if (inPlace(t)) {
      return t.segment();
    }
    MemorySegment copy = Memory.allocate(Arena.ofAuto(), t.shape().bytes());
    Tensor.convert(t.segment(), t.layout(), copy, Layout.NHWC, t.shape());
    return copy;
  }

  /** NHWC kernel memory for the values of a tensor: its own, or memory to {@link #store} from. */
  static MemorySegment written(Tensor t) {
    return inPlace(t) ? t.segment() : Memory.allocate(Arena.ofAuto(), t.shape().bytes());
  }

  /** Copies what was computed in {@link #written} memory, unless that is the tensor's own. */
  static void store(MemorySegment values, Tensor t) {
    if (values != t.segment()) {
      Tensor.convert(values, Layout.NHWC, t.segment(), t.layout(), t.shape());
    }
  }

  /** Whether kernels can use the memory of a tensor, in its order. */
  static boolean inPlace(Tensor t) {
    return (t.layout() == Layout.NHWC || t.shape().layoutsCoincide())
        && Memory.isKernelMemory(t.segment());
  }
}
