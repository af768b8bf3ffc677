package dev.tilewise;

import dev.tilewise.internal.conv.BackwardData;
import dev.tilewise.internal.conv.BackwardFilter;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * The gradients of one convolution. With a loss L and {@code dy = dL/dy} they are {@code dx =
 * dL/dx}, {@code dw = dL/dw} and {@code db = dL/db} of {@code y = conv(x, w) + b}; the gradient of
 * an activation is not part of it.
 *
 * <p>Every stride, dilation, padding and number of groups is computed. The bits depend neither on
 * the number of threads nor on the layout, and those of dx not on the batch either. It holds
 * scratch memory, so calls on one instance wait for each other. Tensors in NCHW, confined arenas or
 * mapped files are copied in each call.
 */
public final class ConvBackward {

  /** Half the distance from 1 to the next float: the largest relative error of one rounding. */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  private final ConvCase extents;
  private final Operands operands;
  // Made when first used: a network's first layer never needs its input's gradient.
  private BackwardData data;
  private BackwardFilter filter;
  private BackwardData.Scratch[] dataScratch = {};
  private BackwardFilter.Scratch[] filterScratch = {};

  private ConvBackward(ConvCase extents, Layout layout) {
    this.extents = extents;
    this.operands = new Operands("conv2d backward", layout, extents.toString());
  }

  /**
   * Prepares the gradients of a convolution.
   *
   * @param extents the convolution
   * @param layout the layout of all tensors
   * @return the gradients
   */
  public static ConvBackward of(ConvCase extents, Layout layout) {
    Objects.requireNonNull(extents, "extents");
    return new ConvBackward(extents, Objects.requireNonNull(layout, "layout"));
  }

  /**
   * All extents.
   *
   * @return the convolution
   */
  public ConvCase extents() {
    return extents;
  }

  /**
   * The layout of all tensors.
   *
   * @return the layout
   */
  public Layout layout() {
    return operands.layout();
  }

  /**
   * The proved bound of the error of every dx, relative to {@code sum |dy| |w|}: {@code n u / (1 -
   * n u)} with u = 2^-24 and n the number of roundings that a term passes through. Underflow adds
   * at most 2^-149 for each term.
   *
   * @return the relative bound; infinite if n reaches 2^24
   */
  public double dataErrorBound() {
    return bound(BackwardData.roundings(extents.geometry()));
  }

  /**
   * The proved bound of the error of every dw, relative to {@code sum |dy| |x|}, and of every db,
   * relative to {@code sum |dy|}; as {@link #dataErrorBound}.
   *
   * @return the relative bound; infinite if n reaches 2^24
   */
  public double filterErrorBound() {
    return bound(BackwardFilter.roundings(extents.geometry()));
  }

  private static double bound(long roundings) {
    double nu = roundings * UNIT_ROUNDOFF;
    return nu < 1 ? nu / (1 - nu) : Double.POSITIVE_INFINITY;
  }

  /**
   * The gradient of the input.
   *
   * @param dy gradient of the output
   * @param weights the convolution's filter; its bias does not matter
   * @param dx gradient of the input, overwritten
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor or the filter has other extents or another layout,
   *     or dx is read-only or overlaps dy or the filter's weights; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public synchronized void data(Tensor dy, Filter weights, Tensor dx, Workers workers) {
    Objects.requireNonNull(weights, "filter");
    Objects.requireNonNull(workers, "workers");
    Conv2d.of(extents, weights);
    operands.require("dy", dy, extents.output());
    operands.require("dx", dx, extents.input());
    operands.requireWritable("dx", dx.segment());
    operands.requireApart("dx", dx.segment(), "dy", dy.segment());
    operands.requireAccess("filter", weights.weights());
    operands.requireApart("dx", dx.segment(), "filter", weights.weights());
    MemorySegment w = kernelCopy(weights.weights());
    MemorySegment in = Operands.read(dy);
    MemorySegment out = Operands.written(dx);
    if (data == null) {
      data = new BackwardData(extents.geometry());
    }
    int have = dataScratch.length;
    if (have < workers.threads()) {
      dataScratch = Arrays.copyOf(dataScratch, workers.threads());
      Arrays.setAll(dataScratch, i -> i < have ? dataScratch[i] : data.scratch());
    }
    workers.run(data.packUnits(), (unit, slot) -> data.pack(unit, w));
    workers.run(data.units(), (unit, slot) -> data.run(unit, dataScratch[slot], in, out));
    Operands.store(out, dx);
  }

  /** The weights where every thread may read them. */
  private static MemorySegment kernelCopy(MemorySegment weights) {
    if (Memory.isKernelMemory(weights)) {
      return weights;
    }
    return Memory.allocate(Arena.ofAuto(), weights.byteSize()).copyFrom(weights);
  }

