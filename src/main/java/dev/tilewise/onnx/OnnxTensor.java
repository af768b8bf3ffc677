package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * A constant of a model: floats, whatever width the file has, or integers.
 *
 * @param dims its extents
 * @param floats the last axis being the fastest, fetched in an arena; null for integers
 * @param integers the last axis being the fastest; null for floats
 */
record OnnxTensor(Dims dims, Function<Arena, MemorySegment> floats, long[] integers) {

  static OnnxTensor floats(Dims dims, MemorySegment values) {
    return new OnnxTensor(dims, arena -> values, null);
  }

  static OnnxTensor floats(Dims dims, float... values) {
    return floats(dims, MemorySegment.ofArray(values));
  }

  static OnnxTensor integers(Dims dims, long... values) {
    return new OnnxTensor(dims, null, values);
  }

  Value value(GraphBuilder builder, String name) {
    return integers == null
        ? builder.constant(name, dims, floats)
        : builder.integers(name, dims, integers);
  }

  /** What it takes in memory. */
  long bytes() {
    return dims.elements() * (integers == null ? Float.BYTES : Long.BYTES);
  }
}
