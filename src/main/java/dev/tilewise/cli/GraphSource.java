package dev.tilewise.cli;

import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.Value;
import dev.tilewise.nn.Network;
import dev.tilewise.onnx.OnnxException;
import dev.tilewise.onnx.OnnxModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A file that holds a graph, or what one can be made of. */
interface GraphSource {

  /** Names of its inputs. */
  List<String> inputs();

  /** Names of its outputs. */
  List<String> outputs();

  /** What wrote a file of ONNX; empty for other files. */
  default String producer() {
    return "";
  }

  /** The graph for the extents that the file says. */
  CompiledGraph compile(CompileOptions options) throws IOException;

  /**
   * The graph for an input of given extents.
   *
   * @param whose extents they are, which is the first to be blamed
   * @param input its one input's extents
   */
  CompiledGraph compile(Path whose, Dims input, CompileOptions options) throws IOException;

  static GraphSource open(Path file) throws IOException {
    return switch (ModelKind.of(file)) {
      case NETWORK -> network(file, Network.load(file));
      case GRAPH -> saved(file);
      case ONNX -> onnx(OnnxModel.load(file));
    };
  }

  private static GraphSource onnx(OnnxModel model) {
    return new GraphSource() {
      @Override
      public List<String> inputs() {
        return model.inputs();
      }

      @Override
      public List<String> outputs() {
        return model.outputs();
      }

      @Override
      public String producer() {
        return model.producer();
      }

      @Override
      public CompiledGraph compile(CompileOptions options) throws IOException {
        return model.graph().compile(options);
      }

      @Override
      public CompiledGraph compile(Path whose, Dims input, CompileOptions options)
          throws IOException {
        String name = inputs().getFirst();
        try {
          return model.graph(Map.of(name, input)).compile(options);
        } catch (OnnxException e) {
          String given = whose + ": the input " + name + " is of shape " + input;
          throw new IOException(given + "; " + e.getMessage(), e);
        }
      }
    };
  }

  private static GraphSource saved(Path file) throws IOException {
    return own(file, Graph.load(file, Arena.ofAuto()), "", input -> null);
  }

  private static GraphSource network(Path file, Network network) {
    Graph one = network.graph(1);
    Dims image = one.inputs().getFirst().dims();
    return own(
        file,
        one,
        ", or more images",
        input ->
            input.rank() == 4 && input.get(0) > 0 && input.with(0, 1).equals(image)
                ? network.graph(input.get(0))
                : null);
  }

  /**
   * A graph of Tilewise's own.
   *
   * @param graph for the extents that the file says
   * @param besides what else it takes, for messages
   * @param others makes the graph for other extents; null if there is none
   */
  private static GraphSource own(
      Path file, Graph graph, String besides, Function<Dims, Graph> others) {
    return new GraphSource() {
      @Override
      public List<String> inputs() {
        return names(graph.inputs());
      }

      @Override
      public List<String> outputs() {
        return names(graph.outputs());
      }

      @Override
      public CompiledGraph compile(CompileOptions options) {
        return graph.compile(options);
      }

      @Override
      public CompiledGraph compile(Path whose, Dims input, CompileOptions options) {
        Value own = graph.inputs().getFirst();
        Graph fitting = own.dims().equals(input) ? graph : others.apply(input);
        if (fitting == null) {
          throw new IllegalArgumentException(
              whose + ": is of shape " + input + ", but " + file + " takes " + own + besides);
        }
        return fitting.compile(options);
      }
    };
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }
}
