package dev.tilewise.graph;

import dev.tilewise.format.Dtype;
import dev.tilewise.format.FormatException;
import dev.tilewise.format.Safetensors;
import dev.tilewise.format.StoredTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph as a safetensors file: constants are tensors of their names and extents, and the metadata
 * say how values become others. Parts of a line have tabs between them; in names a tab, a line
 * break and a backslash are {@code \t}, {@code \n} and {@code \\}.
 *
 * <pre>
 * tilewise.graph          "1"
 * tilewise.graph.inputs   a line for each: name, extents
 * tilewise.graph.nodes    a line for each, in an order they can be computed in: name, a call in the
 *                         words of {@link GraphCall}, names of the values it takes
 * tilewise.graph.outputs  a line for each: name
 * </pre>
 */
final class GraphFile {

  static final String VERSION = "1";

  private static final String INPUTS = Graph.METADATA + ".inputs";
  private static final String NODES = Graph.METADATA + ".nodes";
  private static final String OUTPUTS = Graph.METADATA + ".outputs";

  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GraphFile() {}

  /** Names of constants may occur twice, or be those of other values: these are unique. */
  private static final class Names {
    private final Set<String> taken = new HashSet<>(Set.of("__metadata__"));
    private final Map<String, Integer> counts = new HashMap<>();
    private final Map<Value, String> names = new IdentityHashMap<>();
    private final List<Value> constants = new ArrayList<>();

    Names(Graph graph) {
      graph.inputs().forEach(this::keep);
      graph.nodes().forEach(node -> keep(node.output()));
      // A name says which output is meant, so that theirs come before those of other constants.
      graph.outputs().forEach(this::of);
    }

    private void keep(Value value) {
      taken.add(value.name());
      names.put(value, value.name());
    }

    String of(Value value) {
      return names.computeIfAbsent(
          value,
          constant -> {
            constants.add(constant);
            String name = constant.name();
            while (!taken.add(name)) {
              name = constant.name() + "#" + (1 + counts.merge(constant.name(), 1, Integer::sum));
            }
            return name;
          });
    }
  }

