package dev.tilewise.graph;

import dev.tilewise.ConvPlan;
import dev.tilewise.internal.kernel.Memory;
import dev.tilewise.internal.kernel.Strided;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Turns nodes into steps, one after another: where each value lies, who writes it, until when it is
 * needed.
 */
final class Lowering {

  /**
   * A step before its memory is known.
   *
   * @param node the node it belongs to
   * @param what it does, in a few words
   * @param bind makes the step
   */
  record Pending(Node node, String what, Function<Memories, Step> bind) {}

  private static final int LONGEST_FATE = 300;
  private static final String MORE = "and more";
  private static final String NO_WORK = "a view, no work";

  private final CompileOptions options;
  private final Arena arena;
  private final Map<Value, View> views = new HashMap<>();
  private final Map<Value, Integer> readers = new HashMap<>();
  private final Map<Value, Node> concatenations = new HashMap<>();
  private final Map<Value, Node> poolings = new HashMap<>();
  private final List<Pending> steps = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<ConvPlan> plans = new ArrayList<>();
  private final Map<String, String> fates;
  private Node current;

  Lowering(
      List<Node> nodes,
      List<Value> outputs,
      CompileOptions options,
      Arena arena,
      Map<String, String> fates) {
    this.options = options;
    this.arena = arena;
    this.fates = fates;
    for (Node node : nodes) {
      node.inputs().forEach(value -> readers.merge(value, 1, Integer::sum));
    }
    // Outputs are read when all is done.
    outputs.forEach(value -> readers.merge(value, 1, Integer::sum));
    for (Node node : nodes) {
      if (node.op() instanceof ConcatOp concat && concat.takesParts(node) && options.fuses()) {
        for (Value input : node.inputs()) {
          if (readers.get(input) == 1) {
            concatenations.put(input, node);
          }
        }
      }
      if (node.op() instanceof PoolOp pool && pool.takesPairs(node) && options.fuses()) {
        if (readers.get(node.input(0)) == 1) {
          poolings.put(node.input(0), node);
        }
      }
    }
  }

  CompileOptions options() {
    return options;
  }

  /** Owns what steps need for themselves, such as packed filters. */
  Arena arena() {
    return arena;
  }

  List<Pending> steps() {
    return steps;
  }

  List<Buffer> buffers() {
    return buffers;
  }

  /** The convolutions' plans: they share their scratch. */
  List<ConvPlan> plans() {
    return plans;
  }

  /** Places an input of the graph. */
  View input(Value value) {
    View view = View.dense(buffer(value.dims()), value.dims());
    view.buffer().touch(0);
    place(value, view);
    return view;
  }

  void lower(Node node) {
    current = node;
    node.op().lower(node, this);
    for (Value input : node.inputs()) {
      if (!input.isConstant()) {
        views.get(input).buffer().readers--;
      }
    }
  }

  private Buffer buffer(Dims dims) {
    Buffer buffer = new Buffer(dims.elements() * Float.BYTES);
    buffers.add(buffer);
    return buffer;
  }

  private void place(Value value, View view) {
    views.put(value, view);
    view.buffer().readers += readers.getOrDefault(value, 0);
  }

  /** Where a value lies, at whatever strides. */
  View view(Value value) {
    if (value.isConstant()) {
      return views.computeIfAbsent(value, this::constant);
    }
    return views.get(value);
  }

  private View constant(Value value) {
    Dims dims = value.dims();
    MemorySegment memory = Memory.allocate(arena, dims.elements() * Float.BYTES);
    View to = View.dense(new Buffer(memory.byteSize(), memory), dims);
    if (dims.elements() > 0) {
      Strided loop = new Strided(dims.toArray(), dims.rowMajor(), to.strides());
      try (Arena own = Arena.ofShared()) {
        MemorySegment from = floats(value, own);
        for (int unit = 0; unit < loop.units(); unit++) {
          loop.copy(unit, from, 0, memory, 0);
        }
      }
    }
    return to;
  }

  private static MemorySegment floats(Value value, Arena own) {
    return value.isInteger() ? MemorySegment.ofArray(value.floats()) : value.memory(own);
  }

