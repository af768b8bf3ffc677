package dev.tilewise.graph;

import java.lang.foreign.MemorySegment;

/** Memory of one or more values, from the first step that writes it to the last that reads it. */
final class Buffer {

  /** Memory of a constant; null if the memory is shared by lifetime. */
  final MemorySegment constant;

  final long bytes;
  int first = Integer.MAX_VALUE;
  int last = -1;
  long offset = -1;

  /** Nodes that still have to read a value in this memory. */
  int readers;

  Buffer(long bytes) {
    this(bytes, null);
  }

  Buffer(long bytes, MemorySegment constant) {
    this.bytes = bytes;
    this.constant = constant;
  }

  void touch(int step) {
    first = Math.min(first, step);
    last = Math.max(last, step);
  }

  boolean meets(Buffer other) {
    return first <= other.last && other.first <= last;
  }
}
