package dev.tilewise.nn;

import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The weights or biases of one layer, and their gradients. Arrays have the order of {@link
 * #extents}, slowest first, as frameworks keep them: {@code [K, C, FH, FW]} for convolutions,
 * {@code [K, C, H, W]} for dense layers, {@code [OH, OW, K, C, FH, FW]} and {@code [K, OH, OW]} for
 * locally connected ones. The memory that the layer works on may have another order; for what
 * treats all elements alike, such as an optimizer, that makes no difference.
 */
public final class Parameter {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final String name;
  private final int[] extents;
  private final long size;
  private final boolean depthLast;
  private MemorySegment memory;
  private MemorySegment gradient;
  private long version;

  /**
   * A parameter without memory yet.
   *
   * @param name such as {@code conv1.weight}
   * @param depthLast whether the memory has the second extent last
   * @param extents slowest first, positive
   * @throws IllegalArgumentException if the bytes do not fit a {@code long}
   */
  Parameter(String name, boolean depthLast, int... extents) {
    this.name = name;
    this.extents = extents;
    this.depthLast = depthLast;
    long product = 1;
    for (int extent : extents) {
      if (extent > Long.MAX_VALUE / Float.BYTES / product) {
        throw new IllegalArgumentException("parameter: " + this + " has 2^61 elements or more");
      }
      product *= extent;
    }
    size = product;
  }

  /** Allocates the memory, zeros. */
  void allocate() {
    if (memory == null) {
      memory = Memory.allocate(Arena.ofAuto(), size * Float.BYTES).asSlice(0, size * Float.BYTES);
    }
  }

  /**
   * The name, unique in the network: the layer's, and {@code weight} or {@code bias}.
   *
   * @return such as {@code conv1.weight}
   */
  public String name() {
    return name;
  }

  /**
   * The extents of the array, slowest first.
   *
   * @return a copy
   */
  public int[] extents() {
    return extents.clone();
  }

  /**
   * Number of elements.
   *
   * @return the product of the extents
   */
  public long size() {
    return size;
  }

  /**
   * The memory the layer works on, {@link #size} floats. Whoever writes it calls {@link #changed}.
   *
   * @return kernel memory, in the layer's own order
   */
  public MemorySegment memory() {
    return memory;
  }

  /**
   * The memory of the gradients, in the order of {@link #memory}.
   *
   * @return kernel memory; zeros before the first backward pass
   */
  public MemorySegment gradient() {
    if (gradient == null) {
      gradient = Memory.allocate(Arena.ofAuto(), size * Float.BYTES).asSlice(0, size * Float.BYTES);
    }
    return gradient;
  }

  /** Says that the memory was written: the network packs its filters again before the next pass. */
  public void changed() {
    version++;
  }

  long version() {
    return version;
  }

  /**
   * The values.
   *
   * @return a new array in the order of {@link #extents}
   * @throws IllegalArgumentException if there are 2^31 elements or more
   */
  public float[] values() {
    return toArray(memory);
  }

  /**
   * The gradients of the last backward pass.
   *
   * @return a new array in the order of {@link #extents}
   * @throws IllegalArgumentException if there are 2^31 elements or more
   */
  public float[] gradients() {
    return toArray(gradient());
  }

  /**
   * Replaces the values.
   *
   * @param values {@link #size} floats in the order of {@link #extents}
   * @throws IllegalArgumentException if there are more or fewer
   */
  public void set(float... values) {
    Objects.requireNonNull(values, "values");
    if (values.length != size) {
      throw new IllegalArgumentException(
          "parameter: " + this + " has " + size + " values, not " + values.length);
    }
    for (int i = 0; i < values.length; i++) {
      memory.setAtIndex(FLOAT, place(i), values[i]);
    }
    changed();
  }

  /** Replaces the values, one by one in the order of the extents. */
  void fill(Supplier<Float> source) {
    for (long i = 0; i < size; i++) {
      memory.setAtIndex(FLOAT, place(i), source.get());
    }
    changed();
  }

  private float[] toArray(MemorySegment from) {
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("parameter: " + this + " does not fit a Java array");
    }
    float[] values = new float[(int) size];
    for (int i = 0; i < values.length; i++) {
      values[i] = from.getAtIndex(FLOAT, place(i));
    }
    return values;
  }

  /** Where element i of the array is in memory. */
  private long place(long i) {
    if (!depthLast) {
      return i;
    }
    long inner = 1;
    for (int axis = 2; axis < extents.length; axis++) {
      inner *= extents[axis];
    }
    int depth = extents[1];
    long block = depth * inner;
    long within = i % block;
    return i - within + within % inner * depth + within / inner;
  }

  /** Name and extents, such as {@code conv1.weight [20, 1, 5, 5]}. */
  @Override
  public String toString() {
    return name
        + Arrays.stream(extents)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(", ", " [", "]"));
  }
}