  /** A value with its elements side by side, channels fastest; copied if it does not lie so. */
  View dense(Value value) {
    return dense(view(value));
  }

  View dense(View view) {
    if (view.isDense()) {
      return view;
    }
    View copy = View.dense(buffer(view.dims()), view.dims());
    copy(view, copy);
    return copy;
  }

  /** A value with its elements side by side, the last axis being the fastest. */
  View ordered(View view) {
    if (view.dims().sameStrides(view.strides(), view.dims().rowMajor())) {
      return view;
    }
    View copy = new View(buffer(view.dims()), 0, view.dims(), view.dims().rowMajor());
    copy(view, copy);
    return copy;
  }

  /** Says what became of a node that has no step. */
  void note(Node node, String fate) {
    fates.putIfAbsent(node.name(), fate);
  }

  void copy(View from, View to) {
    if (to.dims().elements() == 0) {
      return;
    }
    Strided loop = new Strided(to.dims().toArray(), from.strides(), to.strides());
    long fromOff = Memories.offset(from);
    long toOff = Memories.offset(to);
    add(
        "copies " + to.dims(),
        List.of(from, to),
        memories -> {
          MemorySegment x = memories.segment(from);
          MemorySegment y = memories.segment(to);
          return Step.units(loop.units(), (unit, slot) -> loop.copy(unit, x, fromOff, y, toOff));
        });
  }

  /** New memory for a node's output. */
  View make(Node node) {
    View view = View.dense(buffer(node.output().dims()), node.output().dims());
    place(node.output(), view);
    return view;
  }

  /** Memory for a node's output inside of the concatenation that alone reads it, if there is. */
  View makeWide(Node node) {
    Node whole = concatenations.get(node.output());
    if (whole == null) {
      return make(node);
    }
    View part = ((ConcatOp) whole.op()).part(whole, node.output(), concatenation(whole));
    place(node.output(), part);
    return part;
  }

  /** The pooling that alone reads a value, if it takes the largest of each 2x2 elements. */
  Node poolingOf(Value value) {
    return poolings.get(value);
  }

  /** Memory for the output of a pooling that the node it belongs to writes in its stead. */
  View makePooled(Node node, Node pooling) {
    View view = makeWide(pooling);
    place(node.output(), view);
    note(pooling, "taken by " + node.name());
    return view;
  }

  /** Whether an earlier node has made a node's output. */
  boolean isMade(Node node) {
    return views.containsKey(node.output());
  }

  /** The memory of a concatenation, which may be there before its node's turn. */
  View concatenation(Node node) {
    View view = views.get(node.output());
    return view == null ? make(node) : view;
  }

  /** The memory of an input that nothing else needs any more; new memory otherwise. */
  View over(Node node, Value input) {
    View view = input.isConstant() ? null : views.get(input);
    boolean free =
        view != null
            && options.shares()
            && view.isDense()
            && view.dims().equals(node.output().dims())
            && view.buffer().readers == 1;
    if (!free) {
      return make(node);
    }
    place(node.output(), view);
    return view;
  }

  /** The output is another view of memory that is there. */
  void alias(Node node, View view) {
    place(node.output(), view);
    note(node, NO_WORK);
  }

  /** Adds a step, which reads or writes views. */
  void add(String what, List<View> touched, Function<Memories, Step> bind) {
    // Step 0 takes the inputs.
    int number = steps.size() + 1;
    touched.forEach(view -> view.buffer().touch(number));
    steps.add(new Pending(current, what, bind));
    fates.merge(current.name(), what, Lowering::both);
  }

  /** What became of a node, in so many words that a reader wants them. */
  private static String both(String before, String now) {
    if (before.equals(NO_WORK)) {
      return now;
    }
    if (before.equals(now) || before.endsWith(MORE)) {
      return before;
    }
    return before + "; " + (before.length() < LONGEST_FATE ? now : MORE);
  }

  /** The view of an output of the graph, kept to the end. */
  View output(Value value) {
    View view = dense(value);
    view.buffer().touch(Integer.MAX_VALUE - 1);
    return view;
  }
}
