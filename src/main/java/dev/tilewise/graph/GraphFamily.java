package dev.tilewise.graph;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One network for inputs of different extents: other batches, other image sizes. It is compiled for
 * each when first asked, and the last few are kept, each with filters and memory of its own. For
 * several threads.
 *
 * @param <E> what making a graph may throw
 */
public final class GraphFamily<E extends Exception> {

  /**
   * Makes the graph for given extents.
   *
   * @param <E> what it may throw
   */
  @FunctionalInterface
  public interface Source<E extends Exception> {
    /**
     * The graph.
     *
     * @param input extents of its one input
     * @return a graph
     * @throws E if there is none for these extents
     */
    Graph graph(Dims input) throws E;
  }

  /** Extents for which compiled graphs are kept. */
  private static final int KEPT = 4;

  private final Source<E> source;
  private final CompileOptions options;
  private final Map<Dims, CompiledGraph> compiled = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * A family without members yet.
   *
   * @param source makes the graph for given extents
   * @param options how it is compiled
   */
  public GraphFamily(Source<E> source, CompileOptions options) {
    this.source = Objects.requireNonNull(source, "source");
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * The network for an input.
   *
   * @param input its extents
   * @return the same compiled graph for the same extents, as long as it is among the last four
   * @throws E if there is no graph for these extents
   */
  public synchronized CompiledGraph at(Dims input) throws E {
    CompiledGraph graph = compiled.get(input);
    if (graph == null) {
      graph = source.graph(input).compile(options);
      compiled.put(input, graph);
      if (compiled.size() > KEPT) {
        compiled.remove(compiled.keySet().iterator().next());
      }
    }
    return graph;
  }
}