  static void write(Graph graph, Path file) throws FormatException {
    requireWords(graph);
    Names names = new Names(graph);
    List<String> inputs = new ArrayList<>();
    graph.inputs().forEach(in -> inputs.add(escaped(in.name()) + "\t" + in.dims()));
    List<String> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      StringBuilder line = new StringBuilder(escaped(node.name()));
      line.append('\t').append(escaped(node.op().words()));
      node.inputs().forEach(in -> line.append('\t').append(escaped(names.of(in))));
      nodes.add(line.toString());
    }
    List<String> outputs = new ArrayList<>();
    graph.outputs().forEach(out -> outputs.add(escaped(names.of(out))));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(Graph.METADATA, VERSION);
    metadata.put(INPUTS, String.join("\n", inputs));
    metadata.put(NODES, String.join("\n", nodes));
    metadata.put(OUTPUTS, String.join("\n", outputs));
    try (Arena arena = Arena.ofShared()) {
      // Integers first: elements of 8 bytes before those of 4 keep all aligned.
      List<StoredTensor> tensors = new ArrayList<>();
      for (boolean whole : new boolean[] {true, false}) {
        for (Value constant : names.constants) {
          if (constant.isInteger() == whole) {
            tensors.add(stored(constant, names.of(constant), arena));
          }
        }
      }
      Safetensors.write(file, metadata, tensors);
    }
  }

  private static void requireWords(Graph graph) {
    List<String> without =
        graph.nodes().stream()
            .filter(node -> node.op().words() == null)
            .map(node -> node.name() + " (" + node.op().kind() + ")")
            .toList();
    if (!without.isEmpty()) {
      throw new IllegalArgumentException(
          "graph: functions that are given as code cannot be saved: " + String.join(", ", without));
    }
  }

  private static StoredTensor stored(Value constant, String name, Arena arena) {
    long[] shape = Arrays.stream(constant.dims().toArray()).asLongStream().toArray();
    if (constant.isInteger()) {
      long[] values = constant.integers();
      MemorySegment data = arena.allocate(Math.max(1, (long) values.length) * Long.BYTES);
      MemorySegment.copy(values, 0, data, I64, 0, values.length);
      return new StoredTensor(
          name, Dtype.I64, shape, data.asSlice(0, (long) values.length * Long.BYTES));
    }
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
        ? new StoredTensor(name, Dtype.F32, shape, constant.memory(arena))
        : StoredTensor.of(name, constant.floats(), shape);
  }

  static Graph read(Path file, Arena arena) throws FormatException {
    Safetensors tensors = Safetensors.open(file, arena);
    Map<String, String> metadata = tensors.metadata();
    String version = metadata.get(Graph.METADATA);
    if (!VERSION.equals(version)) {
      throw new FormatException(
          file,
          version != null
              ? "graph version " + version + ", this release reads " + VERSION
              : metadata.containsKey("tilewise.network")
                  ? "has a network, which Network.load reads, and no graph"
                  : "has tensors, but no graph: there is no "
                      + Graph.METADATA
                      + " in its metadata");
    }
    return new GraphFile.Reader(file, tensors).read(metadata);
  }

  /** Makes the calls that a file describes. */
  private static final class Reader {
    private static final List<String[]> NONE = List.of();
    private static final int MOST_SHOWN = 200;

    private final Path file;
    private final Safetensors tensors;
    private final GraphBuilder builder = new GraphBuilder();
    private final Map<String, Value> values = new HashMap<>();

    Reader(Path file, Safetensors tensors) {
      this.file = file;
      this.tensors = tensors;
    }

    Graph read(Map<String, String> metadata) throws FormatException {
      List<String[]> inputs = lines(metadata, INPUTS);
      List<String[]> nodes = lines(metadata, NODES);
      inputs.forEach(line -> builder.reserve(List.of(line[0])));
      nodes.forEach(line -> builder.reserve(List.of(line[0])));
      for (String[] line : inputs) {
        described(INPUTS, line, () -> input(line));
      }
      for (String[] line : nodes) {
        described(NODES, line, () -> node(line));
      }
      // One output without a name is an empty text.
      for (String[] line : metadata.containsKey(OUTPUTS) ? split(metadata.get(OUTPUTS)) : NONE) {
        described(OUTPUTS, line, () -> output(line));
      }
      try {
        return builder.build();
      } catch (IllegalArgumentException e) {
        throw new FormatException(file, e.getMessage(), e);
      }
    }

    private static List<String[]> lines(Map<String, String> metadata, String key) {
      String text = metadata.getOrDefault(key, "");
      return text.isEmpty() ? NONE : split(text);
    }

    private static List<String[]> split(String text) {
      List<String[]> lines = new ArrayList<>();
      for (String line : text.split("\n", -1)) {
        String[] parts = line.split("\t", -1);
        for (int i = 0; i < parts.length; i++) {
          parts[i] = unescaped(parts[i]);
        }
        lines.add(parts);
      }
      return lines;
    }

    /** Something that a line describes. */
    private interface Part {
      void make() throws FormatException;
    }

    private void described(String key, String[] line, Part part) throws FormatException {
      try {
        part.make();
      } catch (IllegalArgumentException e) {
        throw new FormatException(
            file, key + ": \"" + shown(line) + "\": " + shown(e.getMessage()), e);
      }
    }

    /** As much as a reader needs, and no more. */
    private static String shown(String... parts) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parts.length && text.length() < MOST_SHOWN; i++) {
        text.append(i == 0 ? "" : " ").append(parts[i], 0, Math.min(MOST_SHOWN, parts[i].length()));
      }
      return text.length() < MOST_SHOWN ? text.toString() : text.substring(0, MOST_SHOWN) + "...";
    }

    private void output(String... line) throws FormatException {
      if (line.length != 1) {
        throw new IllegalArgumentException("an output is a name and nothing else");
      }
      builder.output(value(line[0]));
    }

    private void input(String... line) {
      if (line.length != 2) {
        throw new IllegalArgumentException("an input has a name and extents");
      }
      Words extents = new Words(line[1]);
      values.put(line[0], builder.input(line[0], extents.dims()));
      extents.requireEnd();
    }

    private void node(String... line) throws FormatException {
      if (line.length < 3) {
        throw new IllegalArgumentException("a node has a name, an operation and inputs");
      }
      List<Value> inputs = new ArrayList<>();
      for (String name : Arrays.asList(line).subList(2, line.length)) {
        inputs.add(value(name));
      }
      Value made = new GraphCall(line[1], inputs).on(builder);
      values.put(line[0], builder.name(made, line[0]));
    }

    /** What was made before; or a constant, which is made when it is first asked for. */
    private Value value(String name) throws FormatException {
      Value value = values.get(name);
      if (value == null) {
        if (!tensors.contains(name)) {
          throw new IllegalArgumentException("there is no \"" + name + "\" before it");
        }
        value = constant(tensors.tensor(name));
        values.put(name, value);
      }
      return value;
    }

    private Value constant(StoredTensor stored) {
      Dims dims = dims(stored.shape());
      if (stored.dtype() == Dtype.I64) {
        if (dims.elements() > Integer.MAX_VALUE - 8) {
          throw new IllegalArgumentException(stored + " are more integers than an array takes");
        }
        long[] integers = new long[(int) dims.elements()];
        MemorySegment.copy(stored.data(), I64, 0, integers, 0, integers.length);
        return builder.integers(stored.name(), dims, integers);
      }
      if (!stored.dtype().isFloating()) {
        throw new IllegalArgumentException(stored + " is neither I64 nor floating-point numbers");
      }
      boolean asItIs =
          stored.dtype() == Dtype.F32 && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
      return asItIs
          ? builder.constant(stored.name(), dims, stored.data())
          : builder.constant(
              stored.name(),
              dims,
              arena -> {
                MemorySegment floats = arena.allocate(dims.elements() * Float.BYTES);
                stored.copyTo(floats);
                return floats;
              });
    }

    private static Dims dims(long... shape) {
      int[] extents = new int[shape.length];
      for (int i = 0; i < shape.length; i++) {
        if (shape[i] > Integer.MAX_VALUE) {
          throw new IllegalArgumentException("an extent of " + shape[i] + " is too large");
        }
        extents[i] = (int) shape[i];
      }
      return Dims.of(extents);
    }
  }

  private static String escaped(String name) {
    return name.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n");
  }

  private static String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        char next = text.charAt(i);
        plain.append(next == 't' ? '\t' : next == 'n' ? '\n' : next);
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
