package dev.tilewise.graph;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.WarmUp;
import dev.tilewise.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;

/**
 * A graph bound to its extents, with filters packed and memory planned: a list of steps. A run
 * allocates nothing. Runs of several threads wait for each other.
 */
public final class CompiledGraph {

  /**
   * The time of one step.
   *
   * @param node name of the node it belongs to
   * @param what it does
   * @param millis median
   * @param multiplyAdds of its node
   */
  public record StepTime(String node, String what, double millis, long multiplyAdds) {}

  /**
   * A step.
   *
   * @param node name of the node it belongs to
   * @param multiplyAdds of the node
   * @param what it does
   * @param step computes
   */
  record Bound(String node, long multiplyAdds, String what, Step step) {}

  private static final int MOST_PROFILED = 100_000;

  private final List<Value> inputs;
  private final List<Value> outputs;
  private final List<Tensor> inputMemory;
  private final List<Tensor> outputMemory;
  private final List<Bound> steps;
  private final String explanation;
  private final long bytes;
  private final long largestLive;
  private final long scratch;

  CompiledGraph(
      List<Value> inputs,
      List<Value> outputs,
      List<Tensor> inputMemory,
      List<Tensor> outputMemory,
      List<Bound> steps,
      String explanation,
      long bytes,
      long largestLive,
      long scratch) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.inputMemory = inputMemory;
    this.outputMemory = outputMemory;
    this.steps = steps;
    this.explanation = explanation;
    this.bytes = bytes;
    this.largestLive = largestLive;
    this.scratch = scratch;
  }

  /**
   * The inputs.
   *
   * @return in order
   */
  public List<Value> inputs() {
    return inputs;
  }

  /**
   * The outputs: those of the graph, then those kept.
   *
   * @return in order
   */
  public List<Value> outputs() {
    return outputs;
  }

  /**
   * Memory that values share.
   *
   * @return bytes
   */
  public long memoryBytes() {
    return bytes;
  }

  /**
   * The largest sum of values that are needed at the same time: no plan of memory can take less.
   *
   * @return bytes
   */
  public long largestLiveBytes() {
    return largestLive;
  }

  /**
   * Scratch that the convolutions share.
   *
   * @return bytes, for the threads it was compiled for
   */
  public long scratchBytes() {
    return scratch;
  }

  /**
   * Computes the outputs.
   *
   * @param in a tensor for each input, of {@link Dims#shape} and any layout
   * @param out a tensor for each output, of {@link Dims#shape} and any layout, overwritten
   * @param workers who computes
   * @throws IllegalArgumentException if there are more or fewer, or a shape differs
   * @throws IllegalStateException if an arena is closed or belongs to another thread
   */
  public synchronized void run(List<Tensor> in, List<Tensor> out, Workers workers) {
    require("inputs", in, inputs, inputMemory);
    require("outputs", out, outputs, outputMemory);
    Objects.requireNonNull(workers, "workers");
    for (int i = 0; i < inputMemory.size(); i++) {
      copy(in.get(i), inputMemory.get(i), inputs.get(i), in.get(i));
    }
    compute(workers);
    for (int i = 0; i < outputMemory.size(); i++) {
      copy(outputMemory.get(i), out.get(i), outputs.get(i), out.get(i));
    }
  }

  private static void copy(Tensor from, Tensor to, Value value, Tensor given) {
    try {
      to.copyFrom(from);
    } catch (WrongThreadException e) {
      throw new IllegalStateException(
          "network: the tensor "
              + given
              + " for "
              + value
              + " is in a confined arena of another thread; use Arena.ofShared()",
          e);
    }
  }

  private void compute(Workers workers) {
    for (int i = 0; i < steps.size(); i++) {
      steps.get(i).step.run(workers);
    }
  }

  private static void require(
      String what, List<Tensor> given, List<Value> taken, List<Tensor> memory) {
    if (given.size() != taken.size()) {
      throw new IllegalArgumentException(
          "network: it has " + taken.size() + " " + what + " " + taken + ", not " + given.size());
    }
    for (int i = 0; i < taken.size(); i++) {
      // Empty values have no memory; asking for their shape throws. Asking makes an object.
      Tensor own = memory.get(i);
      Shape shape = own == null ? taken.get(i).dims().shape() : own.shape();
      if (!given.get(i).shape().equals(shape)) {
        throw new IllegalArgumentException(
            "network: the tensor for "
                + taken.get(i)
                + " must be "
                + shape
                + ", not "
                + given.get(i).shape());
      }
    }
  }

  /**
   * Computes the outputs of one input with the calling thread.
   *
   * @param image the elements of the input, the last axis being the fastest (N, C, H, W)
   * @return the elements of the first output, the last axis being the fastest
   * @throws IllegalArgumentException if there are several inputs, or more or fewer floats
   */
  public float[] run(float... image) {
    return run(List.of(image), Workers.serial()).getFirst();
  }

  /**
   * Computes the outputs.
   *
   * @param in the elements of each input, the last axis being the fastest
   * @param workers who computes
   * @return the elements of each output, the last axis being the fastest
   * @throws IllegalArgumentException if there are more or fewer inputs or floats
   */
  public synchronized List<float[]> run(List<float[]> in, Workers workers) {
    if (in.size() != inputs.size()) {
      throw new IllegalArgumentException(
          "network: it has " + inputs.size() + " inputs " + inputs + ", not " + in.size());
    }
    for (int i = 0; i < in.size(); i++) {
      if (in.get(i).length != inputs.get(i).dims().elements()) {
        throw new IllegalArgumentException(
            "network: "
                + inputs.get(i)
                + " takes "
                + inputs.get(i).dims().elements()
                + " floats, not "
                + in.get(i).length);
      }
      if (inputMemory.get(i) != null) {
        inputMemory.get(i).copyFrom(in.get(i), Layout.NCHW);
      }
    }
    compute(workers);
    List<float[]> results = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      results.add(
          outputs.get(i).dims().elements() == 0
              ? new float[0]
              : outputMemory.get(i).toArray(Layout.NCHW));
    }
    return results;
  }

  /**
   * Brings runs to their compiled speed: every step for itself, the copies of inputs and outputs in
   * NCHW, and the whole on random inputs between -1 and 1, in turns.
   *
   * @param workers who computes
   * @param limit of the time
   * @return how long it took, how many of these runs that were, and whether times settled
   */
  public synchronized WarmUp warmUp(Workers workers, Duration limit) {
    List<Runnable> works = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      List<Tensor> tensors = new ArrayList<>(inputMemory);
      tensors.addAll(outputMemory);
      for (Tensor own : tensors) {
        if (own != null) {
          Tensor other = Tensor.allocate(arena, own.shape(), Layout.NCHW);
          works.add(
              () -> {
                other.copyFrom(own);
                own.copyFrom(other);
              });
        }
      }
      for (Bound bound : steps) {
        works.add(() -> bound.step.run(workers));
      }
      List<float[]> samples = samples();
      works.add(
          () -> {
            set(samples);
            compute(workers);
          });
      return WarmUp.inTurns(limit, works);
    }
  }

  /**
   * Measures every step of some runs, on random inputs between -1 and 1: what the inputs last were
   * is gone, their memory serves other values.
   *
   * @param runs how many, at least 1
   * @param workers who computes
   * @return the steps in order
   */
  public synchronized List<StepTime> profile(int runs, Workers workers) {
    if (runs < 1 || runs > MOST_PROFILED) {
      throw new IllegalArgumentException(
          "profile: there must be 1 to " + MOST_PROFILED + " runs, not " + runs);
    }
    long[][] nanos = new long[steps.size()][runs];
    List<float[]> samples = samples();
    for (int run = 0; run < runs; run++) {
      set(samples);
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        steps.get(i).step.run(workers);
        nanos[i][run] = System.nanoTime() - start;
      }
    }
    List<StepTime> times = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      Arrays.sort(nanos[i]);
      Bound bound = steps.get(i);
      times.add(new StepTime(bound.node, bound.what, nanos[i][runs / 2] / 1e6, bound.multiplyAdds));
    }
    return times;
  }

  private void set(List<float[]> in) {
    for (int i = 0; i < in.size(); i++) {
      if (inputMemory.get(i) != null) {
        inputMemory.get(i).copyFrom(in.get(i), Layout.NCHW);
      }
    }
  }

  /** Random inputs: what values shared memory has left there may grow from run to run. */
  private List<float[]> samples() {
    Random random = new Random(1);
    List<float[]> samples = new ArrayList<>();
    for (Value input : inputs) {
      float[] sample = new float[Math.toIntExact(input.dims().elements())];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = 2 * random.nextFloat() - 1;
      }
      samples.add(sample);
    }
    return samples;
  }

  /**
   * What became of every node, and of the memory.
   *
   * @return several lines of text
   */
  public String explain() {
    return explanation
        + String.format(
            Locale.ROOT,
            "%d steps; %,d bytes for values, of which %,d are needed at once; %,d bytes of scratch%n",
            steps.size(),
            bytes,
            largestLive,
            scratch);
  }

  static void fill(MemorySegment memory, long from, long bytes, float value) {
    for (long at = from; at < from + bytes; at += Float.BYTES) {
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
    }
  }
}
