package dev.tilewise.graph;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.Function;

/**
 * What flows along an edge of a graph: an input, what a node makes, or a constant. Constants are
 * floats, or integers that say how to compute, such as the extents of a reshape.
 */
public final class Value {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private String name;
  private final Dims dims;
  // One of them, or none: floats, how to make them, integers.
  private final MemorySegment floats;
  private final Function<Arena, MemorySegment> maker;
  private final long[] integers;
  private final int makers;

  private Value(
      String name,
      Dims dims,
      MemorySegment floats,
      Function<Arena, MemorySegment> maker,
      long[] integers,
      int makers) {
    this.name = Objects.requireNonNull(name, "name");
    this.dims = dims;
    this.floats = floats;
    this.maker = maker;
    this.integers = integers;
    this.makers = makers;
  }

  static Value computed(String name, Dims dims) {
    return new Value(name, dims, null, null, null, 0);
  }

  /** Floats that are made in an arena whenever they are asked for, and kept by nobody. */
  static Value made(String name, Dims dims, Function<Arena, MemorySegment> maker) {
    return new Value(name, dims, null, maker, null, 1);
  }

  /** The same of floats that are made of another value's, with its extents. */
  static Value madeOf(String name, Value from, Function<Arena, MemorySegment> maker) {
    return new Value(name, from.dims, null, maker, null, from.makers + 1);
  }

  static Value floats(String name, Dims dims, MemorySegment values) {
    if (values.byteSize() != dims.elements() * Float.BYTES) {
      throw new IllegalArgumentException(name + ": " + wrongSize(dims, values));
    }
    return new Value(name, dims, values, null, null, 0);
  }

  private static String wrongSize(Dims dims, MemorySegment values) {
    return dims + " takes " + dims.elements() * Float.BYTES + " bytes, not " + values.byteSize();
  }

  static Value integers(String name, Dims dims, long[] values) {
    if (values.length != dims.elements()) {
      throw new IllegalArgumentException(
          name + ": " + dims + " takes " + dims.elements() + " integers, not " + values.length);
    }
    return new Value(name, dims, null, null, values, 0);
  }

  /** How many makers call one another for its floats; 0 if they are there. */
  int makers() {
    return makers;
  }

  /** Gives it another name, while its graph is being built. */
  void rename(String other) {
    name = other;
  }

  /**
   * The name, unique in its graph.
   *
   * @return such as {@code conv1}
   */
  public String name() {
    return name;
  }

  /**
   * The extents.
   *
   * @return slowest first
   */
  public Dims dims() {
    return dims;
  }

  /**
   * Whether it is known before a run.
   *
   * @return false for inputs and what depends on them
   */
  public boolean isConstant() {
    return floats != null || maker != null || integers != null;
  }

  /**
   * Whether it is a constant of integers.
   *
   * @return false for floats
   */
  public boolean isInteger() {
    return integers != null;
  }

  /**
   * The floats of a constant, the last axis being the fastest.
   *
   * @param arena owns them if they are not there yet
   */
  MemorySegment memory(Arena arena) {
    if (maker == null) {
      return floats;
    }
    MemorySegment made = maker.apply(arena);
    if (made.byteSize() != dims.elements() * Float.BYTES) {
      throw new IllegalStateException(name + ": " + wrongSize(dims, made));
    }
    return made;
  }

  /**
   * A constant as integers.
   *
   * @return a copy
   * @throws IllegalArgumentException if it is not constant, or has fractions
   */
  public long[] integers() {
    requireConstant();
    if (integers != null) {
      return integers.clone();
    }
    float[] values = floats();
    long[] whole = new long[values.length];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (long) values[i];
      if (whole[i] != values[i]) {
        throw new IllegalArgumentException(name + ": " + values[i] + " is not an integer");
      }
    }
    return whole;
  }

  /**
   * A constant as floats.
   *
   * @return a copy, the last axis being the fastest
   * @throws IllegalArgumentException if it is not constant
   */
  public float[] floats() {
    requireConstant();
    float[] values = new float[Math.toIntExact(dims.elements())];
    if (floats != null) {
      MemorySegment.copy(floats, FLOAT, 0, values, 0, values.length);
    } else if (integers == null) {
      try (Arena arena = Arena.ofShared()) {
        MemorySegment.copy(memory(arena), FLOAT, 0, values, 0, values.length);
      }
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = integers[i];
      }
    }
    return values;
  }

  private void requireConstant() {
    if (!isConstant()) {
      throw new IllegalArgumentException(
          name + " must be known before a run, but it depends on an input");
    }
  }

  /** Name and extents. */
  @Override
  public String toString() {
    return name + " " + dims;
  }
}
