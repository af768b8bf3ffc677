package dev.tilewise.graph;

import dev.tilewise.ConvPlan;
import dev.tilewise.Tensor;
import dev.tilewise.internal.kernel.PagePlaces;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** From a graph to steps: nodes are joined, turned into steps, and their memory is planned. */
final class Compiler {

  /** Buffers begin at multiples of this, and at different places of a page. */
  private static final long ALIGNMENT = 64;

  private Compiler() {}

  static CompiledGraph compile(
      List<Value> inputs, List<Value> outputs, List<Node> described, CompileOptions options) {
    Map<String, String> fates = new HashMap<>();
    List<Node> live = new ArrayList<>();
    for (Node node : live(described, outputs)) {
      live.addAll(node.op() instanceof TransposedOp op ? op.instead(node) : List.of(node));
    }
    List<Node> nodes = options.fuses() ? new Rewriting(live, outputs, fates).run() : live;
    Arena arena = Arena.ofAuto();
    Lowering lowering = new Lowering(nodes, outputs, options, arena, fates);
    List<View> inputViews = inputs.stream().map(lowering::input).toList();
    nodes.forEach(lowering::lower);
    List<View> outputViews = new ArrayList<>();
    for (Value output : outputs) {
      outputViews.add(lowering.output(output));
    }
    long bytes = plan(lowering.buffers(), options.shares());
    Memories memories = new Memories(bytes, lowering.plans(), options.threads(), arena);
    long scratch = lowering.plans().stream().mapToLong(ConvPlan::bytesPerThread).max().orElse(0);
    List<CompiledGraph.Bound> steps = bind(lowering, memories, options.poisons());
    return new CompiledGraph(
        List.copyOf(inputs),
        List.copyOf(outputs),
        tensors(inputViews, memories),
        tensors(outputViews, memories),
        steps,
        explain(described, fates),
        bytes,
        largestLive(lowering.buffers()),
        scratch * options.threads());
  }

  /** Nodes that an output depends on. */
  private static List<Node> live(List<Node> nodes, List<Value> outputs) {
    Set<Value> needed = new HashSet<>(outputs);
    List<Node> live = new ArrayList<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (needed.contains(node.output())) {
        needed.addAll(node.inputs());
        live.add(node);
      }
    }
    Collections.reverse(live);
    return live;
  }

  private static List<Tensor> tensors(List<View> views, Memories memories) {
    List<Tensor> tensors = new ArrayList<>();
    for (View view : views) {
      tensors.add(view.dims().elements() == 0 ? null : memories.tensor(view));
    }
    return tensors;
  }

  /**
   * Gives every buffer a place: the largest first, each as low as its lifetime permits, and large
   * ones of consecutive steps at different places of a page.
   *
   * @throws IllegalArgumentException if all of them side by side have 2^63 bytes or more
   */
  static long plan(List<Buffer> buffers, boolean share) {
    long all = 0;
    for (Buffer buffer : buffers) {
      long room = 2 * (ALIGNMENT + PagePlaces.room(buffer.bytes));
      if (buffer.bytes > Long.MAX_VALUE - room - all) {
        throw new IllegalArgumentException("graph: its values have 2^63 bytes or more");
      }
      all += buffer.bytes + room;
    }
    List<Buffer> bySize = new ArrayList<>(buffers);
    bySize.sort(Comparator.comparingLong((Buffer buffer) -> buffer.bytes).reversed());
    List<Buffer> byStep = new ArrayList<>(buffers);
    byStep.sort(Comparator.comparingInt((Buffer buffer) -> buffer.first));
    Map<Buffer, Integer> numbers = new IdentityHashMap<>();
    byStep.forEach(buffer -> numbers.put(buffer, numbers.size()));
    List<Buffer> placed = new ArrayList<>();
    long end = 0;
    for (Buffer buffer : bySize) {
      long size = slot(buffer);
      long at = 0;
      for (Buffer other : placed) {
        if (share && !buffer.meets(other)) {
          continue;
        }
        if (at + size <= other.offset) {
          break;
        }
        at = Math.max(at, other.offset + slot(other));
      }
      buffer.offset = at;
      int place = 0;
      while (place < placed.size() && placed.get(place).offset <= at) {
        place++;
      }
      placed.add(place, buffer);
      end = Math.max(end, at + size);
    }
    for (Buffer buffer : buffers) {
      buffer.offset = PagePlaces.from(buffer.offset, buffer.bytes, numbers.get(buffer));
    }
    return end;
  }

  /** Bytes that a buffer takes, wherever in them it starts. */
  private static long slot(Buffer buffer) {
    return aligned(buffer.bytes + PagePlaces.room(buffer.bytes));
  }

  private static long aligned(long bytes) {
    return Math.max(1, (bytes + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
  }

  /** Most bytes of buffers that are in use at the same step. */
  static long largestLive(List<Buffer> buffers) {
    TreeMap<Integer, Long> changes = new TreeMap<>();
    for (Buffer buffer : buffers) {
      if (buffer.first <= buffer.last) {
        changes.merge(buffer.first, buffer.bytes, Long::sum);
        changes.merge(buffer.last + 1, -buffer.bytes, Long::sum);
      }
    }
    long largest = 0;
    long live = 0;
    for (long change : changes.values()) {
      live += change;
      largest = Math.max(largest, live);
    }
    return largest;
  }

  private static List<CompiledGraph.Bound> bind(
      Lowering lowering, Memories memories, boolean poison) {
    List<CompiledGraph.Bound> steps = new ArrayList<>();
    for (int i = 0; i < lowering.steps().size(); i++) {
      Lowering.Pending pending = lowering.steps().get(i);
      Node node = pending.node();
      Step step = pending.bind().apply(memories);
      steps.add(bound(node, pending.what(), step));
      for (Buffer buffer : poison ? lowering.buffers() : List.<Buffer>of()) {
        if (buffer.last == i + 1) {
          MemorySegment memory = memories.segment(View.dense(buffer, Dims.of()));
          String what = "poisons " + buffer.bytes + " bytes";
          steps.add(bound(node, what, w -> CompiledGraph.fill(memory, 0, buffer.bytes, Float.NaN)));
        }
      }
    }
    return List.copyOf(steps);
  }

  /** Keeps nothing of the node that holds weights: they are packed, or copied. */
  private static CompiledGraph.Bound bound(Node node, String what, Step step) {
    return new CompiledGraph.Bound(node.name(), node.multiplyAdds(), what, step);
  }

  private static String explain(List<Node> nodes, Map<String, String> fates) {
    List<String[]> rows = new ArrayList<>();
    for (Node node : nodes) {
      String fate = fates.getOrDefault(node.name(), "no output depends on it");
      rows.add(new String[] {node.name(), node.op().kind(), fate});
    }
    return rows.isEmpty() ? "" : Table.align(rows, 3);
  }
}