  /**
   * The gradients of the weights and biases.
   *
   * @param x input
   * @param dy gradient of the output
   * @param dWeights receives {@code [K, C/groups, FH, FW]}
   * @param dBias receives K gradients; null if they are not wanted
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor has another shape or layout, or an array another
   *     length; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public void filter(Tensor x, Tensor dy, float[] dWeights, float[] dBias, Workers workers) {
    Objects.requireNonNull(dWeights, "dWeights");
    MemorySegment bias = dBias == null ? null : MemorySegment.ofArray(dBias);
    filter(x, dy, MemorySegment.ofArray(dWeights), bias, workers);
  }

  /**
   * The gradients of the weights and biases.
   *
   * @param x input
   * @param dy gradient of the output
   * @param dWeights memory of any kind, receives {@code [K, C/groups, FH, FW]}
   * @param dBias memory of any kind, receives K gradients; null if they are not wanted
   * @param workers who computes
   * @throws IllegalArgumentException if a tensor has another shape or layout, or memory has another
   *     size, is read-only or overlaps a tensor; nothing is written then
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public synchronized void filter(
      Tensor x, Tensor dy, MemorySegment dWeights, MemorySegment dBias, Workers workers) {
    Objects.requireNonNull(workers, "workers");
    operands.require("x", x, extents.input());
    operands.require("dy", dy, extents.output());
    long weightCount = extents.k() * (long) extents.geometry().sumLength();
    requireResult("dWeights", dWeights, weightCount, x, dy);
    if (dBias != null) {
      requireResult("dBias", dBias, extents.k(), x, dy);
      operands.requireApart("dBias", dBias, "dWeights", dWeights);
    }
    MemorySegment in = Operands.read(x);
    MemorySegment gradient = Operands.read(dy);
    computeFilter(in, gradient, workers);
    long bytes = weightCount * Float.BYTES;
    MemorySegment.copy(filter.result(), 0, dWeights, 0, bytes);
    if (dBias != null) {
      MemorySegment.copy(filter.result(), bytes, dBias, 0, dBias.byteSize());
    }
  }

  private void requireResult(String role, MemorySegment memory, long count, Tensor x, Tensor dy) {
    operands.requireFloats(role, memory, count);
    operands.requireAccess(role, memory);
    operands.requireWritable(role, memory);
    operands.requireApart(role, memory, "x", x.segment());
    operands.requireApart(role, memory, "dy", dy.segment());
  }

  private void computeFilter(MemorySegment x, MemorySegment dy, Workers workers) {
    if (filter == null) {
      filter = new BackwardFilter(extents.geometry());
    }
    int have = filterScratch.length;
    if (have < workers.threads()) {
      filterScratch = Arrays.copyOf(filterScratch, workers.threads());
      Arrays.setAll(filterScratch, i -> i < have ? filterScratch[i] : filter.scratch());
    }
    for (int wave = 0; wave < filter.waves(); wave++) {
      int now = wave;
      workers.run(
          filter.multiplyUnits(now),
          (unit, slot) -> filter.multiply(now, unit, filterScratch[slot], x, dy));
      workers.run(filter.filterUnits(), (unit, slot) -> filter.reduce(now, unit));
    }
    workers.run(filter.filterUnits(), (unit, slot) -> filter.finish(unit, x, dy));
  }

  @Override
  public String toString() {
    return "gradients of " + extents + " " + operands.layout();
  }
}
