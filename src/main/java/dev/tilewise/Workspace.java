package dev.tilewise;

import dev.tilewise.internal.conv.Forward;
import dev.tilewise.internal.conv.ScratchArrays;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The scratch of one run at a time, made by {@link ConvPlan#workspace}. It is complete for the
 * number of threads it was made for and for tensors in memory that every thread may use; the first
 * run with more threads, or with tensors that must be staged, adds what it needs, and later runs
 * allocate nothing.
 */
public final class Workspace implements Workers.Task {

  private final ConvPlan plan;
  private final Arena arena;
  private final AtomicBoolean inUse;
  private final List<ScratchArrays> arrays;
  private Forward.Scratch[] slots = {};
  private MemorySegment ofFirstSlot;
  private long bytes;
  private MemorySegment stagedInput;
  private MemorySegment stagedResidual;
  private MemorySegment stagedOutput;
  // The run in progress.
  private Forward forward;
  private int threads;
  private int stage;
  private int units;
  private MemorySegment x;
  private MemorySegment residual;
  private MemorySegment y;

  Workspace(ConvPlan plan, Arena arena, int threads) {
    this(plan, arena, threads, new AtomicBoolean(), new ArrayList<>());
  }

  private Workspace(
      ConvPlan plan, Arena arena, int threads, AtomicBoolean inUse, List<ScratchArrays> arrays) {
    this.plan = plan;
    this.arena = arena;
    this.inUse = inUse;
    this.arrays = arrays;
    growTo(threads);
  }

  /**
   * Workspaces of plans that run one after the other, such as those of a network, in the same
   * memory: as much as the plan takes that needs most, on the heap a little more where another plan
   * has the longest of several arrays. One of them may be in use at a time.
   *
   * @param plans in any order
   * @param arena owns them; a confined arena cannot, the garbage collector owns them then
   * @param threads how many threads a run may have without growing its workspace
   * @return a workspace for each plan, in their order
   * @throws IllegalArgumentException if the number of threads is not one a workspace can have
   */
  public static List<Workspace> shared(List<ConvPlan> plans, Arena arena, int threads) {
    ConvPlan.requireThreads(threads);
    long most = 0;
    for (ConvPlan plan : plans) {
      most = Math.max(most, Pieces.bytes(plan.forward().scratchBytes()) * threads);
    }
    MemorySegment memory = Memory.allocate(arena, most + Pieces.bytes(0));
    AtomicBoolean inUse = new AtomicBoolean();
    List<ScratchArrays> arrays = new ArrayList<>();
    // Who needs most is asked first: others find the arrays long enough, but where a plan with less
    // in all has the longest panel.
    List<ConvPlan> byHeap = new ArrayList<>(plans);
    byHeap.sort(Comparator.comparingLong((ConvPlan plan) -> plan.forward().heapBytes()).reversed());
    Map<ConvPlan, Workspace> made = new IdentityHashMap<>();
    for (ConvPlan plan : byHeap) {
      made.put(plan, new Workspace(plan, new Pieces(memory), threads, inUse, arrays));
    }
    return plans.stream().map(made::get).toList();
  }

  /**
   * Scratch held now: more than {@link ConvPlan#workspaceBytes} only after runs that needed more.
   *
   * @return bytes
   */
  public long bytes() {
    return bytes;
  }

  /** The geometry this workspace was made for: plans with other weights share it. */
  ConvPlan plan() {
    return plan;
  }

  void acquire() {
    if (!ofFirstSlot.scope().isAlive()) {
      throw new IllegalStateException("conv2d: the arena of the workspace is closed");
    }
    if (!inUse.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "conv2d: the workspace is in use by another run; give each concurrent run its own");
    }
  }

  void release() {
    forward = null;
    x = null;
    residual = null;
    y = null;
    inUse.set(false);
  }

  void growTo(int threads) {
    if (slots.length >= threads) {
      return;
    }
    Forward shape = plan.forward();
    // After construction the garbage collector owns what is added: the arena may belong to another
    // thread.
    Arena owner = slots.length == 0 ? arena : Arena.ofAuto();
    Forward.Scratch[] grown = Arrays.copyOf(slots, threads);
    for (int slot = slots.length; slot < threads; slot++) {
      MemorySegment memory = Memory.allocate(owner, shape.scratchBytes());
      ofFirstSlot = slot == 0 ? memory : ofFirstSlot;
      if (slot == arrays.size()) {
        arrays.add(new ScratchArrays());
      }
      grown[slot] = shape.scratch(memory, arrays.get(slot));
      bytes += shape.scratchBytes() + shape.heapBytes();
    }
    slots = grown;
  }

  MemorySegment stagedInput() {
    if (stagedInput == null) {
      stagedInput = stage(plan.inputShape());
    }
    return stagedInput;
  }

  MemorySegment stagedResidual() {
    if (stagedResidual == null) {
      stagedResidual = stage(plan.residualShape());
    }
    return stagedResidual;
  }

  MemorySegment stagedOutput() {
    if (stagedOutput == null) {
      stagedOutput = stage(plan.outputShape());
    }
    return stagedOutput;
  }

  private MemorySegment stage(Shape shape) {
    bytes += shape.bytes();
    return Memory.allocate(slots.length == 0 ? arena : Arena.ofAuto(), shape.bytes());
  }

  void compute(
      Forward bound,
      MemorySegment input,
      MemorySegment added,
      MemorySegment output,
      Workers workers) {
    forward = bound;
    x = input;
    residual = added;
    y = output;
    threads = workers.threads();
    for (Forward.Scratch scratch : slots) {
      scratch.begin();
    }
    int stages = bound.stages(threads);
    for (stage = 0; stage < stages; stage++) {
      units = bound.units(threads, stage);
      workers.run(units, this);
    }
  }

  /** One unit of the run in progress. Called by {@link Workers} alone. */
  @Override
  public void run(int unit, int slot) {
    forward.run(threads, stage, unit, units, slots[slot], slots[0], x, residual, y);
  }
}
